// BlockPostings::FillBits: documents into the bitset of a window.
#include <algorithm>

#include "engine/codec/postings_reader.h"

namespace binseek::codec {
namespace {

// Sets the bits [from, to). REQUIRES: from < to.
void SetRange(uint64_t from, uint64_t to, uint64_t* bits) {
  const uint64_t first = from / 64;
  const uint64_t last = (to - 1) / 64;
  const uint64_t low = ~uint64_t{0} << (from % 64);
  const uint64_t high = ~uint64_t{0} >> (63 - (to - 1) % 64);
  if (first == last) {
    bits[first] |= low & high;
    return;
  }
  bits[first] |= low;
  std::fill(bits + first + 1, bits + last, ~uint64_t{0});
  bits[last] |= high;
}

// Neighbours mostly share a word, and a bit has to wait until the one before is stored: so from four places in turn.
void SetEach(std::span<const DocId> docs, DocId begin, uint64_t* bits) {
  const auto set = [begin, bits](DocId doc) {
    const uint32_t bit = doc - begin;
    bits[bit / 64] |= uint64_t{1} << (bit % 64);
  };
  const size_t quarter = docs.size() / 4;
  for (size_t i = 0; i < quarter; ++i) {
    set(docs[i]);
    set(docs[quarter + i]);
    set(docs[2 * quarter + i]);
    set(docs[3 * quarter + i]);
  }
  for (size_t i = 4 * quarter; i < docs.size(); ++i) {
    set(docs[i]);
  }
}

// Ors in those bits of `raw` that are documents below `to`; there are none below `from`, or of a corrupt file, where they do no harm. `last`: the document
// of the last bit. REQUIRES: begin <= from < to.
void OrWords(const RawDocBlock& raw, DocId last, DocId from, DocId to, DocId begin,
             uint64_t* bits) {
  // Of the first bit; below zero where the words have room for more than there is.
  int64_t doc = int64_t{last} + 1 - static_cast<int64_t>(64 * raw.word_count);
  for (size_t w = 0; w < raw.word_count; ++w, doc += 64) {
    const int64_t keep = std::min<int64_t>(to - doc, 64);
    if (doc + 64 <= from || keep <= 0) {
      continue;
    }
    const uint64_t word = LoadU64(raw.words + 8 * w) & ~uint64_t{0} >> (64 - keep);
    const int64_t offset = doc - begin;
    if (offset < 0) {
      bits[0] |= word >> -offset;
      continue;
    }
    bits[offset / 64] |= word << (offset % 64);
    const uint64_t rest = offset % 64 == 0 ? 0 : word >> (64 - offset % 64);
    if (rest != 0) {
      bits[offset / 64 + 1] |= rest;
    }
  }
}

}  // namespace

void BlockPostings::FillBits(DocId begin, DocId end, uint64_t* bits) {
  if (begin >= end || !AdvanceBlock(begin)) {
    return;
  }
  while (first_possible_ < end) {
    if (!FillRawBits(begin, end, bits)) {
      const std::span<const DocId> all = docs();
      if (all.empty()) {
        return;
      }
      const size_t from = LowerBound(begin);
      SetEach(all.subspan(from, LowerBound(end, from) - from), begin, bits);
    }
    if (last_doc_ >= end || !NextBlock()) {
      return;
    }
  }
}

bool BlockPostings::FillRawBits(DocId begin, DocId end, uint64_t* bits) {
  ByteRange range;
  const bool whole = doc_freq_ - block_ * kBlockSize >= kBlockSize;
  if (!whole || !FindBlock(&range)) {
    return false;
  }
  const RawDocBlock raw = PeekDocBlock(range.begin, range.end);
  DocId first = first_possible_;
  if (raw.encoding == RawDocBlock::Encoding::kGaps || last_doc_ - first < kBlockSize - 1) {
    return false;
  }
  if (raw.encoding == RawDocBlock::Encoding::kRun) {
    first = last_doc_ - (kBlockSize - 1);
  }
  const DocId from = std::max(first, begin);
  const DocId to = std::min(last_doc_ + 1, end);
  if (from >= to) {
    return true;
  }
  if (raw.encoding == RawDocBlock::Encoding::kRun) {
    SetRange(from - begin, to - begin, bits);
  } else {
    OrWords(raw, last_doc_, from, to, begin, bits);
  }
  return true;
}

}  // namespace binseek::codec
