#include "engine/search/term_scorer.h"

#include <algorithm>

#include "engine/search/scratch.h"

namespace binseek::search {
namespace {

constexpr DocId WindowOf(DocId doc) { return doc / Window::kDocs * Window::kDocs; }

// Neighbours mostly share a word of matches, and one has to wait until the other is stored: so from four places in turn.
template <class Visit>
void VisitInFour(size_t size, Visit visit) {
  const size_t quarter = size / 4;
  for (size_t i = 0; i < quarter; ++i) {
    visit(i);
    visit(quarter + i);
    visit(2 * quarter + i);
    visit(3 * quarter + i);
  }
  for (size_t i = 4 * quarter; i < size; ++i) {
    visit(i);
  }
}

}  // namespace

TermScorer::TermScorer(const codec::FieldTerms& terms, const codec::TermInfo& info,
                       const uint8_t* norms, const TermScore* score)
    : postings_(terms.Postings(info)), norms_(norms), score_(score) {}

Status TermScorer::status() const {
  BINSEEK_RETURN_IF_ERROR(postings_.status());
  return matches_ == nullptr ? Status::Ok() : matches_->status();
}

float TermScorer::BoundOf(const codec::Impacts& impacts) const {
  const auto bound = [this](const codec::Impact& impact) {
    return score_->Bound(static_cast<float>(impact.freq),
                         norms_ == nullptr ? kNormOfOne : impact.norm);
  };
  return std::max(bound(impacts.low), bound(impacts.high));
}

// A term of a single block has no impacts; there are few documents to look at.
float TermScorer::LoneBlockBound() const {
  codec::BlockPostings copy = postings_;
  if (copy.block() >= copy.block_count() && !copy.NextBlock()) {
    return 0;
  }
  const std::span<const DocId> docs = copy.docs();
  const std::span<const uint32_t> freqs = copy.freqs();
  float bound = 0;
  for (size_t i = 0; i < docs.size(); ++i) {
    bound = std::max(bound, Score(i, docs, freqs));
  }
  return bound;
}

float TermScorer::BlockBound(uint32_t block) {
  if (!postings_.has_block_impacts()) {
    if (term_bound_ < 0) {
      const bool lone = postings_.block_count() == 1 && norms_ != nullptr;
      term_bound_ = lone ? LoneBlockBound() : BoundOf(postings_.term_impacts());
    }
    return term_bound_;
  }
  const uint32_t impacts = postings_.encoded_impacts_of(block);
  CachedBound& cached = cached_bounds_[(impacts * 0x9E3779B1U) >> 26];
  if (cached.impacts != impacts || cached.bound < 0) {
    cached = {impacts, BoundOf(codec::DecodeImpacts(impacts))};
  }
  return cached.bound;
}

// The first block that ends at or behind `doc`, from the nearest place that is known.
uint32_t TermScorer::FindBlock(DocId doc) {
  uint32_t from = 0;
  if (doc >= found_at_) {
    from = block_at_;
  } else if (const uint32_t here = postings_.block();
             here < postings_.block_count() && here > 0 && postings_.last_doc_of(here - 1) < doc) {
    from = here;
  }
  found_at_ = doc;
  block_at_ = postings_.FindBlockFrom(from, doc);
  return block_at_;
}

ScoreBound TermScorer::MaxScore(DocId first) {
  if (score_ == nullptr) {
    return {0, codec::kNoMoreDocs};
  }
  const DocId end = WindowOf(first) + Window::kDocs - 1;
  if (first >= bound_from_ && end <= bound_.last) {
    return bound_;
  }
  uint32_t block = FindBlock(first);
  bound_from_ = first;
  bound_ = {0, codec::kNoMoreDocs};
  for (; block < postings_.block_count(); ++block) {
    bound_.score = std::max(bound_.score, BlockBound(block));
    if (const DocId last = postings_.last_doc_of(block); last >= end) {
      bound_.last = last;
      break;
    }
  }
  return bound_;
}

DocId TermScorer::NextMatch(DocId target, float drop_below) {
  const DocId window = WindowOf(target);
  DocId from = window;
  if (drop_below > kLowest && score_ != nullptr) {
    uint32_t block = FindBlock(target);
    const uint32_t begin = block;
    while (block < postings_.block_count() && BlockBound(block) < drop_below) {
      ++block;
    }
    if (block == postings_.block_count()) {
      return codec::kNoMoreDocs;
    }
    if (block > begin) {
      // Nothing in between is of use, though the target's window may begin before.
      const DocId behind = postings_.last_doc_of(block - 1) + 1;
      from = std::max(window, WindowOf(behind));
      target = std::max(target, behind);
    }
  }
  if (!postings_.AdvanceBlock(from)) {
    return codec::kNoMoreDocs;
  }
  const std::span<const DocId> docs = postings_.docs();
  return docs.empty() ? codec::kNoMoreDocs : std::max(target, docs[postings_.LowerBound(from)]);
}

float TermScorer::Score(size_t i, std::span<const DocId> docs,
                        std::span<const uint32_t> freqs) const {
  return score_->Score(static_cast<float>(freqs[i]),
                       norms_ == nullptr ? kNormOfOne : norms_[docs[i]]);
}

template <class Visit>
DocId TermScorer::VisitBlocks(DocId first, DocId end, float least, Visit visit) {
  for (bool has_block = postings_.AdvanceBlock(first); has_block;
       has_block = postings_.NextBlock()) {
    DocId next = end;
    if (!(least > kLowest) || !(BlockBound(postings_.block()) < least)) {
      const std::span<const DocId> docs = postings_.docs();
      if (docs.empty()) {
        break;
      }
      if (docs.front() >= end) {
        return docs.front();
      }
      // A block that reaches into another window is searched for where this one begins and ends.
      const size_t begin = docs.front() >= first ? 0 : postings_.LowerBound(first);
      const size_t behind = docs.back() < end ? docs.size() : postings_.LowerBound(end, begin);
      if (begin < behind) {
        visit(docs.subspan(begin, behind - begin),
              postings_.freqs().subspan(begin, behind - begin));
      }
      next = behind < docs.size() ? docs[behind] : end;
    }
    if (postings_.block_last_doc() >= end) {
      return next;  // the next window begins with this block
    }
  }
  return codec::kNoMoreDocs;
}

bool TermScorer::FillWindow(DocId first, Window* window) {
  window->ClearMatches();
  if (score_ == nullptr) {
    postings_.FillBits(first, first + Window::kDocs, window->match);
    return window->AnyMatch();
  }
  const bool complete = !(window->drop_below > kLowest);
  const float least =
      complete ? window->score_below : std::min(window->drop_below, window->score_below);
  if (complete && least > kLowest) {
    // All bits; and numbers below the threshold for those whose scores nobody wants.
    std::fill_n(window->score, Window::kDocs, std::min(0.0F, least - 1));
    AddBits(first, first + Window::kDocs, window->match);
  }
  const DocId end = first + Window::kDocs;
  VisitBlocks(first, end, least, [&](std::span<const DocId> docs, std::span<const uint32_t> freqs) {
    UseScore([&](auto score) {
      VisitInFour(docs.size(), [&](size_t i) {
        const uint32_t offset = docs[i] - first;
        window->Set(offset);
        window->score[offset] = score(freqs[i], docs[i]);
      });
    });
  });
  return window->AnyMatch();
}

DocId TermScorer::AddScores(DocId first, DocId from, float least, double* sums, uint64_t* match) {
  const DocId end = first + Window::kDocs;
  const auto add = [&](std::span<const DocId> docs, std::span<const uint32_t> freqs) {
    UseScore([&](auto score) {
      VisitInFour(docs.size(), [&](size_t i) {
        const uint32_t offset = docs[i] - first;
        match[offset / 64] |= uint64_t{1} << (offset % 64);
        sums[offset] += static_cast<double>(score(freqs[i], docs[i]));
      });
    });
  };
  return VisitBlocks(from, end, least, add);
}

void TermScorer::AddScoresOf(DocId first, Candidates* candidates) {
  for (uint32_t i = 0; i < candidates->count; ++i) {
    const DocId doc = first + candidates->offsets[i];
    if (postings_.Advance(doc) == doc) {
      candidates->sums[i] += static_cast<double>(score_->Score(
          static_cast<float>(postings_.freq()), norms_ == nullptr ? kNormOfOne : norms_[doc]));
    }
  }
}

void TermScorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  if (score_ == nullptr) {
    postings_.FillBits(first, end, bits);
    return;
  }
  if (matches_ == nullptr) {
    matches_ = std::make_unique<codec::BlockPostings>(postings_);
  }
  matches_->FillBits(first, end, bits);
}

bool TermScorer::NarrowWindow(DocId first, Window* window) {
  const uint32_t candidates = window->CountMatches();
  if (candidates == 0) {
    return false;
  }
  const uint32_t begin = FindBlock(first);
  const uint32_t end = postings_.FindBlockFrom(begin, first + Window::kDocs - 1);
  // Looking a document up costs about as much as passing by a dozen.
  const bool few = candidates < 10 * (end - begin + 1);
  if (score_ == nullptr) {
    return NarrowBits(first, few, window);
  }
  const float least = std::min(window->drop_below, window->score_below);
  if (few) {
    NarrowByCandidates(first, least, window);
  } else {
    NarrowByBlocks(first, least, window);
  }
  return window->AnyMatch();
}

bool TermScorer::NarrowBits(DocId first, bool few, Window* window) {
  if (few) {
    ForEachBit(window->match, [&](uint32_t offset) {
      if (postings_.Advance(first + offset) != first + offset) {
        window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      }
    });
    return window->AnyMatch();
  }
  std::array<uint64_t, Window::kWords> words{};
  postings_.FillBits(first, first + Window::kDocs, words.data());
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= words[w];
  }
  return window->AnyMatch();
}

void TermScorer::NarrowByCandidates(DocId first, float least, Window* window) {
  DocId last = 0;  // of the block that was looked at last
  bool looked = false;
  bool useful = true;
  ForEachBit(window->match, [&](uint32_t offset) {
    const DocId doc = first + offset;
    if (least > kLowest && (!looked || doc > last)) {
      looked = true;
      useful = postings_.AdvanceBlock(doc);
      if (useful) {
        last = postings_.block_last_doc();
        useful = BlockBound(postings_.block()) >= least;
      } else {
        last = codec::kNoMoreDocs;
      }
    }
    if (useful && postings_.Advance(doc) == doc) {
      window->score[offset] = score_->Score(static_cast<float>(postings_.freq()),
                                            norms_ == nullptr ? kNormOfOne : norms_[doc]);
    } else {
      window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
    }
  });
}

void TermScorer::NarrowByBlocks(DocId first, float least, Window* window) {
  std::array<uint64_t, Window::kWords> found{};
  const DocId end = first + Window::kDocs;
  VisitBlocks(first, end, least, [&](std::span<const DocId> docs, std::span<const uint32_t> freqs) {
    UseScore([&](auto score) {
      VisitInFour(docs.size(), [&](size_t i) {
        const uint32_t offset = docs[i] - first;
        if (window->Test(offset)) {
          found[offset / 64] |= uint64_t{1} << (offset % 64);
          window->score[offset] = score(freqs[i], docs[i]);
        }
      });
    });
  });
  std::copy(found.begin(), found.end(), window->match);
}

}  // namespace binseek::search
