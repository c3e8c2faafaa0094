#include "engine/search/term_disjunction.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/search/score_bound.h"
#include "engine/search/scratch.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

bool Any(const uint64_t* words) {
  uint64_t any = 0;
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    any |= words[w];
  }
  return any != 0;
}

}  // namespace

bool AllTerms(const std::vector<std::unique_ptr<Scorer>>& scorers) {
  return std::all_of(scorers.begin(), scorers.end(),
                     [](const auto& scorer) { return scorer->AsTerm() != nullptr; });
}

TermDisjunction::TermDisjunction(std::vector<std::unique_ptr<Scorer>> terms)
    : scorers_(std::move(terms)) {
  for (const auto& scorer : scorers_) {
    TermScorer* const term = scorer->AsTerm();
    order_.push_back({.term = term, .number = order_.size()});
    cost_ += term->cost();
    end_doc_ = std::max(end_doc_, term->end_doc());
  }
}

Status TermDisjunction::status() const {
  for (const auto& scorer : scorers_) {
    BINSEEK_RETURN_IF_ERROR(scorer->status());
  }
  return Status::Ok();
}

ScoreBound TermDisjunction::MaxScore(DocId first) {
  BoundSum sum;
  DocId last = codec::kNoMoreDocs;
  for (const auto& scorer : scorers_) {
    const ScoreBound bound = scorer->MaxScore(first);
    sum.Add(bound.score);
    last = std::min(last, bound.last);
  }
  return {sum.score(), last};
}

DocId TermDisjunction::NextMatch(DocId target, float drop_below) {
  return NextOfAny(this, scorers_, target, drop_below);
}

void TermDisjunction::FindBounds(DocId first) {
  for (Bounded& entry : order_) {
    entry.bound = entry.term->MaxScore(first).score;
  }
  SortByBound();
}

void TermDisjunction::SortByBound() {
  std::sort(order_.begin(), order_.end(),
            [](const Bounded& a, const Bounded& b) { return a.bound < b.bound; });
  BoundSum sum;
  for (Bounded& entry : order_) {
    entry.others = sum.value();
    sum.Add(entry.bound);
    entry.sum = sum.value();
  }
  // What stands behind each is added from the other end, since patterns have many terms. The parts' sums allow for an order each, not for one of all.
  const double any_order = 1 + 0x1p-52 * static_cast<double>(order_.size());
  BoundSum behind;
  for (size_t i = order_.size(); i-- > 0;) {
    order_[i].others = (order_[i].others + behind.value()) * any_order;
    behind.Add(order_[i].bound);
  }
}

size_t TermDisjunction::NotEssential(float least) const {
  size_t count = 0;
  while (count < order_.size() && static_cast<float>(order_[count].sum) < least) {
    ++count;
  }
  return count;
}

bool TermDisjunction::FillAllBits(DocId first, Window* window) {
  window->ClearMatches();
  for (const Bounded& entry : order_) {
    entry.term->AddBits(first, first + Window::kDocs, window->match);
  }
  return window->AnyMatch();
}

void TermDisjunction::FillEssential(DocId first, float least, size_t from, double* sums,
                                    uint64_t* match) {
  for (size_t i = from; i < order_.size(); ++i) {
    order_[i].term->AddScores(first, first, ReachOf(i, least), sums, match);
  }
}

// What the i-th term in order must score for the sum to reach `least`.
float TermDisjunction::ReachOf(size_t i, float least) const {
  if (!(least > kLowest)) {
    return kLowest;
  }
  return ChildThreshold(least, order_[i].others);
}

void TermDisjunction::AddOthers(DocId first, float least, size_t count, Candidates* candidates) {
  for (size_t i = count; i-- > 0;) {
    // Who cannot reach it with all that is left is out.
    const double rest = order_[i].sum;
    uint32_t kept = 0;
    for (uint32_t c = 0; c < candidates->count; ++c) {
      candidates->offsets[kept] = candidates->offsets[c];
      candidates->sums[kept] = candidates->sums[c];
      kept += static_cast<uint32_t>(static_cast<float>(candidates->sums[c] + rest) >= least);
    }
    candidates->count = kept;
    order_[i].term->AddScoresOf(first, candidates);
  }
}

// Where one term alone is essential: the last in order.
bool TermDisjunction::FillFromOne(DocId first, float least, bool complete, Window* window) {
  const size_t others = order_.size() - 1;
  const DocId end = first + Window::kDocs;
  const float reach = ReachOf(others, least);
  Scratch<DocSums> docs;
  docs->count = 0;
  for (DocId from = first; from < end;) {
    from = order_[others].term->CollectDocs(from, end, reach, docs.get());
  }
  for (size_t i = others; i-- > 0 && docs->count > 0;) {
    order_[i].term->AddScoresTo(false, least, i == 0 ? 0 : order_[i - 1].sum, docs.get());
  }
  if (!complete) {
    window->ClearMatches();
  }
  for (uint32_t i = 0; i < docs->count; ++i) {
    const uint32_t offset = docs->docs[i] - first;
    window->score[offset] = static_cast<float>(docs->sums[i]);
    window->Set(offset);
  }
  return window->AnyMatch();
}

bool TermDisjunction::FillWindow(DocId first, Window* window) {
  const bool complete = !(window->drop_below > kLowest);
  const float least =
      complete ? window->score_below : std::min(window->drop_below, window->score_below);
  size_t others = 0;
  if (least > kLowest) {
    FindBounds(first);
    others = NotEssential(least);
  }
  if (others == order_.size() && !complete) {
    window->ClearMatches();
    return false;
  }
  if (complete && least > kLowest) {
    std::fill_n(window->score, Window::kDocs, std::min(0.0F, least - 1));
    if (!FillAllBits(first, window) || others == order_.size()) {
      return window->AnyMatch();
    }
  }
  if (others > 0 && others + 1 == order_.size()) {
    return FillFromOne(first, least, complete, window);
  }
  Scratch<ZeroSums> sums;
  double* const sum = sums->values.data();
  std::array<uint64_t, Window::kWords> scored{};
  FillEssential(first, least, others, sum, scored.data());
  if (others == 0) {
    ForEachBit(scored, [&](uint32_t offset) {
      window->score[offset] = static_cast<float>(sum[offset]);
      sum[offset] = 0;
    });
    if (!complete || !(least > kLowest)) {
      std::copy(scored.begin(), scored.end(), window->match);
    }
    return Any(window->match);
  }
  Scratch<Candidates> candidates;
  candidates->count = 0;
  ForEachBit(scored, [&](uint32_t offset) {
    candidates->offsets[candidates->count] = static_cast<uint16_t>(offset);
    candidates->sums[candidates->count++] = sum[offset];
    sum[offset] = 0;
  });
  AddOthers(first, least, others, candidates.get());
  if (!complete) {
    window->ClearMatches();
  }
  for (uint32_t c = 0; c < candidates->count; ++c) {
    window->score[candidates->offsets[c]] = static_cast<float>(candidates->sums[c]);
    window->Set(candidates->offsets[c]);
  }
  return Any(window->match);
}

// For an optional part beside a required one: what the candidates have of it.
bool TermDisjunction::NarrowWindow(DocId first, Window* window) {
  const uint32_t matches = window->CountMatches();
  if (matches == 0) {
    return false;
  }
  if (matches > Window::kDocs / 8) {
    return Scorer::NarrowWindow(first, window);
  }
  Scratch<ZeroSums> sums;
  Scratch<Window> child;
  std::array<uint64_t, Window::kWords> found{};
  child->drop_below = child->score_below = kLowest;
  for (const auto& scorer : scorers_) {
    std::copy(std::begin(window->match), std::end(window->match), child->match);
    if (scorer->NarrowWindow(first, child.get())) {
      ForEachBit(child->match, [&](uint32_t offset) {
        sums->values[offset] += static_cast<double>(child->score[offset]);
        found[offset / 64] |= uint64_t{1} << (offset % 64);
      });
    }
  }
  ForEachBit(found, [&](uint32_t offset) {
    window->score[offset] = static_cast<float>(sums->values[offset]);
    sums->values[offset] = 0;
  });
  std::copy(found.begin(), found.end(), window->match);
  return Any(window->match);
}

}  // namespace binseek::search
