// Elasticsearch's names of date formats as patterns, and names of zones as ICU takes them. Internal to engine/search. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_DATE_PATTERN_H_
#define BINSEEK_ENGINE_SEARCH_DATE_PATTERN_H_

#include <optional>
#include <string>
#include <string_view>

namespace binseek::search {

// The pattern that a format is, or that its name stands for; nullopt: ISO 8601 in any precision. REQUIRES: it is not one of epoch_*.
std::optional<std::string> PatternOf(std::string_view format);
std::string IcuZoneName(std::string_view zone);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_DATE_PATTERN_H_
