// TermScorer without windows: documents in order, for who keeps few of them.
#include <algorithm>
#include <array>

#include "engine/search/term_scorer.h"

namespace binseek::search {

namespace {

constexpr uint32_t kBlocksAtOnce = 8;

}  // namespace

float TermScorer::RatioFor(const Bm25Scorer& bm25, float least) {
  if (least != ratio_for_) {
    ratio_for_ = least;
    ratio_ = bm25.LeastRatio(least);
  }
  return ratio_;
}

// Calls take(doc, score) for the documents of the block at hand that lie in [from, end) and score at least `least`. REQUIRES: it has documents.
template <class Take>
void TermScorer::TakeFromBlock(DocId from, DocId end, float least, Take take) {
  const std::span<const DocId> docs = postings_.docs();
  const size_t begin = docs.front() >= from ? 0 : postings_.LowerBound(from);
  const size_t behind = docs.back() < end ? docs.size() : postings_.LowerBound(end, begin);
  const Bm25Scorer* const bm25 = score_->bm25();
  if (bm25 == nullptr || norms_ == nullptr) {
    const std::span<const uint32_t> freqs = postings_.freqs();
    for (size_t i = begin; i < behind; ++i) {
      if (const float score = Score(i, docs, freqs); !(score < least)) {
        take(docs[i], score);
      }
    }
    return;
  }
  // Most are left out, for which the ratio is enough; and no branch says which.
  const float enough = RatioFor(*bm25, least);
  std::array<uint32_t, codec::kBlockSize> picked;
  std::array<float, codec::kBlockSize> ratios;
  size_t count = 0;
  const auto pick = [&](size_t i, float ratio) {
    picked[count] = static_cast<uint32_t>(i);
    ratios[count] = ratio;
    count += static_cast<size_t>(!(ratio < enough));
  };
  const uint8_t* const norms = norms_;
  const std::span<const uint32_t> freqs = postings_.freqs();
  for (size_t i = begin; i < behind; ++i) {
    pick(i, bm25->Ratio(static_cast<float>(freqs[i]), norms[docs[i]]));
  }
  for (size_t p = 0; p < count; ++p) {
    if (const float score = bm25->ScoreOfRatio(ratios[p]); !(score < least)) {
      take(docs[picked[p]], score);
    }
  }
}

template <class Take>
DocId TermScorer::TakeDocs(DocId from, DocId end, float least, Take take) {
  bool has_block = postings_.AdvanceBlock(from);
  for (uint32_t looked = 0; looked < kBlocksAtOnce; has_block = postings_.NextBlock()) {
    if (!has_block) {
      return end;
    }
    if (!(least > kLowest) || !(BlockBound(postings_.block()) < least)) {
      const std::span<const DocId> docs = postings_.docs();
      if (docs.empty() || docs.front() >= end) {
        return end;
      }
      TakeFromBlock(from, end, least, take);
      ++looked;
    }
    if (postings_.block_last_doc() >= end - 1) {
      return end;
    }
    from = postings_.block_last_doc() + 1;
  }
  return from;
}

bool TermScorer::PrefersDocs(bool complete) const {
  return score_ != nullptr && (!complete || IsRare(cost(), end_doc()));
}

DocId TermScorer::NextDocs(DocId from, float drop_below, DocBatch* batch) {
  batch->count = 0;
  return TakeDocs(from, codec::kNoMoreDocs, drop_below, [batch](DocId doc, float score) {
    batch->docs[batch->count] = doc;
    batch->scores[batch->count++] = score;
  });
}

DocId TermScorer::CollectDocs(DocId from, DocId end, float least, DocSums* out) {
  return TakeDocs(from, end, least,
                  [out](DocId doc, float score) { out->Add(doc, static_cast<double>(score)); });
}

void TermScorer::AddScoresTo(bool required, float least, double rest, DocSums* docs) {
  constexpr double kRounding = 1 + 0x1p-40;  // of sums, generously
  // Rare terms, of which patterns have many, mostly lie elsewhere.
  if (!required && docs->count > 0 && postings_.block_count() == 1 &&
      postings_.Advance(docs->docs[0]) > docs->docs[docs->count - 1]) {
    return;
  }
  if (!(least > kLowest)) {
    docs->count = LookUp(required, 0, docs->count, docs);
    return;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < docs->count;) {
    const bool any = postings_.AdvanceBlock(docs->docs[i]);
    const DocId last = any ? postings_.block_last_doc() : codec::kNoMoreDocs;
    // What the block's documents may have in the end besides their sums.
    const double most =
        ((any ? static_cast<double>(BlockBound(postings_.block())) : 0.0) + rest) * kRounding;
    // Before any is looked up, and without a branch, since nobody can foresee who is left out.
    const uint32_t begin = kept;
    for (; i < docs->count && docs->docs[i] <= last; ++i) {
      const double sum = docs->sums[i];
      docs->docs[kept] = docs->docs[i];
      docs->sums[kept] = sum;
      kept += static_cast<uint32_t>(!(static_cast<float>(sum + most) < least));
    }
    kept = LookUpInBlock(required, begin, kept, docs);
  }
  docs->count = kept;
}

// As LookUp, of documents up to the end of the block at hand. Where they are many, bits say which of them it has: most it has not, and a search for each of these would
// guess wrong.
uint32_t TermScorer::LookUpInBlock(bool required, uint32_t begin, uint32_t end, DocSums* docs) {
  constexpr uint32_t kFew = 12;
  constexpr DocId kMostBits = 2 * Window::kDocs;
  if (end - begin < kFew) {
    return LookUp(required, begin, end, docs);
  }
  const std::span<const DocId> block = postings_.docs();
  if (block.empty() || block.back() - block.front() >= kMostBits) {
    return LookUp(required, begin, end, docs);
  }
  const DocId first = block.front();
  const DocId size = block.back() - first + 1;
  std::array<uint64_t, kMostBits / 64> bits;
  std::fill_n(bits.begin(), (size + 63) / 64, 0);
  for (const DocId doc : block) {
    bits[(doc - first) / 64] |= uint64_t{1} << ((doc - first) % 64);
  }
  std::array<uint16_t, Window::kDocs> found;
  uint32_t count = 0;
  for (uint32_t i = begin; i < end; ++i) {
    const DocId offset = docs->docs[i] - first;  // before the block: a great number
    const bool within = offset < size;
    found[count] = static_cast<uint16_t>(i);
    count += static_cast<uint32_t>(within) &
             static_cast<uint32_t>(bits[within ? offset / 64 : 0] >> (offset % 64));
  }
  for (uint32_t f = 0; f < count; ++f) {
    const DocId doc = docs->docs[found[f]];
    const uint32_t to = required ? begin + f : found[f];
    postings_.Advance(doc);
    docs->docs[to] = doc;
    docs->sums[to] = docs->sums[found[f]] + static_cast<double>(score_->Score(
                                                static_cast<float>(postings_.freq()),
                                                norms_ == nullptr ? kNormOfOne : norms_[doc]));
  }
  return required ? begin + count : end;
}

// Adds the scores of those from the `begin`-th to before the `end`-th. Gives the end of those that stay.
uint32_t TermScorer::LookUp(bool required, uint32_t begin, uint32_t end, DocSums* docs) {
  uint32_t kept = begin;
  DocId at = 0;  // the term's first document at or behind the one that was looked up last
  for (uint32_t i = begin; i < end; ++i) {
    const DocId doc = docs->docs[i];
    double sum = docs->sums[i];
    if (doc > at || i == begin) {
      at = postings_.Advance(doc);
    }
    const bool has = at == doc;
    if (has) {
      sum += static_cast<double>(score_->Score(static_cast<float>(postings_.freq()),
                                               norms_ == nullptr ? kNormOfOne : norms_[doc]));
    }
    docs->docs[kept] = doc;
    docs->sums[kept] = sum;
    kept += static_cast<uint32_t>(has || !required);
  }
  return kept;
}

bool TermScorer::LoadBlock(DocId from, float least, ScoredBlock* out) {
  bool has_block = postings_.AdvanceBlock(from);
  while (has_block && least > kLowest && BlockBound(postings_.block()) < least) {
    has_block = postings_.NextBlock();
  }
  out->docs = has_block ? postings_.docs() : std::span<const DocId>();
  if (out->docs.empty()) {
    out->block = ScoredBlock::kNone;
    out->at = 0;
    return false;
  }
  if (out->block != postings_.block()) {
    out->block = postings_.block();
    const std::span<const uint32_t> freqs = postings_.freqs();
    UseScore([&](auto score) {
      for (size_t i = 0; i < out->docs.size(); ++i) {
        out->scores[i] = score(freqs[i], out->docs[i]);
      }
    });
  }
  out->at = postings_.LowerBound(from);
  return true;
}

float TermScorer::MaxScoreIn(DocId first, DocId last) {
  float bound = 0;
  for (uint32_t block = FindBlock(first); block < postings_.block_count(); ++block) {
    bound = std::max(bound, BlockBound(block));
    if (postings_.last_doc_of(block) >= last) {
      break;
    }
  }
  return bound;
}

}  // namespace binseek::search
