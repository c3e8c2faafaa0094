// TermDisjunction without windows: documents in order, for who keeps few of them.
//
// Bounds hold for a long range here, since blocks have theirs: of one essential term the documents that can come to the threshold are picked, and the
// other terms looked up for these alone; rare terms are merged; only where several essential terms have many documents is a window filled.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/search/scratch.h"
#include "engine/search/term_disjunction.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr DocId kRange = 8 * Window::kDocs;
constexpr uint32_t kRangesAtOnce = 64;
constexpr uint32_t kMergedAtOnce = 256;
constexpr size_t kMostMerged = 8;
constexpr DocId kEnd = codec::kNoMoreDocs;
constexpr float kNothing = 0;

// What is left of a term's block; by default the end of all.
struct Side {
  const DocId* docs = &kEnd;
  const float* scores = &kNothing;
  size_t left = 1;
};

// Adds the documents of the first sides before `end`, each once with the sum of its scores, until a block is through or there are enough. Gives the place
// behind the last one, `end` where there are no more. Who has the next document cannot be foreseen, so that only numbers depend on it: the others add
// nothing, and stay where they are.
template <size_t... kSides>
DocId MergeSides(std::index_sequence<kSides...> /*first*/, DocId end, Side* sides, DocSums* out) {
  std::array<Side, sizeof...(kSides)> side{sides[kSides]...};
  uint32_t count = out->count;
  DocId next = 0;
  for (bool through = false; !through && count < kMergedAtOnce;) {
    next = std::min({*side[kSides].docs...});
    if (next >= end) {
      break;
    }
    double sum = 0;
    const auto take = [&](Side* one) {
      const bool has = *one->docs == next;
      sum += static_cast<double>(has ? *one->scores : 0.0F);
      one->docs += static_cast<size_t>(has);
      one->scores += static_cast<size_t>(has);
      one->left -= static_cast<size_t>(has);
      through |= one->left == 0;
    };
    (take(&side[kSides]), ...);
    out->docs[count] = next;
    out->sums[count++] = sum;
  }
  ((sides[kSides] = side[kSides]), ...);
  out->count = count;
  return next >= end ? end : next + 1;
}

template <size_t kCount>
DocId MergeSides(DocId end, std::array<Side, kMostMerged>* sides, DocSums* out) {
  return MergeSides(std::make_index_sequence<kCount>(), end, sides->data(), out);
}

}  // namespace

bool TermDisjunction::PrefersDocs(bool complete) const {
  return !complete || (IsRare(cost_, end_doc_) && order_.size() <= kMostMerged);
}

void TermDisjunction::FindBoundsIn(DocId from) {
  bounds_begin_ = from;
  // What has few documents is not worth many looks.
  const DocId range = from / kRange;
  const bool endless = IsRare(cost_, end_doc_) || range >= codec::kNoMoreDocs / kRange;
  bounds_end_ = endless ? codec::kNoMoreDocs : (range + 1) * kRange;
  for (Bounded& entry : order_) {
    entry.bound = entry.term->MaxScoreIn(from, bounds_end_ - 1);
  }
  SortByBound();
}

DocId TermDisjunction::NextDocs(DocId from, float drop_below, DocBatch* batch) {
  batch->count = 0;
  Scratch<DocSums> sums;
  for (uint32_t i = 0; i < kRangesAtOnce && batch->count == 0 && from != codec::kNoMoreDocs; ++i) {
    sums->count = 0;
    from = TakeRange(from, drop_below, sums.get());
    for (uint32_t d = 0; d < sums->count; ++d) {
      const auto score = static_cast<float>(sums->sums[d]);
      batch->docs[batch->count] = sums->docs[d];
      batch->scores[batch->count] = score;
      batch->count += static_cast<uint32_t>(!(score < drop_below));
    }
  }
  return from;
}

DocId TermDisjunction::TakeRange(DocId from, float least, DocSums* out) {
  const bool bounded = least > kLowest;
  if (bounded && (from < bounds_begin_ || from >= bounds_end_)) {
    FindBoundsIn(from);
  }
  const DocId end = bounded ? bounds_end_ : codec::kNoMoreDocs;
  const size_t others = bounded ? NotEssential(least) : 0;
  if (others == order_.size()) {
    return end;
  }
  if (others + 1 == order_.size()) {
    from = order_[others].term->CollectDocs(from, end, ReachOf(others, least), out);
  } else if (order_.size() - others <= kMostMerged && IsRare(cost_, end_doc_)) {
    from = TakeMerged(from, end, least, others, out);
  } else {
    from = TakeWindow(from, end, least, others, out);
  }
  for (size_t i = others; i-- > 0 && out->count > 0;) {
    order_[i].term->AddScoresTo(false, least, i == 0 ? 0 : order_[i - 1].sum, out);
  }
  return from;
}

DocId TermDisjunction::TakeMerged(DocId from, DocId end, float least, size_t others, DocSums* out) {
  blocks_.resize(scorers_.size());
  const size_t count = order_.size() - others;
  std::array<Side, kMostMerged> sides{};
  const auto load = [&](size_t i) {
    const Bounded& entry = order_[others + i];
    ScoredBlock& block = blocks_[entry.number];
    entry.term->LoadBlock(from, ReachOf(others + i, least), &block);
    const size_t left = block.docs.size() - std::min(block.at, block.docs.size());
    sides[i] = left == 0 ? Side() : Side{&block.docs[block.at], &block.scores[block.at], left};
  };
  for (size_t i = 0; i < count; ++i) {
    load(i);
  }
  while (out->count < kMergedAtOnce) {
    from = count <= 2   ? MergeSides<2>(end, &sides, out)
           : count <= 4 ? MergeSides<4>(end, &sides, out)
                        : MergeSides<kMostMerged>(end, &sides, out);
    if (from == end) {
      return end;
    }
    for (size_t i = 0; i < count; ++i) {
      if (sides[i].left == 0) {
        load(i);
      }
    }
  }
  return from;
}

DocId TermDisjunction::TakeWindow(DocId from, DocId end, float least, size_t others, DocSums* out) {
  // To the first window where one has documents.
  DocId next = codec::kNoMoreDocs;
  for (size_t i = others; i < order_.size() && next > from; ++i) {
    next = std::min(next, order_[i].next);
  }
  from = std::max(from, next);
  if (from >= end) {
    return end;
  }
  const DocId first = from / Window::kDocs * Window::kDocs;
  const DocId behind = first + Window::kDocs;
  Scratch<ZeroSums> sums;
  double* const sum = sums->values.data();
  std::array<uint64_t, Window::kWords> scored{};
  for (size_t i = others; i < order_.size(); ++i) {
    if (order_[i].next < behind) {
      order_[i].next =
          order_[i].term->AddScores(first, from, ReachOf(i, least), sum, scored.data());
    }
  }
  ForEachBit(scored, [&](uint32_t offset) {
    out->Add(first + offset, sum[offset]);
    sum[offset] = 0;
  });
  return std::min(end, behind);
}

}  // namespace binseek::search
