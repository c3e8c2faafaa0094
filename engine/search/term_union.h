// TermUnionWeight: documents that have any of a set of terms, all with one score: terms, prefixes, ranges of keywords.
//
// Subclasses say which terms; their postings are laid over one another in a bitset per segment. Thread-safe.
// Cost of a scorer: the postings' lengths, and a bit per document of the segment.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_UNION_H_
#define BINSEEK_ENGINE_SEARCH_TERM_UNION_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/weight.h"

namespace binseek::search {

class TermUnionWeight : public Weight {
 public:
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const final;

 protected:
  TermUnionWeight(FieldRef ref, bool scores, float score)
      : ref_(std::move(ref)), scores_(scores), score_(score) {}
  // Appends the ordinals of the wanted terms.
  virtual void CollectOrds(const codec::TermDictionary& terms,
                           std::vector<uint32_t>* ords) const = 0;
  const FieldRef& ref() const { return ref_; }

 private:
  const FieldRef ref_;
  const bool scores_;
  const float score_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_UNION_H_
