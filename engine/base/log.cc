#include "engine/base/log.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log_scope.h"
#include "engine/base/mutex.h"

namespace binseek {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};

std::atomic<LogLevel> minimum_level{LogLevel::kInfo};

struct Output {
  Mutex mutex;
  std::function<void(std::string_view)> sink BINSEEK_GUARDED_BY(mutex);
};

Output& TheOutput() {
  static auto* const kOutput = new Output;  // threads may log until the very end
  return *kOutput;
}

void AppendTime(int64_t micros, std::string* line) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::microseconds> now{chrono::microseconds(micros)};
  const auto day = chrono::floor<chrono::days>(now);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(now - day);
  char text[40];
  const int length = std::snprintf(
      text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  line->append(text, static_cast<size_t>(length));
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    if (static_cast<uint8_t>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
      return true;
    }
  }
  return value.empty();
}

void AppendValue(std::string_view value, std::string* line) {
  if (!NeedsQuotes(value)) {
    line->append(value);
    return;
  }
  line->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line->push_back('\\');
      line->push_back(c);
    } else if (c == '\n') {
      line->append("\\n");
    } else if (static_cast<uint8_t>(c) < ' ' || c == 0x7f) {  // no terminal escapes from data
      char text[8];
      std::snprintf(text, sizeof(text), "\\x%02x", static_cast<unsigned>(c));
      line->append(text);
    } else {
      line->push_back(c);
    }
  }
  line->push_back('"');
}

LogScope::Field& ScopeOfThread() {
  thread_local LogScope::Field field;
  return field;
}

void AppendField(std::string_view key, std::string_view value, std::string* line) {
  line->append(" ").append(key).append("=");
  AppendValue(value, line);
}

void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
           uint64_t suppressed) {
  std::string line("time=");
  AppendTime(Clock::Real()->NowMicros(), &line);
  line.append(" level=").append(kLevelNames[static_cast<size_t>(level)]).append(" msg=");
  AppendValue(message, &line);
  const LogScope::Field& scope = ScopeOfThread();
  bool of_scope = !scope.value.empty();
  for (const LogField& field : fields) {
    AppendField(field.key(), field.value(), &line);
    of_scope = of_scope && field.key() != scope.key;
  }
  if (of_scope) {
    AppendField(scope.key, scope.value, &line);
  }
  if (suppressed > 0) {
    line.append(" suppressed=").append(std::to_string(suppressed));
  }
  Output& output = TheOutput();
  MutexLock lock(&output.mutex);
  if (output.sink) {
    output.sink(line);
    return;
  }
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

LogField::LogField(std::string_view key, double value) : key_(key) {
  char text[32];
  value_.assign(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

LogScope::LogScope(Field field) : outer_(ScopeOfThread()) {
  if (!field.value.empty()) {
    ScopeOfThread() = std::move(field);
  }
}

LogScope::~LogScope() { ScopeOfThread() = std::move(outer_); }

const LogScope::Field& LogScope::Current() { return ScopeOfThread(); }

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (LogEnabled(level)) {
    Write(level, message, fields, 0);
  }
}

void SetLogLevel(LogLevel level) { minimum_level.store(level, std::memory_order_relaxed); }

bool LogEnabled(LogLevel level) { return level >= minimum_level.load(std::memory_order_relaxed); }

Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (name == kLevelNames[i]) {
      return static_cast<LogLevel>(i);
    }
  }
  return Status::InvalidArgument("log level \"" + std::string(name) +
                                 "\" is none of debug, info, warn, error");
}

void SetLogSink(std::function<void(std::string_view line)> sink) {
  Output& output = TheOutput();
  MutexLock lock(&output.mutex);
  output.sink = std::move(sink);
}

void LogEvery::Log(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) {
    return;
  }
  const int64_t now = Clock::Real()->MonotonicMicros();
  int64_t next = next_micros_.load(std::memory_order_relaxed);
  const int64_t following = now + std::chrono::microseconds(interval_).count();
  if (now < next || !next_micros_.compare_exchange_strong(next, following)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Write(level, message, fields, suppressed_.exchange(0, std::memory_order_relaxed));
}

}  // namespace binseek
