// Date arithmetic of queries: "now-7d/d", "2026-01-01||+1M/d", and plain dates, read as one end of a range.
//
// Thread-safe free function. kInvalidArgument: anything that is no date or no arithmetic, or leaves the years 1 to 9999.
#ifndef BINSEEK_ENGINE_SEARCH_DATE_MATH_H_
#define BINSEEK_ENGINE_SEARCH_DATE_MATH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::search {

// The moment in microseconds since the epoch. Units are y M w d h H m s. `round_up` decides what the text leaves open: false takes the
// first moment of it, true the last ("2026-01-02" ends at 23:59:59.999999, "/M" with the last moment of the month; a month or day that is
// not written is the first one all the same, as in Elasticsearch).
Result<int64_t> ParseDateMath(std::string_view text, int64_t now_micros, bool round_up);

// How the date before the arithmetic is written, and whose days and months count.
struct DateForm {
  std::string format{};  // mapping/date_format.h; empty: strict_date_optional_time||epoch_millis
  std::string
      time_zone{};  // time_zone.h; empty: UTC. Texts with a zone of their own have that one.
};
Result<int64_t> ParseDateMath(std::string_view text, const DateForm& form, int64_t now_micros,
                              bool round_up);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_DATE_MATH_H_
