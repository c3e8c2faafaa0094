#include "sync/pipeline/chunk_queue.h"

#include <utility>

namespace binseek::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxWaitingChunks = 2;
constexpr milliseconds kApplyGoal{100};
// A range's last rows, and rows by their keys, say little about a chunk.
constexpr size_t kRowsThatTell = 100;
constexpr milliseconds kStopPoll{50};

}  // namespace

binlog::StreamReach ChunkQueue::OpenWindow() {
  const MutexLock lock(&mutex_);
  binlog::StreamReach low = stream_->reach();
  open_.Open(low.ordinal);
  return low;
}

void ChunkQueue::CloseWindow(uint64_t low_ordinal) {
  const MutexLock lock(&mutex_);
  open_.Close(low_ordinal);
}

bool ChunkQueue::Push(ReadyChunk chunk, const std::stop_token& stop) {
  const MutexLock lock(&mutex_);
  while (chunks_.size() >= kMaxWaitingChunks && !stop.stop_requested()) {
    changed_.WaitFor(&mutex_, kStopPoll);
  }
  chunks_.push_back(std::move(chunk));
  return !stop.stop_requested();
}

uint64_t ChunkQueue::RowsToApply(uint64_t most) const {
  const MutexLock lock(&mutex_);
  const auto goal = static_cast<double>(microseconds(kApplyGoal).count());
  return apply_us_a_row_ * static_cast<double>(most) <= goal
             ? most
             : static_cast<uint64_t>(goal / apply_us_a_row_);
}

std::optional<ReadyChunk> ChunkQueue::TakeReady(const binlog::StreamReach& reach) {
  const MutexLock lock(&mutex_);
  if (chunks_.empty()) {
    return std::nullopt;
  }
  const ReadyChunk& oldest = chunks_.front();
  if (oldest.server == reach.server.Identity() &&
      !snapshot::MayApply(oldest.chunk.high, reach.position.binlog)) {
    return std::nullopt;
  }
  std::optional<ReadyChunk> ready(std::move(chunks_.front()));
  chunks_.pop_front();
  taken_low_ = ready->chunk.low_ordinal;
  taken_rows_ = ready->chunk.content.rows->size();
  taken_at_ = steady_clock::now();
  changed_.NotifyAll();
  return ready;
}

void ChunkQueue::ChunkDone() {
  const MutexLock lock(&mutex_);
  open_.Close(taken_low_);
  if (taken_rows_ >= kRowsThatTell) {
    apply_us_a_row_ =
        static_cast<double>(
            std::chrono::duration_cast<microseconds>(steady_clock::now() - taken_at_).count()) /
        static_cast<double>(taken_rows_);
  }
}

uint64_t ChunkQueue::SettledOrdinal() const {
  const MutexLock lock(&mutex_);
  return open_.Settled(stream_->last_ordinal());
}

}  // namespace binseek::pipeline
