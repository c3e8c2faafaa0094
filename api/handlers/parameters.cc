#include "api/handlers/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "api/dsl/query_string.h"

namespace binseek::api {

RestResult<bool> BoolParameter(const Request& request, std::string_view name, bool fallback) {
  const std::optional<std::string_view> value = request.Parameter(name);
  if (!value) {
    return fallback;
  }
  if (value->empty() || *value == "true") {
    return true;
  }
  if (*value == "false") {
    return false;
  }
  return IllegalArgument("Failed to parse value [" + std::string(*value) +
                         "] as only [true] or [false] are allowed.");
}

RestResult<std::optional<uint64_t>> UintParameter(const Request& request, std::string_view name) {
  const std::optional<std::string_view> value = request.Parameter(name);
  if (!value) {
    return std::optional<uint64_t>();
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || number > INT32_MAX) {
    return IllegalArgument("Failed to parse int parameter [" + std::string(name) +
                           "] with value [" + std::string(*value) + "]");
  }
  return std::optional<uint64_t>(number);
}

RestResult<std::optional<float>> FloatParameter(const Request& request, std::string_view name) {
  const std::optional<std::string_view> value = request.Parameter(name);
  if (!value) {
    return std::optional<float>();
  }
  float number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || !std::isfinite(number)) {
    return IllegalArgument("Failed to parse float parameter [" + std::string(name) +
                           "] with value [" + std::string(*value) + "]");
  }
  return std::optional<float>(number);
}

std::optional<RestError> CheckRefresh(const Request& request) {
  const std::string_view refresh = request.ParameterOr("refresh");
  if (refresh.empty() || refresh == "true" || refresh == "false" || refresh == "wait_for") {
    return std::nullopt;  // what is written is searchable at once, so all of them are kept
  }
  return IllegalArgument("Unknown value for refresh: [" + std::string(refresh) + "].");
}

RestResult<std::string> HealthParameter(const Request& request, std::string_view name) {
  std::string status;
  for (const char c : request.ParameterOr(name)) {
    status.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (request.Parameter(name) && status != "green" && status != "yellow" && status != "red") {
    return IllegalArgument("unknown cluster health status [" + status + "]");
  }
  return status;
}

RestError BodyError(const Status& status) {
  if (status.code() == StatusCode::kResourceExhausted) {
    return {413, "content_too_long_exception", status.message()};
  }
  return {400, "x_content_parse_exception", status.message()};
}

RestResult<JsonValue> JsonBody(const Request& request) {
  const std::string_view text =
      request.body.empty() ? request.ParameterOr("source") : std::string_view(request.body);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return JsonValue::FromMembers({});
  }
  Result<JsonValue> json = ParseJson(text);
  if (!json.ok()) {
    return BodyError(json.status());
  }
  if (!json->is_object()) {
    return RestError(400, "parsing_exception",
                     "Expected [START_OBJECT] at the top of the request body");
  }
  return *std::move(json);
}

namespace {

// "open,hidden"; no index is closed.
std::optional<RestError> ReadExpandWildcards(std::string_view list,
                                             IndexExpressionOptions* options) {
  options->expand_open = options->expand_hidden = false;
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(word.size() + 1, list.size()));
    if (word == "none") {
      options->expand_open = options->expand_hidden = false;
    } else if (word == "open" || word == "all") {
      options->expand_open = true;
      options->expand_hidden = options->expand_hidden || word == "all";
    } else if (word == "hidden") {
      options->expand_hidden = true;
    } else if (word != "closed") {
      return IllegalArgument("No valid expand wildcard value [" + std::string(word) + "]");
    }
  }
  return std::nullopt;
}

}  // namespace

RestResult<IndexExpressionOptions> IndexOptions(const Request& request, bool with_hidden) {
  IndexExpressionOptions options;
  options.expand_hidden = with_hidden;
  if (const auto wildcards = request.Parameter("expand_wildcards")) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadExpandWildcards(*wildcards, &options));
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(options.ignore_unavailable,
                               BoolParameter(request, "ignore_unavailable", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(options.allow_no_indices,
                               BoolParameter(request, "allow_no_indices", true));
  return options;
}

RestResult<IndexSelection> RequestedSelection(const Names& names, const Request& request,
                                              bool with_hidden) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexExpressionOptions options,
                               IndexOptions(request, with_hidden));
  return SelectIndices(*names.view, *names.aliases, request.Capture("index"), options);
}

RestResult<std::vector<const index::IndexView*>> RequestedIndices(const Names& names,
                                                                  const Request& request,
                                                                  bool with_hidden) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(IndexSelection selection,
                               RequestedSelection(names, request, with_hidden));
  return std::move(selection.indices);
}

RestResult<const index::IndexView*> RequestedIndex(const Names& names, std::string_view name) {
  return SelectIndex(*names.view, *names.aliases, name);
}

RestResult<search::QueryPtr> QueryParameter(const Request& request) {
  const auto query = request.Parameter("q");
  if (!query) {
    return search::QueryPtr();
  }
  dsl::QueryStringOptions options;
  options.query = *query;
  if (const auto field = request.Parameter("df")) {
    options.fields = {{std::string(*field), 1}};
  }
  const std::string_view op = request.ParameterOr("default_operator", "OR");
  if (op != "OR" && op != "or" && op != "AND" && op != "and") {
    return IllegalArgument("Unknown default_operator [" + std::string(op) + "]");
  }
  options.operator_and = op == "AND" || op == "and";
  options.analyzer = request.ParameterOr("analyzer");
  BINSEEK_DSL_ASSIGN_OR_RETURN(options.lenient, BoolParameter(request, "lenient", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr parsed, dsl::MakeQueryString(options));
  const Status limits = search::CheckLimits(*parsed);
  return limits.ok() ? RestResult<search::QueryPtr>(std::move(parsed)) : ErrorOf(limits);
}

bool HasSourceParameters(const Request& request) {
  return request.Parameter("_source") || request.Parameter("_source_includes") ||
         request.Parameter("_source_excludes");
}

dsl::SourceFilter SourceParameters(const Request& request) {
  return dsl::SourceFilterFromParameters(request.ParameterOr("_source"),
                                         request.ParameterOr("_source_includes"),
                                         request.ParameterOr("_source_excludes"));
}

void WriteShards(size_t count, bool with_skipped, JsonWriter* writer) {
  writer->Key("_shards").BeginObject();
  writer->Key("total").Uint(count);
  writer->Key("successful").Uint(count);
  if (with_skipped) {
    writer->Key("skipped").Int(0);
  }
  writer->Key("failed").Int(0);
  writer->EndObject();
}

}  // namespace binseek::api
