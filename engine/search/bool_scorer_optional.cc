// BoolScorer's optional clauses.
#include <algorithm>
#include <iterator>

#include "engine/search/bool_scorer.h"
#include "engine/search/bool_scorer_work.h"
#include "engine/search/score_bound.h"

namespace binseek::search {

using bool_scorer::Any;
using bool_scorer::BoundOf;
using bool_scorer::ClearBit;
using bool_scorer::kLowest;
using bool_scorer::Reach;
using bool_scorer::Words;

void BoolScorer::AddOptional(Work* work) const {
  const Window& child = work->child;
  if (scores_) {
    ForEachBit(child.match, [&](uint32_t offset) {
      const bool known = (work->optional_match[offset / 64] >> (offset % 64) & 1) != 0;
      work->optional_sums[offset] =
          (known ? work->optional_sums[offset] : 0.0) + static_cast<double>(child.score[offset]);
    });
  }
  if (clauses_.minimum_should_match > 1) {
    ForEachBit(child.match, [&](uint32_t offset) {
      const bool known = (work->optional_match[offset / 64] >> (offset % 64) & 1) != 0;
      work->counts[offset] = static_cast<uint16_t>(known ? work->counts[offset] + 1 : 1);
    });
  }
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    work->optional_match[w] |= child.match[w];
  }
}

// Where optional clauses can only add to scores, documents that no optional clause can help are not looked up.
void BoolScorer::PickCandidates(const Thresholds& thresholds, Work* work) const {
  work->optional_from = work->match;
  const float least = std::max(thresholds.score, thresholds.drop);
  if (!(least > kLowest) || clauses_.minimum_should_match > 0) {
    return;
  }
  const float optional = BoundOf(optional_);
  ForEachBit(work->match, [&](uint32_t offset) {
    const float must = work->has_must_sums ? static_cast<float>(work->must_sums[offset]) : 0.0F;
    const float reach = must + optional;
    if (reach < thresholds.drop) {
      ClearBit(offset, &work->match);
    }
    if (reach < least) {
      ClearBit(offset, &work->optional_from);
    }
  });
}

void BoolScorer::CountEnough(Work* work) const {
  if (clauses_.minimum_should_match < 2) {
    return;
  }
  const Words any = work->optional_match;
  ForEachBit(any, [&](uint32_t offset) {
    if (work->counts[offset] < clauses_.minimum_should_match) {
      ClearBit(offset, &work->optional_match);
    }
  });
}

bool BoolScorer::FillOptional(DocId first, bool narrow, const Thresholds& thresholds, Work* work) {
  work->optional_match.fill(0);
  PickCandidates(thresholds, work);
  // Without candidates, and where any one clause is enough: those that cannot reach the threshold together are only looked up for the others' documents.
  const float least = std::min(thresholds.optional_drop, thresholds.optional_score);
  const bool splits = !narrow && clauses_.minimum_should_match == 1 && least > kLowest;
  if (splits) {
    std::sort(optional_.begin(), optional_.end(),
              [](const Clause& a, const Clause& b) { return a.bound > b.bound; });
  }
  Window& child = work->child;
  for (size_t i = 0; i < optional_.size(); ++i) {
    child.drop_below = Reach(optional_, i, thresholds.optional_drop);
    child.score_below = Reach(optional_, i, thresholds.optional_score);
    if (splits && !narrow) {
      BoundSum rest;
      for (size_t j = i; j < optional_.size(); ++j) {
        rest.Add(optional_[j].bound);
      }
      if (rest.score() < least) {
        narrow = true;
        work->optional_from = work->optional_match;
      }
    }
    if (narrow) {
      std::copy(work->optional_from.begin(), work->optional_from.end(), child.match);
      if (!optional_[i].scorer->NarrowWindow(first, &child)) {
        continue;
      }
    } else if (!optional_[i].scorer->FillWindow(first, &child)) {
      continue;
    }
    AddOptional(work);
  }
  CountEnough(work);
  return Any(work->optional_match);
}

}  // namespace binseek::search
