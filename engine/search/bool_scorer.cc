#include "engine/search/bool_scorer.h"

#include <algorithm>
#include <utility>

#include "engine/search/bool_scorer_work.h"
#include "engine/search/scratch.h"

namespace binseek::search {
using bool_scorer::Any;
using bool_scorer::BoundOf;
using bool_scorer::CountOf;
using bool_scorer::kLowest;
using bool_scorer::Reach;

BoolScorer::BoolScorer(BoolClauses clauses, const index::SegmentView* segment, bool scores)
    : clauses_(std::move(clauses)),
      segment_(segment),
      scores_(scores),
      intersection_(segment->max_doc()) {
  for (const auto& filter : clauses_.filters) {
    required_.push_back({.scorer = filter.get()});
  }
  for (const auto& must : clauses_.musts) {
    required_.push_back({.scorer = must.get(), .scored = scores_});
  }
  for (const auto& should : clauses_.shoulds) {
    optional_.push_back({.scorer = should.get(), .scored = scores_});
  }
  has_musts_ = !clauses_.musts.empty();
  std::stable_sort(required_.begin(), required_.end(), [](const Clause& a, const Clause& b) {
    return a.scorer->cost() < b.scorer->cost();
  });
  for (const auto* const part : {&required_, &optional_}) {
    for (const Clause& clause : *part) {
      match_cost_ += clause.scorer->match_cost();
    }
  }
  for (const auto& prohibited : clauses_.prohibited) {
    match_cost_ += prohibited->match_cost();
  }
  PlanDocs();
  PlanBits();
}

uint64_t BoolScorer::cost() const {
  if (!required_.empty()) {
    return required_.front().scorer->cost();
  }
  uint64_t sum = 0;
  for (const auto& should : clauses_.shoulds) {
    const uint64_t cost = should->cost();
    sum = cost > UINT64_MAX - sum ? UINT64_MAX : sum + cost;
  }
  return sum;
}

Status BoolScorer::status() const {
  for (const auto* const scorers :
       {&clauses_.filters, &clauses_.musts, &clauses_.shoulds, &clauses_.prohibited}) {
    for (const auto& scorer : *scorers) {
      BINSEEK_RETURN_IF_ERROR(scorer->status());
    }
  }
  return Status::Ok();
}

ScoreBound BoolScorer::MaxScore(DocId first) {
  DocId last = codec::kNoMoreDocs;
  BoundSum sums[2];
  size_t part = 0;
  for (auto* const clauses : {&required_, &optional_}) {
    for (Clause& clause : *clauses) {
      clause.bound = 0;
      if (clause.scored) {
        const ScoreBound bound = clause.scorer->MaxScore(first);
        clause.bound = bound.score;
        last = std::min(last, bound.last);
        sums[part].Add(bound.score);
      }
    }
    ++part;
  }
  return {sums[0].score() + sums[1].score(), last};
}

DocId BoolScorer::NextMatch(DocId target, float drop_below) {
  while (true) {
    DocId next = target;
    // Bounds of the others hold for a while only, so clauses are asked for any match.
    for (const Clause& clause : required_) {
      next = std::max(next, clause.scorer->NextMatch(next, kLowest));
    }
    if (clauses_.minimum_should_match > 0) {
      DocId optional = codec::kNoMoreDocs;
      for (const Clause& clause : optional_) {
        optional = std::min(optional, clause.scorer->NextMatch(next, kLowest));
        if (optional <= next) {
          break;
        }
      }
      next = std::max(next, optional);
    }
    if (next == codec::kNoMoreDocs || !scores_ || !(drop_below > kLowest)) {
      return next;
    }
    const ScoreBound bound = MaxScore(next);
    if (bound.score >= drop_below) {
      return next;
    }
    if (bound.last == codec::kNoMoreDocs) {
      return codec::kNoMoreDocs;
    }
    target = bound.last + 1;
  }
}

BoolScorer::Thresholds BoolScorer::FindThresholds(DocId first, const Window& window) {
  Thresholds out{kLowest, kLowest, kLowest, kLowest, kLowest, kLowest};
  if (!scores_ || !(std::max(window.drop_below, window.score_below) > kLowest)) {
    return out;
  }
  MaxScore(first);  // leaves the clauses' bounds
  out.drop = window.drop_below;
  out.score = window.score_below;
  const double required = static_cast<double>(BoundOf(required_));
  const double optional = static_cast<double>(BoundOf(optional_));
  out.required_drop = ChildThreshold(out.drop, optional);
  out.required_score = ChildThreshold(out.score, optional);
  // Who lacks an optional clause may match all the same, with too low a score.
  out.optional_drop = ChildThreshold(std::min(out.drop, out.score), required);
  out.optional_score = ChildThreshold(out.score, required);
  return out;
}

void BoolScorer::AddRequired(const Clause& clause, Work* work) const {
  if (!clause.scored) {
    return;
  }
  ForEachBit(work->match, [&](uint32_t offset) {
    work->must_sums[offset] = (work->has_must_sums ? work->must_sums[offset] : 0.0) +
                              static_cast<double>(work->child.score[offset]);
  });
  work->has_must_sums = true;
}

bool BoolScorer::RequireOne(DocId first, bool narrow, Clause* clause, Work* work) {
  constexpr uint32_t kFew = 64;
  Window& child = work->child;
  if (clause->scorer->match_cost() > 0) {
    clause->pending = true;
    if (!narrow || CountOf(work->match) > kFew) {
      clause->scorer->FillCandidates(first, &child);
      for (uint32_t w = 0; w < Window::kWords; ++w) {
        work->match[w] &= child.match[w];
      }
    }
    return Any(work->match);
  }
  if (narrow) {
    std::copy(work->match.begin(), work->match.end(), child.match);
    clause->scorer->NarrowWindow(first, &child);
  } else {
    clause->scorer->FillWindow(first, &child);
  }
  std::copy(std::begin(child.match), std::end(child.match), work->match.begin());
  if (!Any(work->match)) {
    return false;
  }
  AddRequired(*clause, work);
  return true;
}

bool BoolScorer::Require(DocId first, bool narrow, const Thresholds& thresholds, Work* work) {
  bool any_pending = false;
  for (size_t i = 0; i < required_.size(); ++i) {
    Clause& clause = required_[i];
    clause.pending = false;
    work->child.drop_below =
        clause.scored ? Reach(required_, i, thresholds.required_drop) : kLowest;
    work->child.score_below =
        clause.scored ? Reach(required_, i, thresholds.required_score) : kLowest;
    if (!RequireOne(first, narrow, &clause, work)) {
      return false;
    }
    any_pending = any_pending || clause.pending;
    narrow = true;
  }
  if (!Prohibit(first, false, work)) {
    return false;
  }
  if (any_pending) {
    KeepLive(first, work);
    if (!NarrowPending(first, thresholds, work)) {
      return false;
    }
  }
  return Prohibit(first, true, work);
}

// Those that look at documents one by one, the fastest first.
bool BoolScorer::NarrowPending(DocId first, const Thresholds& thresholds, Work* work) {
  while (Any(work->match)) {
    size_t best = required_.size();
    for (size_t i = 0; i < required_.size(); ++i) {
      if (required_[i].pending &&
          (best == required_.size() ||
           required_[i].scorer->match_cost() < required_[best].scorer->match_cost())) {
        best = i;
      }
    }
    if (best == required_.size()) {
      return true;
    }
    Clause& clause = required_[best];
    clause.pending = false;
    Window& child = work->child;
    child.drop_below = clause.scored ? Reach(required_, best, thresholds.required_drop) : kLowest;
    child.score_below = clause.scored ? Reach(required_, best, thresholds.required_score) : kLowest;
    std::copy(work->match.begin(), work->match.end(), child.match);
    clause.scorer->NarrowWindow(first, &child);
    std::copy(std::begin(child.match), std::end(child.match), work->match.begin());
    AddRequired(clause, work);
  }
  return false;
}

void BoolScorer::KeepLive(DocId first, Work* work) const {
  const uint64_t* const live =
      segment_->has_deletions() ? segment_->live().PageWords(first) : nullptr;
  if (live == nullptr) {
    return;
  }
  const uint32_t words = (std::min(segment_->max_doc() - first, Window::kDocs) + 63) / 64;
  for (uint32_t w = 0; w < words; ++w) {
    work->match[w] &= live[w];
  }
}

bool BoolScorer::Prohibit(DocId first, bool per_document, Work* work) {
  Window& child = work->child;
  for (const auto& prohibited : clauses_.prohibited) {
    if ((prohibited->match_cost() > 0) != per_document) {
      continue;
    }
    std::copy(work->match.begin(), work->match.end(), child.match);
    child.drop_below = child.score_below = kLowest;
    if (prohibited->NarrowWindow(first, &child)) {
      for (uint32_t w = 0; w < Window::kWords; ++w) {
        work->match[w] &= ~child.match[w];
      }
    }
  }
  return Any(work->match);
}

void BoolScorer::Combine(const Work& work, Window* window) const {
  ForEachBit(window->match, [&](uint32_t offset) {
    const bool optional = (work.optional_match[offset / 64] >> (offset % 64) & 1) != 0;
    const float must = work.has_must_sums ? static_cast<float>(work.must_sums[offset]) : 0.0F;
    const float should = optional ? static_cast<float>(work.optional_sums[offset]) : 0.0F;
    window->score[offset] = must + should;
  });
}

bool BoolScorer::Run(DocId first, bool narrow, Window* window) {
  const Thresholds thresholds = FindThresholds(first, *window);
  Scratch<Work> work;
  work->has_must_sums = false;
  work->optional_match.fill(0);
  if (narrow) {
    std::copy(std::begin(window->match), std::end(window->match), work->match.begin());
  } else {
    work->match.fill(~uint64_t{0});
  }
  window->ClearMatches();
  if (!required_.empty() || !clauses_.prohibited.empty()) {
    // With prohibited clauses alone beside optional ones, these go first: they are the fewer.
    const bool optional_first = required_.empty();
    if (!optional_first && !Require(first, narrow, thresholds, work.get())) {
      return false;
    }
    narrow = narrow || !optional_first;
  }
  if (!optional_.empty() && (clauses_.minimum_should_match > 0 || scores_)) {
    const bool enough = FillOptional(first, narrow, thresholds, work.get());
    if (clauses_.minimum_should_match > 0) {
      if (!enough) {
        return false;
      }
      work->match = work->optional_match;
    }
  }
  if (required_.empty() &&
      (!Prohibit(first, false, work.get()) || !Prohibit(first, true, work.get()))) {
    return false;
  }
  std::copy(work->match.begin(), work->match.end(), window->match);
  if (scores_) {
    Combine(*work, window);
  }
  return window->AnyMatch();
}

bool BoolScorer::FillWindow(DocId first, Window* window) { return Run(first, false, window); }

bool BoolScorer::NarrowWindow(DocId first, Window* window) {
  return window->AnyMatch() && Run(first, true, window);
}

bool BoolScorer::FillCandidates(DocId first, Window* window) {
  if (match_cost_ == 0) {
    return FillWindow(first, window);
  }
  // What is asked of its own clauses is asked once, with the candidates of all who are beside it.
  window->ClearMatches();
  if (first >= segment_->max_doc()) {
    return false;
  }
  const uint32_t count = std::min(segment_->max_doc() - first, Window::kDocs);
  std::fill_n(window->match, count / 64, ~uint64_t{0});
  if (count % 64 != 0) {
    window->match[count / 64] = (uint64_t{1} << (count % 64)) - 1;
  }
  return true;
}

}  // namespace binseek::search
