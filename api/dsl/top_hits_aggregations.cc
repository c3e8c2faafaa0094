// top_hits: the parts of a search that say which hits there are, and what is shown of them.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/search_request_parser.h"
#include "engine/search/top_hits_aggregation.h"

namespace binseek::api::dsl {

AggregationResultOr ParseTopHitsAggregation(const AggregationBody& body) {
  constexpr std::string_view kKeys[] = {"from",
                                        "size",
                                        "sort",
                                        "_source",
                                        "version",
                                        "seq_no_primary_term",
                                        "track_scores",
                                        "explain",
                                        "highlight",
                                        "stored_fields",
                                        "docvalue_fields",
                                        "fields",
                                        "script_fields"};
  for (const auto& [key, value] : body.json.members()) {
    if (!Contains(kKeys, key)) {
      return ParsingError("Unknown key for a " + std::string(TokenName(value)) + " in [" + key +
                          "].");
    }
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(SearchBody hits, ParseSearchBody(body.json));
  auto top = std::make_shared<search::TopHitsAggregation>();
  top->from = hits.request.from;
  top->size = hits.size_given ? hits.request.size : top->size;
  top->sort = hits.request.sort;
  top->track_scores = hits.request.track_scores;
  top->parts = hits.request.parts;
  top->shown = std::make_shared<const SearchBody>(std::move(hits));
  return search::AggregationPtr(std::move(top));
}

}  // namespace binseek::api::dsl
