// Patterns of dates, Java's DateTimeFormatter's and Elasticsearch's names for some of them ("basic_date"). Internal to engine/mapping: see date_format.h.
//
// Pure functions, thread-safe. Errors: kInvalidArgument.
#ifndef BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_
#define BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_

#include <optional>
#include <string_view>

#include "engine/mapping/date_format.h"

namespace binseek::mapping {

// nullopt: the text is not as the pattern says. REQUIRES: CheckDatePattern(format) is well.
std::optional<ParsedDate> ParseByPattern(std::string_view format, std::string_view text);
Status CheckDatePattern(std::string_view format);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_
