#include "api/dsl/body_parts.h"

#include <string>
#include <utility>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/search_request_parser.h"

namespace binseek::api::dsl {
namespace {

using search::SearchRequest;

constexpr int32_t kMaxSlices = 1024;
constexpr uint64_t kDefaultInnerHits = 3;
constexpr std::string_view kInnerHitsKeys[] = {"name",
                                               "from",
                                               "size",
                                               "sort",
                                               "_source",
                                               "version",
                                               "seq_no_primary_term",
                                               "explain",
                                               "stored_fields",
                                               "docvalue_fields",
                                               "fields",
                                               "track_scores",
                                               "highlight",
                                               "collapse",
                                               "ignore_unmapped",
                                               "script_fields"};

// Groups within a group show no hits of their own.
DslStatus CheckInnerCollapse(const JsonValue& collapse) {
  constexpr std::string_view kKeys[] = {"field"};
  for (const auto& [key, value] : collapse.members()) {
    if (key != "field") {
      return UnknownField("collapse", key, kKeys);
    }
  }
  return std::nullopt;
}

DslStatus AddInnerHits(const JsonValue& value, SearchBody* body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(InnerHits inner, ReadInnerHits(value, ""));
  body->inner_hits.push_back(std::move(inner));
  return std::nullopt;
}

}  // namespace

DslResult<InnerHits> ReadInnerHits(const JsonValue& value, const std::string& default_name) {
  if (!value.is_object()) {
    return WrongToken(value, {"collapse", "inner_hits"});
  }
  InnerHits inner;
  inner.name = default_name;
  JsonValue::Members rest;
  for (const auto& [key, argument] : value.members()) {
    if (key == "name") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(inner.name, ReadText(argument, {"inner_hits", key}));
    } else if (key == "ignore_unmapped") {
      BINSEEK_DSL_ASSIGN_OR_RETURN([[maybe_unused]] const bool ignored,
                                   ReadBool(argument, {"inner_hits", key}));
    } else if (key == "script_fields") {
      return Unsupported("[script_fields] of inner hits");
    } else if (!Contains(kInnerHitsKeys, key)) {
      return UnknownField("inner_hits", key, kInnerHitsKeys);
    } else {
      if (key == "collapse") {
        BINSEEK_DSL_RETURN_IF_ERROR(CheckInnerCollapse(argument));
      }
      rest.emplace_back(key, argument);
    }
  }
  if (inner.name.empty()) {
    return IllegalArgument(
        "inner_hits must have a [name]; set the [name] field in the inner_hits "
        "definition");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(inner.body,
                               ParseSearchBody(JsonValue::FromMembers(std::move(rest))));
  if (!inner.body.size_given) {
    inner.body.request.size = kDefaultInnerHits;
  }
  inner.body.request.track_total_hits = SearchRequest::kCountAll;
  return inner;
}

DslError UnknownKey(std::string_view key, const JsonValue& value) {
  return ParsingError("Unknown key for a " + std::string(TokenName(value)) + " in [" +
                      std::string(key) + "].");
}

DslStatus ReadCollapse(std::string_view key, const JsonValue& value, SearchBody* body) {
  constexpr std::string_view kKeys[] = {"field", "inner_hits", "max_concurrent_group_searches"};
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  for (const auto& [name, argument] : value.members()) {
    if (name == "field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(body->request.collapse_field,
                                   ReadText(argument, {"collapse", name}));
    } else if (name == "inner_hits" && argument.is_array()) {
      for (const JsonValue& element : argument.array()) {
        BINSEEK_DSL_RETURN_IF_ERROR(AddInnerHits(element, body));
      }
    } else if (name == "inner_hits") {
      BINSEEK_DSL_RETURN_IF_ERROR(AddInnerHits(argument, body));
    } else if (name == "max_concurrent_group_searches") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t most, ReadInt(argument, {"collapse", name}));
      if (most < 1) {
        return IllegalArgument("maxConcurrentGroupRequests` must be positive");
      }
    } else {
      return UnknownField("collapse", name, kKeys);
    }
  }
  if (body->request.collapse_field.empty()) {
    return IllegalArgument("Required [field]");
  }
  return std::nullopt;
}

DslStatus ReadExplain(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!IsScalar(value)) {
    return UnknownKey(key, value);
  }
  if (value.is_string() && value.AsString() == "sentence") {
    body->explain = ExplainForm::kSentence;
    return std::nullopt;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool explain, ReadBool(value, {"search", key}));
  body->explain = explain ? ExplainForm::kTree : ExplainForm::kNone;
  return std::nullopt;
}

DslStatus ReadFieldPatterns(std::string_view key, const JsonValue& value, SearchBody* body) {
  constexpr std::string_view kKeys[] = {"field", "format", "include_unmapped"};
  if (!value.is_array()) {
    return UnknownKey(key, value);
  }
  std::vector<FieldPattern>& out = key == "fields" ? body->fields : body->docvalue_fields;
  for (const JsonValue& element : value.array()) {
    FieldPattern field;
    if (!element.is_object()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(field.pattern, ReadText(element, {"search", key}));
      out.push_back(std::move(field));
      continue;
    }
    for (const auto& [name, argument] : element.members()) {
      const Place place{"fields_api", name};
      if (name == "field") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(field.pattern, ReadText(argument, place));
      } else if (name == "format") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(field.format, ReadText(argument, place));
      } else if (name == "include_unmapped") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(const bool include, ReadBool(argument, place));
        if (include) {
          return Unsupported("[include_unmapped] [true] of [fields]");
        }
      } else {
        return UnknownField("fields_api", name, kKeys);
      }
    }
    if (field.pattern.empty()) {
      return IllegalArgument("Required [field]");
    }
    out.push_back(std::move(field));
  }
  return std::nullopt;
}

// Fields are not stored one by one here, so that the list tells only what else is not wanted.
DslStatus ReadStoredFields(std::string_view key, const JsonValue& value, SearchBody* body) {
  std::vector<std::string> names;
  if (value.is_array()) {
    for (const JsonValue& element : value.array()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(std::string name, ReadText(element, {"search", key}));
      names.push_back(std::move(name));
    }
  } else {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string name, ReadText(value, {"search", key}));
    names.push_back(std::move(name));
  }
  bool source = false;
  for (const std::string& name : names) {
    if (name == "_none_" && names.size() > 1) {
      return IllegalArgument("cannot combine _none_ with other fields");
    }
    body->shows_id = body->shows_id && name != "_none_";
    source = source || name == "_source";
  }
  if (!body->source_given && !source) {
    body->source = SourceFilter::None();
  }
  return std::nullopt;
}

DslStatus ReadIndicesBoost(std::string_view key, const JsonValue& value, SearchBody* body) {
  const auto add = [body](const JsonValue::Member& member) -> DslStatus {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const float boost,
                                 ReadFloat(member.second, {"indices_boost", member.first}));
    body->indices_boost.emplace_back(member.first, boost);
    return std::nullopt;
  };
  if (value.is_object()) {
    for (const JsonValue::Member& member : value.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(add(member));
    }
    return std::nullopt;
  }
  if (!value.is_array()) {
    return UnknownKey(key, value);
  }
  for (const JsonValue& element : value.array()) {
    if (!element.is_object() || element.members().size() != 1) {
      return ParsingError("Expected [END_OBJECT] in [indices_boost] but found [FIELD_NAME]");
    }
    BINSEEK_DSL_RETURN_IF_ERROR(add(element.members()[0]));
  }
  return std::nullopt;
}

DslStatus ReadSlice(std::string_view key, const JsonValue& value, SearchBody* body) {
  constexpr std::string_view kKeys[] = {"field", "id", "max"};
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  int32_t id = -1;
  int32_t max = -1;
  Slice slice;
  for (const auto& [name, argument] : value.members()) {
    if (name == "id") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(id, ReadInt(argument, {"slice", name}));
    } else if (name == "max") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(max, ReadInt(argument, {"slice", name}));
    } else if (name == "field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(slice.field, ReadText(argument, {"slice", name}));
    } else {
      return UnknownField("slice", name, kKeys);
    }
  }
  if (id < 0) {
    return IllegalArgument("id must be greater than or equal to 0");
  }
  if (max <= 1) {
    return IllegalArgument("max must be greater than 1");
  }
  if (max <= id) {
    return IllegalArgument("max must be greater than id");
  }
  if (max > kMaxSlices) {
    return IllegalArgument("The number of slices [" + std::to_string(max) +
                           "] is too large. It must be less than [" + std::to_string(kMaxSlices) +
                           "]. This limit can be set by changing the "
                           "[index.max_slices_per_scroll] index level setting.");
  }
  slice.id = static_cast<uint32_t>(id);
  slice.max = static_cast<uint32_t>(max);
  body->slice = std::move(slice);
  return std::nullopt;
}

DslStatus ReadPointInTime(std::string_view key, const JsonValue& value, SearchBody* body) {
  constexpr std::string_view kKeys[] = {"id", "keep_alive"};
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  PointInTimeUse use;
  for (const auto& [name, argument] : value.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(argument, {"pit", name}));
    if (name == "id") {
      use.id = text;
    } else if (name == "keep_alive") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(use.keep_alive_ms, ParseTimeValueMs(text, "keep_alive"));
    } else {
      return UnknownField("pit", name, kKeys);
    }
  }
  if (use.id.empty()) {
    return IllegalArgument("point in time id is not provided");
  }
  body->point_in_time = std::move(use);
  return std::nullopt;
}

DslStatus ReadStats(std::string_view key, const JsonValue& value, SearchBody* /*body*/) {
  if (!value.is_array()) {
    return UnknownKey(key, value);
  }
  for (const JsonValue& group : value.array()) {
    if (!group.is_string()) {
      return ParsingError("Expected [VALUE_STRING] in [stats] but found [" +
                          std::string(TokenName(group)) + "]");
    }
  }
  return std::nullopt;
}

DslStatus ReadExt(std::string_view key, const JsonValue& value, SearchBody* /*body*/) {
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  if (!value.members().empty()) {
    return DslError{.status = 400,
                    .type = "named_object_not_found_exception",
                    .reason = "unable to parse SearchExtBuilder with name [" +
                              value.members()[0].first + "]: parser not found"};
  }
  return std::nullopt;
}

DslStatus CheckCombination(const SearchBody& body) {
  BINSEEK_DSL_RETURN_IF_ERROR(CheckInnerHitNames(body.request));
  const SearchRequest& request = body.request;
  const bool sorted =
      !request.sort.empty() &&
      (request.sort.size() > 1 || request.sort[0].kind != search::SortKey::Kind::kScore);
  if (!request.rescorers.empty() && sorted) {
    return IllegalArgument("Cannot use [sort] option in conjunction with [rescore].");
  }
  if (request.collapse_field.empty()) {
    return std::nullopt;
  }
  if (!request.rescorers.empty()) {
    return IllegalArgument("cannot use `collapse` in conjunction with `rescore`");
  }
  if (request.search_after &&
      (request.sort.size() != 1 || request.sort[0].field != request.collapse_field)) {
    return IllegalArgument(
        "collapse field and sort field must be the same when use `collapse` in conjunction with "
        "`search_after`");
  }
  return std::nullopt;
}

}  // namespace binseek::api::dsl
