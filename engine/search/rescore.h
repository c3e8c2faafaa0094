// Rescorer: a second query that looks at the best hits of a first one alone, and changes their scores.
//
// Thread-safe: a plain value type and a free function on immutable views. Errors: those of Bind and of a scorer.
#ifndef BINSEEK_ENGINE_SEARCH_RESCORE_H_
#define BINSEEK_ENGINE_SEARCH_RESCORE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/query.h"

namespace binseek::search {

struct TopDoc;

inline constexpr size_t kMaxRescorers = 64;  // of one request: a bit of Hit::rescored each

struct Rescorer {
  enum class Mode : uint8_t { kTotal, kMultiply, kAvg, kMax, kMin };

  QueryPtr query;
  uint64_t window_size = 10;  // hits, from the best on
  float query_weight = 1;
  float rescore_query_weight = 1;
  Mode mode = Mode::kTotal;

  // Of a hit that the query matches, both scores with their weights; of another one. Finite: only such scores have an order.
  float Combine(float first, float second) const;
  float Weigh(float first) const;
};

// `docs`, the best first, with the scores and in the order that the rescorer leaves; behind its window scores are weighted alone. `bit` is set in those of the window.
// `context` is that of the search, but for the index.
Status Rescore(const Rescorer& rescorer, uint64_t bit,
               std::span<const index::IndexView* const> indices, const BindContext& context,
               std::vector<TopDoc>* docs);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_RESCORE_H_
