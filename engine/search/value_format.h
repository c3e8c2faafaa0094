// ValueFormat: how numbers and dates of aggregations are written as text beside the number: "key_as_string", "value_as_string".
//
// Patterns are those of Java's, which Elasticsearch takes: "0.00" and "#,##0.0" for numbers, "yyyy-MM-dd" for dates, and Elasticsearch's own names
// ("strict_date_optional_time", "epoch_millis"; of several, "a||b", the first one writes). Thread-compatible: one search owns it.
// Errors: kInvalidArgument for a pattern or a zone that is none.
#ifndef BINSEEK_ENGINE_SEARCH_VALUE_FORMAT_H_
#define BINSEEK_ENGINE_SEARCH_VALUE_FORMAT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::search {

class ValueFormat {
 public:
  virtual ~ValueFormat() = default;
  // Nothing where the value has no text: a date before the year 0.
  virtual std::optional<std::string> Text(double value) const = 0;
  // The same of a moment in nanoseconds since the epoch, with as many digits behind the second as it has. Formats that are none of dates lose them.
  virtual std::optional<std::string> TextOfNanos(int64_t nanos) const;
};
using ValueFormatPtr = std::shared_ptr<const ValueFormat>;

// Values are milliseconds since the epoch. `pattern` empty: ISO 8601, with the zone's offset. `zone` empty: UTC.
Result<ValueFormatPtr> MakeDateFormat(std::string_view pattern, std::string_view zone);
// A pattern of Java's DecimalFormat.
Result<ValueFormatPtr> MakeNumberFormat(std::string_view pattern);
// "false" of 0, "true" of all else.
ValueFormatPtr MakeBooleanFormat();

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_VALUE_FORMAT_H_
