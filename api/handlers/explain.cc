// _explain: why one document has its score for a query, or does not match. _validate/query: whether a query can be run.
#include <optional>
#include <string>

#include "api/dsl/hit_writer.h"
#include "api/dsl/search_request_parser.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"
#include "engine/search/explanation.h"
#include "engine/search/weight.h"

namespace binseek::api {
namespace {

// `index` is of the names' view.
RestResult<std::unique_ptr<search::Weight>> BindIn(const Node& node, const Names& names,
                                                   const index::IndexView& index,
                                                   const search::QueryPtr& query) {
  const search::SearchOptions options = node.search_options();
  search::BindContext context;
  context.index = &index;
  context.analysis = options.analysis;
  context.form = options.form;
  context.now_micros = options.clock->NowMicros();
  context.view = names.view.get();
  BINSEEK_REST_ASSIGN_OR_RETURN(std::unique_ptr<search::Weight> weight, query->Bind(context, 1));
  return weight;
}

RestResult<search::QueryPtr> ParseQueryBody(const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, dsl::ParseCountBody(json));
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr given, QueryParameter(request));
  return given != nullptr ? std::move(given) : std::move(query);
}

void WriteHead(const index::IndexView& index, const Request& request, bool matched,
               JsonWriter* writer) {
  writer->Key("_index").String(index.name);
  writer->Key("_id").String(request.Capture("id"));
  writer->Key("matched").Bool(matched);
}

// "get", where something of the document is asked for.
Status WriteDocument(const index::IndexView& index, index::DocAddress address,
                     const Request& request, JsonWriter* writer) {
  if (!HasSourceParameters(request)) {
    return Status::Ok();
  }
  const dsl::SourceFilter filter = SourceParameters(request);
  std::string source;
  std::string shown;
  if (filter.enabled()) {
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(index, address, &source));
    BINSEEK_RETURN_IF_ERROR(filter.Append(source, &shown));
  }
  const index::SystemRow row = index.at(address).System(address.doc);
  writer->Key("get").BeginObject();
  writer->Key("_seq_no").Int(row.seq_no.value_or(0));
  writer->Key("_primary_term").Int(1);
  writer->Key("found").Bool(true);
  if (filter.enabled()) {
    writer->Key("_source").Raw(shown);
  }
  writer->EndObject();
  return Status::Ok();
}

HandlerResult Explain(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const search::QueryPtr query, ParseQueryBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool sentence, BoolParameter(request, "sentence", false));
  if (query == nullptr) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: query is missing;");
  }
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const index::IndexView* index,
                               RequestedIndex(names, request.Capture("index")));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexSelection selection, RequestedSelection(names, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  const std::optional<index::DocAddress> address = index->FindKey(request.Capture("id"));
  if (!address) {
    WriteHead(*index, request, false, &writer);
    writer.EndObject();
    response.status = 404;
    return response;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::unique_ptr<search::Weight> weight,
                               BindIn(node, names, *index, Restricted(query, selection)));
  BINSEEK_REST_ASSIGN_OR_RETURN(const search::Explanation explanation,
                                weight->Explain(index->at(*address), address->doc));
  WriteHead(*index, request, explanation.matches, &writer);
  writer.Key("explanation");
  if (sentence) {
    writer.String(search::ExplanationSentence(explanation));
  } else {
    dsl::WriteExplanation(explanation, &writer);
  }
  BINSEEK_REST_RETURN_IF_ERROR(WriteDocument(*index, *address, request, &writer));
  writer.EndObject();
  return response;
}

struct Verdict {
  std::string index;
  bool valid = true;
  std::string text;  // the query, or what is wrong with it
};

void WriteVerdicts(const std::vector<Verdict>& verdicts, size_t shards, bool valid, bool explain,
                   JsonWriter* writer) {
  writer->BeginObject();
  WriteShards(shards, false, writer);
  writer->Key("valid").Bool(valid);
  if (explain) {
    writer->Key("explanations").BeginArray();
    for (const Verdict& verdict : verdicts) {
      writer->BeginObject();
      writer->Key("index").String(verdict.index);
      writer->Key("valid").Bool(verdict.valid);
      writer->Key(verdict.valid ? "explanation" : "error").String(verdict.text);
      writer->EndObject();
    }
    writer->EndArray();
  }
  writer->EndObject();
}

HandlerResult Validate(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool explain, BoolParameter(request, "explain", false));
  Response response;
  JsonWriter writer(&response.body);
  RestResult<search::QueryPtr> query = ParseQueryBody(request);
  if (!query.ok()) {
    writer.BeginObject();
    writer.Key("valid").Bool(false);
    if (explain) {
      writer.Key("error").String(query.error().type + ": " + query.error().reason);
    }
    writer.EndObject();
    return response;
  }
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
  std::vector<Verdict> verdicts;
  bool valid = true;
  for (const index::IndexView* const index : indices) {
    Verdict verdict{index->name, true, ""};
    RestResult<std::unique_ptr<search::Weight>> weight =
        BindIn(node, names, *index, *query == nullptr ? search::MakeMatchAll() : *query);
    verdict.valid = weight.ok();
    verdict.text = weight.ok() ? (*weight)->description() : weight.error().reason;
    valid = valid && verdict.valid;
    verdicts.push_back(std::move(verdict));
  }
  WriteVerdicts(verdicts, indices.size(), valid, explain, &writer);
  return response;
}

}  // namespace

void AddExplainHandlers(Node* node, Router* router) {
  constexpr std::string_view kExplainParameters =
      "q,sentence,source,source_content_type,preference,routing,stored_fields,lenient,df,analyzer,"
      "analyze_wildcard,default_operator," BINSEEK_SOURCE_PARAMETERS;
  constexpr std::string_view kValidateParameters =
      "q,explain,rewrite,all_shards,source,source_content_type,lenient,df,analyzer,analyze_"
      "wildcard,"
      "default_operator," BINSEEK_INDICES_PARAMETERS;
  router->Add("GET,POST", "/{index}/_explain/{id}", kExplainParameters,
              [node](const Request& request) { return Explain(*node, request); });
  const auto validate = [node](const Request& request) { return Validate(*node, request); };
  router->Add("GET,POST", "/_validate/query", kValidateParameters, validate);
  router->Add("GET,POST", "/{index}/_validate/query", kValidateParameters, validate);
}

}  // namespace binseek::api
