#include "engine/search/term_union.h"

#include "engine/search/term_scorer.h"

namespace binseek::search {
namespace {

// One term needs no bitset.
class OneTermScorer final : public Scorer {
 public:
  OneTermScorer(const codec::FieldTerms& terms, const codec::TermInfo& info, bool scores,
                float score)
      : term_(terms, info, nullptr, nullptr), scores_(scores), score_(score) {}
  bool FillWindow(DocId first, Window* window) override {
    return Scored(term_.FillWindow(first, window), window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    return Scored(term_.NarrowWindow(first, window), window);
  }
  DocId NextMatch(DocId target, float drop_below) override {
    return scores_ && score_ < drop_below ? codec::kNoMoreDocs
                                          : term_.NextMatch(target, drop_below);
  }
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }
  uint64_t cost() const override { return term_.cost(); }
  Status status() const override { return term_.status(); }

 private:
  bool Scored(bool any, Window* window) const {
    if (any && scores_) {
      FillScores(score_, window);
    }
    return any;
  }

  TermScorer term_;  // without scores
  const bool scores_;
  const float score_;
};

}  // namespace

bool TermUnion::Interrupted() {
  if (interrupt_ != nullptr && postings_ >= next_look_ && !late_) {
    next_look_ = postings_ + kPostingsBetweenLooks;
    if (status_.PeekOk()) {
      status_ = interrupt_->Check();
    }
    late_ = interrupt_->TimedOut() || !status_.PeekOk();
  }
  return late_;
}

void TermUnion::Add(const codec::TermInfo& info) {
  if (Interrupted()) {
    return;
  }
  if (first_.doc_freq == 0) {
    first_ = info;
    return;
  }
  if (!bits_) {
    bits_.emplace(max_doc_);
    Lay(first_);
  }
  Lay(info);
}

void TermUnion::Lay(const codec::TermInfo& info) {
  postings_ += info.doc_freq;
  if (info.doc_freq == 1 && info.only_doc < max_doc_) {
    bits_->Set(info.only_doc);
    return;
  }
  codec::BlockPostings postings = terms_->Postings(info);
  postings.FillBits(0, max_doc_, bits_->mutable_words());
  if (postings.corrupt()) {
    status_ = postings.status();
  }
}

Result<std::unique_ptr<Scorer>> TermUnion::MakeScorer(bool scores, float score) {
  BINSEEK_RETURN_IF_ERROR(status_);
  if (first_.doc_freq == 0) {
    return std::unique_ptr<Scorer>();
  }
  if (!bits_) {
    return std::unique_ptr<Scorer>(std::make_unique<OneTermScorer>(*terms_, first_, scores, score));
  }
  return std::unique_ptr<Scorer>(
      std::make_unique<SegmentBitsScorer>(*std::move(bits_), postings_, scores, score));
}

Result<std::unique_ptr<Scorer>> TermUnionWeight::MakeScorer(
    const index::SegmentView& segment) const {
  const codec::FieldTerms* const terms = segment.segment().Terms(ref_.field->id);
  if (terms == nullptr) {
    return std::unique_ptr<Scorer>();
  }
  TermUnion wanted(terms, segment.max_doc(), interrupt_);
  CollectTerms(terms->dictionary(), &wanted);
  BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
  return wanted.MakeScorer(scores_, score_);
}

}  // namespace binseek::search
