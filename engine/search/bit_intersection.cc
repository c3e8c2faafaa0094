#include "engine/search/bit_intersection.h"

#include <algorithm>
#include <bit>

#include "engine/codec/block_codec.h"

namespace binseek::search {
namespace {

// Bits of so many documents are mostly set in the time that one takes to be looked up.
constexpr uint64_t kBitsPerTest = 16;
// So many are always looked up in less time than it takes to go over a stretch.
constexpr uint64_t kFewTests = 64;
constexpr size_t kGroup = 8;

// The documents of all bits. Bits are few, so most words are passed by several at a time.
void ListBits(DocId first, const uint64_t* bits, size_t words, DocId* docs) {
  for (size_t begin = 0; begin < words; begin += kGroup) {
    const size_t end = std::min(begin + kGroup, words);
    uint64_t any = 0;
    if (end - begin == kGroup) {
      for (size_t w = 0; w < kGroup; ++w) {
        any |= bits[begin + w];
      }
      if (any == 0) {
        continue;
      }
    }
    for (size_t w = begin; w < end; ++w) {
      for (uint64_t word = bits[w]; word != 0; word &= word - 1) {
        *docs++ = first + static_cast<DocId>(w * 64) + static_cast<DocId>(std::countr_zero(word));
      }
    }
  }
}

}  // namespace

bool BitIntersection::IsFew(uint64_t count, DocId docs, const Scorer& scorer) const {
  // What is dense comes in words, and columns are compared many at a time; who looks at documents one by one does so for bits too.
  const uint64_t cost = std::min<uint64_t>(scorer.cost(), max_doc_ / 4);
  const uint64_t bits_per_test = scorer.match_cost() > 0 ? 1 : kBitsPerTest;
  return count <= kFewTests || count * bits_per_test * max_doc_ <= cost * uint64_t{docs};
}

void BitIntersection::Narrow(DocId first, DocId end, Scorer* scorer, bool wanted, uint64_t* bits) {
  const size_t words = (end - first + 63) / 64;
  const uint64_t count = codec::BestKernels().count_bits(bits, words);
  if (scorer->can_test() && IsFew(count, end - first, *scorer)) {
    Test(first, words, count, scorer, wanted, bits);
    return;
  }
  other_.assign(words, 0);
  scorer->AddBits(first, end, other_.data());
  const uint64_t flip = wanted ? 0 : ~uint64_t{0};
  for (size_t w = 0; w < words; ++w) {
    bits[w] &= other_[w] ^ flip;
  }
}

void BitIntersection::Test(DocId first, size_t words, uint64_t count, Scorer* scorer, bool wanted,
                           uint64_t* bits) {
  tested_.resize(count);
  ListBits(first, bits, words, tested_.data());
  has_.resize(count);
  scorer->TestDocs(tested_, has_.data());
  for (size_t i = 0; i < count; ++i) {
    const DocId offset = tested_[i] - first;
    const bool out = (has_[i] != 0) != wanted;
    bits[offset / 64] &= ~(static_cast<uint64_t>(out) << (offset % 64));
  }
}

}  // namespace binseek::search
