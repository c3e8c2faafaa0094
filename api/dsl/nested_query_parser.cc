// nested, and the inner hits that it may ask for.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/body_parts.h"
#include "api/dsl/compound_queries.h"
#include "api/dsl/leaf_queries.h"
#include "api/dsl/nested_inner_hits.h"
#include "api/dsl/query_arguments.h"
#include "engine/search/nested_query.h"

namespace binseek::api::dsl {
namespace {

using search::NestedScoreMode;

DslResult<NestedScoreMode> ReadScoreMode(const JsonValue& value) {
  constexpr struct {
    std::string_view name;
    NestedScoreMode mode;
  } kModes[] = {{"avg", NestedScoreMode::kAvg},
                {"sum", NestedScoreMode::kSum},
                {"min", NestedScoreMode::kMin},
                {"max", NestedScoreMode::kMax},
                {"none", NestedScoreMode::kNone}};
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"nested", "score_mode"}));
  for (const auto& mode : kModes) {
    if (mode.name == text) {
      return mode.mode;
    }
  }
  return IllegalArgument("No score mode for child query [" + text + "] found");
}

// Shows what it finds beside a hit, so it can neither collapse nor page.
DslStatus CheckInnerHits(const JsonValue& value) {
  for (const auto& [key, argument] : value.members()) {
    if (key == "collapse") {
      return Unsupported("[collapse] in the inner hits of a [nested] query");
    }
  }
  return std::nullopt;
}

DslStatus ReadArgument(const std::string& key, const JsonValue& value, uint32_t depth,
                       search::NestedOptions* options, const JsonValue** inner_hits) {
  if (key == "path") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->path, ReadText(value, {"nested", key}));
  } else if (key == "query") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->query, ParseInnerQuery(value, depth));
  } else if (key == "score_mode") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->score_mode, ReadScoreMode(value));
  } else if (key == "ignore_unmapped") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->ignore_unmapped, ReadBool(value, {"nested", key}));
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->boost, ReadBoost(value, "nested"));
  } else if (key == "inner_hits" && value.is_object()) {
    *inner_hits = &value;
  } else {
    return BadQueryKey("nested", key);
  }
  return std::nullopt;
}

// Queries of one level: those within a nested one without inner hits of its own are nobody's.
DslStatus CheckNames(const search::QueryPtr& root, std::vector<std::string>* names) {
  for (const search::NestedOptions* const nested : NestedWithInnerHits(root)) {
    const InnerHits& inner = InnerHitsOf(*nested);
    if (Contains(std::vector<std::string_view>(names->begin(), names->end()), inner.name)) {
      return IllegalArgument("[inner_hits] already contains an entry for key [" + inner.name + "]");
    }
    names->push_back(inner.name);
    std::vector<std::string> within;
    BINSEEK_DSL_RETURN_IF_ERROR(CheckNames(nested->query, &within));
  }
  return std::nullopt;
}

}  // namespace

DslResult<search::QueryPtr> ParseNested(const JsonValue& body, uint32_t depth) {
  search::NestedOptions options;
  const JsonValue* inner_hits = nullptr;
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadArgument(key, value, depth, &options, &inner_hits));
  }
  if (options.path.empty()) {
    return IllegalArgument("[nested] requires 'path' field");
  }
  if (options.query == nullptr) {
    return IllegalArgument("[nested] requires 'query' field");
  }
  if (inner_hits != nullptr) {
    BINSEEK_DSL_RETURN_IF_ERROR(CheckInnerHits(*inner_hits));
    BINSEEK_DSL_ASSIGN_OR_RETURN(InnerHits inner, ReadInnerHits(*inner_hits, options.path));
    options.inner_hits = std::make_shared<const InnerHits>(std::move(inner));
  }
  return search::MakeNested(std::move(options));
}

DslStatus CheckInnerHitNames(const search::SearchRequest& request) {
  std::vector<std::string> names;
  BINSEEK_DSL_RETURN_IF_ERROR(CheckNames(request.query, &names));
  return CheckNames(request.post_filter, &names);
}

}  // namespace binseek::api::dsl
