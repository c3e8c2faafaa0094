// HitWriter: the hits of one search as Elasticsearch's JSON: source, fields, highlights, explanations, names of matched queries, inner hits.
//
// Made once per search and used for all of its hits, so that queries are bound once per index. Single-threaded. Borrows all it is given; the view that the hits
// are of must still be held. Errors: those of index::AppendSource, of Bind, and of an inner search.
#ifndef BINSEEK_API_DSL_HIT_WRITER_H_
#define BINSEEK_API_DSL_HIT_WRITER_H_

#include <functional>
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
#include "api/dsl/matched_queries.h"
#include "api/dsl/nested_inner_hits.h"
#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/explanation.h"
#include "engine/search/interrupt.h"
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
  // By when the parts of an answer that take time of their own are written: inner hits, highlights, matched queries, explanations. It is as much as the
  // search had; 0: whenever.
  int64_t deadline_micros = 0;
  int64_t timeout_ms = 0;
  std::shared_ptr<search::Interrupt> interrupt{};  // the same, for queries; null: there is none

  // Gives it from now on as much time as the search had.
  void StartDeadline(int64_t search_timeout_ms);
  // At least 1, of a deadline that has passed too. REQUIRES: there is one.
  int64_t LeftMs() const;
  bool OutOfTime() const;
  // kAborted: cancelled, or `what` was not written in time.
  [[nodiscard]] Status CheckTime(const std::string& what) const;
  // What queries of the body are bound with.
  search::BindContext BindTo(const index::IndexView& index) const;
  // kAborted: `what` was not written in time.
  [[nodiscard]] Status TooLate(const std::string& what) const;
};

void WriteInnerTotals(uint64_t total, std::optional<float> max_score, bool total_as_int,
                      JsonWriter* writer);

// Hits in the order of index, segment and document.
std::vector<const search::Hit*> ByPlace(std::span<const search::Hit> hits);

class HitWriter {
 public:
  HitWriter(const SearchBody* body, const HitContext* context);

  // One after the other, `after_each` (null: nothing) in between.
  [[nodiscard]] Status WriteAll(std::span<const search::Hit> hits, JsonWriter* writer,
                                const std::function<Status()>& after_each = nullptr);
  // The same in two steps: looks for what is found for many hits at once, in place of those before; `hits` must live until they are written.
  [[nodiscard]] Status Prepare(std::span<const search::Hit> hits);
  // REQUIRES: one of the hits prepared.
  [[nodiscard]] Status Write(const search::Hit& hit, JsonWriter* writer);

 private:
  struct IndexParts {
    std::unique_ptr<search::Weight> query;  // with its index's boost
    std::vector<std::unique_ptr<search::Weight>> rescorers;
  };

  // What is shown of a hit, as JSON; `source` is the root's where the hit is an object within it.
  struct Source {
    std::string text{};
    JsonValue parsed{};                       // where something looks inside
    std::vector<search::NestedStep> steps{};  // to the object; empty: the hit is a root
  };

  [[nodiscard]] Status ReadSource(const search::Hit& hit, Source* source) const;
  [[nodiscard]] Status WriteHead(const search::Hit& hit, const Source& source,
                                 JsonWriter* writer) const;
  [[nodiscard]] Status WriteSource(const Source& source, JsonWriter* writer) const;
  [[nodiscard]] Status WriteFields(const search::Hit& hit, const JsonValue& source,
                                   JsonWriter* writer) const;
  [[nodiscard]] Status WriteHitExplanation(const search::Hit& hit, JsonWriter* writer);
  Result<search::Explanation> ExplainRescored(const search::Hit& hit,
                                              search::Explanation explanation);
  [[nodiscard]] Status WriteInnerHits(const search::Hit& hit, JsonWriter* writer);
  [[nodiscard]] Status WriteGroup(const search::Hit& hit, const InnerHits& inner,
                                  JsonWriter* writer) const;
  search::QueryPtr GroupQuery(const search::Hit& hit) const;

  const SearchBody* const body_;
  const HitContext* const context_;
  HitHighlights highlights_;
  MatchedQueries matched_;
  NestedInnerHits nested_;
  std::map<const index::IndexView*, IndexParts> parts_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_HIT_WRITER_H_
