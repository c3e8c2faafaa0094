// PhrasePart: one place of a phrase: the postings of the terms that may stand there, and their positions in a document.
//
// Single-threaded. Borrows the segment. Positions of several terms come as one ascending list, each occurrence once per term, as Lucene counts them.
#ifndef BINSEEK_ENGINE_SEARCH_PHRASE_POSITIONS_H_
#define BINSEEK_ENGINE_SEARCH_PHRASE_POSITIONS_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/search/window.h"

namespace binseek::search {

class PhrasePart {
 public:
  // `offset`: where in the phrase. `terms`: numbers that tell terms apart, one for each of `infos`; those that the segment lacks are left out.
  PhrasePart(const codec::FieldTerms& field, uint32_t offset, std::vector<uint32_t> terms,
             const std::vector<codec::TermInfo>& infos)
      : offset_(offset), terms_(std::move(terms)) {
    for (const codec::TermInfo& info : infos) {
      postings_.push_back(std::make_unique<codec::BlockPostings>(field.Postings(info)));
      cost_ += info.doc_freq;
    }
    one_ = postings_.size() == 1 ? postings_[0].get() : nullptr;
  }

  // False: the document has none of the terms. REQUIRES: documents ascend.
  bool MoveTo(DocId doc) {
    if (one_ != nullptr) {
      return one_->AdvanceNear(doc) == doc;
    }
    freq_ = 0;
    next_ = 0;
    list_.clear();
    here_.clear();
    for (const auto& postings : postings_) {
      if (postings->Advance(doc) == doc) {
        here_.push_back(postings.get());
        freq_ += postings->freq();
      }
    }
    opened_ = false;
    return !here_.empty();
  }
  // Of the document: occurrences of all terms.
  uint32_t freq() { return one_ != nullptr ? one_->freq() : freq_; }
  // The first of the document again.
  void Restart() {
    if (one_ != nullptr) {
      cursor_ = &one_->positions();
      return;
    }
    next_ = 0;
    if (!opened_) {
      Open();
    }
  }
  // The next position in the document; false at the end. REQUIRES: Restart was called for this document.
  bool Next(uint32_t* position) {
    if (one_ != nullptr) {
      *position = cursor_->NextPosition();
      return *position != codec::kNoMorePositions;
    }
    if (next_ == list_.size()) {
      return false;
    }
    *position = list_[next_++];
    return true;
  }

  uint32_t offset() const { return offset_; }
  const std::vector<uint32_t>& terms() const { return terms_; }
  uint64_t cost() const { return cost_; }
  Status status() const {
    for (const auto& postings : postings_) {
      BINSEEK_RETURN_IF_ERROR(postings->status());
    }
    return Status::Ok();
  }

 private:
  void Open() {
    opened_ = true;
    for (codec::BlockPostings* const postings : here_) {
      codec::PositionCursor& cursor = postings->positions();
      for (uint32_t position = cursor.NextPosition(); position != codec::kNoMorePositions;
           position = cursor.NextPosition()) {
        list_.push_back(position);
      }
    }
    if (here_.size() > 1) {
      std::sort(list_.begin(), list_.end());
    }
  }

  const uint32_t offset_;
  const std::vector<uint32_t> terms_;
  std::vector<std::unique_ptr<codec::BlockPostings>> postings_;
  uint64_t cost_ = 0;
  // Where it is one term, which is what most are: its positions are taken as they come, without a list.
  codec::BlockPostings* one_ = nullptr;
  codec::PositionCursor* cursor_ = nullptr;
  // Of the document at hand, where there are several.
  std::vector<codec::BlockPostings*> here_;
  std::vector<uint32_t> list_;
  size_t next_ = 0;
  uint32_t freq_ = 0;
  bool opened_ = false;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PHRASE_POSITIONS_H_
