// LogScope: one more field in every line that a thread logs, for as long as the scope lasts.
//
//   const LogScope of("source", "eu");
//   Log(LogLevel::kInfo, "snapshot done");  // ... msg="snapshot done" source=eu
//
// So that code which does not know for whom it works need not be told. A line that has a field of that key keeps its own alone. A thread that is started
// does not take the scope along by itself: hand it LogScope::Current().
//
//   std::jthread([this, outer = LogScope::Current()] { const LogScope of(outer); Run(); });
//
// Single-threaded: of the thread that makes it; scopes end in reverse order. An inner one takes the outer one's place.
#ifndef BINSEEK_ENGINE_BASE_LOG_SCOPE_H_
#define BINSEEK_ENGINE_BASE_LOG_SCOPE_H_

#include <string>
#include <string_view>
#include <utility>

namespace binseek {

class LogScope {
 public:
  // The key is a literal; an empty value: nothing is added, nor taken away.
  struct Field {
    std::string_view key;
    std::string value;
  };

  explicit LogScope(Field field);
  LogScope(std::string_view key, std::string value) : LogScope(Field{key, std::move(value)}) {}
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  // Of this thread.
  static const Field& Current();

 private:
  Field outer_;
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_LOG_SCOPE_H_
