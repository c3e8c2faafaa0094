// _sync/dead_letters: the rows that could not become documents: a list, another try, and their end by the user's word.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/source_choice.h"
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

RestError TableRequired() {
  return IllegalArgument("[table] is required: its name as the list shows it, database.table");
}

// Of a source that is not followed any more it is the number that it has.
std::string NameOf(const FollowedSources& sources, change::SourceId id) {
  for (const FollowedSource& source : sources.list) {
    if (source.id == id) {
      return source.name;
    }
  }
  return std::to_string(static_cast<uint16_t>(id));
}

void WriteLetter(const FollowedSources& sources, const pipeline::DeadLetter& letter,
                 JsonWriter* writer) {
  writer->BeginObject();
  if (sources.named) {
    writer->Key("source").String(NameOf(sources, letter.source));
  }
  writer->Key("table").String(letter.table);
  writer->Key("key").String(letter.key);
  writer->Key("position").String(letter.position);
  writer->Key("reason").String(letter.reason);
  writer->Key("count").Uint(letter.count);
  writer->Key("first_seen_ms").Int(letter.first_seen_ms);
  writer->Key("last_seen_ms").Int(letter.last_seen_ms);
  writer->EndObject();
}

std::optional<change::SourceId> IdOf(const std::optional<FollowedSource>& source) {
  return source ? std::optional(source->id) : std::nullopt;
}

HandlerResult List(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto from, UintParameter(request, "from"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto size, UintParameter(request, "size"));
  if (size.value_or(0) > kMaxLetters) {
    return IllegalArgument("[size] must not be over " + std::to_string(kMaxLetters));
  }
  const auto sources = node.sources();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto source, NamedSource(*sources, request, "source"));
  pipeline::DeadLetterPage page;
  if (node.state() != nullptr) {
    BINSEEK_REST_ASSIGN_OR_RETURN(
        page, node.state()->FindDeadLetters(
                  {TextParameter(request, "table"), TextParameter(request, "key"), IdOf(source)},
                  from.value_or(0), size.value_or(kDefaultLetters)));
  }
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("total").Uint(page.total);
  writer.Key("dead_letters").BeginArray();
  for (const pipeline::DeadLetter& letter : page.letters) {
    WriteLetter(*sources, letter, &writer);
  }
  writer.EndArray();
  writer.EndObject();
  return response;
}

HandlerResult Discard(const Node& node, const Request& request) {
  const std::optional<std::string> table = TextParameter(request, "table");
  const std::optional<std::string> key = TextParameter(request, "key");
  if (!table || table->empty()) {
    return TableRequired();
  }
  const auto sources = node.sources();
  std::optional<FollowedSource> source;
  if (sources->named) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(source, SourceOfTable(*sources, request, *table));
  }
  uint64_t discarded = 0;
  if (node.state() != nullptr) {
    BINSEEK_REST_ASSIGN_OR_RETURN(discarded,
                                  node.state()->DiscardDeadLetters({*table, key, IdOf(source)}));
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

// Of one key, or of all rows of the table.
RestResult<std::vector<std::string>> KeysOf(const pipeline::StateStore& state,
                                            const pipeline::DeadLetterFilter& filter) {
  std::set<std::string> keys;  // a row may have several letters
  for (size_t from = 0;; from += kMaxLetters) {
    BINSEEK_REST_ASSIGN_OR_RETURN(const pipeline::DeadLetterPage page,
                                  state.FindDeadLetters(filter, from, kMaxLetters));
    for (const pipeline::DeadLetter& letter : page.letters) {
      keys.insert(letter.key);
    }
    if (page.letters.size() < kMaxLetters) {
      return std::vector<std::string>(keys.begin(), keys.end());
    }
  }
}

HandlerResult Retry(const Node& node, const Request& request) {
  const std::optional<std::string> table = TextParameter(request, "table");
  if (!table || table->empty()) {
    return TableRequired();
  }
  const auto sources = node.sources();
  if (sources->list.empty() || node.state() == nullptr) {
    return IllegalArgument("there is nothing to read again: binseek follows no source");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto source, SourceOfTable(*sources, request, *table));
  if (!source) {
    return IllegalArgument("table " + *table + " is followed by no source");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      const std::vector<std::string> keys,
      KeysOf(*node.state(), {*table, TextParameter(request, "key"),
                             sources->named ? std::optional(source->id) : std::nullopt}));
  BINSEEK_REST_ASSIGN_OR_RETURN(const pipeline::RetriedLetters outcome,
                                source->sync->RetryDeadLetters(*table, keys));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("retried").Uint(outcome.retried);
  writer.Key("not_retried").Uint(outcome.not_retried);
  writer.EndObject();
  return response;
}

}  // namespace

void AddDeadLetterHandlers(Node* node, Router* router) {
  router->Add("GET", "/_sync/dead_letters", "table,key,source,from,size",
              [node](const Request& request) { return List(*node, request); });
  router->Add("DELETE", "/_sync/dead_letters", "table,key,source",
              [node](const Request& request) { return Discard(*node, request); });
  router->Add("POST", "/_sync/dead_letters/_retry", "table,key,source",
              [node](const Request& request) { return Retry(*node, request); });
}

}  // namespace binseek::api
