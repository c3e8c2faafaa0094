#include "engine/codec/block_codec.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace binseek::codec {
namespace {

// First byte of a block of documents: the encoding, whether all frequencies are 1, and the width of the gaps or the number of words.
constexpr uint8_t kBitset = 0x80;
constexpr uint8_t kAllOnes = 0x40;
constexpr uint8_t kSizeMask = 0x3f;
// First byte of a block of values: whether exceptions follow, and the width.
constexpr uint8_t kPatched = 0x40;
constexpr uint32_t kMaxExceptions = 15;
constexpr uint32_t kExceptionBits = 8;  // above the width
// A bitset may be larger than packed gaps by a bit per document: it can be combined with other bitsets as it is.
constexpr size_t kBitsetBiasBytes = kBlockSize / 8;

void AppendPacked(const uint32_t* values, uint32_t width, std::string* out) {
  std::array<uint8_t, Block128Bytes(32)> packed;
  PackBlock128(values, width, packed.data());
  out->append(reinterpret_cast<const char*>(packed.data()), Block128Bytes(width));
}

// The packed block at `in` with the pad that unpacking wants: where it lies, or, at the very end of the readable bytes, a copy.
class PaddedBlock {
 public:
  // REQUIRES: Block128Bytes(width) bytes are readable.
  PaddedBlock(const uint8_t* in, const uint8_t* end, uint32_t width) : in_(in) {
    const size_t size = Block128Bytes(width);
    if (static_cast<size_t>(end - in) < size + kBlock128Pad) {
      std::memcpy(copy_.data(), in, size);
      std::memset(copy_.data() + size, 0, kBlock128Pad);
      in_ = nullptr;
    }
  }
  const uint8_t* data() const { return in_ != nullptr ? in_ : copy_.data(); }

 private:
  const uint8_t* in_;
  std::array<uint8_t, Block128Bytes(32) + kBlock128Pad> copy_;
};

// Wide gaps can make sums beyond 2^32, so that documents come round to values that were.
bool Ascends(const DocId* docs, DocId first) {
  bool ascends = docs[0] >= first;
  for (uint32_t i = 1; i < kBlockSize; ++i) {
    ascends &= docs[i - 1] < docs[i];
  }
  return ascends;
}

}  // namespace

void EncodeDocBlock(const DocId* docs, DocId first, bool all_ones, std::string* out) {
  std::array<uint32_t, kBlockSize> gaps;
  uint32_t all = 0;
  DocId least = first;
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    gaps[i] = docs[i] - least;
    least = docs[i] + 1;
    all |= gaps[i];
  }
  const DocId last = docs[kBlockSize - 1];
  const uint32_t width = last - docs[0] == kBlockSize - 1 ? 0 : BitWidth(all);
  const uint8_t flags = all_ones ? kAllOnes : 0;
  const size_t words = (size_t{last} - docs[0]) / 64 + 1;
  if (width > 0 && words <= kSizeMask && 8 * words <= Block128Bytes(width) + kBitsetBiasBytes) {
    std::array<uint64_t, kSizeMask> bits{};
    for (uint32_t i = 0; i < kBlockSize; ++i) {
      const size_t bit = 64 * words - 1 - (last - docs[i]);
      bits[bit / 64] |= uint64_t{1} << (bit % 64);
    }
    PutU8(out, static_cast<uint8_t>(kBitset | flags | words));
    out->append(reinterpret_cast<const char*>(bits.data()), 8 * words);
    return;
  }
  PutU8(out, static_cast<uint8_t>(flags | width));
  AppendPacked(gaps.data(), width, out);
}

DocBlockEnd DecodeDocBlock(const uint8_t* in, const uint8_t* end, DocRange range, DocId* docs) {
  if (in >= end || range.last - range.first < kBlockSize - 1) {
    return {};
  }
  const uint8_t head = *in++;
  const bool all_ones = (head & kAllOnes) != 0;
  const uint32_t size = head & kSizeMask;
  if ((head & kBitset) != 0) {
    const size_t bytes = size_t{8} * size;
    if (size == 0 || static_cast<size_t>(end - in) < bytes) {
      return {};
    }
    // The last document is the last bit; the others then lie below it.
    const bool ends_right = (in[bytes - 1] & 0x80) != 0;
    const size_t count =
        BestKernels().expand_bits(in, size, range.last + 1 - 64 * size, kBlockSize, docs);
    if (count != kBlockSize || !ends_right) {
      return {};
    }
    // Below zero the numbers come round; all ascend, so one comparison with the distance to the last tells.
    const bool inside = range.last - docs[0] <= range.last - range.first;
    return inside ? DocBlockEnd{in + bytes, all_ones} : DocBlockEnd{};
  }
  if (size == 0) {
    for (uint32_t i = 0; i < kBlockSize; ++i) {
      docs[i] = range.last - (kBlockSize - 1) + i;
    }
    return {in, all_ones};
  }
  const size_t bytes = Block128Bytes(size);
  if (size > 32 || static_cast<size_t>(end - in) < bytes) {
    return {};
  }
  BestKernels().unpack_gaps128(PaddedBlock(in, end, size).data(), size, range.first - 1, docs);
  constexpr uint32_t kSafeWidth = 24;  // 128 such gaps are at most 2^31
  const bool ascends = (size <= kSafeWidth && range.first < 1u << 31) || Ascends(docs, range.first);
  return docs[kBlockSize - 1] == range.last && ascends ? DocBlockEnd{in + bytes, all_ones}
                                                       : DocBlockEnd{};
}

RawDocBlock PeekDocBlock(const uint8_t* in, const uint8_t* end) {
  using Encoding = RawDocBlock::Encoding;
  if (in >= end) {
    return {};
  }
  const size_t size = *in & kSizeMask;
  if ((*in & kBitset) == 0) {
    return {.encoding = size == 0 ? Encoding::kRun : Encoding::kGaps};
  }
  if (size == 0 || static_cast<size_t>(end - in - 1) < 8 * size) {
    return {};
  }
  return {.encoding = Encoding::kBitset, .words = in + 1, .word_count = size};
}

void EncodeValueBlock(const uint32_t* values, std::string* out) {
  std::array<uint32_t, 33> count_of_width{};
  uint32_t max_width = 0;
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    const uint32_t width = BitWidth(values[i]);
    ++count_of_width[width];
    max_width = std::max(max_width, width);
  }
  // Narrower by a bit saves 16 bytes; an exception costs two, the first one a byte more.
  uint32_t width = max_width;
  size_t least = Block128Bytes(max_width);
  uint32_t exceptions = 0;
  for (uint32_t w = max_width; w > 0 && max_width - w < kExceptionBits; --w) {
    exceptions += count_of_width[w];
    const size_t size = Block128Bytes(w - 1) + size_t{2} * exceptions + 1;
    if (exceptions > kMaxExceptions) {
      break;
    }
    if (size < least) {
      least = size;
      width = w - 1;
    }
  }
  if (width == max_width) {
    PutU8(out, static_cast<uint8_t>(width));
    AppendPacked(values, width, out);
    return;
  }
  PutU8(out, static_cast<uint8_t>(kPatched | width));
  std::string patches;
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    if (BitWidth(values[i]) > width) {
      PutU8(&patches, static_cast<uint8_t>(i));
      PutU8(&patches, static_cast<uint8_t>(values[i] >> width));
    }
  }
  PutU8(out, static_cast<uint8_t>(patches.size() / 2));
  out->append(patches);
  AppendPacked(values, width, out);
}

const uint8_t* DecodeValueBlock(const uint8_t* in, const uint8_t* end, uint32_t* values) {
  if (in >= end) {
    return nullptr;
  }
  const uint8_t head = *in++;
  const uint32_t width = head & kSizeMask;
  const uint8_t* patches = nullptr;
  size_t patch_count = 0;
  if ((head & kPatched) != 0) {
    if (in >= end) {
      return nullptr;
    }
    patch_count = *in++;
    patches = in;
    if (static_cast<size_t>(end - in) < 2 * patch_count || patch_count > kMaxExceptions ||
        width > 31) {
      return nullptr;
    }
    in += 2 * patch_count;
  }
  const size_t bytes = Block128Bytes(width);
  if (width > 32 || static_cast<size_t>(end - in) < bytes) {
    return nullptr;
  }
  BestKernels().unpack_block128(PaddedBlock(in, end, width).data(), width, values);
  for (size_t i = 0; i < patch_count; ++i) {
    values[patches[2 * i] % kBlockSize] |= uint32_t{patches[2 * i + 1]} << width;
  }
  return in + bytes;
}

}  // namespace binseek::codec
