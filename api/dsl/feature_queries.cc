// rank_feature, distance_feature, terms_set, more_like_this, combined_fields.
#include "engine/search/feature_query.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "engine/search/combined_fields.h"
#include "engine/search/more_like_this.h"
#include "engine/search/terms_set_query.h"

namespace binseek::api::dsl {
namespace {

using search::QueryPtr;
using search::RankFeatureOptions;

DslStatus ReadFeatureNumber(std::string_view parser, std::string_view key, const JsonValue& value,
                            std::optional<float>* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const float number, ReadFloat(value, {parser, key}));
  if (number <= 0) {
    return IllegalArgument(std::string(key) + " must be > 0, got: " + ScalarText(value));
  }
  *out = number;
  return std::nullopt;
}

// {"saturation": {"pivot": 8}} and the like.
DslStatus ReadFeatureFunction(std::string_view name, const JsonValue& body,
                              RankFeatureOptions* options) {
  std::optional<float> pivot;
  std::optional<float> exponent;
  std::optional<float> scaling_factor;
  if (!body.is_object()) {
    return WrongToken(body, {"rank_feature", name});
  }
  for (const auto& [key, value] : body.members()) {
    const bool known = (key == "pivot" && (name == "saturation" || name == "sigmoid")) ||
                       (key == "exponent" && name == "sigmoid") ||
                       (key == "scaling_factor" && name == "log");
    if (!known) {
      return UnknownField(name, key, {});
    }
    if (key == "scaling_factor") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(scaling_factor, ReadFloat(value, {name, key}));
      if (*scaling_factor < 1) {
        return IllegalArgument("scalingFactor must be >= 1, got: " + ScalarText(value));
      }
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(
          ReadFeatureNumber(name, key, value, key == "pivot" ? &pivot : &exponent));
    }
  }
  if (name == "log") {
    if (!scaling_factor) {
      return IllegalArgument("Required [scaling_factor]");
    }
    options->function = RankFeatureOptions::Function::kLog;
    options->scaling_factor = *scaling_factor;
  } else if (name == "sigmoid") {
    if (!pivot || !exponent) {
      return IllegalArgument(!pivot && !exponent ? "Required [pivot, exponent]"
                             : !pivot            ? "Required [pivot]"
                                                 : "Required [exponent]");
    }
    options->function = RankFeatureOptions::Function::kSigmoid;
    options->exponent = *exponent;
  } else if (name == "linear") {
    options->function = RankFeatureOptions::Function::kLinear;
  }
  options->pivot = pivot;
  return std::nullopt;
}

// A text, {"_index": .., "_id": ..}, or {"doc": {..}}.
DslResult<search::LikeItem> ReadLikeItem(const JsonValue& json) {
  using Kind = search::LikeItem::Kind;
  if (IsScalar(json)) {
    return search::LikeItem{.kind = Kind::kText, .value = ScalarText(json)};
  }
  if (!json.is_object()) {
    return ParsingError("content of 'like' parameter should either be a string or an object");
  }
  search::LikeItem item{.kind = Kind::kId};
  bool has_what = false;
  for (const auto& [key, value] : json.members()) {
    if (key == "_id") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(item.value, ReadText(value, {"more_like_this", key}));
      has_what = true;
    } else if (key == "_index") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(item.index, ReadText(value, {"more_like_this", key}));
    } else if (key == "doc" && value.is_object()) {
      item.kind = Kind::kJson;
      JsonWriter(&item.value).Value(value);
      has_what = true;
    } else if (key == "_routing" || key == "routing" || key == "version" || key == "version_type") {
      continue;  // there is one document of an id
    } else {
      return DslError{.type = "parse_exception",
                      .reason = "failed to parse More Like This item. unknown field [" + key + "]"};
    }
  }
  if (!has_what) {
    return DslError{.type = "parse_exception",
                    .reason =
                        "failed to parse More Like This item. either [id] or [doc] can be "
                        "specified, but not both!"};
  }
  return item;
}

DslStatus ReadLike(const JsonValue& json, std::vector<search::LikeItem>* out) {
  constexpr size_t kMaxItems = 1024;
  const JsonValue::Array one = json.is_array() ? JsonValue::Array() : JsonValue::Array{json};
  for (const JsonValue& element : json.is_array() ? json.array() : one) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(search::LikeItem item, ReadLikeItem(element));
    out->push_back(std::move(item));
  }
  if (out->size() > kMaxItems) {
    return IllegalArgument("more_like_this takes at most [" + std::to_string(kMaxItems) +
                           "] items");
  }
  return std::nullopt;
}

struct CountArgument {
  std::string_view name;
  uint32_t search::MoreLikeThisOptions::*member;
  int32_t least;
};
constexpr CountArgument kMltCounts[] = {
    {"max_query_terms", &search::MoreLikeThisOptions::max_query_terms, 1},
    {"min_term_freq", &search::MoreLikeThisOptions::min_term_freq, 0},
    {"min_doc_freq", &search::MoreLikeThisOptions::min_doc_freq, 0},
    {"max_doc_freq", &search::MoreLikeThisOptions::max_doc_freq, 0},
    {"min_word_length", &search::MoreLikeThisOptions::min_word_length, 0},
    {"max_word_length", &search::MoreLikeThisOptions::max_word_length, 0},
};

DslStatus ReadMltArgument(std::string_view key, const JsonValue& value,
                          search::MoreLikeThisOptions* options) {
  const Place place{"more_like_this", key};
  for (const CountArgument& count : kMltCounts) {
    if (count.name == key) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(
          options->*count.member,
          ReadCount(value, place, count.least,
                    "requires '" + std::string(key) + "' to be greater than 0"));
      return std::nullopt;
    }
  }
  if (key == "fields") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->fields, ReadStrings(value, place));
    if (options->fields.empty()) {
      return ParsingError("more_like_this requires 'fields' to be non-empty");
    }
  } else if (key == "like" || key == "unlike") {
    return ReadLike(value, key == "like" ? &options->like : &options->unlike);
  } else if (key == "stop_words") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->stop_words, ReadStrings(value, place));
  } else if (key == "analyzer") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->analyzer, ReadText(value, place));
  } else if (key == "minimum_should_match") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->minimum_should_match,
                                 ReadMinimumShouldMatch(value, "more_like_this"));
  } else if (key == "boost_terms") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->boost_terms, ReadFloat(value, place));
  } else if (key == "include") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->include, ReadBool(value, place));
  } else if (key == "fail_on_unsupported_field") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->fail_on_unsupported_field, ReadBool(value, place));
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->boost, ReadBoost(value, "more_like_this"));
  } else {
    return BadQueryKey("mlt", key);
  }
  return std::nullopt;
}

}  // namespace

DslResult<QueryPtr> ParseRankFeature(const JsonValue& body) {
  constexpr std::string_view kKeys[] = {"field",   "boost",  "saturation", "log",
                                        "sigmoid", "linear", "_name"};
  RankFeatureOptions options;
  size_t functions = 0;
  for (const auto& [key, value] : body.members()) {
    if (key == "field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.field, ReadText(value, {"rank_feature", key}));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "rank_feature"));
    } else if (key == "saturation" || key == "log" || key == "sigmoid" || key == "linear") {
      ++functions;
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFeatureFunction(key, value, &options));
    } else {
      return UnknownField("rank_feature", key, kKeys);
    }
  }
  if (functions > 1) {
    return IllegalArgument("Can only specify one of [log], [saturation], [sigmoid] and [linear]");
  }
  if (options.field.empty()) {
    return IllegalArgument("Required [field]");
  }
  return search::MakeRankFeature(std::move(options));
}

DslResult<QueryPtr> ParseDistanceFeature(const JsonValue& body) {
  constexpr std::string_view kKeys[] = {"field", "origin", "pivot", "boost", "_name"};
  search::DistanceFeatureOptions options;
  for (const auto& [key, value] : body.members()) {
    const Place place{"distance_feature", key};
    if (key == "field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.field, ReadText(value, place));
    } else if (key == "origin") {
      if (value.is_object() || value.is_array()) {
        JsonWriter(&options.origin).Value(value);
      } else {
        BINSEEK_DSL_ASSIGN_OR_RETURN(options.origin, ReadText(value, place));
      }
    } else if (key == "pivot") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.pivot, ReadText(value, place));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "distance_feature"));
    } else {
      return UnknownField("distance_feature", key, kKeys);
    }
  }
  std::string missing;
  for (const auto& [name, text] :
       {std::pair{"field", &options.field}, std::pair{"origin", &options.origin},
        std::pair{"pivot", &options.pivot}}) {
    if (text->empty()) {
      missing.append(missing.empty() ? "" : ", ").append(name);
    }
  }
  if (!missing.empty()) {
    return IllegalArgument("Required [" + missing + "]");
  }
  return search::MakeDistanceFeature(std::move(options));
}

DslResult<QueryPtr> ParseTermsSet(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("terms_set", body));
  if (!clause.value.is_object()) {
    return ParsingError("[terms_set] unknown token [" + std::string(TokenName(clause.value)) +
                        "] after [" + clause.field + "]");
  }
  search::TermsSetOptions options;
  options.field = clause.field;
  for (const auto& [key, value] : clause.value.members()) {
    const Place place{"terms_set", key};
    if (key == "terms" && value.is_array()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.terms, ReadStrings(value, place));
    } else if (key == "minimum_should_match_field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.minimum_field, ReadText(value, place));
    } else if (key == "minimum_should_match_script") {
      return Unsupported("[minimum_should_match_script] of a [terms_set] query");
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "terms_set"));
    } else {
      return BadQueryKey("terms_set", key);
    }
  }
  if (options.minimum_field.empty()) {
    return ErrorFromStatus(Status::InvalidArgument(
        "failed to create query: No minimum should match has been specified"));
  }
  return search::MakeTermsSet(std::move(options));
}

DslResult<QueryPtr> ParseMoreLikeThis(const JsonValue& body) {
  search::MoreLikeThisOptions options;
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadMltArgument(key, value, &options));
  }
  if (options.like.empty()) {
    return ParsingError("more_like_this requires 'like' to be specified");
  }
  return search::MakeMoreLikeThis(std::move(options));
}

DslResult<QueryPtr> ParseCombinedFields(const JsonValue& body) {
  constexpr std::string_view kKeys[] = {"query",
                                        "fields",
                                        "operator",
                                        "minimum_should_match",
                                        "zero_terms_query",
                                        "auto_generate_synonyms_phrase_query",
                                        "boost",
                                        "_name"};
  search::CombinedFieldsOptions options;
  search::MatchOptions match;
  bool has_text = false;
  for (const auto& [key, value] : body.members()) {
    if (!Contains(kKeys, key)) {
      return UnknownField("combined_fields", key, kKeys);
    }
    if (key == "fields") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadMatchFields(value, "combined_fields", &options.fields));
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(
          ReadMatchArgument("combined_fields", key, value, &match, &has_text));
    }
  }
  if (!has_text || options.fields.empty()) {
    return IllegalArgument(has_text                 ? "Required [fields]"
                           : options.fields.empty() ? "Required [query, fields]"
                                                    : "Required [query]");
  }
  for (const auto& [name, weight] : options.fields) {
    if (weight < 1) {
      return IllegalArgument("weight must be greater or equal to 1");
    }
    if (name.find('*') != std::string::npos) {
      return Unsupported("a pattern in [fields] of a [combined_fields] query");
    }
  }
  options.text = std::move(match.text);
  options.operator_and = match.operator_and;
  options.minimum_should_match = std::move(match.minimum_should_match);
  options.zero_terms_all = match.zero_terms_all;
  options.boost = match.boost;
  return search::MakeCombinedFields(std::move(options));
}

}  // namespace binseek::api::dsl
