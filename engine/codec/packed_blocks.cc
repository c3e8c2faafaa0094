#include "engine/codec/packed_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/codec/range_match.h"

namespace binseek::codec {
namespace {

constexpr uint64_t RoundUp8(uint64_t bytes) { return (bytes + 7) / 8 * 8; }

constexpr uint64_t CompactBytes(uint32_t count, uint32_t width) {
  return RoundUp8((uint64_t{count} * width + 7) / 8);
}

uint32_t Count(const BlockBits& bits) {
  return static_cast<uint32_t>(BestKernels().count_bits(bits.data(), bits.size()));
}

// The first `slots` bits.
BlockBits FirstBits(uint32_t slots) {
  BlockBits bits{};
  for (uint32_t w = 0; w < bits.size(); ++w) {
    if (slots >= 64 * (w + 1)) {
      bits[w] = ~uint64_t{0};
    } else if (slots > 64 * w) {
      bits[w] = (uint64_t{1} << (slots - 64 * w)) - 1;
    }
  }
  return bits;
}

// `width` bits from bit `bit` on. REQUIRES: width <= 64; nine bytes are readable from where they begin.
uint64_t BitsAt(const uint8_t* from, uint64_t bit, uint32_t width) {
  if (width == 0) {
    return 0;
  }
  from += bit / 8;
  const auto shift = static_cast<uint32_t>(bit % 8);
  uint64_t value = LoadU64(from) >> shift;
  if (shift + width > 64) {
    value |= uint64_t{from[8]} << (64 - shift);
  }
  return value & ~uint64_t{0} >> (64 - width);
}

// How many bits are set before `index` in a bitmap of a block.
uint32_t Rank(const char* bitmap, uint32_t index) {
  uint32_t rank = 0;
  for (uint32_t w = 0; w < index / 64; ++w) {
    rank += static_cast<uint32_t>(std::popcount(LoadU64(bitmap + size_t{8} * w)));
  }
  const uint64_t word = LoadU64(bitmap + size_t{8} * (index / 64));
  return rank + static_cast<uint32_t>(std::popcount(word & ((uint64_t{1} << index % 64) - 1)));
}

bool Bit(const char* bitmap, uint32_t index) {
  return (static_cast<uint8_t>(bitmap[index / 8]) >> index % 8 & 1) != 0;
}

// What all `deltas` can be divided by; 1 where they are all 0.
uint64_t CommonDivisor(std::span<const uint64_t> deltas) {
  uint64_t divisor = 0;
  for (const uint64_t delta : deltas) {
    divisor = divisor != 0 && delta % divisor == 0 ? divisor : std::gcd(divisor, delta);
    if (divisor == 1) {
      break;
    }
  }
  return divisor == 0 ? 1 : divisor;
}

// Moves the first values to the places whose bits are set, from the last on; the others become 0.
void SpreadByBits(const BlockBits& bits, std::array<uint64_t, kBlock256>* values) {
  uint32_t next = Count(bits);
  for (uint32_t i = kBlock256; i-- > 0;) {
    const bool set = (bits[i / 64] >> i % 64 & 1) != 0;
    (*values)[i] = set ? (*values)[--next] : 0;
  }
}

Status Corrupt(uint64_t block, std::string_view why) {
  return Status::Corruption("block " + std::to_string(block) + ": " + std::string(why));
}

}  // namespace

void PackedBlocksWriter::AddRun(int64_t value, uint64_t count, bool present) {
  while (count > 0) {
    if (in_block_ == 0 && count >= kBlock256) {
      // Whole blocks, of which there may be thousands, take no more than their entries.
      const uint64_t presence = present ? PackedBlocks::kAll : PackedBlocks::kNone;
      const uint64_t blocks = count / kBlock256;
      const PackedEntry entry{present ? value : std::numeric_limits<int64_t>::max(),
                              present ? value : std::numeric_limits<int64_t>::min(), 1,
                              presence << PackedBlocks::kPresenceShift};
      directory_.insert(directory_.end(), blocks, entry);
      size_ += blocks * kBlock256;
      count %= kBlock256;
      continue;
    }
    if (present) {
      Stage(value);
    }
    Advance();
    --count;
  }
}

void PackedBlocksWriter::WidenLast(int64_t value) {
  BINSEEK_CHECK(size_ > 0, "there is no value yet");
  if (in_block_ == 0) {
    directory_.back().max = std::max(directory_.back().max, value);
  } else {
    widened_ = std::max(widened_, value);
  }
}

void PackedBlocksWriter::Flush() {
  if (in_block_ == 0) {
    return;
  }
  directory_.push_back(Pack());
  in_block_ = 0;
  count_ = 0;
  present_ = {};
  widened_ = std::numeric_limits<int64_t>::min();
}

PackedEntry PackedBlocksWriter::Pack() {
  PackedEntry entry{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), 1, 0};
  if (count_ == 0) {
    return entry;
  }
  const std::span<const int64_t> values(values_.data(), count_);
  for (const int64_t value : values) {
    entry.min = std::min(entry.min, value);
    entry.max = std::max(entry.max, value);
  }
  std::array<uint64_t, kBlock256> deltas{};
  for (uint32_t i = 0; i < count_; ++i) {
    deltas[i] = static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(entry.min);
  }
  const auto range = static_cast<uint64_t>(entry.max) - static_cast<uint64_t>(entry.min);
  entry.divisor = CommonDivisor({deltas.data(), count_});
  if (entry.divisor > 1) {
    for (uint32_t i = 0; i < count_; ++i) {
      deltas[i] /= entry.divisor;
    }
  }
  const uint32_t width = BitWidth(range / entry.divisor);
  const bool all = count_ == in_block_;
  const bool compact = count_ <= PackedBlocks::kMaxCompact;
  const uint64_t presence = all ? PackedBlocks::kAll : PackedBlocks::kSome;
  entry.place = width | (compact ? PackedBlocks::kCompact : 0) |
                presence << PackedBlocks::kPresenceShift |
                (sink_->size() - start_) / 8 << PackedBlocks::kOffsetShift;
  if (!all) {
    sink_->AppendArray(std::span<const uint64_t>(present_));
  }
  if (!all && !compact) {
    SpreadByBits(present_, &deltas);
  }
  std::array<char, Block256Bytes(64)> packed;
  PackBlock256(deltas.data(), width, reinterpret_cast<uint8_t*>(packed.data()));
  sink_->Append({packed.data(), compact ? CompactBytes(count_, width) : Block256Bytes(width)});
  entry.max = std::max(entry.max, widened_);
  return entry;
}

void PackedBlocksWriter::AppendDirectory(std::string* out) const {
  BINSEEK_CHECK(in_block_ == 0, "a block waits to be flushed");
  out->append(reinterpret_cast<const char*>(directory_.data()),
              directory_.size() * sizeof(PackedEntry));
}

PackedBlocks::Block PackedBlocks::Locate(uint64_t block) const {
  const uint64_t place = entries_[block].place;
  const uint64_t offset = (place >> kOffsetShift) * 8;
  Block found;
  found.width = static_cast<uint32_t>(place & kWidthMask);
  found.slots = static_cast<uint32_t>(std::min<uint64_t>(size_ - block * kBlock256, kBlock256));
  found.compact = (place & kCompact) != 0;
  const PresenceKind presence = Presence(place);
  const size_t bitmap = presence == kSome ? kBitmapBytes : 0;
  const size_t packed = found.compact ? 0 : Block256Bytes(found.width);
  if ((presence != kAll && presence != kSome) || found.width > 64 || offset > data_.size() ||
      bitmap + packed > data_.size() - offset) {
    return found;
  }
  found.presence = presence;
  found.bitmap = presence == kSome ? data_.data() + offset : nullptr;
  found.packed = reinterpret_cast<const uint8_t*>(data_.data()) + offset + bitmap;
  found.room = data_.size() - offset - bitmap;
  return found;
}

bool PackedBlocks::Get(uint64_t index, int64_t* value) const {
  const PackedEntry& entry = entries_[index / kBlock256];
  constexpr uint64_t kDenseMask = kCompact | uint64_t{3} << kPresenceShift;
  constexpr uint64_t kDense = uint64_t{kAll} << kPresenceShift;
  const auto width = static_cast<uint32_t>(entry.place & kWidthMask);
  const uint64_t offset = (entry.place >> kOffsetShift) * 8;
  if ((entry.place & kDenseMask) != kDense || width > 64 ||
      offset + Block256Bytes(width) > data_.size()) {
    return GetSparse(index, value);
  }
  const auto* const packed = reinterpret_cast<const uint8_t*>(data_.data()) + offset;
  const uint64_t delta = BitsAt(packed, index % kBlock256 * width, width);
  *value = static_cast<int64_t>(static_cast<uint64_t>(entry.min) + entry.divisor * delta);
  return true;
}

bool PackedBlocks::GetSparse(uint64_t index, int64_t* value) const {
  const PackedEntry& entry = entries_[index / kBlock256];
  auto slot = static_cast<uint32_t>(index % kBlock256);
  const Block block = Locate(index / kBlock256);
  *value = 0;
  if (block.presence == kNone || (block.bitmap != nullptr && !Bit(block.bitmap, slot))) {
    return false;
  }
  slot = block.compact && block.bitmap != nullptr ? Rank(block.bitmap, slot) : slot;
  const uint64_t bit = uint64_t{slot} * block.width;
  if (bit / 8 >= block.room && block.width > 0) {
    return false;  // the values of a compact block must be counted to know where they end
  }
  const uint64_t delta = BitsAt(block.packed, bit, block.width);
  *value = static_cast<int64_t>(static_cast<uint64_t>(entry.min) + entry.divisor * delta);
  return true;
}

void PackedBlocks::PresentBits(const Block& block, BlockBits* present) {
  *present = {};
  if (block.presence == kAll) {
    *present = FirstBits(block.slots);
  } else if (block.presence == kSome) {
    std::memcpy(present->data(), block.bitmap, kBitmapBytes);
    if (block.slots < kBlock256) {
      const BlockBits first = FirstBits(block.slots);
      for (size_t w = 0; w < first.size(); ++w) {
        (*present)[w] &= first[w];
      }
    }
  }
}

void PackedBlocks::ReadPresent(uint64_t block, BlockBits* present) const {
  PresentBits(Locate(block), present);
}

// Deltas in their slots; what stands in gaps is of no meaning.
void PackedBlocks::Unpack(const Block& block, const BlockBits& present, uint64_t* out) {
  if (block.compact) {
    UnpackCompact(block, present, out);
  } else {
    UnpackBlock256(block.packed, block.width, out);
  }
}

void PackedBlocks::UnpackCompact(const Block& block, const BlockBits& present, uint64_t* out) {
  const uint32_t count = Count(present);
  const uint64_t bytes = (uint64_t{count} * block.width + 7) / 8;
  if (bytes > block.room) {
    std::memset(out, 0, kBlock256 * sizeof(uint64_t));  // of no meaning either
    return;
  }
  std::array<uint64_t, kBlock256> values;
  if (count <= kFew) {
    for (uint32_t i = 0; i < count; ++i) {
      values[i] = BitsAt(block.packed, uint64_t{i} * block.width, block.width);
    }
  } else {
    std::array<uint8_t, Block256Bytes(64)> whole;
    std::memcpy(whole.data(), block.packed, bytes);
    std::memset(whole.data() + bytes, 0, Block256Bytes(block.width) - bytes);
    UnpackBlock256(whole.data(), block.width, values.data());
  }
  std::memset(out, 0, kBlock256 * sizeof(uint64_t));
  uint32_t next = 0;
  for (uint32_t w = 0; w < present.size(); ++w) {
    for (uint64_t bits = present[w]; bits != 0; bits &= bits - 1) {
      out[64 * w + static_cast<uint32_t>(std::countr_zero(bits))] = values[next++];
    }
  }
}

void PackedBlocks::ReadBlock(uint64_t at, int64_t* values, BlockBits* present) const {
  const Block block = Locate(at);
  PresentBits(block, present);
  if (block.presence == kNone) {
    std::memset(values, 0, kBlock256 * sizeof(int64_t));
    return;
  }
  auto* const deltas = reinterpret_cast<uint64_t*>(values);
  const bool whole = block.presence == kAll && block.slots == kBlock256;
  if (whole && IsNarrow(block)) {
    BestKernels().expand_block256(block.packed, block.width,
                                  static_cast<uint64_t>(entries_[at].min), entries_[at].divisor,
                                  deltas);
    return;
  }
  Unpack(block, *present, deltas);
  Rebase256(static_cast<uint64_t>(entries_[at].min), entries_[at].divisor,
            whole ? nullptr : present->data(), deltas);
}

void PackedBlocks::MatchRange(uint64_t at, int64_t low, int64_t high, BlockBits* match) const {
  const int64_t min = entries_[at].min;
  const int64_t max = entries_[at].max;
  if (low > high || high < min || low > max) {
    *match = {};
    return;
  }
  const Block block = Locate(at);
  if (low <= min && high >= max) {
    PresentBits(block, match);
    return;
  }
  *match = {};
  // The range in terms of what is stored.
  const auto base = static_cast<uint64_t>(min);
  const uint64_t divisor = std::max<uint64_t>(entries_[at].divisor, 1);
  const auto multiple = [divisor](uint64_t value) {
    return divisor == 1 ? value : value / divisor;
  };
  const uint64_t last = multiple(static_cast<uint64_t>(high) - base);
  const uint64_t first = low <= min ? 0 : multiple(static_cast<uint64_t>(low) - base - 1) + 1;
  if (block.presence != kNone && first <= last) {  // else between two multiples
    MatchStored(block, first, last, match);
  }
}

void PackedBlocks::MatchStored(const Block& block, uint64_t first, uint64_t last,
                               BlockBits* match) {
  BlockBits present;
  PresentBits(block, &present);
  if (IsNarrow(block)) {
    const uint64_t largest = (uint64_t{1} << block.width) - 1;
    if (first > largest) {
      return;
    }
    BestKernels().match_block256(block.packed, block.width, static_cast<uint32_t>(first),
                                 static_cast<uint32_t>(std::min(last, largest)), match->data());
  } else {
    std::array<uint64_t, kBlock256> deltas;
    Unpack(block, present, deltas.data());
    MatchRange256(deltas.data(), first, last, match->data());
  }
  for (size_t w = 0; w < match->size(); ++w) {
    (*match)[w] &= present[w];
  }
}

Status PackedBlocks::Check(bool widened) const {
  for (uint64_t block = 0; block < blocks_; ++block) {
    BINSEEK_RETURN_IF_ERROR(CheckBlock(block, widened));
  }
  return Status::Ok();
}

Status PackedBlocks::CheckBlock(uint64_t at, bool widened) const {
  const Block block = Locate(at);
  if (block.presence != Presence(entries_[at].place)) {
    return Corrupt(at, "outside of the data");
  }
  std::array<int64_t, kBlock256> values;
  BlockBits present;
  ReadBlock(at, values.data(), &present);
  const uint32_t count = Count(present);
  if (block.compact && CompactBytes(count, block.width) > block.room) {
    return Corrupt(at, "values outside of the data");
  }
  if (entries_[at].divisor == 0 ||
      (block.bitmap != nullptr && (count == 0 || count == block.slots))) {
    return Corrupt(at, "not as a block is written");
  }
  if (block.bitmap != nullptr && std::memcmp(block.bitmap, present.data(), kBitmapBytes) != 0) {
    return Corrupt(at, "values beyond the end");
  }
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();
  for (uint32_t i = 0; i < kBlock256; ++i) {
    if ((present[i / 64] >> i % 64 & 1) != 0) {
      min = std::min(min, values[i]);
      max = std::max(max, values[i]);
    }
  }
  if (min != entries_[at].min || (widened ? max > entries_[at].max : max != entries_[at].max)) {
    return Corrupt(at, "its zone is not that of its values");
  }
  return Status::Ok();
}

}  // namespace binseek::codec
