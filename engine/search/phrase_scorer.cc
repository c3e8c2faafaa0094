#include "engine/search/phrase_scorer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/search/any_term_scorer.h"
#include "engine/search/scratch.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kNoScore = -std::numeric_limits<float>::infinity();

}  // namespace

PhraseScorer::PhraseScorer(const codec::FieldTerms& terms, const std::vector<PhrasePlace>& places,
                           uint32_t slop, const uint8_t* norms, const TermScore* score)
    : intersection_(terms.max_doc()), norms_(norms), score_(score) {
  for (const PhrasePlace& place : places) {
    parts_.push_back(std::make_unique<PhrasePart>(terms, place.offset, place.terms, place.infos));
  }
  order_.resize(parts_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [this](size_t a, size_t b) { return parts_[a]->cost() < parts_[b]->cost(); });
  for (const size_t i : order_) {
    std::vector<std::unique_ptr<Scorer>> any;
    for (const codec::TermInfo& info : places[i].infos) {
      any.push_back(std::make_unique<TermScorer>(terms, info, nullptr, nullptr));
    }
    matches_.push_back(any.size() == 1 ? std::move(any[0])
                                       : std::make_unique<AnyTermScorer>(std::move(any)));
    if (score_ != nullptr && slop == 0 && places[i].infos.size() == 1) {
      bounds_.push_back(std::make_unique<TermScorer>(terms, places[i].infos[0], norms, score_));
    }
  }
  if (slop > 0) {
    sloppy_.emplace(parts_, slop);
  }
}

Status PhraseScorer::status() const {
  for (const auto& part : parts_) {
    BINSEEK_RETURN_IF_ERROR(part->status());
  }
  for (const auto& part : matches_) {
    BINSEEK_RETURN_IF_ERROR(part->status());
  }
  for (const auto& term : bounds_) {
    BINSEEK_RETURN_IF_ERROR(term->status());
  }
  return Status::Ok();
}

// A phrase does not occur more often than each of its terms.
ScoreBound PhraseScorer::MaxScore(DocId first) {
  if (score_ == nullptr) {
    return {0, codec::kNoMoreDocs};
  }
  ScoreBound least{score_->Bound(static_cast<float>(codec::kUnboundedFreq),
                                 norms_ == nullptr ? kNormOfOne : uint8_t{0}),
                   codec::kNoMoreDocs};
  for (const auto& term : bounds_) {
    const ScoreBound bound = term->MaxScore(first);
    least.score = std::min(least.score, bound.score);
    least.last = std::min(least.last, bound.last);
  }
  return least;
}

DocId PhraseScorer::NextMatch(DocId target, float drop_below) {
  while (true) {
    DocId next = target;
    for (const auto& part : matches_) {
      next = std::max(next, part->NextMatch(next, kLowest));
    }
    if (next == codec::kNoMoreDocs || score_ == nullptr || !(drop_below > kLowest)) {
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

bool PhraseScorer::FillCandidates(DocId first, Window* window) {
  bool any = matches_[0]->FillWindow(first, window);
  for (size_t i = 1; i < matches_.size() && any; ++i) {
    any = matches_[i]->NarrowWindow(first, window);
  }
  return any;
}

void PhraseScorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  matches_[0]->AddBits(first, end, bits);
  for (size_t i = 1; i < matches_.size(); ++i) {
    intersection_.Narrow(first, end, matches_[i].get(), true, bits);
  }
  for (DocId begin = first; begin < end; begin += 64) {
    uint64_t* const word = bits + (begin - first) / 64;
    for (uint64_t left = *word; left != 0; left &= left - 1) {
      if (!HasDoc(begin + static_cast<DocId>(std::countr_zero(left)))) {
        *word &= ~(left & -left);
      }
    }
  }
}

bool PhraseScorer::HasDoc(DocId doc) {
  for (const size_t i : order_) {
    if (!parts_[i]->MoveTo(doc)) {
      return false;
    }
  }
  return FrequencyIn(true) > 0;
}

bool PhraseScorer::FillWindow(DocId first, Window* window) {
  return FillCandidates(first, window) && NarrowWindow(first, window);
}

bool PhraseScorer::NarrowWindow(DocId first, Window* window) {
  const bool complete = !(window->drop_below > kLowest);
  const float least =
      complete ? window->score_below : std::min(window->drop_below, window->score_below);
  const bool bounded = score_ != nullptr && least > kLowest;
  ForEachBit(window->match, [&](uint32_t offset) {
    const DocId doc = first + offset;
    const uint8_t norm = norms_ == nullptr ? kNormOfOne : norms_[doc];
    uint64_t most = 0;
    bool matches = HasAllTerms(doc, &most);
    const bool useful =
        !matches || !bounded || score_->Bound(static_cast<float>(most), norm) >= least;
    if (matches && (useful || complete)) {
      // Whose score nobody wants only has to match.
      const bool first_only = score_ == nullptr || !useful;
      const float frequency = FrequencyIn(first_only);
      matches = frequency > 0;
      if (matches && score_ != nullptr) {
        window->score[offset] = useful ? score_->Score(frequency, norm) : std::min(0.0F, least - 1);
      }
    }
    if (!matches || (!useful && !complete)) {
      window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
    }
  });
  return window->AnyMatch();
}

// Where each place is of one term: the rarest term gives documents, by what they can score at most.
bool PhraseScorer::PrefersDocs(bool complete) const {
  return bounds_.size() == parts_.size() && bounds_[0]->PrefersDocs(complete);
}

DocId PhraseScorer::NextDocs(DocId from, float drop_below, DocBatch* batch) {
  batch->count = 0;
  Scratch<DocSums> candidates;
  candidates->count = 0;
  from = bounds_[0]->CollectDocs(from, codec::kNoMoreDocs, drop_below, candidates.get());
  for (uint32_t i = 0; i < candidates->count; ++i) {
    const DocId doc = candidates->docs[i];
    bool all = true;
    for (size_t part = 1; part < matches_.size() && all; ++part) {
      all = matches_[part]->HasDoc(doc);
    }
    const float score = all ? ScoreAt(doc, drop_below) : kNoScore;
    batch->docs[batch->count] = doc;
    batch->scores[batch->count] = score;
    batch->count += static_cast<uint32_t>(score != kNoScore && !(score < drop_below));
  }
  return from;
}

// kNoScore: it does not match, or scores less than `least`.
float PhraseScorer::ScoreAt(DocId doc, float least) {
  const uint8_t norm = norms_ == nullptr ? kNormOfOne : norms_[doc];
  uint64_t most = 0;
  if (!HasAllTerms(doc, &most) || score_->Bound(static_cast<float>(most), norm) < least) {
    return kNoScore;
  }
  const float frequency = FrequencyIn(false);
  return frequency > 0 ? score_->Score(frequency, norm) : kNoScore;
}

// `most`: what the frequency of the phrase cannot exceed.
bool PhraseScorer::HasAllTerms(DocId doc, uint64_t* most) {
  uint64_t sum = 0;
  uint64_t least = UINT64_MAX;
  for (const size_t i : order_) {
    if (!parts_[i]->MoveTo(doc)) {
      return false;
    }
    sum += parts_[i]->freq();
    // Where several terms may stand, two of them can be at one position; each position of the first part is looked at once.
    if (i == 0 || parts_[i]->terms().size() == 1) {
      least = std::min<uint64_t>(least, parts_[i]->freq());
    }
  }
  *most = sloppy_ ? sum : least;
  return true;
}

float PhraseScorer::FrequencyOf(DocId doc) {
  uint64_t most = 0;
  return HasAllTerms(doc, &most) ? FrequencyIn(false) : 0;
}

float PhraseScorer::FrequencyIn(bool first_only) {
  return sloppy_ ? sloppy_->Frequency(first_only) : ExactFrequency(first_only);
}

float PhraseScorer::ExactFrequency(bool first_only) {
  for (const auto& part : parts_) {
    part->Restart();
  }
  std::array<uint32_t, 16> small;
  std::vector<uint32_t> large;
  uint32_t* at = small.data();
  if (parts_.size() > small.size()) {
    large.resize(parts_.size());
    at = large.data();
  }
  for (size_t i = 1; i < parts_.size(); ++i) {
    if (!parts_[i]->Next(&at[i])) {
      return 0;
    }
  }
  float frequency = 0;
  while (parts_[0]->Next(&at[0])) {
    bool all = true;
    for (size_t i = 1; i < parts_.size() && all; ++i) {
      const uint32_t wanted = at[0] + (parts_[i]->offset() - parts_[0]->offset());
      while (at[i] < wanted) {
        if (!parts_[i]->Next(&at[i])) {
          return frequency;
        }
      }
      all = at[i] == wanted;
    }
    frequency += all ? 1.0F : 0.0F;
    if (all && first_only) {
      return frequency;
    }
  }
  return frequency;
}

}  // namespace binseek::search
