#include "engine/search/join_scorer.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/search/constant_query.h"
#include "engine/search/score_bound.h"
#include "engine/search/scratch.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

// Sets bits [begin, end).
void SetRange(uint32_t begin, uint32_t end, uint64_t* words) {
  for (uint32_t bit = begin; bit < end;) {
    const uint32_t stop = std::min(end, (bit / 64 + 1) * 64);
    const uint64_t upper = stop % 64 == 0 ? ~uint64_t{0} : (uint64_t{1} << (stop % 64)) - 1;
    words[bit / 64] |= upper & (~uint64_t{0} << (bit % 64));
    bit = stop;
  }
}

}  // namespace

// Of the greatest score one that is too low changes nothing where it is too low to matter; of all others any may.
void JoinScorer::Prepare(const Window& window, Window* child) const {
  const bool passes = adds_ && mode_ == NestedScoreMode::kMax;
  child->drop_below = passes ? window.drop_below : kLowest;
  child->score_below = passes ? window.score_below : kLowest;
}

void JoinScorer::KeepLive(DocId first, Window* child) const {
  const uint64_t* const live =
      segment_->has_deletions() ? segment_->live().PageWords(first) : nullptr;
  const uint32_t words = (std::min(segment_->max_doc() - first, Window::kDocs) + 63) / 64;
  for (uint32_t w = 0; live != nullptr && w < words; ++w) {
    child->match[w] &= live[w];
  }
}

void JoinScorer::Add(float score) {
  if (adds_) {
    const auto wide = static_cast<double>(score);
    if (open_.count == 0) {
      open_.score = wide;
      open_.greatest = score;
    } else if (mode_ == NestedScoreMode::kMin) {
      open_.score = std::min(open_.score, wide);
    } else if (mode_ == NestedScoreMode::kMax) {
      open_.score = std::max(open_.score, wide);
    } else {
      open_.score += wide;
    }
    open_.greatest = std::max(open_.greatest, score);
  }
  ++open_.count;
}

float JoinScorer::Score() const {
  return static_cast<float>(mode_ == NestedScoreMode::kAvg ? open_.score / open_.count
                                                           : open_.score);
}

void JoinScorer::Emit(DocId parent, DocId first, const Words* allowed, Window* window) {
  const uint32_t offset = parent - first;
  if (open_.count > 0 &&
      (allowed == nullptr || (((*allowed)[offset / 64] >> (offset % 64)) & 1) != 0)) {
    window->Set(offset);
    if (scores_) {
      window->score[offset] = adds_ ? Score() : 0;
    }
  }
  open_ = Block();
}

bool JoinScorer::Join(DocId first, const Window* child, const Words* allowed, Window* window) {
  window->ClearMatches();
  const uint64_t end = uint64_t{first} + Window::kDocs;
  DocId parent = parents_.Next(first);
  if (child != nullptr) {
    ForEachBit(child->match, [&](uint32_t offset) {
      const DocId doc = first + offset;
      if (doc > parent) {
        Emit(parent, first, allowed, window);
        parent = parents_.Next(doc);
      }
      Add(adds_ ? child->score[offset] : 0);
    });
  }
  if (parent < end) {
    Emit(parent, first, allowed, window);
  }
  return window->AnyMatch();
}

// The children of the window that candidates are known of, whose parents nobody has asked about.
void JoinScorer::Settle() {
  pending_ = false;
  open_ = Block();
  Words trailing{};
  SetRange(parents_.FirstChild(done_) - pending_first_, Window::kDocs, trailing.data());
  Scratch<Window> child;
  child->drop_below = child->score_below = kLowest;
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    child->match[w] = candidates_[w] & trailing[w];
  }
  if (child->AnyMatch() && children_->NarrowWindow(pending_first_, child.get())) {
    KeepLive(pending_first_, child.get());
    ForEachBit(child->match, [&](uint32_t offset) { Add(adds_ ? child->score[offset] : 0); });
  }
}

// Takes in the children before the window whose parent is not.
void JoinScorer::CatchUp(DocId first) {
  const DocId begin = parents_.FirstChild(first);
  if (begin >= done_) {
    open_ = Block();
    pending_ = false;
  } else if (pending_) {
    Settle();
  }
  DocId next = std::max(done_, begin / Window::kDocs * Window::kDocs);
  done_ = std::max(done_, first);
  Scratch<Window> child;
  child->drop_below = child->score_below = kLowest;
  while (next < first) {
    const DocId match = children_->NextMatch(next, kLowest);
    next = match / Window::kDocs * Window::kDocs;
    if (match >= first) {
      break;
    }
    if (children_->FillWindow(next, child.get())) {
      KeepLive(next, child.get());
      ForEachBit(child->match, [&](uint32_t offset) {
        if (next + offset >= begin) {
          Add(adds_ ? child->score[offset] : 0);
        }
      });
    }
    next += Window::kDocs;
  }
}

bool JoinScorer::FillWindow(DocId first, Window* window) {
  if (first < done_ || !HasParents(first)) {
    window->ClearMatches();
    return false;
  }
  CatchUp(first);
  Scratch<Window> child;
  Prepare(*window, child.get());
  const bool any = children_->FillWindow(first, child.get());
  done_ = first + Window::kDocs;
  if (any) {
    KeepLive(first, child.get());
  }
  return Join(first, any ? child.get() : nullptr, nullptr, window);
}

bool JoinScorer::FillCandidates(DocId first, Window* window) {
  if (match_cost() == 0) {
    return FillWindow(first, window);
  }
  window->ClearMatches();
  if (first < done_ || !HasParents(first)) {
    return false;
  }
  CatchUp(first);
  Scratch<Window> child;
  Prepare(*window, child.get());
  const bool any = children_->FillCandidates(first, child.get());
  done_ = first + Window::kDocs;
  pending_ = true;
  pending_first_ = first;
  candidates_.fill(0);
  DocId parent = parents_.Next(first);
  bool has = open_.count > 0;
  if (any) {
    KeepLive(first, child.get());
    std::copy(std::begin(child->match), std::end(child->match), candidates_.begin());
    ForEachBit(child->match, [&](uint32_t offset) {
      if (first + offset > parent) {
        if (has) {
          window->Set(parent - first);
        }
        parent = parents_.Next(first + offset);
      }
      has = true;
    });
  }
  if (has && parent < done_) {
    window->Set(parent - first);
  }
  return window->AnyMatch();
}

JoinScorer::Words JoinScorer::ChildrenOf(DocId first, const uint64_t* match) const {
  Words wanted{};
  DocId begin = first;
  for (DocId parent = parents_.Next(first); parent < uint64_t{first} + Window::kDocs;
       parent = parents_.Next(parent + 1)) {
    const uint32_t offset = parent - first;
    if (((match[offset / 64] >> (offset % 64)) & 1) != 0) {
      SetRange(begin - first, offset, wanted.data());
    }
    begin = parent + 1;
  }
  SetRange(begin - first, Window::kDocs, wanted.data());
  return wanted;
}

bool JoinScorer::NarrowWindow(DocId first, Window* window) {
  const bool known = pending_ && pending_first_ == first;
  if ((first < done_ && !known) || !HasParents(first) || !window->AnyMatch()) {
    window->ClearMatches();
    return false;
  }
  if (!known) {
    CatchUp(first);
    candidates_.fill(~uint64_t{0});
  }
  pending_ = false;
  done_ = first + Window::kDocs;
  Words allowed;
  std::copy(std::begin(window->match), std::end(window->match), allowed.begin());
  const Words wanted = ChildrenOf(first, window->match);
  Scratch<Window> child;
  Prepare(*window, child.get());
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    child->match[w] = candidates_[w] & wanted[w];
  }
  const bool any = child->AnyMatch() && children_->NarrowWindow(first, child.get());
  if (any) {
    KeepLive(first, child.get());
  }
  return Join(first, any ? child.get() : nullptr, &allowed, window);
}

DocId JoinScorer::NextMatch(DocId target, float drop_below) {
  const DocId begin = parents_.FirstChild(target);
  if (begin < done_ && (open_.count > 0 || pending_)) {
    return parents_.Next(target);
  }
  const DocId from = std::max(begin, done_);
  const bool passes = adds_ && mode_ == NestedScoreMode::kMax;
  const DocId child = children_->NextMatch(from, passes ? drop_below : kLowest);
  // Windows before the child's are of no use any more, to whoever asks.
  if (const DocId window = std::min(child, parents_.max_doc()) / Window::kDocs * Window::kDocs;
      window > done_) {
    done_ = window;
    open_ = Block();
    pending_ = false;
  }
  return child >= parents_.max_doc() ? codec::kNoMoreDocs : parents_.Next(std::max(child, target));
}

ScoreBound JoinScorer::MaxScore(DocId first) {
  if (!adds_) {
    return {0, codec::kNoMoreDocs};
  }
  const DocId begin = parents_.FirstChild(first);
  DocId from = std::max(begin, pending_ ? std::min(pending_first_, done_) : done_);
  float greatest = begin < done_ ? open_.greatest : 0;
  // As far as the children of the window reach, which the children's own bound must hold for.
  const uint64_t end = uint64_t{first} + Window::kDocs;
  DocId last = codec::kNoMoreDocs;
  do {
    if (from >= parents_.max_doc()) {
      last = codec::kNoMoreDocs;
      break;
    }
    const ScoreBound bound = children_->MaxScore(from);
    greatest = std::max(greatest, bound.score);
    last = bound.last;
    from = last == codec::kNoMoreDocs ? last : last + 1;
  } while (uint64_t{last} + 1 < end);
  if (mode_ != NestedScoreMode::kSum) {
    return {greatest, last};
  }
  if (!most_children_) {
    most_children_ = parents_.MostChildren();
  }
  const double sum = static_cast<double>(greatest) * *most_children_;
  return {static_cast<float>(sum * (1 + 0x1p-52 * (*most_children_ + 1))), last};
}

}  // namespace binseek::search
