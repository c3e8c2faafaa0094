// PUT and POST _doc, _create, DELETE _doc: one document at a time.
#include <charconv>
#include <optional>
#include <string>

#include "api/handlers/document_writer.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/write_guards.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

RestResult<std::optional<int64_t>> IntParameter(const Request& request, std::string_view name) {
  const std::optional<std::string_view> value = request.Parameter(name);
  if (!value) {
    return std::optional<int64_t>();
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size()) {
    return IllegalArgument("Failed to parse long parameter [" + std::string(name) +
                           "] with value [" + std::string(*value) + "]");
  }
  return std::optional<int64_t>(number);
}

RestResult<DocumentWrite> ParseWrite(const Request& request, DocumentWrite::Kind kind) {
  DocumentWrite write;
  write.kind = kind;
  write.index = request.Capture("index");
  write.id = request.Capture("id");
  write.routing = request.ParameterOr("routing");
  write.source = request.body;
  BINSEEK_DSL_ASSIGN_OR_RETURN(write.require_alias, BoolParameter(request, "require_alias", false));
  if (std::optional<RestError> error = CheckRefresh(request)) {
    return *std::move(error);
  }
  const std::string_view op_type = request.ParameterOr("op_type", "index");
  if (op_type != "index" && op_type != "create") {
    return IllegalArgument("opType must be 'create' or 'index', found: [" + std::string(op_type) +
                           "]");
  }
  if (op_type == "create") {
    write.kind = DocumentWrite::Kind::kCreate;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto version, IntParameter(request, "version"));
  if (std::optional<RestError> error =
          SetVersion(request.ParameterOr("version_type"), version, &write)) {
    return *std::move(error);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(write.if_seq_no, IntParameter(request, "if_seq_no"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(write.if_primary_term, IntParameter(request, "if_primary_term"));
  if (std::optional<RestError> error = CheckGuards(write)) {
    return *std::move(error);
  }
  if (kind != DocumentWrite::Kind::kDelete &&
      request.body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return RestError(400, "parse_exception", "request body is required");
  }
  return write;
}

HandlerResult Write(Node* node, const Request& request, DocumentWrite::Kind kind) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const DocumentWrite write, ParseWrite(request, kind));
  const std::vector<WriteOutcome> outcomes = WriteDocuments(node, {&write, 1});
  if (outcomes[0].error) {
    return *outcomes[0].error;
  }
  Response response;
  response.status = outcomes[0].status();
  if (response.status == 201) {
    response.headers.emplace_back(
        "Location", "/" + outcomes[0].index + "/_doc/" + PercentEncode(outcomes[0].id));
  }
  JsonWriter writer(&response.body);
  writer.BeginObject();
  WriteResultMembers(outcomes[0], &writer);
  writer.EndObject();
  return response;
}

}  // namespace

void AddWriteHandlers(Node* node, Router* router) {
#define BINSEEK_WRITE_PARAMETERS                                                             \
  "refresh,routing,timeout,version,version_type,if_seq_no,if_primary_term,op_type,wait_for_" \
  "active_shards"
  constexpr std::string_view kParameters = BINSEEK_WRITE_PARAMETERS;
  constexpr std::string_view kIndexParameters = BINSEEK_WRITE_PARAMETERS ",require_alias";
  const auto index = [node](const Request& request) {
    return Write(node, request, DocumentWrite::Kind::kIndex);
  };
  const auto create = [node](const Request& request) {
    return Write(node, request, DocumentWrite::Kind::kCreate);
  };
  const auto remove = [node](const Request& request) {
    return Write(node, request, DocumentWrite::Kind::kDelete);
  };
  router->Add("PUT,POST", "/{index}/_doc/{id}", kIndexParameters, index);
  router->Add("POST", "/{index}/_doc", kIndexParameters, index);
  router->Add("PUT,POST", "/{index}/_create/{id}", kIndexParameters, create);
  router->Add("DELETE", "/{index}/_doc/{id}", kParameters, remove);
}

}  // namespace binseek::api
