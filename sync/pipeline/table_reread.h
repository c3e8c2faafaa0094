// A table that is read again into the index that it has, which is searched meanwhile.
//
// From an ordinal on (TableCheckpoint::sweep_below), under which nothing of the table is written any more, everything is written anew: chunks
// have the version of a low watermark at or behind it, and the stream goes on behind it. So a document whose version is below it is one
// of before. It stays until a chunk or the stream writes its key; those that are left when the last chunk is in have no row any more, and
// are deleted. What else follows from that:
//  - a document of before may lack any number of changes, so that no part of it may be updated (MakeWhole) or be taken to complete
//    a row (EngineRows shows none);
//  - a second beginning has a greater ordinal, so that what the first one wrote is as old as the rest;
//  - a row whose key is pending when the last chunk is in may have no document but that of before: the deletes wait until it is read;
//  - deletes have the greatest version of before: whatever is written anew, before or behind them, wins.
//
// Plain values and free functions. TableSweep is single-threaded: the thread of the stream.
#ifndef BINSEEK_SYNC_PIPELINE_TABLE_REREAD_H_
#define BINSEEK_SYNC_PIPELINE_TABLE_REREAD_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/index_sink.h"

namespace binseek::pipeline {

// Versions below these are of before, by index; what is not there has none.
using StaleVersions = std::map<index::IndexId, int64_t>;

// Where a table begins anew.
struct NewBeginning {
  uint64_t ordinal = 0;  // of the stream; nothing was written under it, nor will be but by chunks
  change::BinlogPosition server_end;  // the written end of the server's binlog now
  int64_t now_us = 0;
  std::string why;
  bool old_goes_on =
      false;  // an old generation that is fed stays equal to the table: the stream passes nothing over
};

// The table as it is to be followed from there on. How long it has been stale already is kept.
TableCheckpoint ReadAgain(TableCheckpoint table, const NewBeginning& from);

// Before documents of these tables are erased, or dead letters of theirs forgotten, by a start whose own first checkpoint is yet to come: writes one by which a start
// under other settings, which would go on with such a table, reads all of it again. Later starts under these settings erase once more. Of a sink that does not hold
// the checkpoint, durable when it returns. Errors: the sink's.
[[nodiscard]] Status NoteErasure(IndexSink* sink, change::SourceId source,
                                 const std::vector<std::string>& tables, Checkpoint* checkpoint);

// Whether it shows what happened up to `end` of the stream without a new beginning: the stream has not come yet to where its rows are taken
// from, so none of them was read.
bool BeginsBehind(const TableCheckpoint& table, const change::BinlogPosition& end);
// Where the stream goes on that cannot go on from `lost`: at `server_end`, with an ordinal under which nothing was written.
StreamPlace PlaceBehind(const StreamPlace& lost, change::SourcePosition server_end);

// Turns updates of parts of documents of before into whole documents. Those of which none can be made go to *rejected.
void MakeWhole(const StaleVersions& stale, const mapper::StoredRows& stored,
               const change::TransactionPosition& position, mapper::MappedTransaction* mapped);

// Finds what is left of before, piece by piece.
class TableSweep {
 public:
  // `keys`: of the table's documents whose version is below that of `below_ordinal`; at most `piece_keys` of them make a piece.
  TableSweep(std::string table, uint64_t generation, index::IndexId index, uint64_t below_ordinal,
             size_t piece_keys, std::unique_ptr<KeyCursor> keys)
      : table_(std::move(table)),
        generation_(generation),
        index_(index),
        below_ordinal_(below_ordinal),
        piece_keys_(piece_keys),
        keys_(std::move(keys)) {}

  const std::string& table() const { return table_; }
  uint64_t generation() const { return generation_; }

  // The deletes of the piece at hand; none: the end. The same ones until PieceDone. kCorruption.
  [[nodiscard]] Result<const index::Batch*> Piece();
  void PieceDone() { piece_.operations.clear(); }

 private:
  const std::string table_;
  const uint64_t generation_;
  const index::IndexId index_;
  const uint64_t below_ordinal_;
  const size_t piece_keys_;
  const std::unique_ptr<KeyCursor> keys_;
  index::Batch piece_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TABLE_REREAD_H_
