// Units of config values: amounts are bytes, durations are milliseconds.
#ifndef BINSEEK_API_CONFIG_UNITS_H_
#define BINSEEK_API_CONFIG_UNITS_H_

#include <cstdint>

namespace binseek::api {

inline constexpr int64_t kKb = 1024;
inline constexpr int64_t kMb = 1024 * kKb;
inline constexpr int64_t kGb = 1024 * kMb;
inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;

}  // namespace binseek::api

#endif  // BINSEEK_API_CONFIG_UNITS_H_
