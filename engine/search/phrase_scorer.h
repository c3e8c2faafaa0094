// PhraseScorer: documents in which terms stand one behind the other, scored by how often they do.
//
// In two phases: bits of documents with all terms, then their positions. Single-threaded, as every Scorer. Borrows the segment and the weight's score.
#ifndef BINSEEK_ENGINE_SEARCH_PHRASE_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_PHRASE_SCORER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/search/bit_intersection.h"
#include "engine/search/phrase_positions.h"
#include "engine/search/similarity.h"
#include "engine/search/sloppy_phrase.h"
#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {

// One place of a phrase as a segment has it.
struct PhrasePlace {
  uint32_t offset = 0;
  std::vector<uint32_t> terms;         // numbers that tell terms apart within the phrase
  std::vector<codec::TermInfo> infos;  // one for each
};

class PhraseScorer final : public Scorer {
 public:
  // `norms` is null for fields that keep no lengths; `score` is null where scores are not wanted.
  // REQUIRES: two places or more, by offset, each with a term; the field has positions.
  PhraseScorer(const codec::FieldTerms& terms, const std::vector<PhrasePlace>& places,
               uint32_t slop, const uint8_t* norms, const TermScore* score);
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  bool FillCandidates(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  bool can_add_bits() const override { return score_ == nullptr; }
  void AddBits(DocId first, DocId end, uint64_t* bits) override;
  bool can_test() const override { return score_ == nullptr; }
  bool HasDoc(DocId doc) override;
  ScoreBound MaxScore(DocId first) override;
  bool PrefersDocs(bool complete) const override;
  DocId NextDocs(DocId from, float drop_below, DocBatch* batch) override;
  // How often the phrase is in the document; 0: it is not. REQUIRES: documents ascend, and nothing else is asked for.
  float FrequencyOf(DocId doc);
  uint32_t match_cost() const override { return static_cast<uint32_t>(50 * parts_.size()); }
  uint64_t cost() const override { return parts_[order_[0]]->cost(); }
  Status status() const override;

 private:
  float FrequencyIn(bool first_only);
  float ExactFrequency(bool first_only);
  bool HasAllTerms(DocId doc, uint64_t* most);
  float ScoreAt(DocId doc, float least);

  std::vector<std::unique_ptr<PhrasePart>> parts_;
  std::vector<size_t> order_;  // of parts_, the rarest first
  // Of each part, in that order, its documents, without scores; and, where a part is one term, its bounds under the phrase's score.
  std::vector<std::unique_ptr<Scorer>> matches_;
  std::vector<std::unique_ptr<TermScorer>> bounds_;
  std::optional<SloppyPhrase> sloppy_;
  BitIntersection intersection_;
  const uint8_t* const norms_;
  const TermScore* const score_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PHRASE_SCORER_H_
