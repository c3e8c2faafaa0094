#include "engine/search/top_docs.h"

#include <algorithm>
#include <utility>

#include "engine/mapping/number.h"

namespace binseek::search {

TopDocs::TopDocs(const SortPlan* plan, size_t k, const Cursor* after, bool scores)
    : plan_(plan), k_(k), after_(after), scores_(scores) {}

void TopDocs::OpenSegment(size_t index, uint32_t segment_ord, const index::SegmentView& segment) {
  place_ = PositionOf(index, segment_ord, 0);
  readers_.clear();
  if (k_ == 0 || plan_->by_score()) {
    return;
  }
  for (size_t k = 0; k < plan_->size(); ++k) {
    readers_.push_back(std::make_unique<KeyReader>(&plan_->key(k), index, segment, place_));
  }
}

void TopDocs::Collect(DocId first, const Window& window) {
  if (k_ == 0) {
    return;
  }
  if (plan_->by_score()) {
    CollectByScore(first, window);
  } else {
    CollectByKeys(first, window);
  }
}

bool TopDocs::Before(const TopDoc& a, const TopDoc& b) const {
  if (plan_->by_score()) {
    return a.score != b.score ? a.score > b.score : a.position < b.position;
  }
  for (size_t k = 0; k < plan_->size(); ++k) {
    if (const int order = plan_->Compare(k, a.cells[k], b.cells[k]); order != 0) {
      return order < 0;
    }
  }
  return a.position < b.position;
}

// Puts a document of the current window into the heap, in place of the worst one where it is full.
void TopDocs::Insert(uint64_t position, float score) {
  const auto before = [this](const TopDoc& a, const TopDoc& b) { return Before(a, b); };
  if (full()) {
    std::pop_heap(docs_.begin(), docs_.end(), before);
  } else {
    docs_.emplace_back();
    docs_.back().cells.resize(plan_->by_score() ? 0 : plan_->size());
  }
  TopDoc& doc = docs_.back();  // its cells' strings keep their memory
  doc.position = position;
  doc.score = score;
  const auto offset = static_cast<uint32_t>(position - place_ - first_);
  for (size_t k = 0; k < doc.cells.size(); ++k) {
    readers_[k]->Copy(offset, &doc.cells[k]);
  }
  std::push_heap(docs_.begin(), docs_.end(), before);
}

void TopDocs::CollectByScore(DocId first, const Window& window) {
  first_ = first;
  const bool has_after = after_ != nullptr;
  const float after_score = has_after ? static_cast<float>(mapping::DoubleFromSortable(
                                            plan_->key(0).Fold(after_->cells[0].number)))
                                      : 0;
  ForEachBit(window.match, [&](uint32_t offset) {
    const float score = window.score[offset];
    if (full() && score <= docs_.front().score) {
      return;
    }
    const uint64_t position = place_ + first + offset;
    if (has_after &&
        (score > after_score || (score == after_score && position <= after_->position))) {
      return;
    }
    Insert(position, score);
  });
}

int TopDocs::CompareTo(size_t k, uint32_t offset, const SortCell& cell) const {
  const KeyReader& reader = *readers_[k];
  const int8_t rank = reader.rank(offset);
  if (rank != cell.rank || rank != 0) {
    return rank - cell.rank;
  }
  if (!plan_->key(k).is_text()) {
    const int64_t number = reader.number(offset);
    return number < cell.number ? -1 : (number > cell.number ? 1 : 0);
  }
  const int order = reader.text(offset).compare(cell.text);
  return plan_->key(k).key.descending ? -order : order;
}

void TopDocs::FillRest() {
  if (rest_filled_) {
    return;
  }
  rest_filled_ = true;
  for (size_t k = 1; k < readers_.size(); ++k) {
    readers_[k]->Fill(first_, *window_);
  }
}

int TopDocs::CompareTo(uint32_t offset, const std::vector<SortCell>& cells) {
  int order = CompareTo(0, offset, cells[0]);
  if (order == 0 && readers_.size() > 1) {
    FillRest();
    for (size_t k = 1; k < readers_.size() && order == 0; ++k) {
      order = CompareTo(k, offset, cells[k]);
    }
  }
  return order;
}

void TopDocs::CollectByKeys(DocId first, const Window& window) {
  first_ = first;
  window_ = &window;
  rest_filled_ = false;
  readers_[0]->Fill(first, window);
  ForEachBit(window.match, [&](uint32_t offset) {
    if (full() && CompareTo(offset, docs_.front().cells) >= 0) {
      return;
    }
    const uint64_t position = place_ + first + offset;
    if (after_ != nullptr) {
      const int order = CompareTo(offset, after_->cells);
      if (order < 0 || (order == 0 && position <= after_->position)) {
        return;
      }
    }
    FillRest();
    Insert(position, scores_ ? window.score[offset] : 0);
  });
  window_ = nullptr;
}

std::vector<TopDoc> TopDocs::Take() {
  std::sort(docs_.begin(), docs_.end(),
            [this](const TopDoc& a, const TopDoc& b) { return Before(a, b); });
  return std::exchange(docs_, {});
}

}  // namespace binseek::search
