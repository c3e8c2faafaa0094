// _msearch: many searches in one request of NDJSON, each with an answer or an error of its own.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/search_handler.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxSearches = 10000;  // of one request
// Of a header, besides the index: parameters of the search, handed on where it knows them.
constexpr std::string_view kHeaderKeys[] = {"search_type",
                                            "preference",
                                            "routing",
                                            "request_cache",
                                            "ignore_unavailable",
                                            "allow_no_indices",
                                            "expand_wildcards",
                                            "ignore_throttled",
                                            "ccs_minimize_roundtrips",
                                            "allow_partial_search_results"};

struct OneSearch {
  Request request;  // as if it had come alone
  std::shared_ptr<ScrollContext> context;
};

std::string ScalarText(const JsonValue& value) {
  return value.is_string()
             ? value.AsString()
             : (value.is_bool() ? (value.AsBool() ? "true" : "false") : value.number_text());
}

RestResult<std::string> IndexText(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  std::string names;
  for (const JsonValue& name : value.array()) {
    if (!name.is_string()) {
      return IllegalArgument("a name of an index in a header of a multi search must be a text");
    }
    names += (names.empty() ? "" : ",") + name.AsString();
  }
  return names;
}

// {"index": "a,b", "preference": ...}; nothing at all is as good as {}.
std::optional<RestError> ParseHeader(std::string_view line, Request* request) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return std::nullopt;
  }
  const Result<JsonValue> header = ParseJson(line);
  if (!header.ok()) {
    return BodyError(header.status());
  }
  if (!header->is_object()) {
    return RestError(400, "parsing_exception", "Expected [START_OBJECT] as a header of a search");
  }
  for (const auto& [key, value] : header->members()) {
    if (key == "index" || key == "indices") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(request->captures["index"], IndexText(value));
    } else if (std::find(std::begin(kHeaderKeys), std::end(kHeaderKeys), key) ==
               std::end(kHeaderKeys)) {
      return IllegalArgument("key [" + key + "] is not supported in the metadata section");
    } else if (!value.is_null() && !value.is_array() && !value.is_object()) {
      request->parameters.emplace_back(key, ScalarText(value));
    }
  }
  return std::nullopt;
}

// The lines of the body, ends included in none; the last one may be empty.
std::vector<std::string_view> LinesOf(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    lines.push_back(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

RestResult<std::vector<OneSearch>> ParseSearches(const Node& node, const Request& request) {
  if (request.body.empty()) {
    return RestError(400, "parse_exception", "request body is required");
  }
  if (request.body.back() != '\n') {
    return IllegalArgument("The msearch request must be terminated by a newline [\n]");
  }
  std::vector<OneSearch> searches;
  const std::vector<std::string_view> lines = LinesOf(request.body);
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    if (searches.size() == kMaxSearches) {
      return IllegalArgument("more than " + std::to_string(kMaxSearches) +
                             " searches in one multi search");
    }
    OneSearch one;
    one.request.path = request.path;
    one.request.captures = request.captures;
    for (const auto& [name, value] : request.parameters) {
      if (name != "max_concurrent_searches" && name != "filter_path") {
        one.request.parameters.emplace_back(name, value);
      }
    }
    if (std::optional<RestError> error = ParseHeader(lines[i], &one.request)) {
      return *std::move(error);
    }
    one.request.body = lines[i + 1];
    BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(one.request));
    one.request.body.clear();
    BINSEEK_DSL_ASSIGN_OR_RETURN(one.context, ParseSearch(node, one.request, json));
    searches.push_back(std::move(one));
  }
  if (searches.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: no requests added;");
  }
  return searches;
}

// The answer as it would have come alone, with its status in it.
void WriteAnswer(HandlerResult answer, JsonWriter* writer) {
  if (answer.ok()) {
    std::string& body = answer->body;
    body.pop_back();
    body += ",\"status\":200}";
    writer->Raw(body);
    return;
  }
  writer->BeginObject();
  writer->Key("error");
  WriteErrorObject(answer.error(), writer);
  writer->Key("status").Int(answer.error().status);
  writer->EndObject();
}

HandlerResult MultiSearch(Node* node, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto concurrent,
                               UintParameter(request, "max_concurrent_searches"));
  if (concurrent && *concurrent == 0) {
    return IllegalArgument("maxConcurrentSearchRequests must be positive");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<OneSearch> searches,
                               ParseSearches(*node, request));
  const size_t max_bytes = node->max_response_bytes();
  std::string responses;
  JsonWriter writer(&responses);
  writer.BeginArray();
  for (const OneSearch& one : searches) {
    WriteAnswer(RunSearch(node, one.request, one.context), &writer);
    if (responses.size() > max_bytes) {
      return ResponseTooLarge(max_bytes);
    }
  }
  writer.EndArray();
  const auto took = std::chrono::steady_clock::now() - start;
  Response response;
  JsonWriter whole(&response.body);
  whole.BeginObject();
  whole.Key("took").Int(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  whole.Key("responses").Raw(responses);
  whole.EndObject();
  return response;
}

}  // namespace

void AddMultiSearchHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "search_type,max_concurrent_searches,typed_keys,pre_filter_shard_size,max_concurrent_shard_"
      "requests,rest_total_hits_as_int,ccs_minimize_roundtrips,routing,"
      "preference," BINSEEK_INDICES_PARAMETERS;
  const auto search = [node](const Request& request) { return MultiSearch(node, request); };
  router->Add("GET,POST", "/_msearch", kParameters, search);
  router->Add("GET,POST", "/{index}/_msearch", kParameters, search);
}

}  // namespace binseek::api
