// NestedInnerHits: the inner hits that the nested queries of a search ask for, of each of its hits. Internal to api/dsl.
//
// Queries are bound once per index. Single-threaded. Borrows the body and the context. Errors: those of Bind and of search::InnerHitsSearch; kInvalidArgument, in
// Elasticsearch's words, for a window that is too large.
#ifndef BINSEEK_API_DSL_NESTED_INNER_HITS_H_
#define BINSEEK_API_DSL_NESTED_INNER_HITS_H_

#include <map>
#include <memory>
#include <vector>

#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/search/inner_hits.h"
#include "engine/search/nested_query.h"

namespace binseek::api::dsl {

struct HitContext;

// The nested queries of `root` (null: none) that ask for inner hits, in the order of the request, but for those within another nested query:
// they are that one's, if it has inner hits, and else nobody's.
std::vector<const search::NestedOptions*> NestedWithInnerHits(const search::QueryPtr& root);
// What such a query asks for. REQUIRES: it has inner hits.
const InnerHits& InnerHitsOf(const search::NestedOptions& nested);

class NestedInnerHits {
 public:
  NestedInnerHits(const SearchBody* body, const HitContext* context);
  ~NestedInnerHits();
  NestedInnerHits(const NestedInnerHits&) = delete;
  NestedInnerHits& operator=(const NestedInnerHits&) = delete;

  bool empty() const { return asked_.empty(); }
  // Finds those of many hits at once, in place of the hits before.
  [[nodiscard]] Status Look(std::span<const search::Hit> hits);
  // A member for each of them, by name. REQUIRES: a hit of the last Look.
  [[nodiscard]] Status Write(const search::Hit& hit, JsonWriter* writer);

 private:
  struct Asked;

  void Collect(const search::QueryPtr& root);
  [[nodiscard]] Status LookFor(std::span<const search::Hit* const> hits, Asked* asked) const;
  // `hits`: of one index, in the order of places.
  [[nodiscard]] Status LookInIndex(std::span<const search::Hit* const> hits, Asked* asked) const;
  [[nodiscard]] Status WriteOne(const search::Hit& hit, Asked* asked, JsonWriter* writer) const;

  const HitContext* const context_;
  std::vector<std::unique_ptr<Asked>> asked_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_NESTED_INNER_HITS_H_
