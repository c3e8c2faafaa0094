// SnapshotWorker: reads the tables that have something left to read, chunk by chunk, beside the stream.
//
// Its readers read (snapshot_reader.h), several ranges of a table at the same time, and of several tables; the thread of the stream takes the chunks whose
// high watermark it has passed and applies them, one between transactions. They share the queue of chunks (chunk_queue.h), and with it what holds the reading
// back, and the bound of how long a chunk is applied, which is the time from TakeReady to ChunkDone.
// Thread-safe.
#ifndef BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_
#define BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sync/binlog/binlog_source.h"
#include "sync/pipeline/chunk_queue.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/load_gate.h"
#include "sync/pipeline/snapshot_reader.h"

namespace binseek::pipeline {

struct SnapshotWorkerOptions {
  uint32_t chunk_rows = 2000;  // of the first SELECT of a reader
  // Ranges that are read at the same time, each over a connection of its own. One where a window begins with a lock: more would keep writers out longer.
  uint32_t parallel_ranges = 1;
  bool brief_lock = false;   // see snapshot::WindowAccess
  LoadGate* gate = nullptr;  // borrowed, likewise; null: nothing holds the readers back
};

class SnapshotWorker {
 public:
  // All are borrowed and must outlive this. Starts the threads. REQUIRES: `stream` has handed nothing out yet.
  SnapshotWorker(mysql::ConnectionOptions connection, const SnapshotWorkerOptions& options,
                 FollowedTables* tables, binlog::BinlogSource* stream);
  ~SnapshotWorker();  // stops and joins
  SnapshotWorker(const SnapshotWorker&) = delete;
  SnapshotWorker& operator=(const SnapshotWorker&) = delete;

  // The oldest chunk, where the stream has reached its high watermark, or comes from another server than the chunk: the chunk's generation
  // is not current then. Its window stays open until ChunkDone.
  std::optional<ReadyChunk> TakeReady(const binlog::StreamReach& reach) {
    return queue_.TakeReady(reach);
  }
  void ChunkDone() { queue_.ChunkDone(); }
  // Writes of transactions up to this ordinal can come from no open window any more.
  uint64_t SettledOrdinal() const { return queue_.SettledOrdinal(); }

 private:
  ChunkQueue queue_;
  std::vector<std::unique_ptr<SnapshotReader>> readers_;  // last: they end before what they use
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_
