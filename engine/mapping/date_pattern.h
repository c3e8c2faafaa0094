// Patterns of dates, Java's DateTimeFormatter's and Elasticsearch's names for some of them ("basic_date"). Internal to engine/mapping: see date_format.h.
//
// Pure functions, thread-safe. Errors: kInvalidArgument.
#ifndef BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_
#define BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_

#include <optional>
#include <string_view>

#include "engine/mapping/date_format.h"

namespace binseek::mapping {

// Of brackets within one another: a deeper pattern reads nothing.
inline constexpr int kMaxPatternDepth = 16;

// nullopt: the text is not as the pattern says.
std::optional<ParsedDate> ParseByPattern(std::string_view format, std::string_view text);
// The pattern that a name stands for, or `format` itself.
std::string_view PatternOf(std::string_view format);
// Refuses also patterns of more than 512 bytes. Brackets that are open at the end are closed there, as in Java.
Status CheckDatePattern(std::string_view format);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DATE_PATTERN_H_
