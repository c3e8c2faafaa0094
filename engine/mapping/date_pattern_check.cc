#include <string>

#include "engine/mapping/date_pattern.h"

namespace binseek::mapping {
namespace {

struct NamedPattern {
  std::string_view name;
  std::string_view pattern;
};
constexpr NamedPattern kPatterns[] = {{"date", "uuuu-MM-dd"},
                                      {"basic_date", "uuuuMMdd"},
                                      {"basic_date_time", "uuuuMMdd'T'HHmmss.SSSX"},
                                      {"basic_date_time_no_millis", "uuuuMMdd'T'HHmmssX"},
                                      {"basic_ordinal_date", "uuuuDDD"},
                                      {"ordinal_date", "uuuu-DDD"},
                                      {"hour", "HH"},
                                      {"hour_minute", "HH:mm"},
                                      {"hour_minute_second", "HH:mm:ss"},
                                      {"hour_minute_second_millis", "HH:mm:ss.SSS"},
                                      {"time_no_millis", "HH:mm:ssX"},
                                      {"time", "HH:mm:ss.SSSX"}};
constexpr std::string_view kLetters = "uyMLdDHkKhamsSXxZOVzEG";
constexpr size_t kMaxBytes = 512;

std::string_view Plain(std::string_view name) {
  return name.starts_with("strict_") ? name.substr(7) : name;
}

}  // namespace

std::string_view PatternOf(std::string_view format) {
  for (const NamedPattern& known : kPatterns) {
    if (known.name == Plain(format)) {
      return known.pattern;
    }
  }
  return format;
}

Status CheckDatePattern(std::string_view format) {
  const auto invalid = [format](const std::string& why) {
    return Status::InvalidArgument("Invalid format: [" + std::string(format.substr(0, 100)) +
                                   "]: " + why);
  };
  if (format.size() > kMaxBytes) {
    return invalid("it is longer than " + std::to_string(kMaxBytes) + " bytes");
  }
  bool quoted = false;
  bool any = false;
  int depth = 0;
  for (const char c : PatternOf(format)) {
    quoted = quoted != (c == '\'');
    depth += quoted ? 0 : c == '[' ? 1 : c == ']' ? -1 : 0;
    if (depth < 0) {
      return invalid("Pattern invalid as it contains ] without previous [");
    }
    if (depth > kMaxPatternDepth) {
      return invalid("brackets are nested deeper than " + std::to_string(kMaxPatternDepth));
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!quoted && letter && kLetters.find(c) == std::string_view::npos) {
      return invalid("Unknown pattern letter: " + std::string(1, c));
    }
    any = any || (!quoted && letter);
  }
  if (quoted) {
    return invalid("Pattern ends with an incomplete string literal");
  }
  return any ? Status::Ok() : invalid("it reads nothing");
}

}  // namespace binseek::mapping
