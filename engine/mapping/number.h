// Numbers, dates and booleans as column values.
//
// Every numeric field keeps one 64-bit integer per value, chosen so that integer order is value order: integers as they
// are, unsigned with the top bit flipped, decimals scaled by 10^scale, floats and doubles as sortable bits, dates as
// microseconds since the epoch (date_nanos: nanoseconds), booleans 0 and 1. Rendering is the inverse, and lossless: that is what lets a synced
// document keep such a field in its column alone.
//
// Thread-safe free functions.
#ifndef BINSEEK_ENGINE_MAPPING_NUMBER_H_
#define BINSEEK_ENGINE_MAPPING_NUMBER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

int64_t SortableFromDouble(double value);
double DoubleFromSortable(int64_t sortable);
inline int64_t SortableFromUnsigned(uint64_t value) {
  return static_cast<int64_t>(value ^ (uint64_t{1} << 63));
}
inline uint64_t UnsignedFromSortable(int64_t sortable) {
  return static_cast<uint64_t>(sortable) ^ (uint64_t{1} << 63);
}

// The nearest number of 16 bits, as Lucene rounds; infinite where there is none.
double RoundToHalf(double value);

// Column value of `text` (a JSON number, string or literal's text) in `field`. Dates: as the field's format says; without one, ISO 8601 in any precision down to
// microseconds (finer digits are cut), with or without zone (none = UTC), "yyyy-MM-dd HH:mm:ss", or epoch milliseconds.
// kInvalidArgument: not a value of that type, or out of its range (the message names the value, not the field).
Result<int64_t> ParseColumnValue(const Field& field, std::string_view text);

// How to round a bound that lies between two column values: towards the greater (gte, gt's floor) or the smaller.
enum class Rounding : uint8_t { kUp, kDown };
// Column value for a range bound given as text: like ParseColumnValue, but "12.5" against an integer rounds, and a value beyond
// the type's range clamps. `rounded` (may be null) says whether the result differs from the text's value.
Result<int64_t> ParseBound(const Field& field, std::string_view text, Rounding rounding,
                           bool* rounded);

// Value as a JSON token for _source: 12, 12.50, 1.5, true, "2026-01-02T03:04:05Z"; what is no finite number is null.
void AppendJson(const Field& field, int64_t column_value, std::string* out);
// The values of a column as JSON for a document that came as JSON: null, one, or an array; dates with as many digits as they have.
void AppendJson(const Field& field, std::span<const int64_t> column_values, std::string* out);
// As a double for scoring, statistics, sort values: dates in milliseconds since epoch, decimals divided by their scale.
double ToDouble(const Field& field, int64_t column_value);
// As Elasticsearch shows it in `sort` and as a bucket's `key`: dates as epoch milliseconds, booleans 0/1, decimals as a number.
void AppendSortJson(const Field& field, int64_t column_value, std::string* out);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_NUMBER_H_
