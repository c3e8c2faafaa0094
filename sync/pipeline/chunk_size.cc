#include "sync/pipeline/chunk_size.h"

#include <algorithm>

namespace binseek::pipeline {
namespace {

constexpr std::chrono::milliseconds kGoal{500};
// Fewer rows than that are asked for only where they are so wide that a chunk was cut.
constexpr uint32_t kLeast = 100;

}  // namespace

void ChunkSize::Begin(std::string_view table) {
  if (table_ != table) {
    table_ = table;
    last_rows_ = 0;
    rows_cost_little_ = false;
  }
}

void ChunkSize::Took(std::chrono::milliseconds time, uint64_t most) {
  time = std::max(time, std::chrono::milliseconds(1));
  const bool was_halved = last_rows_ != 0 && uint64_t{rows_} * 3 <= uint64_t{last_rows_} * 2;
  rows_cost_little_ =
      rows_cost_little_ || (time > kGoal && was_halved && time * 4 >= last_time_ * 3);
  last_rows_ = rows_;
  last_time_ = time;
  const uint64_t by_time =
      uint64_t{rows_} * static_cast<uint64_t>(kGoal.count()) / static_cast<uint64_t>(time.count());
  const uint64_t wanted = rows_cost_little_ ? kMost : by_time;
  const uint64_t step = std::clamp<uint64_t>(wanted, rows_ / 2, uint64_t{rows_} * 2);
  const uint32_t least = std::min(rows_, kLeast);
  rows_ = static_cast<uint32_t>(
      std::clamp<uint64_t>(std::min(step, std::max<uint64_t>(most, least)), least, kMost));
}

void ChunkSize::Cut(uint64_t rows) {
  rows_ = static_cast<uint32_t>(std::clamp<uint64_t>(rows, 1, rows_));
  last_rows_ = 0;
}

void ChunkSize::Failed() {
  rows_ = std::max(rows_ / 2, std::min(rows_, kLeast));
  last_rows_ = 0;
}

}  // namespace binseek::pipeline
