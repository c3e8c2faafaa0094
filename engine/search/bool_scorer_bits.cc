// BoolScorer by stretches of bits, without scores: for who counts.
#include <algorithm>
#include <utility>

#include "engine/search/bool_scorer.h"

namespace binseek::search {

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
    // Who looks at documents one by one comes last.
    std::stable_sort(all.begin(), all.end(), [](const Scorer* a, const Scorer* b) {
      const bool a_slow = a->match_cost() > 0;
      const bool b_slow = b->match_cost() > 0;
      return a_slow != b_slow ? b_slow : a->cost() < b->cost();
    });
    bits_ = std::move(all);
  }
}

void BoolScorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  bits_[0]->AddBits(first, end, bits);
  for (size_t i = 1; i < bits_.size(); ++i) {
    intersection_.Narrow(first, end, bits_[i], true, bits);
  }
  for (const auto& prohibited : clauses_.prohibited) {
    intersection_.Narrow(first, end, prohibited.get(), false, bits);
  }
}

}  // namespace binseek::search
