#include "engine/search/term_union.h"

#include "engine/search/term_scorer.h"

namespace binseek::search {
namespace {

// One term needs no bitset.
class OneTermScorer final : public Scorer {
 public:
  OneTermScorer(const codec::PostingsIterator& postings, bool scores, float score)
      : term_(postings, nullptr, nullptr), scores_(scores), score_(score) {}
  bool FillWindow(DocId first, Window* window) override {
    if (!term_.FillWindow(first, window)) {
      return false;
    }
    if (scores_) {
      FillScores(score_, window);
    }
    return true;
  }
  uint64_t cost() const override { return term_.cost(); }

 private:
  TermScorer term_;
  const bool scores_;
  const float score_;
};

}  // namespace

Result<std::unique_ptr<Scorer>> TermUnionWeight::MakeScorer(
    const index::SegmentView& segment) const {
  const codec::TermDictionary* terms = segment.segment().Terms(ref_.field->id);
  if (terms == nullptr) {
    return std::unique_ptr<Scorer>();
  }
  std::vector<uint32_t> ords;
  CollectOrds(*terms, &ords);
  if (ords.empty()) {
    return std::unique_ptr<Scorer>();
  }
  if (ords.size() == 1) {
    return std::unique_ptr<Scorer>(
        std::make_unique<OneTermScorer>(terms->Postings(ords[0]), scores_, score_));
  }
  SegmentBits bits(segment.max_doc());
  for (const uint32_t ord : ords) {
    for (const DocId doc : terms->Postings(ord).docs()) {
      bits.Set(doc);
    }
  }
  return std::unique_ptr<Scorer>(
      std::make_unique<SegmentBitsScorer>(std::move(bits), scores_, score_));
}

}  // namespace binseek::search
