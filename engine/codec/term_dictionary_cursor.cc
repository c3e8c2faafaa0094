#include "engine/codec/term_dictionary_reader.h"

namespace binseek::codec {

bool BlockTermDictionary::Cursor::Fail() {
  terms_->SetCorrupt();
  valid_ = false;
  return false;
}

bool BlockTermDictionary::Cursor::LoadBlock(uint32_t block) {
  block_ = terms_->OpenBlock(block);
  block_number_ = block;
  index_ = 0;
  infos_parsed_ = false;
  started_ = true;
  return block_.terms != 0;
}

bool BlockTermDictionary::Cursor::Step() {
  if (!block_.entries.Next() || block_.entries.shared() > term_.size() ||
      block_.entries.shared() + block_.entries.suffix().size() > kMaxTermBytes) [[unlikely]] {
    return Fail();
  }
  term_.resize(block_.entries.shared());
  term_.append(block_.entries.suffix());
  return valid_ = true;
}

bool BlockTermDictionary::Cursor::StepToBlock(uint32_t block) {
  valid_ = false;
  if (block >= terms_->blocks()) {
    started_ = true;
    return false;
  }
  if (!LoadBlock(block)) {
    return Fail();
  }
  term_.assign(block_.separator);
  return Step();
}

bool BlockTermDictionary::Cursor::Next() {
  if (!valid_) {
    return !started_ && StepToBlock(0);
  }
  if (index_ + 1 == block_.terms) {
    return StepToBlock(block_number_ + 1);
  }
  ++index_;
  return Step();
}

bool BlockTermDictionary::Cursor::SeekOrd(uint32_t ord) {
  if (ord >= terms_->size()) {
    valid_ = false;
    started_ = true;
    return false;
  }
  const bool ahead_in_block = valid_ && ord >= this->ord() && ord - block_.first_ord < block_.terms;
  if (!ahead_in_block && !StepToBlock(ord >> terms_->block_shift_)) {
    return false;
  }
  while (this->ord() != ord) {
    ++index_;
    if (!Step()) {
      return false;
    }
  }
  return true;
}

bool BlockTermDictionary::Cursor::SeekCeil(std::string_view term) {
  if (terms_->size() == 0) {
    return false;
  }
  uint32_t from = 0;
  size_t matched = 0;
  const bool ahead = valid_ && term_ <= term;
  if (ahead && term_ == term) {
    return true;
  }
  if (ahead &&
      (block_number_ + 1 == terms_->blocks() || term < terms_->Separator(block_number_ + 1))) {
    from = index_ + 1;
    matched = CommonPrefix(term_, term);
  } else {
    if (!LoadBlock(terms_->FindBlock(term))) {
      return Fail();
    }
    matched = CommonPrefix(block_.separator, term);
  }
  const TermSeek seek = SeekTerm(&block_.entries, from, block_.terms, matched, term);
  if (seek.corrupt) {
    return Fail();
  }
  if (seek.index == block_.terms) {
    return StepToBlock(block_number_ + 1);
  }
  index_ = seek.index;
  const size_t shared = block_.entries.shared();
  if (shared + block_.entries.suffix().size() > kMaxTermBytes) [[unlikely]] {
    return Fail();
  }
  term_.assign(term.data(), shared);  // `term` may be a part of term_
  term_.append(block_.entries.suffix());
  return valid_ = true;
}

TermInfo BlockTermDictionary::Cursor::info() {
  infos_parsed_ = infos_parsed_ || infos_.Parse(block_.infos, block_.terms, terms_->shape_);
  TermInfo info;
  if (!infos_parsed_ || !infos_.Get(index_, terms_->max_doc_, &info)) {
    terms_->SetCorrupt();
    return TermInfo{};
  }
  return info;
}

}  // namespace binseek::codec
