#include "engine/codec/postings_writer.h"

#include <algorithm>
#include <span>

namespace binseek::codec {

PostingsWriter::PostingsWriter(PostingsShape shape, const uint8_t* norms, ByteSink* postings,
                               ByteSink* positions, ByteSink* offsets, uint64_t wide_from)
    : shape_(shape),
      norms_(norms),
      postings_(postings),
      wide_from_(wide_from),
      positions_(positions, shape.position_lengths ? 2 : 1, wide_from),
      offsets_(offsets, 2, wide_from) {}

void PostingsWriter::BeginTerm() {
  pending_ = 0;
  first_possible_ = 0;
  begin_ = postings_->size();
  doc_freq_ = 0;
  total_freq_ = 0;
  freq_before_ = 0;
  block_impacts_.Clear();
  last_docs_.clear();
  ends_.clear();
  freqs_before_.clear();
  impacts_.clear();
  if (shape_.positions) {
    positions_.Begin();
  }
  if (shape_.offsets) {
    offsets_.Begin();
  }
}

void PostingsWriter::AddDoc(DocId doc, uint32_t freq) {
  docs_[pending_] = doc;
  freqs_[pending_] = freq;
  ++pending_;
  ++doc_freq_;
  total_freq_ += freq;
  if (shape_.freqs) {
    block_impacts_.Add(freq, norms_ != nullptr ? norms_[doc] : 0);
  }
  last_position_ = 0;
  last_start_offset_ = 0;
  if (pending_ == kBlockSize) {
    WriteBlock();
  }
}

void PostingsWriter::AddPosition(uint32_t position, uint32_t start_offset, uint32_t end_offset,
                                 uint32_t position_length) {
  if (shape_.positions) {
    positions_.Add(position - last_position_, position_length - 1);
    last_position_ = position;
  }
  if (shape_.offsets) {
    offsets_.Add(start_offset - last_start_offset_, end_offset - start_offset);
    last_start_offset_ = start_offset;
  }
}

TermInfo PostingsWriter::EndTerm() {
  TermInfo info;
  info.doc_freq = static_cast<uint32_t>(doc_freq_);
  info.total_term_freq = total_freq_;
  if (doc_freq_ == 1) {
    info.only_doc = docs_[0];
  } else {
    if (pending_ > 0) {
      WriteRest();
    }
    info.postings_start = begin_;
    if (doc_freq_ >= kBlockSize) {
      info.postings_start = postings_->size();
      WriteTable();
    }
  }
  if (shape_.positions) {
    info.positions_start = positions_.End();
  }
  if (shape_.offsets) {
    info.offsets_start = offsets_.End();
  }
  return info;
}

void PostingsWriter::WriteBlock() {
  const bool all_ones =
      std::all_of(freqs_.begin(), freqs_.end(), [](uint32_t freq) { return freq == 1; });
  scratch_.clear();
  EncodeDocBlock(docs_.data(), first_possible_, all_ones, &scratch_);
  if (!all_ones) {
    std::array<uint32_t, kBlockSize> less_one;
    std::transform(freqs_.begin(), freqs_.end(), less_one.begin(),
                   [](uint32_t freq) { return freq - 1; });
    EncodeValueBlock(less_one.data(), &scratch_);
  }
  postings_->Append(scratch_);
  EndBlock();
}

void PostingsWriter::WriteRest() {
  scratch_.clear();
  DocId least = first_possible_;
  for (uint32_t i = 0; i < pending_; ++i) {
    const uint64_t gap = docs_[i] - least;
    least = docs_[i] + 1;
    if (!shape_.freqs) {
      PutVarint(&scratch_, gap);
      continue;
    }
    PutVarint(&scratch_, gap << 1 | (freqs_[i] == 1 ? 1 : 0));
    if (freqs_[i] != 1) {
      PutVarint(&scratch_, freqs_[i] - 1);
    }
  }
  postings_->Append(scratch_);
  EndBlock();
}

void PostingsWriter::EndBlock() {
  const DocId last = docs_[pending_ - 1];
  last_docs_.push_back(last);
  ends_.push_back(postings_->size() - begin_);
  if (shape_.positions) {
    freqs_before_.push_back(freq_before_);
  }
  if (shape_.freqs) {
    const Impacts impacts = block_impacts_.Build();
    if (impacts_.empty()) {
      term_impacts_ = impacts;
    }
    term_impacts_.Merge(impacts);
    impacts_.push_back(EncodeImpacts(impacts));
    block_impacts_.Clear();
  }
  freq_before_ = total_freq_;
  first_possible_ = last + 1;
  pending_ = 0;
}

void PostingsWriter::WriteTable() {
  const bool wide = std::max(ends_.back(), total_freq_) >= wide_from_;
  const auto put_offsets = [this, wide](const std::vector<uint64_t>& values) {
    for (const uint64_t value : values) {
      wide ? PutU64(&scratch_, value) : PutU32(&scratch_, static_cast<uint32_t>(value));
    }
  };
  scratch_.clear();
  PutU8(&scratch_, wide ? 1 : 0);
  if (shape_.freqs) {
    PutU32(&scratch_, EncodeImpacts(term_impacts_));
  }
  for (const DocId last : last_docs_) {
    PutU32(&scratch_, last);
  }
  put_offsets(ends_);
  put_offsets(freqs_before_);
  for (const uint32_t impacts : impacts_) {
    PutU32(&scratch_, impacts);
  }
  postings_->Append(scratch_);
}

}  // namespace binseek::codec
