// BitIntersection: leaves, of the bits of a stretch of documents, those that a scorer has too, or those that it has not; without scores.
//
// Where few bits are left, or each takes long to look at, it asks for these documents alone, else for the scorer's own bits. Single-threaded, owner: a scorer.
#ifndef BINSEEK_ENGINE_SEARCH_BIT_INTERSECTION_H_
#define BINSEEK_ENGINE_SEARCH_BIT_INTERSECTION_H_

#include <cstdint>
#include <vector>

#include "engine/search/weight.h"

namespace binseek::search {

class BitIntersection {
 public:
  explicit BitIntersection(uint32_t max_doc) : max_doc_(max_doc) {}

  // Bit doc - first stands for doc. REQUIRES: as Scorer::AddBits, but that any bits may be set.
  void Narrow(DocId first, DocId end, Scorer* scorer, bool wanted, uint64_t* bits);

 private:
  void Test(DocId first, size_t words, uint64_t count, Scorer* scorer, bool wanted, uint64_t* bits);
  bool IsFew(uint64_t count, DocId docs, const Scorer& scorer) const;

  const uint32_t max_doc_;
  std::vector<uint64_t> other_;  // what the scorer has in the stretch at hand
  std::vector<DocId> tested_;
  std::vector<uint8_t> has_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BIT_INTERSECTION_H_
