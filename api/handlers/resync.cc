// _sync/resync: by the user's word all documents of a table are made anew.
#include <chrono>
#include <string>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/source_choice.h"
#include "api/handlers/wait_for.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

// Within which it has to have begun. Below what clients wait for an answer.
constexpr std::chrono::seconds kPatience{20};

HandlerResult Resync(const Node& node, const Request& request) {
  const auto table = request.Parameter("table");
  if (!table || table->empty()) {
    return IllegalArgument("[table] is required: its name, or database.table");
  }
  const auto sources = node.sources();
  if (sources->list.empty()) {
    return node.source_configured()
               ? ErrorOf(Status::Unavailable("the source is not followed yet: binseek is starting"))
               : IllegalArgument("there is nothing to read again: binseek follows no source");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto source,
                               SourceOfTable(*sources, request, std::string(*table)));
  if (!source) {
    return ErrorOf(Status::NotFound("table " + std::string(*table) + " is followed by no source"));
  }
  const WaitSlots::Slot slot(node.wait_slots());
  if (!slot.taken()) {
    return TooManyWait(node);
  }
  const auto begun =
      source->sync->ResyncTable(std::string(*table), std::chrono::steady_clock::now() + kPatience);
  if (begun.status().code() == StatusCode::kAborted) {
    return RestError(409, "resync_in_progress_exception", begun.status().message());
  }
  if (!begun.ok()) {
    return ErrorOf(begun.status());
  }
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  if (sources->named) {
    writer.Key("source").String(source->name);
  }
  writer.Key("table").String(begun->table);
  writer.Key("started").Bool(true);
  writer.Key("beside").Bool(begun->beside);
  writer.Key("old_is_fed").Bool(begun->is_fed);
  writer.EndObject();
  return response;
}

}  // namespace

void AddResyncHandlers(Node* node, Router* router) {
  router->Add("POST", "/_sync/resync", "table,source",
              [node](const Request& request) { return Resync(*node, request); });
}

}  // namespace binseek::api
