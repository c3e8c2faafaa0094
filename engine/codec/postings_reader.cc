#include "engine/codec/postings_reader.h"

#include <algorithm>

namespace binseek::codec {
namespace {

constexpr std::array<uint32_t, kBlockSize> MakeOnes() {
  std::array<uint32_t, kBlockSize> ones{};
  ones.fill(1);
  return ones;
}
constexpr std::array<uint32_t, kBlockSize> kOnes = MakeOnes();

const uint8_t* Bytes(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// What is known of documents whose impacts are not stored.
Impacts UnknownImpacts(const TermInfo& info) {
  const uint64_t most = info.total_term_freq - info.doc_freq + 1;
  const Impact impact = {static_cast<uint32_t>(std::min<uint64_t>(most, kUnboundedFreq)), 0};
  return {impact, impact};
}

}  // namespace

BlockPostings::BlockPostings(const PostingsSections& sections, PostingsShape shape,
                             const TermInfo& info, uint32_t max_doc)
    : sections_(sections), shape_(shape), info_(info), doc_freq_(info.doc_freq), max_doc_(max_doc) {
  if (info.doc_freq == 0) {
    Exhaust();
    return;
  }
  if (info.doc_freq > max_doc || info.total_term_freq < info.doc_freq) {
    Fail();
    return;
  }
  blocks_ = (info.doc_freq - 1) / kBlockSize + 1;
  term_impacts_ = UnknownImpacts(info);
  if (info.doc_freq == 1) {
    // The only document is a block that is unpacked from the start on.
    if (info.only_doc >= max_doc || info.total_term_freq > std::numeric_limits<uint32_t>::max()) {
      Fail();
      return;
    }
    docs_[0] = info.only_doc;
    freqs_[0] = static_cast<uint32_t>(info.total_term_freq);
  } else if (info.postings_start > sections.postings.size() || !OpenTable()) {
    Fail();
  }
}

bool BlockPostings::OpenTable() {
  area_ = sections_.postings.substr(info_.postings_start);
  if (doc_freq_ < kBlockSize) {
    return true;
  }
  const std::string_view table = area_;
  if (table.empty()) {
    return false;
  }
  const bool wide = table[0] != 0;
  const size_t offset_bytes = blocks_ * OffsetArray::EntryBytes(wide);
  const size_t impact_bytes = shape_.freqs ? size_t{4} * blocks_ : 0;
  const size_t size = 1 + (shape_.freqs ? 4 : 0) + size_t{4} * blocks_ + offset_bytes +
                      (shape_.positions ? offset_bytes : 0) + impact_bytes;
  if (table.size() < size) {
    return false;
  }
  const uint8_t* at = Bytes(table) + 1;
  if (shape_.freqs) {
    term_impacts_ = DecodeImpacts(LoadU32(at));
    at += 4;
  }
  last_docs_ = at;
  at += size_t{4} * blocks_;
  ends_ = OffsetArray(at, wide);
  at += offset_bytes;
  if (shape_.positions) {
    freqs_before_ = OffsetArray(at, wide);
    at += offset_bytes;
  }
  impacts_ = shape_.freqs ? at : nullptr;
  const uint64_t area_size = ends_[blocks_ - 1];
  if (area_size > info_.postings_start) {
    return false;
  }
  area_ = sections_.postings.substr(info_.postings_start - area_size, area_size);
  return true;
}

bool BlockPostings::Exhaust() {
  block_ = blocks_;
  count_ = 0;
  next_ = 1;  // Advance takes it for a document that is reached, and it is behind all targets
  doc_ = kNoMoreDocs;
  return false;
}

bool BlockPostings::Fail() {
  corrupt_ = true;
  return Exhaust();
}

bool BlockPostings::EnterBlock(uint32_t block) {
  const DocId least = block_ == kNoBlock ? 0 : last_doc_ + 1;
  block_ = block;
  count_ = 0;
  next_ = 0;
  summed_ = 0;
  freq_sum_ = 0;
  freqs_state_ = shape_.freqs ? FreqsState::kPacked : FreqsState::kOnes;
  if (last_docs_ == nullptr) {
    first_possible_ = 0;
    return DecodeBlock();
  }
  first_possible_ = block == 0 ? 0 : LoadU32(last_docs_ + 4 * (size_t{block} - 1)) + 1;
  last_doc_ = LoadU32(last_docs_ + 4 * size_t{block});
  // The table may be any numbers: what was given must not come again.
  if (first_possible_ < least || last_doc_ < first_possible_ || last_doc_ >= max_doc_) {
    return Fail();
  }
  if (shape_.positions) {
    freq_sum_ = freqs_before_[block];
  }
  return true;
}

bool BlockPostings::NextBlock() {
  if (block_ == blocks_ || block_ + 1 == blocks_) {
    return Exhaust();
  }
  return EnterBlock(block_ + 1);
}

bool BlockPostings::AdvanceBlock(DocId target) {
  if (block_ == blocks_) {
    return false;
  }
  if (block_ != kNoBlock && last_doc_ >= target) {
    return true;
  }
  if (last_docs_ == nullptr) {
    if (!NextBlock()) {
      return false;
    }
    return last_doc_ >= target || Exhaust();
  }
  const size_t found = BestKernels().find_first_ge(last_docs_, block_ + 1, blocks_, target);
  return found < blocks_ ? EnterBlock(static_cast<uint32_t>(found)) : Exhaust();
}

DocId BlockPostings::NextSlow() {
  // A block that is entered but not unpacked is still to be given.
  if (block_ == blocks_ || count_ > 0 || block_ == kNoBlock) {
    if (!NextBlock()) {
      return kNoMoreDocs;
    }
  }
  return EnsureDecoded() ? doc_ = docs_[next_++] : kNoMoreDocs;
}

DocId BlockPostings::Advance(DocId target) {
  if (next_ > 0 && doc_ >= target) {
    return doc_;
  }
  if (!AdvanceBlock(target) || !EnsureDecoded()) {
    return kNoMoreDocs;
  }
  next_ = static_cast<uint32_t>(LowerBound(target, next_)) + 1;
  return doc_ = docs_[next_ - 1];
}

size_t BlockPostings::LowerBound(DocId target, size_t from) {
  if (!EnsureDecoded()) {
    return 0;
  }
  return BestKernels().find_first_ge(reinterpret_cast<const uint8_t*>(docs_.data()), from, count_,
                                     target);
}

uint32_t BlockPostings::FindBlockFrom(uint32_t from, DocId target) const {
  if (from >= blocks_ || block_ == blocks_) {
    return blocks_;
  }
  if (last_docs_ == nullptr) {
    return from;
  }
  return static_cast<uint32_t>(BestKernels().find_first_ge(last_docs_, from, blocks_, target));
}

DocId BlockPostings::last_doc_of(uint32_t block) const {
  return last_docs_ == nullptr ? max_doc_ - 1 : LoadU32(last_docs_ + 4 * size_t{block});
}

uint32_t BlockPostings::encoded_impacts_of(uint32_t block) const {
  return LoadU32(impacts_ + 4 * size_t{block});
}

Impacts BlockPostings::block_impacts() const {
  return impacts_ != nullptr ? DecodeImpacts(LoadU32(impacts_ + 4 * size_t{block_}))
                             : term_impacts_;
}

Impacts BlockPostings::impacts_up_to(DocId last) const {
  Impacts all = block_impacts();
  if (impacts_ == nullptr) {
    return all;
  }
  for (size_t block = block_; block + 1 < blocks_ && LoadU32(last_docs_ + 4 * block) < last;
       ++block) {
    all.Merge(DecodeImpacts(LoadU32(impacts_ + 4 * (block + 1))));
  }
  return all;
}

bool BlockPostings::DecodeBlock() {
  if (block_ >= blocks_) {
    return false;
  }
  if (doc_freq_ == 1) {
    count_ = 1;
    last_doc_ = docs_[0];
    freqs_state_ = freqs_[0] == 1 ? FreqsState::kOnes : FreqsState::kDecoded;
    return true;
  }
  ByteRange range;
  if (!FindBlock(&range)) {
    return Fail();
  }
  const bool whole = doc_freq_ - block_ * kBlockSize >= kBlockSize;
  return whole ? DecodeWhole(range.begin, range.end) : DecodeRest(range.begin, range.end);
}

bool BlockPostings::FindBlock(ByteRange* range) {
  uint64_t begin = 0;
  uint64_t end = area_.size();
  if (last_docs_ != nullptr) {
    begin = block_ == 0 ? 0 : ends_[block_ - 1];
    end = ends_[block_];
  }
  if (begin > end || end > area_.size()) {
    return false;
  }
  *range = {Bytes(area_) + begin, Bytes(area_) + end};
  return true;
}

bool BlockPostings::DecodeWhole(const uint8_t* in, const uint8_t* end) {
  // Unpacking likes to read a little behind a block: what lies there is readable, and only the section's end is not.
  const DocBlockEnd decoded =
      DecodeDocBlock(in, SectionEnd(), {first_possible_, last_doc_}, docs_.data());
  if (decoded.next == nullptr || decoded.next > end) {
    return Fail();
  }
  if (decoded.all_ones) {
    freqs_state_ = FreqsState::kOnes;
  }
  packed_freqs_ = decoded.next;
  block_end_ = end;
  count_ = kBlockSize;
  return true;
}

bool BlockPostings::DecodeRest(const uint8_t* in, const uint8_t* end) {
  const uint32_t count = doc_freq_ - block_ * kBlockSize;
  uint64_t least = first_possible_;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t gap = 0;
    uint64_t less_one = 0;
    in = DecodeVarint(in, end, &gap);
    if (in != nullptr && shape_.freqs) {
      const bool one = (gap & 1) != 0;
      gap >>= 1;
      in = one ? in : DecodeVarint(in, end, &less_one);
    }
    if (in == nullptr || gap >= max_doc_ || least + gap >= max_doc_ ||
        less_one >= std::numeric_limits<uint32_t>::max()) {
      return Fail();
    }
    docs_[i] = static_cast<DocId>(least + gap);
    freqs_[i] = static_cast<uint32_t>(less_one) + 1;
    least = docs_[i] + uint64_t{1};
  }
  if (last_docs_ == nullptr) {
    last_doc_ = docs_[count - 1];
  } else if (last_doc_ != docs_[count - 1]) {
    return Fail();
  }
  if (shape_.freqs) {
    freqs_state_ = FreqsState::kDecoded;
  }
  count_ = count;
  return true;
}

std::span<const uint32_t> BlockPostings::freqs() {
  if (!EnsureDecoded() || (freqs_state_ == FreqsState::kPacked && !DecodeFreqs())) {
    return {};
  }
  return {freqs_state_ == FreqsState::kOnes ? kOnes.data() : freqs_.data(), count_};
}

bool BlockPostings::DecodeFreqs() {
  // The documents are good and stay: only the frequencies are made up, and the reader is told.
  const uint8_t* next = DecodeValueBlock(packed_freqs_, SectionEnd(), freqs_.data());
  if (next == nullptr || next > block_end_) {
    corrupt_ = true;
    freqs_.fill(0);
  }
  bool overflown = false;
  for (uint32_t& freq : freqs_) {
    overflown |= freq == std::numeric_limits<uint32_t>::max();
    ++freq;
  }
  if (overflown) {
    corrupt_ = true;
    std::replace(freqs_.begin(), freqs_.end(), uint32_t{0}, uint32_t{1});
  }
  freqs_state_ = FreqsState::kDecoded;
  return true;
}

PositionCursor& BlockPostings::positions() {
  if (!shape_.positions) {
    return positions_;
  }
  if (!positions_open_) {
    positions_.Open(sections_.positions, sections_.offsets, shape_, info_);
    positions_open_ = true;
  }
  const std::span<const uint32_t> all = freqs();
  if (freqs_state_ == FreqsState::kOnes) {
    freq_sum_ += next_ - 1 - summed_;
    summed_ = next_ - 1;
  }
  for (; summed_ + 1 < next_; ++summed_) {
    freq_sum_ += all[summed_];
  }
  positions_.MoveTo(freq_sum_, all[next_ - 1]);
  return positions_;
}

Status BlockPostings::status() const {
  return corrupt() ? Status::Corruption("postings of a term are not as they were written")
                   : Status();
}

}  // namespace binseek::codec
