// LoadGate: holds the readers of tables back while their server is busy with what others want of it.
//
//   BINSEEK_ASSIGN_OR_RETURN(const std::string why, gate->Look(ask));   // between two chunks; not within a window
//   if (!why.empty()) { ... }                                           // wait a second, and look again
//
// All readers of a source share one, and one of them asks, once a second at most. The wait is told: by the text that Look gives, which says since when,
// and by the log, as it begins, each minute, and as it ends. What the server does not tell holds nobody back, and is a warning.
// Thread-safe; its lock is a leaf, and not held while the server is asked.
#ifndef BINSEEK_SYNC_PIPELINE_LOAD_GATE_H_
#define BINSEEK_SYNC_PIPELINE_LOAD_GATE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/mysql/server_load.h"

namespace binseek::pipeline {

struct LoadLimits {
  uint64_t max_threads_running = 0;         // 0: any
  std::chrono::seconds max_replica_lag{0};  // 0: any
  uint32_t time_share = 100;                // of a reader's time, in percent: 1 to 100

  bool asks() const { return max_threads_running != 0 || max_replica_lag.count() != 0; }
};

// How long a reader rests behind a chunk that took so long. A pure function.
std::chrono::milliseconds RestBehind(std::chrono::milliseconds took, uint32_t time_share);

// Why reading is to wait under this load, in words; empty: it is not. A pure function.
std::string WhyToWait(const mysql::ServerLoad& load, const LoadLimits& limits);

class LoadGate {
 public:
  using Ask = std::function<Result<mysql::ServerLoad>()>;

  explicit LoadGate(LoadLimits limits, const Clock* clock = Clock::Real())
      : limits_(limits), clock_(clock) {}

  const LoadLimits& limits() const { return limits_; }
  // Empty: read on. `ask` is called where nobody has asked within the last second; its errors are Look's, and change nothing.
  [[nodiscard]] Result<std::string> Look(const Ask& ask) BINSEEK_EXCLUDES(mutex_);
  // Adds what the server last did not tell.
  void Warn(std::vector<std::string>* warnings) const BINSEEK_EXCLUDES(mutex_);

 private:
  std::string Told() const BINSEEK_REQUIRES(mutex_);
  void Take(const mysql::ServerLoad& load, int64_t now_micros) BINSEEK_REQUIRES(mutex_);

  const LoadLimits limits_;
  const Clock* const clock_;

  mutable Mutex mutex_;
  std::optional<int64_t> asked_ BINSEEK_GUARDED_BY(mutex_);  // when last; monotonic
  std::string why_ BINSEEK_GUARDED_BY(mutex_);               // empty: nobody waits
  int64_t since_us_ BINSEEK_GUARDED_BY(mutex_) = 0;          // wall time
  int64_t began_ BINSEEK_GUARDED_BY(mutex_) = 0;             // the same, monotonic
  int64_t logged_ BINSEEK_GUARDED_BY(mutex_) = 0;            // likewise
  std::string untold_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_LOAD_GATE_H_
