// BoolScorer by stretches of bits, without scores: for who counts.
#include <algorithm>
#include <bit>
#include <utility>

#include "engine/search/bool_scorer.h"

namespace binseek::search {
namespace {

// Bits of so many documents are set in the time that one takes to be looked up.
constexpr uint64_t kBitsPerTest = 16;
// So many are always looked up in less time than it takes to go over a stretch.
constexpr uint64_t kFewTests = 64;

}  // namespace

void BoolScorer::PlanBits() {
  const uint32_t minimum = clauses_.minimum_should_match;
  if (scores_ || minimum > 1 || (minimum == 1 && optional_.size() != 1)) {
    return;
  }
  std::vector<Scorer*> all;
  for (const Clause& clause : required_) {
    all.push_back(clause.scorer);
  }
  if (minimum == 1) {
    all.push_back(optional_[0].scorer);
  }
  const auto can = [](const auto& scorer) { return scorer->can_add_bits(); };
  if (std::all_of(all.begin(), all.end(), can) &&
      std::all_of(clauses_.prohibited.begin(), clauses_.prohibited.end(), can)) {
    std::stable_sort(all.begin(), all.end(),
                     [](const Scorer* a, const Scorer* b) { return a->cost() < b->cost(); });
    bits_ = std::move(all);
  }
}

void BoolScorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  bits_[0]->AddBits(first, end, bits);
  for (size_t i = 1; i < bits_.size(); ++i) {
    Intersect(first, end, bits_[i], true, bits);
  }
  for (const auto& prohibited : clauses_.prohibited) {
    Intersect(first, end, prohibited.get(), false, bits);
  }
}

// Leaves those that `scorer` has, or those that it has not.
void BoolScorer::Intersect(DocId first, DocId end, Scorer* scorer, bool wanted, uint64_t* bits) {
  const size_t words = (end - first + 63) / 64;
  const uint64_t count = codec::BestKernels().count_bits(bits, words);
  // What is dense comes in words, and columns are compared many at a time.
  const uint64_t cost = std::min<uint64_t>(scorer->cost(), segment_->max_doc() / 4);
  const bool few = count <= kFewTests ||
                   count * kBitsPerTest * segment_->max_doc() <= cost * uint64_t{end - first};
  if (scorer->can_test() && few) {
    tested_.clear();
    for (size_t w = 0; w < words && tested_.size() < count; ++w) {
      for (uint64_t word = bits[w]; word != 0; word &= word - 1) {
        tested_.push_back(first + static_cast<DocId>(w * 64) +
                          static_cast<DocId>(std::countr_zero(word)));
      }
    }
    has_.resize(tested_.size());
    scorer->TestDocs(tested_, has_.data());
    for (size_t i = 0; i < tested_.size(); ++i) {
      const DocId offset = tested_[i] - first;
      const bool out = (has_[i] != 0) != wanted;
      bits[offset / 64] &= ~(static_cast<uint64_t>(out) << (offset % 64));
    }
    return;
  }
  other_.assign(words, 0);
  scorer->AddBits(first, end, other_.data());
  const uint64_t flip = wanted ? 0 : ~uint64_t{0};
  for (size_t w = 0; w < words; ++w) {
    bits[w] &= other_[w] ^ flip;
  }
}

}  // namespace binseek::search
