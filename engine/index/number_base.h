// What versioned columns read from the immutable column of their segment, where no page was written.
//
// `base` may be null: no document has a value. Thread-safe.
#ifndef BINSEEK_ENGINE_INDEX_NUMBER_BASE_H_
#define BINSEEK_ENGINE_INDEX_NUMBER_BASE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/codec/doc_id.h"
#include "engine/codec/number_column.h"

namespace binseek::index {

using codec::DocId;
using NumberBase = codec::PackedColumn;

// Does it hold documents with more than one value?
inline bool BaseHasSeveral(const NumberBase* base) {
  return base != nullptr && base->multi_valued();
}

// The smallest value of a document. False: it has none.
inline bool BaseGet(const NumberBase* base, DocId doc, int64_t* value) {
  return base != nullptr && base->Get(doc, value);
}

// All values of a document, ascending; in `scratch`.
inline std::span<const int64_t> BaseValues(const NumberBase* base, DocId doc,
                                           std::vector<int64_t>* scratch) {
  return base == nullptr ? std::span<const int64_t>() : base->GetAll(doc, scratch);
}

// The smallest values of [first, first + n), 0 where absent, and presence bits (0 beyond n). `first` is a multiple of 64.
inline void BaseRead(const NumberBase* base, DocId first, uint32_t n, int64_t* values,
                     uint64_t* present) {
  constexpr uint32_t kBlock = codec::kBlock256;
  std::fill_n(present, (n + 63) / 64, 0);
  if (base == nullptr) {
    std::fill_n(values, n, 0);
    return;
  }
  for (uint32_t done = 0; done < n;) {
    const DocId doc = first + done;
    const uint32_t skip = doc % kBlock;
    const uint32_t take = std::min(n - done, kBlock - skip);
    if (take == kBlock) {
      base->Read(doc, kBlock, values + done, present + done / 64);
    } else {
      std::array<int64_t, kBlock> block;
      codec::BlockBits bits;
      base->Read(doc - skip, skip + take, block.data(), bits.data());
      std::copy_n(block.begin() + skip, take, values + done);
      std::copy_n(bits.begin() + skip / 64, (take + 63) / 64, present + done / 64);
      if (take % 64 != 0) {  // the last word: only the end of what is asked for lies within one
        present[(done + take) / 64] &= (uint64_t{1} << (take % 64)) - 1;
      }
    }
    done += take;
  }
}

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_NUMBER_BASE_H_
