#include "engine/codec/term_dictionary_writer.h"

#include <limits>

#include "engine/base/check.h"
#include "engine/codec/term_dictionary_layout.h"

namespace binseek::codec {

BlockTermDictionaryWriter::BlockTermDictionaryWriter(PostingsShape shape, ByteSink* blocks,
                                                     ByteSink* index, uint32_t block_shift)
    : shape_(shape), blocks_(blocks), index_(index), block_shift_(block_shift) {
  BINSEEK_CHECK(block_shift <= kMaxTermBlockShift);
}

Status BlockTermDictionaryWriter::Add(std::string_view term, const TermInfo& info) {
  if (term.size() > kMaxTermBytes) {
    return Status::InvalidArgument("a term is longer than 32766 bytes");
  }
  if (terms_ != 0 && term <= last_term_) {
    return Status::InvalidArgument("terms are not in ascending order");
  }
  const bool freq_too_great =
      info.doc_freq == 1 && info.total_term_freq > std::numeric_limits<uint32_t>::max();
  if (info.doc_freq == 0 ||
      (shape_.freqs && (info.total_term_freq < info.doc_freq || freq_too_great))) {
    return Status::InvalidArgument("a term's statistics contradict each other");
  }
  if (infos_.empty()) {
    StartBlock(term);
  } else {
    const size_t shared = CommonPrefix(last_term_, term);
    PutTermEntry(&entries_, shared, term.substr(shared));
  }
  infos_.push_back(info);
  sum_doc_freq_ += info.doc_freq;
  sum_total_term_freq_ += shape_.freqs ? info.total_term_freq : info.doc_freq;
  last_term_.assign(term);
  ++terms_;
  if (infos_.size() == size_t{1} << block_shift_) {
    EndBlock();
  }
  return Status::Ok();
}

void BlockTermDictionaryWriter::StartBlock(std::string_view term) {
  const size_t separator = terms_ == 0 ? 0 : CommonPrefix(last_term_, term) + 1;
  block_starts_.push_back(blocks_->size());
  separator_starts_.push_back(separators_.size());
  separators_.append(term.substr(0, separator));
  PutTermEntry(&entries_, separator, term.substr(separator));
}

void BlockTermDictionaryWriter::EndBlock() {
  std::string block;
  PutVarint(&block, entries_.size());
  block += entries_;
  PutTermInfos(&block, infos_, shape_);
  blocks_->Append(block);
  entries_.clear();
  infos_.clear();
}

Status BlockTermDictionaryWriter::Finish(uint32_t doc_count) {
  if (!infos_.empty()) {
    EndBlock();
  }
  if (separators_.size() > std::numeric_limits<uint32_t>::max()) {
    return Status::ResourceExhausted("the index of a term dictionary would exceed 4 GiB");
  }
  const size_t blocks = block_starts_.size();
  block_starts_.push_back(blocks_->size());
  separator_starts_.push_back(separators_.size());
  const auto separator = [this](size_t block) {
    return std::string_view(separators_)
        .substr(separator_starts_[block], separator_starts_[block + 1] - separator_starts_[block]);
  };
  // The first block's separator is empty; what all others begin with would make their heads alike.
  const size_t prefix = blocks < 2 ? 0 : CommonPrefix(separator(1), separator(blocks - 1));
  std::string arrays;
  for (size_t block = 0; block < blocks; ++block) {
    PutU64(&arrays, block == 0 ? 0 : TermHead(separator(block).substr(prefix)));
  }
  for (const uint64_t start : block_starts_) {
    PutU64(&arrays, start);
  }
  for (const uint64_t start : separator_starts_) {
    PutU32(&arrays, static_cast<uint32_t>(start));
  }
  index_->Append(arrays);
  index_->Append(separators_);
  std::string trailer;
  PutU64(&trailer, sum_doc_freq_);
  PutU64(&trailer, sum_total_term_freq_);
  PutU32(&trailer, terms_);
  PutU32(&trailer, doc_count);
  PutU32(&trailer, static_cast<uint32_t>(prefix));
  PutU8(&trailer, static_cast<uint8_t>(block_shift_));
  PutU8(&trailer, ShapeBits(shape_));
  PutU16(&trailer, 0);
  BINSEEK_CHECK(trailer.size() == kTermTrailerBytes);
  index_->Append(trailer);
  return Status::Ok();
}

}  // namespace binseek::codec
