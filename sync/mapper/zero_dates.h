// ZeroDates: what becomes of dates that are no moments, '0000-00-00' and '2026-00-00', and how many were met.
//
// Thread-safe.
#ifndef BINSEEK_SYNC_MAPPER_ZERO_DATES_H_
#define BINSEEK_SYNC_MAPPER_ZERO_DATES_H_

#include <atomic>
#include <cstdint>

#include "engine/base/status.h"

namespace binseek::mapper {

class ZeroDates {
 public:
  // `refused`: their rows make no documents, but dead letters; else they are null.
  explicit ZeroDates(bool refused) : refused_(refused) {}

  bool refused() const { return refused_; }
  // Counts one; OK where it is to be null, else kInvalidArgument.
  [[nodiscard]] Status Take() {
    met_.fetch_add(1, std::memory_order_relaxed);
    return refused_ ? Status::InvalidArgument(
                          "a zero or partial date, which source.zero_dates: error refuses")
                    : Status::Ok();
  }
  // Since start; a row that is mapped again counts again.
  uint64_t met() const { return met_.load(std::memory_order_relaxed); }

 private:
  const bool refused_;
  std::atomic<uint64_t> met_{0};
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ZERO_DATES_H_
