// GET _doc, GET _source, _mget: documents by their keys.
#include <optional>
#include <string>

#include "api/dsl/response.h"
#include "api/handlers/document_writer.h"
#include "api/handlers/get_result.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxMultiGet = 10000;

std::optional<RestError> RefuseUnroutedGet(const index::IndexView& index, const Request& request) {
  return api::RefuseWithoutRouting(index, request.Capture("id"), request.ParameterOr("routing"));
}

HandlerResult Get(const Node& node, const Request& request) {
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const index::IndexView* index,
                               RequestedIndex(names, request.Capture("index")));
  if (std::optional<RestError> refused = RefuseUnroutedGet(*index, request)) {
    return *std::move(refused);
  }
  Response response;
  JsonWriter writer(&response.body);
  bool found = false;
  BINSEEK_REST_RETURN_IF_ERROR(
      WriteGetResult(*index, request.Capture("id"), SourceParameters(request), &writer, &found));
  response.status = found ? 200 : 404;
  return response;
}

HandlerResult GetSource(const Node& node, const Request& request) {
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const index::IndexView* index,
                               RequestedIndex(names, request.Capture("index")));
  if (std::optional<RestError> refused = RefuseUnroutedGet(*index, request)) {
    return *std::move(refused);
  }
  const std::optional<index::DocAddress> address = index->FindKey(request.Capture("id"));
  if (!address) {
    return RestError(404, "resource_not_found_exception",
                     "Document not found [" + index->name + "]/[" + request.Capture("id") + "]");
  }
  Response response;
  std::string source;
  BINSEEK_REST_RETURN_IF_ERROR(index::AppendSource(*index, *address, &source));
  BINSEEK_REST_RETURN_IF_ERROR(SourceParameters(request).Append(source, &response.body));
  return response;
}

// One entry of "docs".
struct Wanted {
  std::string index;
  std::string id;
  std::string routing;
  dsl::SourceFilter source;
};

RestResult<Wanted> ParseWanted(const Request& request, const JsonValue& entry,
                               const dsl::SourceFilter& source) {
  if (!entry.is_object()) {
    return IllegalArgument("docs array element should include an object");
  }
  Wanted wanted{request.Capture("index"), "", std::string(request.ParameterOr("routing")), source};
  for (const auto& [name, value] : entry.members()) {
    if (name == "_index" && value.is_string()) {
      wanted.index = value.AsString();
    } else if (name == "_id" && (value.is_string() || value.is_number())) {
      wanted.id = value.is_string() ? value.AsString() : value.number_text();
    } else if (name == "_source") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(wanted.source, dsl::ParseSourceFilter(value));
    } else if (name == "routing" && (value.is_string() || value.is_number())) {
      wanted.routing = value.is_string() ? value.AsString() : value.number_text();
    } else {
      return RestError(400, "parsing_exception",
                       "unknown parameter [" + name + "] in a document of a multi get");
    }
  }
  if (wanted.index.empty() || wanted.id.empty()) {
    return RestError(400, "action_request_validation_exception",
                     std::string("Validation Failed: 1: ") +
                         (wanted.index.empty() ? "index is missing;" : "id is missing;"));
  }
  return wanted;
}

RestResult<std::vector<Wanted>> ParseMultiGet(const Request& request, const JsonValue& body) {
  std::vector<Wanted> all;
  const dsl::SourceFilter source = SourceParameters(request);
  for (const auto& [name, value] : body.members()) {
    if ((name != "docs" && name != "ids") || !value.is_array()) {
      return RestError(
          400, "parsing_exception",
          "unknown key [" + name + "] in a multi get, expected the array [docs] or [ids]");
    }
    if (value.array().size() + all.size() > kMaxMultiGet) {
      return IllegalArgument("more than " + std::to_string(kMaxMultiGet) +
                             " documents in one multi get");
    }
    for (const JsonValue& entry : value.array()) {
      if (name == "docs") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(Wanted wanted, ParseWanted(request, entry, source));
        all.push_back(std::move(wanted));
      } else {
        BINSEEK_DSL_ASSIGN_OR_RETURN(
            Wanted wanted, ParseWanted(request, JsonValue::FromMembers({{"_id", entry}}), source));
        all.push_back(std::move(wanted));
      }
    }
  }
  if (all.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: no documents to get;");
  }
  return all;
}

HandlerResult MultiGet(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<Wanted> all, ParseMultiGet(request, body));
  const Names names = node.names();
  const size_t max_bytes = node.max_response_bytes();
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("docs").BeginArray();
  for (const Wanted& wanted : all) {
    if (response.body.size() > max_bytes) {
      return ResponseTooLarge(max_bytes);
    }
    RestResult<const index::IndexView*> index = RequestedIndex(names, wanted.index);
    const std::optional<RestError> refused =
        !index.ok() ? std::optional(index.error())
                    : api::RefuseWithoutRouting(**index, wanted.id, wanted.routing);
    if (!refused) {
      bool found = false;
      BINSEEK_REST_RETURN_IF_ERROR(
          WriteGetResult(**index, wanted.id, wanted.source, &writer, &found));
      continue;
    }
    writer.BeginObject();
    writer.Key("_index").String(wanted.index);
    writer.Key("_id").String(wanted.id);
    writer.Key("error");
    WriteErrorObject(*refused, &writer);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return response.body.size() > max_bytes ? HandlerResult(ResponseTooLarge(max_bytes))
                                          : HandlerResult(std::move(response));
}

}  // namespace

DocumentVersion VersionAt(const index::IndexView& index, index::DocAddress address) {
  const index::SystemRow row = index.at(address).System(address.doc);
  return {row.version.value_or(0), row.seq_no.value_or(0)};
}

Status WriteGetResult(const index::IndexView& index, std::string_view id,
                      const dsl::SourceFilter& filter, JsonWriter* writer, bool* found) {
  const std::optional<index::DocAddress> address = index.FindKey(id);
  *found = address.has_value();
  std::string shown;
  if (address && filter.enabled()) {
    std::string source;
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(index, *address, &source));
    BINSEEK_RETURN_IF_ERROR(filter.Append(source, &shown));
  }
  writer->BeginObject();
  writer->Key("_index").String(index.name);
  writer->Key("_id").String(id);
  if (address) {
    const DocumentVersion version = VersionAt(index, *address);
    writer->Key("_version").Int(version.version);
    writer->Key("_seq_no").Int(version.seq_no);
    writer->Key("_primary_term").Int(1);
    BINSEEK_RETURN_IF_ERROR(dsl::WriteSystemKeywords(index.at(*address), address->doc, writer));
  }
  writer->Key("found").Bool(*found);
  if (address && filter.enabled()) {
    writer->Key("_source").Raw(shown);
  }
  writer->EndObject();
  return Status::Ok();
}

void AddDocumentHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "preference,realtime,refresh,routing," BINSEEK_SOURCE_PARAMETERS;
  constexpr std::string_view kMultiParameters =
      "preference,realtime,refresh,routing,source,source_content_type," BINSEEK_SOURCE_PARAMETERS;
  const auto multi_get = [node](const Request& request) { return MultiGet(*node, request); };
  router->Add("GET,HEAD", "/{index}/_doc/{id}", kParameters,
              [node](const Request& request) { return Get(*node, request); });
  router->Add("GET,HEAD", "/{index}/_source/{id}", kParameters,
              [node](const Request& request) { return GetSource(*node, request); });
  router->Add("GET,POST", "/_mget", kMultiParameters, multi_get);
  router->Add("GET,POST", "/{index}/_mget", kMultiParameters, multi_get);
}

}  // namespace binseek::api
