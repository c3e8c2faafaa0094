// TermUnionWeight: documents that have any of a set of terms, all with one score: terms, prefixes, ranges of keywords.
//
// Subclasses say which terms; their postings are laid over one another in a bitset per segment. Thread-safe.
// Cost of a scorer: the postings' lengths, and a bit per document of the segment; a lone term is read window by window instead.
// Errors: kCorruption where the terms or their postings cannot be right.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_UNION_H_
#define BINSEEK_ENGINE_SEARCH_TERM_UNION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "engine/codec/segment.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/interrupt.h"
#include "engine/search/weight.h"

namespace binseek::search {

// What has been added of a segment's terms.
class TermUnion {
 public:
  // `interrupt` may be null. Cancelled, it is an error; past the deadline what comes is left out.
  TermUnion(const codec::FieldTerms* terms, uint32_t max_doc, Interrupt* interrupt)
      : terms_(terms), max_doc_(max_doc), interrupt_(interrupt) {}
  void Add(const codec::TermInfo& info);
  // Null: no documents.
  Result<std::unique_ptr<Scorer>> MakeScorer(bool scores, float score);

 private:
  void Lay(const codec::TermInfo& info);
  bool Interrupted();

  static constexpr uint64_t kPostingsBetweenLooks = 1 << 16;
  const codec::FieldTerms* const terms_;
  const uint32_t max_doc_;
  Interrupt* const interrupt_;
  uint64_t next_look_ = kPostingsBetweenLooks;
  bool late_ = false;
  codec::TermInfo first_;            // doc_freq 0: none was added
  std::optional<SegmentBits> bits_;  // once there are two
  uint64_t postings_ = 0;
  Status status_;
};

class TermUnionWeight : public Weight {
 public:
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const final;

 protected:
  TermUnionWeight(FieldRef ref, bool scores, float score)
      : ref_(std::move(ref)), scores_(scores), score_(score) {}
  // Adds the wanted terms, each once.
  virtual void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const = 0;
  const FieldRef& ref() const { return ref_; }

  // To be called by who is made by Bind, with the context's.
  void UseInterrupt(Interrupt* interrupt) { interrupt_ = interrupt; }

 private:
  Interrupt* interrupt_ = nullptr;
  const FieldRef ref_;
  const bool scores_;
  const float score_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_UNION_H_
