#include "sync/pipeline/load_gate.h"

#include <array>
#include <ctime>

#include "engine/base/log.h"
#include "sync/change/stop_code.h"

namespace binseek::pipeline {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;

// "2026-11-29T08:00:00Z"
std::string UtcText(int64_t micros) {
  const auto seconds = static_cast<std::time_t>(micros / kSecond);
  std::tm parts{};
  std::array<char, 32> text{};
  gmtime_r(&seconds, &parts);
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace

std::string WhyToWait(const mysql::ServerLoad& load, const LoadLimits& limits) {
  if (limits.max_threads_running != 0 && load.threads_running &&
      *load.threads_running > limits.max_threads_running) {
    return std::to_string(*load.threads_running) +
           " threads running on the source, above snapshot.max_threads_running " +
           std::to_string(limits.max_threads_running);
  }
  if (limits.max_replica_lag.count() != 0 && load.replica_lag &&
      *load.replica_lag > limits.max_replica_lag) {
    return "the source is " + std::to_string(load.replica_lag->count()) +
           " s behind the server that it replicates, above snapshot.max_replica_lag " +
           std::to_string(limits.max_replica_lag.count()) + " s";
  }
  return {};
}

std::chrono::milliseconds RestBehind(std::chrono::milliseconds took, uint32_t time_share) {
  return took * (100 - static_cast<int64_t>(time_share)) / static_cast<int64_t>(time_share);
}

Result<std::string> LoadGate::Look(const Ask& ask) {
  {
    const MutexLock lock(&mutex_);
    const int64_t now = clock_->MonotonicMicros();
    if (asked_ && now - *asked_ < kSecond) {
      return Told();
    }
    asked_ = now;  // the others go by the answer of before meanwhile
  }
  BINSEEK_ASSIGN_OR_RETURN(const mysql::ServerLoad load, ask());
  const MutexLock lock(&mutex_);
  Take(load, clock_->MonotonicMicros());
  return Told();
}

std::string LoadGate::Told() const {
  return why_.empty() ? std::string() : "waits: " + why_ + "; since " + UtcText(since_us_);
}

void LoadGate::Take(const mysql::ServerLoad& load, int64_t now_micros) {
  const std::string_view code = StopCodeName(change::StopCode::kSnapshotPaced);
  if (!load.untold.empty() && load.untold != untold_) {
    Log(LogLevel::kWarn, "the source's load is not known in full", {{"warning", load.untold}});
  }
  untold_ = load.untold;
  const bool waited = !why_.empty();
  why_ = WhyToWait(load, limits_);
  if (!waited && !why_.empty()) {
    since_us_ = clock_->NowMicros();
    began_ = logged_ = now_micros;
    Log(LogLevel::kWarn, "snapshot waits: the source is busy", {{"code", code}, {"why", why_}});
  } else if (waited && why_.empty()) {
    Log(LogLevel::kInfo, "snapshot goes on",
        {{"code", code}, {"waited_seconds", (now_micros - began_) / kSecond}});
  } else if (waited && now_micros - logged_ >= kMinute) {
    logged_ = now_micros;
    Log(LogLevel::kWarn, "snapshot still waits: the source is busy",
        {{"code", code}, {"why", why_}, {"since", UtcText(since_us_)}});
  }
}

void LoadGate::Warn(std::vector<std::string>* warnings) const {
  const MutexLock lock(&mutex_);
  if (!untold_.empty()) {
    warnings->push_back(untold_);
  }
}

}  // namespace binseek::pipeline
