// _termvectors and _mtermvectors: the terms of a document's texts, with positions, offsets and statistics, by analysing the texts again.
#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/source_paths.h"
#include "api/handlers/get_result.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"
#include "engine/base/name_pattern.h"
#include "engine/codec/segment.h"
#include "engine/search/field_ref.h"
#include "engine/search/highlighter.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxDocuments = 1000;
constexpr std::string_view kKeys[] = {
    "_index",           "_id",       "id",       "fields",
    "offsets",          "positions", "payloads", "term_statistics",
    "field_statistics", "doc",       "routing",  "version",
    "version_type",     "realtime"};

struct Wanted {
  std::string index;
  std::string id;
  std::optional<JsonValue> document;  // in place of one of the index
  std::vector<std::string> fields;    // patterns; empty: all texts
  bool offsets = true;
  bool positions = true;
  bool term_statistics = false;
  bool field_statistics = true;
};

std::vector<std::string> SplitNames(std::string_view names) {
  std::vector<std::string> list;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    list.emplace_back(name);
  }
  return list;
}

std::optional<RestError> ReadParameters(const Request& request, Wanted* wanted) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->offsets, BoolParameter(request, "offsets", true));
  BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->positions, BoolParameter(request, "positions", true));
  BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->term_statistics,
                               BoolParameter(request, "term_statistics", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->field_statistics,
                               BoolParameter(request, "field_statistics", true));
  wanted->fields = SplitNames(request.ParameterOr("fields"));
  wanted->index = request.Capture("index");
  wanted->id = request.Capture("id");
  return std::nullopt;
}

std::optional<RestError> ReadFieldNames(const JsonValue& value, Wanted* wanted) {
  if (!value.is_array()) {
    return IllegalArgument(
        "The parameter [fields] must be given as an array! Use syntax : "
        "\"fields\" : [\"field1\", \"field2\",...]");
  }
  wanted->fields.clear();
  for (const JsonValue& name : value.array()) {
    wanted->fields.push_back(name.AsString());
  }
  return std::nullopt;
}

std::optional<RestError> ReadKey(const std::string& key, const JsonValue& value, Wanted* wanted) {
  const dsl::Place place{"termvectors", key};
  if (key == "fields") {
    return ReadFieldNames(value, wanted);
  }
  if (key == "_index" && value.is_string()) {
    wanted->index = value.AsString();
  } else if ((key == "_id" || key == "id") && dsl::IsScalar(value)) {
    wanted->id = dsl::ScalarText(value);
  } else if (key == "doc" && value.is_object()) {
    wanted->document = value;
  } else if (key == "offsets") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->offsets, dsl::ReadBool(value, place));
  } else if (key == "positions") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->positions, dsl::ReadBool(value, place));
  } else if (key == "term_statistics") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->term_statistics, dsl::ReadBool(value, place));
  } else if (key == "field_statistics") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(wanted->field_statistics, dsl::ReadBool(value, place));
  } else if (!dsl::Contains(kKeys, key)) {
    return RestError(400, "parse_exception",
                     "failed to parse term vectors request. unknown field [" + key + "]");
  }
  return std::nullopt;
}

std::optional<RestError> ReadBody(const JsonValue& body, Wanted* wanted) {
  for (const auto& [key, value] : body.members()) {
    if (std::optional<RestError> error = ReadKey(key, value, wanted)) {
      return error;
    }
  }
  return std::nullopt;
}

// Terms of one field of the document, by their bytes.
using Vector = std::map<std::string, std::vector<search::TextToken>>;

bool IsWanted(const Wanted& wanted, const mapping::Field& field) {
  if (field.kind != mapping::FieldKind::kText && field.kind != mapping::FieldKind::kKeyword) {
    return false;
  }
  if (wanted.fields.empty()) {
    return field.kind == mapping::FieldKind::kText;
  }
  return std::any_of(wanted.fields.begin(), wanted.fields.end(), [&](const std::string& pattern) {
    return MatchesPattern(pattern, field.name);
  });
}

void WriteFieldStatistics(const index::IndexView& index, const mapping::Field& field,
                          JsonWriter* writer) {
  uint64_t doc_count = 0;
  uint64_t sum_doc_freq = 0;
  uint64_t sum_total = 0;
  for (const auto& segment : index.segments) {
    if (const codec::FieldTerms* const terms = segment->segment().Terms(field.id)) {
      doc_count += terms->doc_count();
      sum_doc_freq += terms->sum_doc_freq();
      sum_total += terms->sum_total_term_freq();
    }
  }
  writer->Key("field_statistics").BeginObject();
  writer->Key("sum_doc_freq").Uint(sum_doc_freq);
  writer->Key("doc_count").Uint(doc_count);
  writer->Key("sum_ttf").Uint(sum_total);
  writer->EndObject();
}

void WriteTermStatistics(const index::IndexView& index, const mapping::Field& field,
                         const std::string& term, JsonWriter* writer) {
  uint64_t doc_freq = 0;
  uint64_t total = 0;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(field.id);
    codec::TermInfo info;
    if (terms != nullptr && terms->dictionary().Find(term, &info, nullptr)) {
      doc_freq += info.doc_freq;
      total += info.total_term_freq;
    }
  }
  if (doc_freq > 0) {
    writer->Key("doc_freq").Uint(doc_freq);
    writer->Key("ttf").Uint(total);
  }
}

void WriteVector(const index::IndexView& index, const mapping::Field& field, const Vector& vector,
                 const Wanted& wanted, JsonWriter* writer) {
  writer->Key(field.name).BeginObject();
  if (wanted.field_statistics) {
    WriteFieldStatistics(index, field, writer);
  }
  writer->Key("terms").BeginObject();
  for (const auto& [term, tokens] : vector) {
    writer->Key(term).BeginObject();
    if (wanted.term_statistics) {
      WriteTermStatistics(index, field, term, writer);
    }
    writer->Key("term_freq").Uint(tokens.size());
    if (wanted.positions || wanted.offsets) {
      writer->Key("tokens").BeginArray();
      for (const search::TextToken& token : tokens) {
        writer->BeginObject();
        if (wanted.positions) {
          writer->Key("position").Uint(token.position);
        }
        if (wanted.offsets) {
          writer->Key("start_offset").Int(token.start);
          writer->Key("end_offset").Int(token.end);
        }
        writer->EndObject();
      }
      writer->EndArray();
    }
    writer->EndObject();
  }
  writer->EndObject();
  writer->EndObject();
}

void WriteVectors(const index::IndexView& index, const JsonValue& source, const Wanted& wanted,
                  JsonWriter* writer) {
  const dsl::SourcePaths paths(*index.mapping);
  writer->Key("term_vectors").BeginObject();
  for (const mapping::Field& field : index.mapping->fields()) {
    if (!IsWanted(wanted, field)) {
      continue;
    }
    Vector vector;
    const std::vector<std::string> texts = dsl::TextsOf(paths, field, source);
    for (search::TextToken& token :
         search::TokensOf(field, texts, std::numeric_limits<uint32_t>::max())) {
      std::vector<search::TextToken>& tokens = vector[token.term];
      tokens.push_back(std::move(token));
    }
    if (!vector.empty()) {
      WriteVector(index, field, vector, wanted, writer);
    }
  }
  writer->EndObject();
}

Status WriteDocument(const index::IndexView& index, const Wanted& wanted, int64_t took_ms,
                     JsonWriter* writer) {
  const std::optional<index::DocAddress> address =
      wanted.document ? std::nullopt : index.FindKey(wanted.id);
  JsonValue source = wanted.document.value_or(JsonValue());
  if (address) {
    std::string text;
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(index, *address, &text));
    BINSEEK_ASSIGN_OR_RETURN(source, ParseJson(text));
  }
  const bool found = address || wanted.document;
  writer->BeginObject();
  writer->Key("_index").String(index.name);
  if (!wanted.document) {
    writer->Key("_id").String(wanted.id);
  }
  writer->Key("_version").Int(address ? VersionAt(index, *address).version : 0);
  writer->Key("found").Bool(found);
  writer->Key("took").Int(took_ms);
  if (found) {
    WriteVectors(index, source, wanted, writer);
  }
  writer->EndObject();
  return Status::Ok();
}

int64_t MillisSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

HandlerResult TermVectors(const Node& node, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  Wanted wanted;
  if (std::optional<RestError> error = ReadParameters(request, &wanted)) {
    return *std::move(error);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  if (std::optional<RestError> error = ReadBody(body, &wanted)) {
    return *std::move(error);
  }
  if (wanted.id.empty() && !wanted.document) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: id or doc is missing;");
  }
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const index::IndexView* index,
                               RequestedIndex(names, request.Capture("index")));
  Response response;
  JsonWriter writer(&response.body);
  BINSEEK_REST_RETURN_IF_ERROR(WriteDocument(*index, wanted, MillisSince(start), &writer));
  return response;
}

RestResult<std::vector<Wanted>> ParseDocuments(const Request& request) {
  Wanted defaults;
  if (std::optional<RestError> error = ReadParameters(request, &defaults)) {
    return *std::move(error);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  if (const JsonValue* const parameters = body.Find("parameters")) {
    if (std::optional<RestError> error = ReadBody(*parameters, &defaults)) {
      return *std::move(error);
    }
  }
  std::vector<Wanted> all;
  for (std::string& id : SplitNames(request.ParameterOr("ids"))) {
    all.push_back(defaults);
    all.back().id = std::move(id);
  }
  for (const auto& [key, value] : body.members()) {
    if (key != "docs" && key != "ids" && key != "parameters") {
      return RestError(400, "parse_exception", "no parameter named [" + key + "] and type ARRAY");
    }
    for (const JsonValue& entry : value.array()) {
      all.push_back(defaults);
      if (key == "ids") {
        all.back().id = dsl::IsScalar(entry) ? dsl::ScalarText(entry) : "";
      } else if (std::optional<RestError> error = ReadBody(entry, &all.back())) {
        return *std::move(error);
      }
    }
  }
  if (all.size() > kMaxDocuments) {
    return IllegalArgument("more than " + std::to_string(kMaxDocuments) +
                           " documents in one request");
  }
  if (all.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: multi term vectors: no documents requested;");
  }
  return all;
}

HandlerResult MultiTermVectors(const Node& node, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<Wanted> all, ParseDocuments(request));
  const Names names = node.names();
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("docs").BeginArray();
  for (const Wanted& wanted : all) {
    if (response.body.size() > node.max_response_bytes()) {
      return ResponseTooLarge(node.max_response_bytes());
    }
    RestResult<const index::IndexView*> index = RequestedIndex(names, wanted.index);
    if (index.ok()) {
      BINSEEK_REST_RETURN_IF_ERROR(WriteDocument(**index, wanted, MillisSince(start), &writer));
      continue;
    }
    writer.BeginObject();
    writer.Key("_index").String(wanted.index);
    writer.Key("_id").String(wanted.id);
    writer.Key("error");
    WriteErrorObject(index.error(), &writer);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return response;
}

}  // namespace

void AddTermVectorHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "fields,offsets,positions,payloads,term_statistics,field_statistics,realtime,preference,"
      "routing,version,version_type,source,source_content_type,ids";
  const auto one = [node](const Request& request) { return TermVectors(*node, request); };
  const auto many = [node](const Request& request) { return MultiTermVectors(*node, request); };
  router->Add("GET,POST", "/{index}/_termvectors", kParameters, one);
  router->Add("GET,POST", "/{index}/_termvectors/{id}", kParameters, one);
  router->Add("GET,POST", "/_mtermvectors", kParameters, many);
  router->Add("GET,POST", "/{index}/_mtermvectors", kParameters, many);
}

}  // namespace binseek::api
