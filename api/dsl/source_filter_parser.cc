#include <optional>
#include <utility>

#include "api/dsl/arguments.h"
#include "api/dsl/source_filter.h"

namespace binseek::api::dsl {
namespace {

constexpr size_t kMaxPatterns = 1024;
constexpr std::string_view kKeys[] = {"includes", "include", "excludes", "exclude"};

DslResult<std::vector<std::string>> ReadPatterns(const JsonValue& json, std::string_view key) {
  std::vector<std::string> patterns;
  if (json.is_string()) {
    patterns.push_back(json.AsString());
    return patterns;
  }
  if (!json.is_array()) {
    return ParsingError("Unknown key for a " + std::string(TokenName(json)) + " in [" +
                        std::string(key) + "].");
  }
  if (json.array().size() > kMaxPatterns) {
    return IllegalArgument("[_source] takes at most [" + std::to_string(kMaxPatterns) +
                           "] patterns");
  }
  for (const JsonValue& element : json.array()) {
    if (!element.is_string()) {
      return ParsingError("Unknown key for a " + std::string(TokenName(element)) + " in [" +
                          std::string(key) + "].");
    }
    patterns.push_back(element.AsString());
  }
  return patterns;
}

std::vector<std::string> SplitCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (comma != 0) {
      parts.emplace_back(text.substr(0, comma));
    }
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

}  // namespace

DslResult<SourceFilter> ParseSourceFilter(const JsonValue& json) {
  if (json.is_bool()) {
    return json.AsBool() ? SourceFilter() : SourceFilter::None();
  }
  if (json.is_string() || json.is_array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::vector<std::string> includes, ReadPatterns(json, "_source"));
    return SourceFilter(std::move(includes), {});
  }
  if (!json.is_object()) {
    return ParsingError(
        "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found [" +
        std::string(TokenName(json)) + "]");
  }
  std::vector<std::string> includes;
  std::vector<std::string> excludes;
  for (const auto& [key, value] : json.members()) {
    if (!Contains(kKeys, key)) {
      return ParsingError("Unknown key for a " + std::string(TokenName(value)) + " in [" + key +
                          "].");
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN((key.starts_with("in") ? includes : excludes),
                                 ReadPatterns(value, key));
  }
  return SourceFilter(std::move(includes), std::move(excludes));
}

SourceFilter SourceFilterFromParameters(std::string_view source, std::string_view includes,
                                        std::string_view excludes) {
  if (source == "false") {
    return SourceFilter::None();
  }
  std::vector<std::string> included = SplitCommas(source == "true" ? std::string_view() : source);
  if (!includes.empty()) {
    included = SplitCommas(includes);
  }
  return {std::move(included), SplitCommas(excludes)};
}

}  // namespace binseek::api::dsl
