// Rows that a chunk of keys has not found. Thread-safe free function.
#ifndef BINSEEK_SYNC_PIPELINE_MISSING_ROWS_H_
#define BINSEEK_SYNC_PIPELINE_MISSING_ROWS_H_

#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/snapshot_worker.h"

namespace binseek::pipeline {

// Keys that `ready` was read for and found no row of: their documents go, by operations with its version. Not where ids are not the key's: what
// foreign keys do to such a table has all of it read.
void AddMissing(const ReadyChunk& ready, change::SourceId source, const TableCheckpoint& table,
                const mapper::MapperOptions& mapping, mapper::MappedTransaction* mapped);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_MISSING_ROWS_H_
