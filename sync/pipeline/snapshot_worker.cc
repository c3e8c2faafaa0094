#include "sync/pipeline/snapshot_worker.h"

#include <utility>

#include "sync/pipeline/source_checks.h"

namespace binseek::pipeline {

SnapshotWorker::SnapshotWorker(mysql::ConnectionOptions connection,
                               const SnapshotWorkerOptions& options, FollowedTables* tables,
                               binlog::BinlogSource* stream)
    : queue_(stream) {
  const bool locks = options.brief_lock && !stream->server().is_mariadb();
  const SnapshotReaderOptions reader{.connection = WithoutDatabase(std::move(connection)),
                                     .tables = tables,
                                     .stream = stream,
                                     .queue = &queue_,
                                     .first_ordinal = stream->last_ordinal(),
                                     .chunk_rows = options.chunk_rows,
                                     .readers = locks ? 1 : options.parallel_ranges,
                                     .brief_lock = options.brief_lock,
                                     .gate = options.gate};
  for (uint32_t i = 0; i < reader.readers; ++i) {
    readers_.push_back(std::make_unique<SnapshotReader>(reader));
  }
}

SnapshotWorker::~SnapshotWorker() {
  for (const auto& reader : readers_) {
    reader->RequestStop();
  }
}

}  // namespace binseek::pipeline
