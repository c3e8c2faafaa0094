// boosting.
#include <string>
#include <utility>

#include "api/dsl/compound_queries.h"
#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "engine/search/boosting_query.h"

namespace binseek::api::dsl {

DslResult<search::QueryPtr> ParseBoosting(const JsonValue& body, uint32_t depth) {
  search::QueryPtr positive;
  search::QueryPtr negative;
  float negative_boost = -1;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "positive" || key == "negative") {
      BINSEEK_DSL_ASSIGN_OR_RETURN((key == "positive" ? positive : negative),
                                   ParseInnerQuery(value, depth));
    } else if (key == "negative_boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(negative_boost, ReadFloat(value, {"boosting", key}));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "boosting"));
    } else {
      return BadQueryKey("boosting", key);
    }
  }
  if (positive == nullptr) {
    return ParsingError("[boosting] query requires 'positive' query to be set'");
  }
  if (negative == nullptr) {
    return ParsingError("[boosting] query requires 'negative' query to be set'");
  }
  if (negative_boost < 0) {
    return ParsingError(
        "[boosting] query requires 'negative_boost' to be set to be a positive value'");
  }
  return search::MakeBoosting(std::move(positive), std::move(negative), negative_boost, boost);
}

}  // namespace binseek::api::dsl
