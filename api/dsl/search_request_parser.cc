#include "api/dsl/search_request_parser.h"

#include <charconv>
#include <limits>
#include <utility>

#include "api/dsl/aggregation_parser.h"
#include "api/dsl/arguments.h"
#include "api/dsl/body_parts.h"
#include "api/dsl/query_parser.h"
#include "api/dsl/sort_parser.h"

namespace binseek::api::dsl {
namespace {

using search::SearchRequest;

// Parts of a body that Elasticsearch takes and binseek does not.
constexpr std::string_view kForeignKeys[] = {
    "script_fields", "suggest",      "knn",     "rank",           "runtime_mappings",
    "retriever",     "sub_searches", "derived", "search_pipeline"};

DslResult<uint64_t> ReadCount(const JsonValue& value, std::string_view key) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t count, ReadInt(value, {"search", key}));
  if (count < 0) {
    return IllegalArgument("[" + std::string(key) + "] parameter cannot be negative, found [" +
                           std::to_string(count) + "]");
  }
  return static_cast<uint64_t>(count);
}

// -1 is not to count; 0 is to say at least whether there is anything.
DslResult<uint64_t> TrackUpTo(int32_t limit) {
  if (limit < -1) {
    return IllegalArgument("[track_total_hits] parameter must be positive or equals to -1, got " +
                           std::to_string(limit));
  }
  return limit == -1 ? SearchRequest::kCountNone : limit == 0 ? 1 : static_cast<uint64_t>(limit);
}

DslResult<uint64_t> ReadTrackTotalHits(const JsonValue& value) {
  if (!IsScalar(value)) {
    return UnknownKey("track_total_hits", value);
  }
  return ParseTrackTotalHits(ScalarText(value));
}

DslStatus ReadBound(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (key == "from") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.from, ReadCount(value, key));
  } else {
    BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.size, ReadCount(value, key));
    body->size_given = true;
  }
  return std::nullopt;
}

DslStatus ReadFlag(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  bool* flag = key == "version"                       ? &body->version
               : key == "seq_no_primary_term"         ? &body->seq_no_primary_term
               : key == "profile"                     ? &body->request.profile
               : key == "include_named_queries_score" ? &body->named_query_scores
                                                      : &body->request.track_scores;
  BINSEEK_DSL_ASSIGN_OR_RETURN(*flag, ReadBool(value, {"search", key}));
  return std::nullopt;
}

DslStatus ReadQuery(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN((key == "query" ? body->request.query : body->request.post_filter),
                               ParseQuery(value));
  return std::nullopt;
}

DslStatus ReadSort(std::string_view, const JsonValue& value, SearchBody* body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.sort, ParseSort(value));
  return std::nullopt;
}

DslStatus ReadSource(std::string_view, const JsonValue& value, SearchBody* body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->source, ParseSourceFilter(value));
  body->source_given = true;
  return std::nullopt;
}

DslStatus ReadTotal(std::string_view, const JsonValue& value, SearchBody* body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.track_total_hits, ReadTrackTotalHits(value));
  body->total_hits_given = true;
  return std::nullopt;
}

DslStatus ReadMinScore(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.min_score, ReadFloat(value, {"search", key}));
  return std::nullopt;
}

DslStatus ReadTerminateAfter(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t limit, ReadInt(value, {"search", key}));
  if (limit < 0) {
    return IllegalArgument("terminateAfter must be > 0");
  }
  body->request.terminate_after = static_cast<uint64_t>(limit);
  return std::nullopt;
}

DslStatus ReadTimeout(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int64_t timeout_ms, ParseTimeValueMs(ScalarText(value), key));
  body->request.timeout_ms = timeout_ms > 0 ? timeout_ms : 0;
  return std::nullopt;
}

DslStatus ReadSearchAfter(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!value.is_array()) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.search_after, ParseSearchAfter(value));
  return std::nullopt;
}

DslStatus ReadAggregations(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.aggregations, ParseAggregations(value));
  return std::nullopt;
}

struct BodyPart {
  std::string_view key;
  DslStatus (*read)(std::string_view key, const JsonValue& value, SearchBody* body);
};
constexpr BodyPart kParts[] = {{"query", ReadQuery},
                               {"post_filter", ReadQuery},
                               {"from", ReadBound},
                               {"size", ReadBound},
                               {"sort", ReadSort},
                               {"_source", ReadSource},
                               {"track_total_hits", ReadTotal},
                               {"track_scores", ReadFlag},
                               {"version", ReadFlag},
                               {"seq_no_primary_term", ReadFlag},
                               {"min_score", ReadMinScore},
                               {"terminate_after", ReadTerminateAfter},
                               {"timeout", ReadTimeout},
                               {"search_after", ReadSearchAfter},
                               {"aggs", ReadAggregations},
                               {"aggregations", ReadAggregations},
                               {"profile", ReadFlag},
                               {"include_named_queries_score", ReadFlag},
                               {"highlight", ReadHighlight},
                               {"rescore", ReadRescore},
                               {"collapse", ReadCollapse},
                               {"explain", ReadExplain},
                               {"fields", ReadFieldPatterns},
                               {"docvalue_fields", ReadFieldPatterns},
                               {"stored_fields", ReadStoredFields},
                               {"indices_boost", ReadIndicesBoost},
                               {"slice", ReadSlice},
                               {"pit", ReadPointInTime},
                               {"stats", ReadStats},
                               {"ext", ReadExt}};

DslStatus ReadPart(std::string_view key, const JsonValue& value, SearchBody* body) {
  for (const BodyPart& part : kParts) {
    if (part.key == key) {
      return part.read(key, value, body);
    }
  }
  if (!Contains(kForeignKeys, key)) {
    return UnknownKey(key, value);
  }
  if (value.is_bool() && !value.AsBool()) {
    return std::nullopt;  // "explain": false asks for nothing
  }
  return Unsupported("[" + std::string(key) + "] of a search");
}

struct TimeUnit {
  std::string_view suffix;
  int64_t nanos;
};
// Longer suffixes before those that they end with.
constexpr TimeUnit kTimeUnits[] = {
    {"nanos", 1},          {"micros", 1'000},        {"ms", 1'000'000},        {"s", 1'000'000'000},
    {"m", 60'000'000'000}, {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}};

// Whole milliseconds, at least one where there is any time at all.
std::optional<int64_t> Milliseconds(int64_t count, int64_t unit_nanos) {
  if (unit_nanos < 1'000'000) {
    const int64_t per_ms = 1'000'000 / unit_nanos;
    return count / per_ms + (count % per_ms == 0 ? 0 : 1);
  }
  const int64_t unit_ms = unit_nanos / 1'000'000;
  return count <= std::numeric_limits<int64_t>::max() / unit_ms ? std::optional(count * unit_ms)
                                                                : std::nullopt;
}

}  // namespace

DslResult<SearchBody> ParseSearchBody(const JsonValue& json) {
  if (!json.is_object()) {
    return ParsingError("Expected [START_OBJECT] but found [" + std::string(TokenName(json)) + "]");
  }
  SearchBody body;
  for (const auto& [key, value] : json.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadPart(key, value, &body));
  }
  if (body.request.search_after && body.request.from > 0) {
    return IllegalArgument("`from` parameter must be set to 0 when `search_after` is used.");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckCombination(body));
  body.request.parts = {.ids = body.shows_id, .versions = body.version || body.seq_no_primary_term};
  return body;
}

DslResult<search::QueryPtr> ParseCountBody(const JsonValue& json) {
  if (!json.is_object()) {
    return ParsingError("Expected [START_OBJECT] but found [" + std::string(TokenName(json)) + "]");
  }
  search::QueryPtr query;
  for (const auto& [key, value] : json.members()) {
    if (key != "query") {
      return ParsingError("request does not support [" + key + "]");
    }
    if (!value.is_object()) {
      return ParsingError("Expected [START_OBJECT] but found [" + std::string(TokenName(value)) +
                          "]");
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN(query, ParseQuery(value));
  }
  return query;
}

DslResult<uint64_t> ParseTrackTotalHits(std::string_view text) {
  if (text == "true" || text == "false") {
    return text == "true" ? SearchRequest::kCountAll : SearchRequest::kCountNone;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t limit, ReadInt(JsonValue::String(std::string(text)),
                                                            {"search", "track_total_hits"}));
  return TrackUpTo(limit);
}

DslResult<int64_t> ParseTimeValueMs(std::string_view text, std::string_view setting) {
  const std::string failed = "failed to parse setting [" + std::string(setting) + "] with value [" +
                             std::string(text) + "] as a time value";
  if (text == "-1" || (!text.empty() && text.find_first_not_of('0') == std::string_view::npos)) {
    return text == "-1" ? -1 : 0;
  }
  for (const TimeUnit& unit : kTimeUnits) {
    if (!text.ends_with(unit.suffix)) {
      continue;
    }
    const std::string_view digits = text.substr(0, text.size() - unit.suffix.size());
    int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      if (count < 0) {
        return IllegalArgument(failed + ": negative durations are not supported");
      }
      if (const std::optional<int64_t> ms = Milliseconds(count, unit.nanos)) {
        return *ms;
      }
    }
    if (digits.find('.') != std::string_view::npos) {
      return IllegalArgument("failed to parse [" + std::string(text) +
                             "], fractional time values are not supported");
    }
    return IllegalArgument("failed to parse [" + std::string(text) + "]");
  }
  return IllegalArgument(failed + ": unit is missing or unrecognized");
}

}  // namespace binseek::api::dsl
