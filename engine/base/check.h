// BINSEEK_CHECK: states what must be true unless this program has a bug; aborts with file and line.
//
//   BINSEEK_CHECK(first <= last);
//   BINSEEK_CHECK(view != nullptr, "Acquire() before Open()");
//
// For programmer errors only. Bytes from disk or wire, requests, configuration and the state of the
// machine can always be wrong: those return a Status. Active in every build; BINSEEK_DCHECK, for hot
// loops, only without NDEBUG (there its condition is compiled, not evaluated).
#ifndef BINSEEK_ENGINE_BASE_CHECK_H_
#define BINSEEK_ENGINE_BASE_CHECK_H_

#include <string_view>

namespace binseek {

// Prints "file:line: check failed: condition (text)" to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view text = {});

}  // namespace binseek

#define BINSEEK_CHECK(condition, ...)                                                    \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      ::binseek::CheckFailed(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                                    \
  } while (false)

#ifdef NDEBUG
#define BINSEEK_DCHECK(condition, ...)       \
  do {                                       \
    if (false && (condition)) { /* unused */ \
    }                                        \
  } while (false)
#else
#define BINSEEK_DCHECK(condition, ...) BINSEEK_CHECK(condition __VA_OPT__(, ) __VA_ARGS__)
#endif

#endif  // BINSEEK_ENGINE_BASE_CHECK_H_
