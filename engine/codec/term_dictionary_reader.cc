#include "engine/codec/term_dictionary_reader.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/codec/term_dictionary_layout.h"

namespace binseek::codec {
namespace {

Status Damaged(std::string_view what) {
  return Status::Corruption("term dictionary: " + std::string(what));
}

}  // namespace

Result<std::unique_ptr<const BlockTermDictionary>> BlockTermDictionary::Open(
    std::string_view blocks_section, std::string_view index_section, PostingsShape shape,
    uint32_t max_doc) {
  std::unique_ptr<BlockTermDictionary> terms(new BlockTermDictionary);
  terms->blocks_section_ = blocks_section;
  terms->shape_ = shape;
  terms->max_doc_ = max_doc;
  BINSEEK_RETURN_IF_ERROR(terms->Parse(index_section));
  return std::unique_ptr<const BlockTermDictionary>(std::move(terms));
}

Status BlockTermDictionary::Parse(std::string_view index) {
  if (index.size() < kTermTrailerBytes) {
    return Damaged("the index is too short");
  }
  ByteReader trailer(index.substr(index.size() - kTermTrailerBytes));
  sum_doc_freq_ = trailer.U64();
  sum_total_term_freq_ = trailer.U64();
  size_ = trailer.U32();
  doc_count_ = trailer.U32();
  const uint32_t prefix = trailer.U32();
  block_shift_ = trailer.U8();
  const uint8_t shape = trailer.U8();
  if (trailer.U16() != 0 || block_shift_ > kMaxTermBlockShift || shape != ShapeBits(shape_)) {
    return Damaged("bad form");
  }
  if (doc_count_ > max_doc_ || sum_doc_freq_ < size_ || sum_total_term_freq_ < sum_doc_freq_) {
    return Damaged("impossible statistics");
  }
  blocks_ = size_ == 0 ? 0 : ((size_ - 1) >> block_shift_) + 1;
  const uint64_t arrays = uint64_t{blocks_} * 20 + 12;
  if (index.size() - kTermTrailerBytes < arrays) {
    return Damaged("the index is too short for its terms");
  }
  heads_ = index.data();
  block_starts_ = heads_ + size_t{blocks_} * 8;
  separator_starts_ = block_starts_ + (size_t{blocks_} + 1) * 8;
  separators_ = index.substr(arrays, index.size() - kTermTrailerBytes - arrays);
  if (LoadU64(block_starts_ + size_t{blocks_} * 8) != blocks_section_.size() ||
      LoadU32(separator_starts_ + size_t{blocks_} * 4) != separators_.size()) {
    return Damaged("the index does not fit the blocks");
  }
  if (prefix != 0) {
    const std::string_view first = blocks_ < 2 ? std::string_view() : Separator(1);
    if (prefix > first.size()) {
      return Damaged("bad common prefix");
    }
    prefix_ = first.substr(0, prefix);
  }
  return Status::Ok();
}

std::string_view BlockTermDictionary::Separator(uint32_t block) const {
  const char* at = separator_starts_ + size_t{block} * 4;
  const uint32_t start = LoadU32(at);
  const uint32_t end = LoadU32(at + 4);
  if (start > end || end > separators_.size()) [[unlikely]] {
    SetCorrupt();
    return {};
  }
  return {separators_.data() + start, end - start};
}

uint32_t BlockTermDictionary::FindBlock(std::string_view term) const {
  if (blocks_ < 2) {
    return 0;
  }
  if (!prefix_.empty()) {
    const int order = term.substr(0, prefix_.size()).compare(prefix_);
    if (order != 0) {
      return order < 0 ? 0 : blocks_ - 1;
    }
  }
  const uint64_t head = TermHead(term.substr(prefix_.size()));
  // First block, from 1 on, whose head is not below. Branch-free: the comparisons are a coin's throw each.
  uint32_t first = 1;
  for (uint32_t n = blocks_ - 1; n != 0;) {
    const uint32_t half = n - n / 2;
    first = Head(first + half - 1) < head ? first + half : first;
    n -= half;
  }
  // Blocks with the same head: only their separators can tell.
  if (first < blocks_ && Head(first) == head) {
    uint32_t last = blocks_;
    while (first < last) {
      const uint32_t middle = first + (last - first) / 2;
      if (Head(middle) > head || Separator(middle) > term) {
        last = middle;
      } else {
        first = middle + 1;
      }
    }
  }
  return first - 1;
}

BlockTermDictionary::Block BlockTermDictionary::OpenBlock(uint32_t block) const {
  const char* at = block_starts_ + size_t{block} * 8;
  const uint64_t start = LoadU64(at);
  const uint64_t end = LoadU64(at + 8);
  Block opened;
  opened.first_ord = block << block_shift_;
  if (start > end || end > blocks_section_.size()) [[unlikely]] {
    SetCorrupt();
    return opened;
  }
  ByteReader reader(blocks_section_.substr(start, end - start));
  opened.entries = TermEntryScanner(reader.LengthPrefixed());
  opened.infos = reader.Rest();
  if (!reader.ok()) [[unlikely]] {
    SetCorrupt();
    return opened;
  }
  opened.separator = Separator(block);
  opened.terms = std::min(uint32_t{1} << block_shift_, size_ - opened.first_ord);
  return opened;
}

bool BlockTermDictionary::Find(std::string_view term, TermInfo* info, uint32_t* ord) const {
  if (size_ == 0) {
    return false;
  }
  Block block = OpenBlock(FindBlock(term));
  const TermSeek seek =
      SeekTerm(&block.entries, 0, block.terms, CommonPrefix(block.separator, term), term);
  if (!seek.exact) {
    if (seek.corrupt) {
      SetCorrupt();
    }
    return false;
  }
  if (info != nullptr) {
    TermInfo found;
    TermInfoBlock infos;
    if (!infos.Parse(block.infos, block.terms, shape_) ||
        !infos.Get(seek.index, max_doc_, &found)) {
      SetCorrupt();
      return false;
    }
    *info = found;
  }
  if (ord != nullptr) {
    *ord = block.first_ord + seek.index;
  }
  return true;
}

uint32_t BlockTermDictionary::LowerBound(std::string_view term) const {
  if (size_ == 0) {
    return 0;
  }
  Block block = OpenBlock(FindBlock(term));
  const TermSeek seek =
      SeekTerm(&block.entries, 0, block.terms, CommonPrefix(block.separator, term), term);
  if (seek.corrupt || block.terms == 0) {
    SetCorrupt();
    return size_;
  }
  return block.first_ord + seek.index;
}

std::pair<uint32_t, uint32_t> BlockTermDictionary::OrdsWithPrefix(std::string_view prefix) const {
  const uint32_t first = LowerBound(prefix);
  std::string after(prefix);  // the first string above all that begin with the prefix
  while (!after.empty() && static_cast<uint8_t>(after.back()) == 0xff) {
    after.pop_back();
  }
  if (after.empty()) {
    return {first, size_};
  }
  after.back() = static_cast<char>(after.back() + 1);
  return {first, std::max(first, LowerBound(after))};
}

bool BlockTermDictionary::Term(uint32_t ord, std::string* term) const {
  Cursor cursor(*this);
  if (!cursor.SeekOrd(ord)) {
    return false;
  }
  term->assign(cursor.term());
  return true;
}

TermInfo BlockTermDictionary::Info(uint32_t ord) const {
  const Block block = OpenBlock(ord >> block_shift_);
  TermInfoBlock infos;
  TermInfo info;
  if (block.terms == 0 || !infos.Parse(block.infos, block.terms, shape_) ||
      !infos.Get(ord - block.first_ord, max_doc_, &info)) {
    SetCorrupt();
    return TermInfo{};
  }
  return info;
}

Status BlockTermDictionary::Verify() const {
  Cursor cursor(*this);
  std::string last;
  uint32_t terms = 0;
  uint64_t doc_freqs = 0;
  uint64_t total_term_freqs = 0;
  for (; cursor.Next(); ++terms) {
    const std::string_view term = cursor.term();
    if (terms != 0 && term <= last) {
      return Damaged("terms are out of order at " + std::to_string(terms));
    }
    if (FindBlock(term) != terms >> block_shift_) {
      return Damaged("the index does not lead to term " + std::to_string(terms));
    }
    const TermInfo info = cursor.info();
    if (info.doc_freq == 0) {
      return Damaged("impossible statistics of term " + std::to_string(terms));
    }
    doc_freqs += info.doc_freq;
    total_term_freqs += info.total_term_freq;
    last.assign(term);
  }
  if (terms != size_) {
    return Damaged("terms end at " + std::to_string(terms) + " of " + std::to_string(size_));
  }
  if (doc_freqs != sum_doc_freq_ || total_term_freqs != sum_total_term_freq_) {
    return Damaged("statistics do not add up");
  }
  return Status::Ok();
}

}  // namespace binseek::codec
