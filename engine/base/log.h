// Log: one line of logfmt per event, on stderr.
//
//   Log(LogLevel::kInfo, "snapshot done", {{"table", name}, {"rows", rows}, {"seconds", 1.5}});
//   time=2026-01-02T03:04:05.123456Z level=info msg="snapshot done" table=products rows=20000 ...
//
// What all lines of a thread are to have: log_scope.h.
// The message is a constant text that can be searched for; what varies goes into fields. Never log a
// password, a token or a whole row.
// Thread-safe: lines do not mix. Cost: microseconds when written, one atomic load when filtered out
// (fields are still built: guard expensive ones by LogEnabled).
#ifndef BINSEEK_ENGINE_BASE_LOG_H_
#define BINSEEK_ENGINE_BASE_LOG_H_

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/status.h"

namespace binseek {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };

// One key=value of a line. Keys are literals in snake_case and are borrowed.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  LogField(std::string_view key, const std::string& value) : key_(key), value_(value) {}
  LogField(std::string_view key, const char* value) : key_(key), value_(value) {}
  LogField(std::string_view key, const Status& value) : key_(key), value_(value.ToString()) {}
  LogField(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
  LogField(std::string_view key, double value);
  template <std::integral Int>
  LogField(std::string_view key, Int value) : key_(key), value_(std::to_string(value)) {}

  std::string_view key() const { return key_; }
  const std::string& value() const { return value_; }

 private:
  std::string_view key_;
  std::string value_;
};

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// Lines below `level` are dropped. At start: kInfo.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

// "debug", "info", "warn", "error". Errors: kInvalidArgument.
Result<LogLevel> ParseLogLevel(std::string_view name);

// Where lines go instead of stderr, without their newline; nullptr restores stderr. Called under the
// log's own lock, so it must not log. For tests, and for a terminal that shows a progress bar.
void SetLogSink(std::function<void(std::string_view line)> sink);

// Lets one line per interval through, and tells with it how many were dropped (suppressed=N).
// Static, one per call site, so that a storm of one event does not hide the others:
//
//   static LogEvery every(std::chrono::seconds(10));
//   every.Log(LogLevel::kWarn, "row goes to dead letters", {{"table", name}});
//
// Thread-safe; racing threads may, rarely, count a line into the next interval.
class LogEvery {
 public:
  explicit LogEvery(std::chrono::milliseconds interval) : interval_(interval) {}

  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

 private:
  const std::chrono::milliseconds interval_;
  std::atomic<int64_t> next_micros_{INT64_MIN};  // monotonic
  std::atomic<uint64_t> suppressed_{0};
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_LOG_H_
