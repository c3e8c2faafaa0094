// Dates as microseconds since 1970-01-01T00:00:00Z, and their text forms.
//
// The proleptic Gregorian calendar, as MySQL and ISO 8601 use it. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_MAPPING_DATE_H_
#define BINSEEK_ENGINE_MAPPING_DATE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

// REQUIRES: a real date and time of day.
int64_t MicrosFromCivil(int year, int month, int day, int hour, int minute, int second, int micros);
int64_t MillisFromMicros(int64_t micros);  // rounds towards the past

// ISO 8601 from a year down to microseconds (finer digits are cut), 'T' or a blank before the time, with or without zone (none =
// UTC); or epoch milliseconds. kInvalidArgument: anything else.
Result<int64_t> ParseDate(std::string_view text);

// Appends 2026-01-02[T03:04:05[.ffffff]][Z] by style, with `fraction_digits` (0 to 6) behind the seconds.
void AppendIsoDate(int64_t micros, DateStyle style, int fraction_digits, std::string* out);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DATE_H_
