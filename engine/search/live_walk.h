// Walks over all live documents of a search's indices, window by window, whatever its query says: what global, significant terms and the like count against.
//
// Free function template; runs within one search, single-threaded. Errors: those of the callbacks, kAborted. Past the deadline it leaves off, and the interrupt tells.
#ifndef BINSEEK_ENGINE_SEARCH_LIVE_WALK_H_
#define BINSEEK_ENGINE_SEARCH_LIVE_WALK_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/search/aggregator.h"
#include "engine/search/live_roots.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"
#include "engine/search/window.h"

namespace binseek::search {

// The first `count` documents of a window.
inline void FillWindow(uint32_t count, Window* window) {
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    const uint32_t left = count > w * 64 ? count - w * 64 : 0;
    window->match[w] = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  }
}

// Calls open(index ordinal, segment) -> Status for every segment, then window(first, Window&) -> Status for its windows that have a document that lives, is of
// `level` (BindContext::level) and matches `filter` (null: any).
template <class Open, class Visit>
Status WalkLive(const AggregationContext& context, std::string_view level, const QueryPtr& filter,
                Open open, Visit visit) {
  const auto window = std::make_unique<Window>();
  for (size_t i = 0; i < context.indices.size(); ++i) {
    std::unique_ptr<Weight> weight;
    if (filter != nullptr) {
      BindContext bind = context.bind;
      bind.index = context.indices[i];
      bind.scores = false;
      bind.level = level;
      BINSEEK_ASSIGN_OR_RETURN(weight, filter->Bind(bind, 1));
    }
    for (const auto& segment : context.indices[i]->segments) {
      std::unique_ptr<Scorer> scorer;
      if (weight != nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(scorer, weight->MakeScorer(*segment));
        if (scorer == nullptr) {
          continue;
        }
      }
      BINSEEK_RETURN_IF_ERROR(open(i, *segment));
      BINSEEK_ASSIGN_OR_RETURN(const LevelDocs docs,
                               LevelDocs::Open(*segment, *context.indices[i], level));
      for (DocId first = 0; first < segment->max_doc(); first += Window::kDocs) {
        BINSEEK_RETURN_IF_ERROR(context.interrupt->Check());
        if (context.interrupt->TimedOut()) {
          return Status::Ok();
        }
        if (scorer == nullptr) {
          FillWindow(segment->max_doc() - first, window.get());
        } else if (!scorer->FillWindow(first, window.get())) {
          continue;
        }
        docs.KeepLive(first, window.get());
        if (window->AnyMatch()) {
          BINSEEK_RETURN_IF_ERROR(visit(first, *window));
        }
      }
      if (scorer != nullptr) {
        BINSEEK_RETURN_IF_ERROR(scorer->status());
      }
    }
  }
  return Status::Ok();
}

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_LIVE_WALK_H_
