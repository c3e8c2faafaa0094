// TermCounts: how often numbers of a range came, for counting values by ordinal or id.
//
// Into one array; but where the range is large and few have come so far, numbers are noted down one by one, so that few documents do not pay for an array that
// is mostly zeros. Its memory counts against the search's, before it is taken. Single-threaded; borrows the context. Errors: kResourceExhausted; one that
// Add meets is given by the next MakeRoom or ForEach.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_COUNTS_H_
#define BINSEEK_ENGINE_SEARCH_TERM_COUNTS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/status.h"
#include "engine/search/aggregator.h"
#include "engine/search/window.h"

namespace binseek::search {

class TermCounts {
 public:
  explicit TermCounts(AggregationContext* context) : context_(context) {}

  // Forgets everything; numbers are in [begin, end) from now on.
  Status Start(uint32_t begin, uint32_t end) {
    begin_ = begin;
    size_ = end - begin;
    noted_.clear();
    counts_.clear();
    status_ = Status::Ok();
    return size_ < kSmall ? Spread()
                          : context_->Reserve(size_ / kFew + size_t{Window::kDocs}, &noted_);
  }
  // To be called now and then: from enough numbers on there is an array.
  Status MakeRoom() {
    BINSEEK_RETURN_IF_ERROR(status_);
    return counts_.empty() && noted_.size() > size_ / kFew ? Spread() : Status::Ok();
  }

  // The array, from number `begin` on; null: numbers are noted.
  uint32_t* array() { return counts_.empty() ? nullptr : counts_.data(); }
  void Add(uint32_t number) {
    if (!counts_.empty()) {
      ++counts_[number - begin_];
    } else if (noted_.size() < noted_.capacity()) {
      noted_.push_back(number);
    } else {
      AddToFull(number);
    }
  }

  // Calls visit(number, count) -> Status for all that came, ascending, until one is not Ok.
  template <class Visit>
  Status ForEach(Visit visit) {
    BINSEEK_RETURN_IF_ERROR(status_);
    std::sort(noted_.begin(), noted_.end());
    for (auto it = noted_.begin(); it != noted_.end();) {
      const auto end =
          std::find_if(it, noted_.end(), [it](uint32_t other) { return other != *it; });
      BINSEEK_RETURN_IF_ERROR(visit(*it, static_cast<uint32_t>(end - it)));
      it = end;
    }
    for (uint32_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) {
        BINSEEK_RETURN_IF_ERROR(visit(begin_ + i, counts_[i]));
      }
    }
    return Status::Ok();
  }

 private:
  static constexpr uint32_t kSmall = 16384;
  static constexpr uint32_t kFew = 16;

  Status Spread() {
    BINSEEK_RETURN_IF_ERROR(context_->Reserve(size_, &counts_));
    counts_.assign(size_, 0);
    for (const uint32_t number : noted_) {
      ++counts_[number - begin_];
    }
    noted_.clear();
    return Status::Ok();
  }

  // Documents have several numbers, so that a window was more than there is room for.
  void AddToFull(uint32_t number) {
    if (status_.PeekOk()) {
      status_ = Spread();
    }
    if (status_.PeekOk()) {
      ++counts_[number - begin_];
    }
  }

  AggregationContext* const context_;
  Status status_;
  uint32_t begin_ = 0;
  uint32_t size_ = 0;
  std::vector<uint32_t> noted_;  // as many as room was reserved for
  std::vector<uint32_t> counts_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_COUNTS_H_
