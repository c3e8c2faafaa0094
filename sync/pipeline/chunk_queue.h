// ChunkQueue: the chunks between the threads that read them and the one that applies them, and the windows that they have open.
//
// Few chunks wait at a time: a stream that does not get on holds the reading back. Of one range they come in the order in which they were read.
// Thread-safe. Lock: a leaf, but for the stream's own.
#ifndef BINSEEK_SYNC_PIPELINE_CHUNK_QUEUE_H_
#define BINSEEK_SYNC_PIPELINE_CHUNK_QUEUE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "sync/binlog/binlog_source.h"
#include "sync/pipeline/pending_keys.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {

struct ReadyChunk {
  std::string table;
  uint64_t generation = 0;
  std::string server;  // that it was read from, in whose binlog its high watermark is
  snapshot::Chunk chunk;
  std::vector<PendingKey> keys;  // not empty: the chunk is what these found
  uint64_t range = 0;            // of the table's snapshot; of no meaning with keys
};

class ChunkQueue {
 public:
  // `stream` is borrowed and must outlive this.
  explicit ChunkQueue(const binlog::BinlogSource* stream) : stream_(stream) {}

  // ---- threads that read

  // The low watermark of a chunk that is about to be read. The window is open until CloseWindow, or ChunkDone of the chunk.
  binlog::StreamReach OpenWindow() BINSEEK_EXCLUDES(mutex_);
  void CloseWindow(uint64_t low_ordinal) BINSEEK_EXCLUDES(mutex_);
  // Waits for room. False where stopped.
  bool Push(ReadyChunk chunk, const std::stop_token& stop) BINSEEK_EXCLUDES(mutex_);
  // How many rows are applied within a tenth of a second, as far as is known, and `most` at most: the stream waits for that.
  uint64_t RowsToApply(uint64_t most) const BINSEEK_EXCLUDES(mutex_);

  // ---- the thread that applies

  // As SnapshotWorker's.
  std::optional<ReadyChunk> TakeReady(const binlog::StreamReach& reach) BINSEEK_EXCLUDES(mutex_);
  void ChunkDone() BINSEEK_EXCLUDES(mutex_);
  uint64_t SettledOrdinal() const BINSEEK_EXCLUDES(mutex_);

 private:
  const binlog::BinlogSource* const stream_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<ReadyChunk> chunks_ BINSEEK_GUARDED_BY(mutex_);
  snapshot::OpenWindows open_ BINSEEK_GUARDED_BY(mutex_);
  // Of the chunk that is being applied.
  uint64_t taken_low_ BINSEEK_GUARDED_BY(mutex_) = 0;
  size_t taken_rows_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point taken_at_ BINSEEK_GUARDED_BY(mutex_);
  double apply_us_a_row_ BINSEEK_GUARDED_BY(mutex_) = 0;  // of the last chunk; 0: not known
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CHUNK_QUEUE_H_
