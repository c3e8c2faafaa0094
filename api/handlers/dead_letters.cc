// _sync/dead_letters: the rows that could not become documents: a list, and their end by the user's word.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"
#include "engine/base/log.h"

namespace binseek::api {
namespace {

constexpr size_t kDefaultLetters = 100;
constexpr size_t kMaxLetters = 10'000;

std::optional<std::string> TextParameter(const Request& request, std::string_view name) {
  const auto value = request.Parameter(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

void WriteLetter(const pipeline::DeadLetter& letter, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("table").String(letter.table);
  writer->Key("key").String(letter.key);
  writer->Key("position").String(letter.position);
  writer->Key("reason").String(letter.reason);
  writer->Key("count").Uint(letter.count);
  writer->Key("first_seen_ms").Int(letter.first_seen_ms);
  writer->Key("last_seen_ms").Int(letter.last_seen_ms);
  writer->EndObject();
}

HandlerResult List(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto from, UintParameter(request, "from"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto size, UintParameter(request, "size"));
  if (size.value_or(0) > kMaxLetters) {
    return IllegalArgument("[size] must not be over " + std::to_string(kMaxLetters));
  }
  pipeline::DeadLetterPage page;
  if (node.state() != nullptr) {
    BINSEEK_REST_ASSIGN_OR_RETURN(
        page, node.state()->FindDeadLetters(
                  {TextParameter(request, "table"), TextParameter(request, "key")},
                  from.value_or(0), size.value_or(kDefaultLetters)));
  }
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("total").Uint(page.total);
  writer.Key("dead_letters").BeginArray();
  for (const pipeline::DeadLetter& letter : page.letters) {
    WriteLetter(letter, &writer);
  }
  writer.EndArray();
  writer.EndObject();
  return response;
}

HandlerResult Discard(const Node& node, const Request& request) {
  const std::optional<std::string> table = TextParameter(request, "table");
  const std::optional<std::string> key = TextParameter(request, "key");
  if (!table || table->empty()) {
    return IllegalArgument("[table] is required: its name as the list shows it, database.table");
  }
  uint64_t discarded = 0;
  if (node.state() != nullptr) {
    BINSEEK_REST_ASSIGN_OR_RETURN(discarded, node.state()->DiscardDeadLetters(*table, key));
  }
  Log(LogLevel::kWarn, "dead letters discarded",
      {{"table", *table}, {"key", key.value_or("*")}, {"letters", discarded}});
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("discarded").Uint(discarded);
  writer.EndObject();
  return response;
}

}  // namespace

void AddDeadLetterHandlers(Node* node, Router* router) {
  router->Add("GET", "/_sync/dead_letters", "table,key,from,size",
              [node](const Request& request) { return List(*node, request); });
  router->Add("DELETE", "/_sync/dead_letters", "table,key",
              [node](const Request& request) { return Discard(*node, request); });
}

}  // namespace binseek::api
