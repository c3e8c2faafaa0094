// HitHighlights: the `highlight` of each hit of one search. Internal to api/dsl.
//
// Queries are bound once per index, and highlighters made once per field. Single-threaded. Borrows the body, the context and the view.
// Errors: kInvalidArgument, in Elasticsearch's words, for a text longer than may be analysed; kAborted past the context's deadline, looked at before each text; those of Bind.
#ifndef BINSEEK_API_DSL_HIT_HIGHLIGHTS_H_
#define BINSEEK_API_DSL_HIT_HIGHLIGHTS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/search/highlight_terms.h"
#include "engine/search/highlighter.h"
#include "engine/search/searcher.h"
#include "engine/search/weight.h"

namespace binseek::api::dsl {

struct HitContext;

class HitHighlights {
 public:
  HitHighlights(const SearchBody* body, const HitContext* context)
      : body_(body), context_(context) {}

  // The member "highlight", where there is something to show. `source` is the hit's.
  [[nodiscard]] Status Write(const search::Hit& hit, const JsonValue& source, JsonWriter* writer);

 private:
  using Fragments = std::vector<std::string>;
  // What a query looks for in one index.
  struct BoundQuery {
    std::unique_ptr<search::Weight> weight;  // automatons may borrow from it
    std::unique_ptr<search::HighlightTerms> terms;
    search::WantedTerms of_all;
  };

  Result<const BoundQuery*> BindQuery(const index::IndexView& index, const search::Query* query);
  Result<search::Highlighter*> HighlighterOf(size_t wanted);
  Result<Fragments> Highlight(const search::Hit& hit, size_t wanted, const mapping::Field& field,
                              const std::vector<std::string>& texts);
  [[nodiscard]] Status CheckLength(const search::Hit& hit, const HighlightField& wanted,
                                   const mapping::Field& field,
                                   const std::vector<std::string>& texts);

  const SearchBody* const body_;
  const HitContext* const context_;
  std::map<std::pair<const index::IndexView*, const search::Query*>, BoundQuery> queries_;
  std::map<size_t, std::unique_ptr<search::Highlighter>> highlighters_;  // by place in the body
  std::map<const index::IndexView*, uint64_t> limits_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_HIT_HIGHLIGHTS_H_
