#include "engine/search/date_pattern.h"

#include <algorithm>
#include <iterator>

namespace binseek::search {
namespace {

struct NamedPattern {
  std::string_view name;
  const char* pattern;
};
// What Elasticsearch calls them, without "strict_".
constexpr NamedPattern kPatterns[] = {
    {"date", "yyyy-MM-dd"},
    {"year_month_day", "yyyy-MM-dd"},
    {"year_month", "yyyy-MM"},
    {"year", "yyyy"},
    {"basic_date", "yyyyMMdd"},
    {"basic_date_time", "yyyyMMdd'T'HHmmss.SSSXX"},
    {"basic_date_time_no_millis", "yyyyMMdd'T'HHmmssXX"},
    {"date_hour", "yyyy-MM-dd'T'HH"},
    {"date_hour_minute", "yyyy-MM-dd'T'HH:mm"},
    {"date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss"},
    {"date_hour_minute_second_millis", "yyyy-MM-dd'T'HH:mm:ss.SSS"},
    {"date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"hour", "HH"},
    {"hour_minute", "HH:mm"},
    {"hour_minute_second", "HH:mm:ss"},
    {"ordinal_date", "yyyy-DDD"},
    {"week_date", "YYYY-'W'ww-e"}};
constexpr std::string_view kIsoNames[] = {"", "date_optional_time", "date_optional_time_nanos",
                                          "date_time", "iso8601"};

}  // namespace

std::optional<std::string> PatternOf(std::string_view format) {
  std::string_view name = format;
  if (name.starts_with("strict_")) {
    name.remove_prefix(7);
  }
  if (std::find(std::begin(kIsoNames), std::end(kIsoNames), name) != std::end(kIsoNames)) {
    return std::nullopt;
  }
  for (const NamedPattern& known : kPatterns) {
    if (known.name == name) {
      return known.pattern;
    }
  }
  return std::string(format);
}

std::string IcuZoneName(std::string_view zone) {
  if (zone.empty() || zone == "Z") {
    return "UTC";
  }
  return (zone[0] == '+' || zone[0] == '-' ? "GMT" : "") + std::string(zone);
}

}  // namespace binseek::search
