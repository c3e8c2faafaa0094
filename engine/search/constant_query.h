// Building blocks for queries whose matches all have one score. Internal to engine/search.
#ifndef BINSEEK_ENGINE_SEARCH_CONSTANT_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_CONSTANT_QUERY_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/weight.h"

namespace binseek::search {

// The score of every match, ready to be copied into a window.
inline void FillScores(float score, Window* window) {
  std::fill_n(window->score, Window::kDocs, score);
}

// Nothing matches.
class NoneWeight final : public Weight {
 public:
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView&) const override {
    return std::unique_ptr<Scorer>();
  }
  std::optional<uint64_t> Count(const index::SegmentView&) const override { return 0; }
  std::string description() const override { return "MatchNoDocsQuery"; }
};

// All documents below max_doc match.
class AllScorer final : public Scorer {
 public:
  AllScorer(uint32_t max_doc, bool scores, float score)
      : max_doc_(max_doc), scores_(scores), score_(score) {}
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }
  bool can_add_bits() const override { return true; }

 private:
  const uint32_t max_doc_;
  const bool scores_;
  const float score_;
};

// A bit per document of a segment: unions of postings.
class SegmentBits {
 public:
  explicit SegmentBits(uint32_t max_doc)
      : words_((static_cast<size_t>(max_doc) + Window::kDocs - 1) / Window::kDocs *
               Window::kWords) {}
  void Set(DocId doc) { words_[doc / 64] |= uint64_t{1} << (doc % 64); }
  bool Test(DocId doc) const { return ((words_[doc / 64] >> (doc % 64)) & 1) != 0; }
  const uint64_t* Words(DocId first) const { return words_.data() + first / 64; }
  uint64_t* mutable_words() { return words_.data(); }
  size_t size() const { return words_.size(); }

 private:
  std::vector<uint64_t> words_;  // whole windows
};

class SegmentBitsScorer final : public Scorer {
 public:
  // `cost`: about how many bits are set.
  SegmentBitsScorer(SegmentBits bits, uint64_t cost, bool scores, float score)
      : SegmentBitsScorer(std::make_shared<const SegmentBits>(std::move(bits)), cost, scores,
                          score) {}
  SegmentBitsScorer(std::shared_ptr<const SegmentBits> bits, uint64_t cost, bool scores,
                    float score)
      : bits_(std::move(bits)), cost_(cost), scores_(scores), score_(score) {}
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }
  bool can_add_bits() const override { return true; }
  bool can_test() const override { return true; }
  bool HasDoc(DocId doc) override { return bits_->Test(doc); }
  uint64_t cost() const override { return cost_; }

 private:
  const std::shared_ptr<const SegmentBits> bits_;
  const uint64_t cost_;
  const bool scores_;
  const float score_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_CONSTANT_QUERY_H_
