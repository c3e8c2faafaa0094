// HitWriter: the hits of one search as Elasticsearch's JSON: source, fields, highlights, explanations, names of matched queries, inner hits.
//
// Made once per search and used for all of its hits, so that queries are bound once per index. Single-threaded. Borrows all it is given; the view that the hits
// are of must still be held. Errors: those of index::AppendSource, of Bind, and of an inner search.
#ifndef BINSEEK_API_DSL_HIT_WRITER_H_
#define BINSEEK_API_DSL_HIT_WRITER_H_

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/hit_fields.h"
#include "api/dsl/hit_highlights.h"
#include "api/dsl/nested_inner_hits.h"
#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/explanation.h"
#include "engine/search/nested_path.h"
#include "engine/search/searcher.h"
#include "engine/search/weight.h"

namespace binseek::api::dsl {

// {"value":..,"description":..,"details":[..]}
void WriteExplanation(const search::Explanation& explanation, JsonWriter* writer);

// The search that hits are of.
struct HitContext {
  const index::EngineView* view = nullptr;
  std::span<const index::IndexView* const> indices{};  // in its order
  search::SearchOptions options{};
  bool total_hits_as_int = false;  // of inner hits
  // The path of the nested field that hits are objects of, and that queries of the body are to be bound for; empty: they are roots.
  std::string_view level{};
  // By when the parts of an answer that take time of their own are written: inner hits of groups, highlights. It is as much as the search had; 0: whenever.
  int64_t deadline_micros = 0;
  int64_t timeout_ms = 0;

  // Gives it from now on as much time as the search had.
  void StartDeadline(int64_t search_timeout_ms);
  // At least 1, of a deadline that has passed too. REQUIRES: there is one.
  int64_t LeftMs() const;
  // kAborted: `what` was not written in time.
  [[nodiscard]] Status TooLate(const std::string& what) const;
};

void WriteInnerTotals(uint64_t total, std::optional<float> max_score, bool total_as_int,
                      JsonWriter* writer);

class HitWriter {
 public:
  HitWriter(const SearchBody* body, const HitContext* context);

  [[nodiscard]] Status Write(const search::Hit& hit, JsonWriter* writer);

 private:
  struct NamedWeight {
    std::string name;
    std::unique_ptr<search::Weight> weight;
  };
  struct IndexParts {
    std::unique_ptr<search::Weight> query;  // with its index's boost
    std::vector<std::unique_ptr<search::Weight>> rescorers;
    std::vector<NamedWeight> named;
    bool has_named = false;
  };

  // What is shown of a hit, as JSON; `source` is the root's where the hit is an object within it.
  struct Source {
    std::string text{};
    JsonValue parsed{};                       // where something looks inside
    std::vector<search::NestedStep> steps{};  // to the object; empty: the hit is a root
  };

  search::BindContext ContextOf(const index::IndexView& index) const;
  [[nodiscard]] Status ReadSource(const search::Hit& hit, Source* source) const;
  [[nodiscard]] Status WriteHead(const search::Hit& hit, const Source& source,
                                 JsonWriter* writer) const;
  [[nodiscard]] Status WriteSource(const Source& source, JsonWriter* writer) const;
  [[nodiscard]] Status WriteFields(const search::Hit& hit, const JsonValue& source,
                                   JsonWriter* writer) const;
  [[nodiscard]] Status WriteMatchedQueries(const search::Hit& hit, JsonWriter* writer);
  [[nodiscard]] Status BindNamed(const index::IndexView& index, IndexParts* parts) const;
  [[nodiscard]] Status WriteHitExplanation(const search::Hit& hit, JsonWriter* writer);
  Result<search::Explanation> ExplainRescored(const search::Hit& hit,
                                              search::Explanation explanation);
  [[nodiscard]] Status WriteInnerHits(const search::Hit& hit, JsonWriter* writer);
  [[nodiscard]] Status WriteGroup(const search::Hit& hit, const InnerHits& inner,
                                  JsonWriter* writer) const;
  search::QueryPtr GroupQuery(const search::Hit& hit) const;

  const SearchBody* const body_;
  const HitContext* const context_;
  std::vector<const search::Query*> named_;  // of query, post filter and rescorers
  HitHighlights highlights_;
  NestedInnerHits nested_;
  std::map<const index::IndexView*, IndexParts> parts_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_HIT_WRITER_H_
