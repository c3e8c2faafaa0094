// MatchedQueries: the names of a search's queries that match each of its hits.
//
// Hits are looked at many at once and in the order of their places, so that a query is bound once per index, and makes one scorer per segment for all of them.
// Single-threaded. Borrows the body and the context. Errors: those of Bind and of a scorer.
#ifndef BINSEEK_API_DSL_MATCHED_QUERIES_H_
#define BINSEEK_API_DSL_MATCHED_QUERIES_H_

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/query.h"
#include "engine/search/searcher.h"
#include "engine/search/weight.h"

namespace binseek::api::dsl {

struct HitContext;

class MatchedQueries {
 public:
  // Of the query, the post filter and the rescorers.
  MatchedQueries(const SearchBody* body, const HitContext* context);

  bool empty() const { return named_.empty(); }
  // Takes the place of the hits before. What the time does not suffice for is left out.
  [[nodiscard]] Status Look(std::span<const search::Hit> hits);
  // REQUIRES: a hit of the last Look.
  void Write(const search::Hit& hit, JsonWriter* writer) const;

 private:
  using Weights = std::vector<std::unique_ptr<search::Weight>>;  // as named_
  struct Match {
    size_t named = 0;
    float score = 0;
  };

  Result<const Weights*> WeightsOf(const index::IndexView& index);
  // `hits`: of one segment, in the order of documents.
  [[nodiscard]] Status LookInSegment(std::span<const search::Hit* const> hits);

  const SearchBody* const body_;
  const HitContext* const context_;
  std::vector<const search::Query*> named_;
  std::map<const index::IndexView*, Weights> weights_;
  std::map<const search::Hit*, std::vector<Match>> matches_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_MATCHED_QUERIES_H_
