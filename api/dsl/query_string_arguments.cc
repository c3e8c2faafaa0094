// The body of a query_string query.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "api/dsl/query_string.h"
#include "engine/search/time_zone.h"

namespace binseek::api::dsl {
namespace {

struct Reader {
  const JsonValue& value;
  Place place;
  QueryStringOptions* out;
};

DslStatus ReadKind(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string type, ReadText(reader.value, reader.place));
  reader.out->most_fields = type == "most_fields";
  reader.out->cross_fields = type == "cross_fields";
  if (type == "phrase") {
    reader.out->kind = search::MultiMatchOptions::Kind::kPhrase;
  } else if (type == "phrase_prefix") {
    reader.out->kind = search::MultiMatchOptions::Kind::kPhrasePrefix;
  } else if (type != "best_fields" && type != "bool_prefix" && !reader.out->most_fields &&
             !reader.out->cross_fields) {
    return DslError{
        .type = "parse_exception",
        .reason = "failed to parse [query_string] query type [" + type + "]. unknown type."};
  }
  return std::nullopt;
}

DslStatus ReadOperator(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(reader.value, reader.place));
  const std::string lower = LowerAscii(text);
  if (lower != "and" && lower != "or") {
    return IllegalArgument("[query_string] operator must be [and] or [or], found [" + text + "]");
  }
  reader.out->operator_and = lower == "and";
  return std::nullopt;
}

DslStatus ReadFields(const Reader& reader) {
  reader.out->fields.clear();
  return ReadMatchFields(reader.value, "query_string", &reader.out->fields);
}

template <std::string QueryStringOptions::*kMember>
DslStatus ReadString(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->*kMember, ReadText(reader.value, reader.place));
  return std::nullopt;
}
template <bool QueryStringOptions::*kMember>
DslStatus ReadFlag(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->*kMember, ReadBool(reader.value, reader.place));
  return std::nullopt;
}
template <uint32_t QueryStringOptions::*kMember>
DslStatus ReadNumber(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      reader.out->*kMember,
      ReadCount(reader.value, reader.place, 0, "[query_string] takes no negative number."));
  return std::nullopt;
}
DslStatus ReadTieBreaker(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->tie_breaker, ReadFloat(reader.value, reader.place));
  return std::nullopt;
}
DslStatus ReadBoostOf(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->boost, ReadBoost(reader.value, "query_string"));
  return std::nullopt;
}
DslStatus ReadFuzzinessOf(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->fuzziness, ReadFuzziness(reader.value, reader.place));
  return std::nullopt;
}
DslStatus ReadRewriteOf(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->rewrite, ReadRewrite(reader.value, reader.place));
  return std::nullopt;
}
DslStatus ReadMinimum(const Reader& reader) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(reader.out->minimum_should_match,
                               ReadMinimumShouldMatch(reader.value, "query_string"));
  return std::nullopt;
}
DslStatus ReadZone(const Reader& reader) {
  BINSEEK_DSL_RETURN_IF_ERROR(ReadString<&QueryStringOptions::time_zone>(reader));
  const Status zone = search::TimeZone::Make(reader.out->time_zone).status();
  return zone.ok() ? std::nullopt : DslStatus(IllegalArgument(zone.message()));
}
// Taken, and without effect here.
DslStatus ReadIgnored(const Reader& reader) {
  return ReadText(reader.value, reader.place).ok()
             ? std::nullopt
             : DslStatus(WrongToken(reader.value, reader.place));
}

struct QueryStringArgument {
  std::string_view key;
  DslStatus (*read)(const Reader& reader);
};
constexpr QueryStringArgument kArguments[] = {
    {"query", ReadString<&QueryStringOptions::query>},
    {"default_field", ReadFields},
    {"fields", ReadFields},
    {"default_operator", ReadOperator},
    {"analyzer", ReadString<&QueryStringOptions::analyzer>},
    {"quote_analyzer", ReadString<&QueryStringOptions::quote_analyzer>},
    {"allow_leading_wildcard", ReadFlag<&QueryStringOptions::allow_leading_wildcard>},
    {"lenient", ReadFlag<&QueryStringOptions::lenient>},
    {"escape", ReadFlag<&QueryStringOptions::escape>},
    {"fuzziness", ReadFuzzinessOf},
    {"fuzzy_prefix_length", ReadNumber<&QueryStringOptions::fuzzy_prefix_length>},
    {"fuzzy_max_expansions", ReadNumber<&QueryStringOptions::fuzzy_max_expansions>},
    {"fuzzy_transpositions", ReadFlag<&QueryStringOptions::fuzzy_transpositions>},
    {"fuzzy_rewrite", ReadRewriteOf},
    {"rewrite", ReadRewriteOf},
    {"phrase_slop", ReadNumber<&QueryStringOptions::phrase_slop>},
    {"max_determinized_states", ReadNumber<&QueryStringOptions::max_determinized_states>},
    {"minimum_should_match", ReadMinimum},
    {"tie_breaker", ReadTieBreaker},
    {"time_zone", ReadZone},
    {"type", ReadKind},
    {"boost", ReadBoostOf},
    {"analyze_wildcard", ReadIgnored},
    {"enable_position_increments", ReadIgnored},
    {"auto_generate_synonyms_phrase_query", ReadIgnored}};

}  // namespace

DslResult<search::QueryPtr> ParseQueryString(const JsonValue& body) {
  QueryStringOptions options;
  bool has_query = false;
  for (const auto& [key, value] : body.members()) {
    const QueryStringArgument* found = nullptr;
    for (const QueryStringArgument& argument : kArguments) {
      found = argument.key == key ? &argument : found;
    }
    if (found == nullptr) {
      return BadQueryKey("query_string", key);
    }
    if (!IsScalar(value) && key != "fields") {
      return BadQueryToken("query_string", key, value);
    }
    BINSEEK_DSL_RETURN_IF_ERROR(found->read({value, {"query_string", found->key}, &options}));
    has_query = has_query || key == "query";
  }
  if (!has_query) {
    return ParsingError("[query_string] must be provided with a [query]");
  }
  return MakeQueryString(options);
}

}  // namespace binseek::api::dsl
