// Dates as microseconds since 1970-01-01T00:00:00Z, and their text forms.
//
// The proleptic Gregorian calendar, as MySQL and ISO 8601 use it. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_MAPPING_DATE_H_
#define BINSEEK_ENGINE_MAPPING_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// REQUIRES: a real date and time of day.
int64_t MicrosFromCivil(int year, int month, int day, int hour, int minute, int second, int micros);
int64_t MillisFromMicros(int64_t micros);  // rounds towards the past
int DaysOfMonth(int64_t year, int month);

// ISO 8601 from a year down to microseconds (finer digits are cut), 'T' or a blank before the time, with or without zone (none =
// UTC); or epoch milliseconds. kInvalidArgument: anything else.
Result<int64_t> ParseDate(std::string_view text);

// ISO 8601 alone; `nanos` (may be null): the digits behind the microseconds. nullopt: anything else.
std::optional<int64_t> ParseIsoDate(std::string_view text, int* nanos);

// As ParseDate, in nanoseconds. kInvalidArgument: also what lies before 1970 or behind the 64 bits (April 2262).
Result<int64_t> ParseDateNanos(std::string_view text);
// Whether the moment, written as `text`, is one of those.
Status CheckNanos(int64_t micros, std::string_view text);

// Appends 2026-01-02[T03:04:05[.ffffff]][Z] by style, with `fraction_digits` (0 to 6) behind the seconds.
void AppendIsoDate(int64_t micros, DateStyle style, int fraction_digits, std::string* out);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DATE_H_
