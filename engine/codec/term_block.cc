#include "engine/codec/term_block.h"

#include <limits>

#include "engine/base/byte_reader.h"

namespace binseek::codec {
namespace {

// How the terms with one document are marked in a block.
enum SinglesForm : uint8_t { kNoSingles, kAllSingles, kSinglesBitmap };

uint64_t LowBits(uint32_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }

// `width` <= 64 bits from bit `bit` of `packed`. REQUIRES: they lie within it.
uint64_t LoadBits(std::string_view packed, uint64_t bit, uint32_t width) {
  const size_t at = bit / 8;
  const uint32_t shift = bit % 8;
  if (shift + width <= 64 && at + 8 <= packed.size()) [[likely]] {
    return LoadU64(packed.data() + at) >> shift & LowBits(width);
  }
  uint64_t value = 0;
  for (uint32_t done = 0; done < width;) {  // at most 9 bytes
    const uint64_t from = bit + done;
    const uint64_t byte = static_cast<uint8_t>(packed[from / 8]) >> from % 8;
    value |= byte << done;
    done += 8 - from % 8;
  }
  return value & LowBits(width);
}

class BitPacker {
 public:
  explicit BitPacker(std::string* out) : out_(out) {}
  void Put(uint64_t value, uint32_t width) {
    word_ |= value << fill_;
    if (fill_ + width >= 64) {
      PutU64(out_, word_);
      word_ = fill_ == 0 ? 0 : value >> (64 - fill_);
      fill_ = fill_ + width - 64;
    } else {
      fill_ += width;
    }
  }
  void Finish() {
    for (uint32_t done = 0; done < fill_; done += 8) {
      PutU8(out_, static_cast<uint8_t>(word_ >> done));
    }
  }

 private:
  std::string* out_;
  uint64_t word_ = 0;
  uint32_t fill_ = 0;  // bits of word_ that are taken, below 64
};

}  // namespace

void PutTermEntry(std::string* out, size_t shared, std::string_view suffix) {
  constexpr size_t kLong = 15;
  PutU8(out, static_cast<uint8_t>(std::min(shared, kLong) << 4 | std::min(suffix.size(), kLong)));
  if (shared >= kLong) {
    PutVarint(out, shared - kLong);
  }
  if (suffix.size() >= kLong) {
    PutVarint(out, suffix.size() - kLong);
  }
  out->append(suffix);
}

bool TermEntryScanner::AddVarint(size_t* length) {
  for (uint32_t shift = 0; shift < 21 && next_ != end_; shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(*next_++);
    *length += static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return *length <= kMaxTermBytes;
    }
  }
  return false;
}

TermSeek SeekTerm(TermEntryScanner* scanner, uint32_t index, uint32_t terms, size_t matched,
                  std::string_view target) {
  for (; index < terms; ++index) {
    if (!scanner->Next()) [[unlikely]] {
      return {terms, false, true};
    }
    if (scanner->shared() > matched) {
      continue;  // equals the term before where that one fell below the target
    }
    if (scanner->shared() < matched) {
      return {index, false,
              false};  // rises above the term before where that one equalled the target
    }
    const std::string_view suffix = scanner->suffix();
    const std::string_view rest = target.substr(matched);
    const size_t common = CommonPrefix(suffix, rest);
    if (common == suffix.size()) {
      if (common == rest.size()) {
        return {index, true, false};
      }
    } else if (common == rest.size() ||
               static_cast<uint8_t>(suffix[common]) > static_cast<uint8_t>(rest[common])) {
      return {index, false, false};
    }
    matched += common;
  }
  return {terms, false, false};
}

uint32_t TermInfoBlock::ColumnSize(uint8_t id, uint32_t singles, uint32_t terms,
                                   PostingsShape shape) {
  switch (id) {
    case kDoc:
      return singles;
    case kFreq:
      return shape.freqs ? singles : 0;
    case kDocFreq:
    case kPostings:
      return terms - singles;
    case kExtraFreq:
      return shape.freqs ? terms - singles : 0;
    case kPositions:
      return shape.positions ? terms : 0;
    default:
      return shape.offsets ? terms : 0;
  }
}

void PutTermInfos(std::string* out, std::span<const TermInfo> infos, PostingsShape shape) {
  std::array<std::array<uint64_t, 64>, TermInfoBlock::kColumns> values;
  const uint32_t terms = static_cast<uint32_t>(infos.size());
  uint64_t singles = 0;
  uint32_t single = 0;
  uint32_t other = 0;
  for (uint32_t i = 0; i < terms; ++i) {
    const TermInfo& info = infos[i];
    if (info.doc_freq == 1) {
      singles |= uint64_t{1} << i;
      values[TermInfoBlock::kDoc][single] = info.only_doc;
      values[TermInfoBlock::kFreq][single] = info.total_term_freq - 1;
      ++single;
    } else {
      values[TermInfoBlock::kDocFreq][other] = info.doc_freq - 2;
      values[TermInfoBlock::kExtraFreq][other] = info.total_term_freq - info.doc_freq;
      values[TermInfoBlock::kPostings][other] = info.postings_start;
      ++other;
    }
    values[TermInfoBlock::kPositions][i] = info.positions_start;
    values[TermInfoBlock::kOffsets][i] = info.offsets_start;
  }
  PutU8(out, single == 0 ? kNoSingles : single == terms ? kAllSingles : kSinglesBitmap);
  if (single != 0 && single != terms) {
    out->append(reinterpret_cast<const char*>(&singles), (terms + 7) / 8);
  }
  std::string packed;
  BitPacker packer(&packed);
  for (uint8_t id = 0; id < TermInfoBlock::kColumns; ++id) {
    const uint32_t n = TermInfoBlock::ColumnSize(id, single, terms, shape);
    if (n == 0) {
      continue;
    }
    const auto [least, greatest] = std::minmax_element(values[id].begin(), values[id].begin() + n);
    const uint64_t base = *least;
    const uint32_t width = static_cast<uint32_t>(std::bit_width(*greatest - base));
    PutU8(out, static_cast<uint8_t>(width));
    PutVarint(out, base);
    for (uint32_t i = 0; width != 0 && i < n; ++i) {
      packer.Put(values[id][i] - base, width);
    }
  }
  packer.Finish();
  out->append(packed);
}

bool TermInfoBlock::Parse(std::string_view bytes, uint32_t terms, PostingsShape shape) {
  ByteReader reader(bytes);
  shape_ = shape;
  switch (reader.U8()) {
    case kNoSingles:
      singles_ = 0;
      break;
    case kAllSingles:
      singles_ = LowBits(terms);
      break;
    case kSinglesBitmap:
      singles_ = reader.UintLe(static_cast<int>((terms + 7) / 8)) & LowBits(terms);
      break;
    default:
      return false;
  }
  const uint32_t singles = static_cast<uint32_t>(std::popcount(singles_));
  uint64_t bits = 0;
  for (uint8_t id = 0; id < kColumns; ++id) {
    const uint32_t n = ColumnSize(id, singles, terms, shape);
    if (n == 0) {
      continue;
    }
    const uint32_t width = reader.U8();
    columns_[id] = {.base = reader.Varint(), .bit = bits, .width = width};
    if (width > 64) {
      return false;
    }
    bits += uint64_t{width} * n;
  }
  packed_ = reader.Rest();
  return reader.ok() && (bits + 7) / 8 <= packed_.size();
}

uint64_t TermInfoBlock::Value(ColumnId id, uint32_t index) const {
  const Column& column = columns_[id];
  if (column.width == 0) {
    return column.base;
  }
  return column.base + LoadBits(packed_, column.bit + uint64_t{column.width} * index, column.width);
}

bool TermInfoBlock::Get(uint32_t index, uint32_t max_doc, TermInfo* info) const {
  const uint32_t singles_before = static_cast<uint32_t>(std::popcount(singles_ & LowBits(index)));
  *info = TermInfo{};
  if ((singles_ >> index & 1) != 0) {
    const uint64_t doc = Value(kDoc, singles_before);
    const uint64_t extra = shape_.freqs ? Value(kFreq, singles_before) : 0;
    if (doc >= max_doc || extra >= std::numeric_limits<uint32_t>::max()) {
      return false;
    }
    info->doc_freq = 1;
    info->only_doc = static_cast<DocId>(doc);
    info->total_term_freq = extra + 1;
  } else {
    const uint32_t other = index - singles_before;
    const uint64_t doc_freq = Value(kDocFreq, other);
    const uint64_t extra = shape_.freqs ? Value(kExtraFreq, other) : 0;
    if (max_doc < 2 || doc_freq > max_doc - 2 || extra > std::numeric_limits<uint64_t>::max() / 2) {
      return false;
    }
    info->doc_freq = static_cast<uint32_t>(doc_freq) + 2;
    info->total_term_freq = info->doc_freq + extra;
    info->postings_start = Value(kPostings, other);
  }
  info->positions_start = shape_.positions ? Value(kPositions, index) : 0;
  info->offsets_start = shape_.offsets ? Value(kOffsets, index) : 0;
  return true;
}

}  // namespace binseek::codec
