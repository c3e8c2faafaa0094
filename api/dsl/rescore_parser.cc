// The `rescore` of a search: one rescorer, or several in a list.
#include <string>
#include <string_view>
#include <utility>

#include "api/dsl/arguments.h"
#include "api/dsl/body_parts.h"
#include "api/dsl/query_parser.h"
#include "engine/search/rescore.h"

namespace binseek::api::dsl {
namespace {

using search::Rescorer;

DslResult<Rescorer::Mode> ReadScoreMode(const JsonValue& value) {
  constexpr std::pair<std::string_view, Rescorer::Mode> kModes[] = {
      {"total", Rescorer::Mode::kTotal},       {"sum", Rescorer::Mode::kTotal},
      {"multiply", Rescorer::Mode::kMultiply}, {"avg", Rescorer::Mode::kAvg},
      {"max", Rescorer::Mode::kMax},           {"min", Rescorer::Mode::kMin}};
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"query", "score_mode"}));
  for (const auto& [name, mode] : kModes) {
    if (name == LowerAscii(text)) {
      return mode;
    }
  }
  return IllegalArgument("illegal score_mode [" + text + "]");
}

DslStatus ReadRescoreQuery(const JsonValue& value, Rescorer* rescorer) {
  constexpr std::string_view kKeys[] = {"rescore_query", "query_weight", "rescore_query_weight",
                                        "score_mode"};
  if (!value.is_object()) {
    return WrongToken(value, {"rescore", "query"});
  }
  for (const auto& [key, argument] : value.members()) {
    const Place place{"query", key};
    if (key == "rescore_query") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(rescorer->query, ParseQuery(argument));
    } else if (key == "query_weight") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(rescorer->query_weight, ReadFloat(argument, place));
    } else if (key == "rescore_query_weight") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(rescorer->rescore_query_weight, ReadFloat(argument, place));
    } else if (key == "score_mode") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(rescorer->mode, ReadScoreMode(argument));
    } else {
      return UnknownField("query", key, kKeys);
    }
  }
  return std::nullopt;
}

DslStatus ReadRescorer(const JsonValue& value, SearchBody* body) {
  if (!value.is_object()) {
    return WrongToken(value, {"search", "rescore"});
  }
  Rescorer rescorer;
  for (const auto& [key, argument] : value.members()) {
    if (key == "window_size") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadInt(argument, {"rescore", key}));
      if (size < 1) {
        return IllegalArgument("[window_size] must be greater than 0, found [" +
                               std::to_string(size) + "]");
      }
      rescorer.window_size = static_cast<uint64_t>(size);
    } else if (key == "query") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadRescoreQuery(argument, &rescorer));
    } else if (argument.is_object()) {
      return ParsingError("unknown rescorer [" + key + "], expected [query]");
    } else {
      return ParsingError("rescore doesn't support [" + key + "]");
    }
  }
  if (rescorer.query == nullptr) {
    return ParsingError("missing rescore type");
  }
  if (body->request.rescorers.size() == search::kMaxRescorers) {
    return IllegalArgument("[rescore] takes at most [" + std::to_string(search::kMaxRescorers) +
                           "] rescorers");
  }
  body->request.rescorers.push_back(std::move(rescorer));
  return std::nullopt;
}

}  // namespace

DslStatus ReadRescore(std::string_view /*key*/, const JsonValue& value, SearchBody* body) {
  if (!value.is_array()) {
    return ReadRescorer(value, body);
  }
  for (const JsonValue& element : value.array()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadRescorer(element, body));
  }
  return std::nullopt;
}

}  // namespace binseek::api::dsl
