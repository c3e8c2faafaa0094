// Formats of dates as Elasticsearch names them: "strict_date_optional_time||epoch_millis", "dd.MM.yyyy", "epoch_second".
//
// Of several, parted by "||", the first one that fits reads. Patterns are those of Java's DateTimeFormatter: the letters u y M d D H k K h a m s S X x Z O V z E G,
// texts in quotes, and parts in brackets, which may be absent. Pure functions, thread-safe.
// Errors: kInvalidArgument.
#ifndef BINSEEK_ENGINE_MAPPING_DATE_FORMAT_H_
#define BINSEEK_ENGINE_MAPPING_DATE_FORMAT_H_

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

struct ParsedDate {
  int64_t micros = 0;  // since the epoch, by UTC where the text has no zone of its own
  int nanos = 0;       // below the microsecond: 0 to 999
  int64_t open =
      0;  // microseconds behind it that the text means too: a day of them, less one, for "2026-01-02"
  bool has_zone = false;      // the text says which, or counts from the epoch
  bool has_fraction = false;  // it has digits of the second, or of the unit that it counts in
};

// Empty format: strict_date_optional_time||epoch_millis.
Result<ParsedDate> ParseDateAs(std::string_view format, std::string_view text);

// The column value of a date, in the format of its field. REQUIRES: field.is_date().
Result<int64_t> ParseDateValue(const Field& field, std::string_view text);
// As ParseColumnValue (number.h), but of dates in ISO 8601, whatever the format of their field: what a source writes.
Result<int64_t> ParseCanonicalValue(const Field& field, std::string_view text);

// "Invalid format: [..]: Unknown pattern letter: q", or what else is wrong with it.
Status CheckDateFormat(std::string_view format);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DATE_FORMAT_H_
