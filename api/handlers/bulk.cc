// _bulk: many writes in one request of NDJSON, each with a result of its own.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/handlers/document_writer.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/write_guards.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxItems = 250000;

struct Item {
  std::string action;  // "index", "create", "delete", "update"
  std::string index;
  std::string id;
  std::optional<RestError> error;  // decided without writing
  size_t write = 0;                // ordinal among the writes
};

struct Bulk {
  std::vector<Item> items;
  std::vector<DocumentWrite> writes;
};

// Splits the body into its lines, without their ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // nullopt at the end.
  std::optional<std::string_view> Next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    return line;
  }
  // The next that is not empty: of an action. What follows an action is its document, whatever it is.
  std::optional<std::string_view> NextAction() {
    std::optional<std::string_view> line = Next();
    while (line && line->empty()) {
      line = Next();
    }
    return line;
  }
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

RestError Malformed(size_t line, const std::string& what) {
  return IllegalArgument("Malformed action/metadata line [" + std::to_string(line) + "], " + what);
}

// {"_index": "x", "_id": "1", ...} of an action line.
std::optional<RestError> ParseMetadata(const JsonValue& metadata, size_t line, Item* item,
                                       DocumentWrite* write) {
  std::optional<int64_t> version;
  std::string version_type;
  for (const auto& [name, value] : metadata.members()) {
    if (name == "_index" && value.is_string()) {
      item->index = value.AsString();
    } else if (name == "_id" && (value.is_string() || value.is_number())) {
      item->id = value.is_string() ? value.AsString() : value.number_text();
      if (item->id.empty()) {
        return IllegalArgument("if _id is specified it must not be empty");
      }
    } else if (name == "_id" && value.is_null()) {
      continue;
    } else if (name == "version" && value.AsInt64()) {
      version = value.AsInt64();
    } else if (name == "version_type" && value.is_string()) {
      version_type = value.AsString();
    } else if (name == "if_seq_no" && value.AsInt64()) {
      write->if_seq_no = value.AsInt64();
    } else if (name == "if_primary_term" && value.AsInt64()) {
      write->if_primary_term = value.AsInt64();
    } else if (name == "routing" && (value.is_string() || value.is_number())) {
      write->routing = value.is_string() ? value.AsString() : value.number_text();
    } else if (name == "op_type" && value.is_string() &&
               (value.AsString() == "create" || value.AsString() == "index")) {
      // {"create": ...} stays what it says.
      item->action = item->action == "index" ? value.AsString() : item->action;
    } else if (name == "require_alias" && value.is_bool()) {
      write->require_alias = value.AsBool();
    } else if (name != "routing" && name != "retry_on_conflict") {
      return Malformed(line, "unknown parameter [" + name + "], or its value is of the wrong type");
    }
  }
  if (item->index.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: index is missing;");
  }
  if (item->action == "delete" && item->id.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: id is missing;");
  }
  item->error = SetVersion(version_type, version, write);
  return CheckGuards(*write);
}

// {"index": {...}} of a line.
RestResult<JsonValue> ParseAction(std::string_view text, size_t line) {
  Result<JsonValue> json = ParseJson(text);
  if (!json.ok()) {
    return Malformed(line, "no valid JSON: " + json.status().message());
  }
  if (json->members().size() != 1 || !json->members()[0].second.is_object()) {
    return Malformed(line, "expected one action with an object as its value");
  }
  const std::string& action = json->members()[0].first;
  if (action != "index" && action != "create" && action != "delete" && action != "update") {
    return Malformed(
        line, "expected field [create], [delete], [index] or [update] but found [" + action + "]");
  }
  return *std::move(json);
}

// Borrows the body.
RestResult<Bulk> ParseBulk(const Request& request) {
  if (request.body.empty()) {
    return RestError(400, "parse_exception", "request body is required");
  }
  if (request.body.back() != '\n') {
    return IllegalArgument("The bulk request must be terminated by a newline [\\n]");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckRefresh(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool require_alias,
                               BoolParameter(request, "require_alias", false));
  Bulk bulk;
  Lines lines(request.body);
  while (const std::optional<std::string_view> line = lines.NextAction()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, ParseAction(*line, lines.number()));
    const auto& [action, metadata] = json.members()[0];
    if (bulk.items.size() == kMaxItems) {
      return RestError(413, "content_too_long_exception",
                       "more than " + std::to_string(kMaxItems) + " items in one bulk request");
    }
    Item item{action, request.Capture("index"), "", std::nullopt, bulk.writes.size()};
    DocumentWrite write;
    write.routing = request.ParameterOr("routing");
    write.require_alias = require_alias;
    if (std::optional<RestError> error = ParseMetadata(metadata, lines.number(), &item, &write)) {
      return *std::move(error);
    }
    if (action != "delete") {
      const std::optional<std::string_view> source = lines.Next();
      if (!source) {
        return Malformed(lines.number(), "the document of the last action is missing");
      }
      write.source = *source;
    }
    if (action == "update") {
      item.error =
          IllegalArgument("the action [update] is not supported; index the whole document");
    }
    if (!item.error) {
      write.kind = item.action == "delete"   ? DocumentWrite::Kind::kDelete
                   : item.action == "create" ? DocumentWrite::Kind::kCreate
                                             : DocumentWrite::Kind::kIndex;
      write.index = item.index;
      write.id = item.id;
      bulk.writes.push_back(std::move(write));
    }
    bulk.items.push_back(std::move(item));
  }
  if (bulk.items.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: no requests added;");
  }
  return bulk;
}

void WriteItem(const Item& item, const WriteOutcome* outcome, JsonWriter* writer) {
  const std::optional<RestError>& error = outcome == nullptr ? item.error : outcome->error;
  writer->BeginObject();
  writer->Key(item.action).BeginObject();
  if (error) {
    writer->Key("_index").String(item.index);
    writer->Key("_id").String(outcome == nullptr ? item.id : outcome->id);
    writer->Key("status").Int(error->status);
    writer->Key("error").BeginObject();
    writer->Key("type").String(error->type);
    writer->Key("reason").String(error->reason);
    for (const auto& [name, value] : error->details) {
      writer->Key(name).String(value);
    }
    writer->EndObject();
  } else {
    WriteResultMembers(*outcome, writer);
    writer->Key("status").Int(outcome->status());
  }
  writer->EndObject();
  writer->EndObject();
}

HandlerResult RunBulk(Node* node, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const Bulk bulk, ParseBulk(request));
  const std::vector<WriteOutcome> outcomes = WriteDocuments(node, bulk.writes);
  const bool errors = std::any_of(bulk.items.begin(), bulk.items.end(),
                                  [](const Item& item) { return item.error.has_value(); }) ||
                      std::any_of(outcomes.begin(), outcomes.end(),
                                  [](const WriteOutcome& o) { return o.error.has_value(); });
  const auto took = std::chrono::steady_clock::now() - start;
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("errors").Bool(errors);
  writer.Key("took").Int(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  writer.Key("items").BeginArray();
  for (const Item& item : bulk.items) {
    WriteItem(item, item.error ? nullptr : &outcomes[item.write], &writer);
  }
  writer.EndArray();
  writer.EndObject();
  return response;
}

}  // namespace

void AddBulkHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "refresh,routing,timeout,wait_for_active_shards,require_alias";
  const auto bulk = [node](const Request& request) { return RunBulk(node, request); };
  router->Add("POST,PUT", "/_bulk", kParameters, bulk);
  router->Add("POST,PUT", "/{index}/_bulk", kParameters, bulk);
}

}  // namespace binseek::api
