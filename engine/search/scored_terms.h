// ScoredTermsWeight: any of some terms of a field, each with a boost and a frequency of its own; scores are summed. Internal to engine/search.
//
// Thread-safe. Errors: kCorruption where the terms or their postings cannot be right.
#ifndef BINSEEK_ENGINE_SEARCH_SCORED_TERMS_H_
#define BINSEEK_ENGINE_SEARCH_SCORED_TERMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/field_ref.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct ScoredTerm {
  std::string term{};
  float boost = 1;
  uint64_t doc_freq = 0;  // as it counts in its score
};

// At least `minimum_should_match` of the terms. `accepts`: what visitors are told in place of the terms; may be empty. REQUIRES: the minimum is not 0.
std::unique_ptr<Weight> MakeScoredTerms(const BindContext& context, const FieldRef& ref,
                                        std::vector<ScoredTerm> terms, float boost,
                                        uint32_t minimum_should_match = 1,
                                        std::function<bool(std::string_view)> accepts = {});

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCORED_TERMS_H_
