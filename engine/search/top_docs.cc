#include "engine/search/top_docs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/mapping/number.h"

namespace binseek::search {
namespace {

// Of documents that have their texts.
bool ComesBefore(const SortPlan& plan, const TopDoc& a, const TopDoc& b) {
  if (plan.by_score()) {
    return a.score != b.score ? a.score > b.score : a.position < b.position;
  }
  for (size_t k = 0; k < plan.size(); ++k) {
    if (const int order = plan.Compare(k, a.cells[k], b.cells[k]); order != 0) {
      return order < 0;
    }
  }
  return a.position < b.position;
}

}  // namespace

TopDocs::TopDocs(const SortPlan* plan, size_t k, const Cursor* after, bool scores)
    : plan_(plan), k_(k), has_after_(after != nullptr), scores_(scores), best_(k) {
  if (has_after_) {
    after_.position = after->position;
    after_.cells = after->cells;
  }
  for (size_t key = 0; key < plan_->size(); ++key) {
    has_texts_ = has_texts_ || plan_->key(key).is_text();
  }
}

Status TopDocs::OpenSegment(size_t index, uint32_t segment_ord, const index::SegmentView& segment) {
  place_ = PositionOf(index, segment_ord, 0);
  if (k_ > 0 && collapse_ != nullptr) {
    collapse_->OpenSegment(index, segment);
  }
  if (k_ == 0 || plan_->by_score()) {
    return Status::Ok();
  }
  std::vector<std::unique_ptr<KeyReader>> readers;
  for (size_t k = 0; k < plan_->size(); ++k) {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<KeyReader> reader,
                             KeyReader::Open(&plan_->key(k), index, segment, place_));
    readers.push_back(std::move(reader));
  }
  for (const auto& reader : readers_) {
    BINSEEK_RETURN_IF_ERROR(reader->status());
  }
  if (!SharesCodes(readers)) {
    BINSEEK_RETURN_IF_ERROR(CloseCodes());
    codes_from_ = place_;
  }
  readers_ = std::move(readers);
  return Status::Ok();
}

bool TopDocs::SharesCodes(const std::vector<std::unique_ptr<KeyReader>>& readers) const {
  for (size_t k = 0; k < readers.size(); ++k) {
    if (plan_->key(k).is_text() && (readers_.empty() || !readers[k]->SharesCodes(*readers_[k]))) {
      return false;
    }
  }
  return true;
}

Status TopDocs::CloseCodes() {
  for (size_t k = 0; k < readers_.size(); ++k) {
    BINSEEK_RETURN_IF_ERROR(readers_[k]->status());
    if (!plan_->key(k).is_text()) {
      continue;
    }
    for (TopDoc& doc : docs_) {
      SortCell& cell = doc.cells[k];
      if (doc.position >= codes_from_ && cell.rank == 0 && KeyReader::IsTerm(cell.number)) {
        BINSEEK_RETURN_IF_ERROR(readers_[k]->TextOf(cell.number, &cell.text));
      }
    }
  }
  readers_.clear();
  return Status::Ok();
}

void TopDocs::EnsureCodes(TopDoc* doc) const {
  if (!has_texts_ || doc->coded_at == codes_from_) {
    return;
  }
  doc->coded_at = codes_from_;
  for (size_t k = 0; k < doc->cells.size(); ++k) {
    if (plan_->key(k).is_text() && doc->cells[k].rank == 0) {
      doc->cells[k].number = readers_[k]->CodeOf(doc->cells[k].text);
    }
  }
}

void TopDocs::Collect(DocId first, const Window& window) {
  if (k_ == 0) {
    return;
  }
  if (collapse_ != nullptr) {
    collapse_->OpenWindow(first, window.CountMatches());
  }
  if (plan_->by_score()) {
    CollectByScore(first, window);
  } else {
    CollectByKeys(first, window);
  }
}

int TopDocs::CompareTexts(size_t k, const SortCell& a, const SortCell& b) const {
  int order = a.number < b.number ? -1 : (a.number > b.number ? 1 : 0);
  if (order == 0 && !KeyReader::IsTerm(a.number)) {
    order = a.text.compare(b.text);
  }
  return plan_->key(k).key.descending ? -order : order;
}

bool TopDocs::Before(uint32_t a, uint32_t b) {
  TopDoc& left = docs_[a];
  TopDoc& right = docs_[b];
  if (plan_->by_score()) {
    return left.score != right.score ? left.score > right.score : left.position < right.position;
  }
  EnsureCodes(&left);
  EnsureCodes(&right);
  for (size_t k = 0; k < plan_->size(); ++k) {
    const SortCell& x = left.cells[k];
    const SortCell& y = right.cells[k];
    const bool texts = plan_->key(k).is_text() && x.rank == 0 && y.rank == 0;
    if (const int order = texts ? CompareTexts(k, x, y) : plan_->Compare(k, x, y); order != 0) {
      return order < 0;
    }
  }
  return left.position < right.position;
}

void TopDocs::Exchange(uint32_t a, uint32_t b) {
  std::swap(heap_[a], heap_[b]);
  heap_places_[heap_[a]] = a;
  heap_places_[heap_[b]] = b;
}

void TopDocs::Rise(uint32_t at) {
  for (; at > 0 && Before(heap_[(at - 1) / 2], heap_[at]); at = (at - 1) / 2) {
    Exchange(at, (at - 1) / 2);
  }
}

void TopDocs::Sink(uint32_t at) {
  const auto count = static_cast<uint32_t>(heap_.size());
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    child += child + 1 < count && Before(heap_[child], heap_[child + 1]) ? 1 : 0;
    if (!Before(heap_[at], heap_[child])) {
      return;
    }
    Exchange(at, child);
    at = child;
  }
}

// Puts a document of the current window into the heap, in place of the worst one where it is full.
void TopDocs::Insert(uint64_t position, float score) {
  const bool replaces = full();
  if (!replaces) {
    heap_places_.push_back(static_cast<uint32_t>(heap_.size()));
    heap_.push_back(static_cast<uint32_t>(docs_.size()));
    docs_.emplace_back();
    docs_.back().cells.resize(plan_->by_score() ? 0 : plan_->size());
    docs_.back().group = INT64_MIN;  // of none
  }
  const uint32_t at = replaces ? heap_.front() : heap_.back();
  TopDoc& doc = docs_[at];  // its cells' strings keep their memory
  if (collapse_ != nullptr) {
    groups_.erase(doc.group);  // of the worst one, which goes
    groups_[group_] = at;
    ForgetGroups();
  }
  Write(position, score, &doc);
  if (replaces) {
    Sink(0);
  } else {
    Rise(heap_places_[at]);
  }
}

// Of the many groups that a document has come from, those that are still kept have to be known.
void TopDocs::ForgetGroups() {
  constexpr size_t kFewGroups = 1000;
  if (collapse_->groups() > 4 * k_ + kFewGroups) {
    collapse_->KeepGroups([this](int64_t group) { return groups_.count(group) != 0; });
  }
}

void TopDocs::Write(uint64_t position, float score, TopDoc* doc) {
  doc->position = position;
  doc->coded_at = codes_from_;
  doc->score = score;
  doc->group = group_;
  const auto offset = static_cast<uint32_t>(position - place_ - first_);
  for (size_t k = 0; k < doc->cells.size(); ++k) {
    readers_[k]->Copy(offset, &doc->cells[k]);
  }
}

bool TopDocs::ReplaceInGroup(uint32_t offset, uint64_t position, float score) {
  group_ = collapse_->GroupOf(offset);
  const auto it = groups_.find(group_);
  if (it == groups_.end()) {
    return false;
  }
  TopDoc& best = docs_[it->second];
  // Equal ones come later, and so do not replace it.
  if (plan_->by_score() ? score <= best.score : CompareTo(offset, &best) >= 0) {
    return true;
  }
  if (!plan_->by_score()) {
    FillRest();
  }
  Write(position, score, &best);
  Sink(heap_places_[it->second]);
  return true;
}

void TopDocs::CollectByScore(DocId first, const Window& window) {
  first_ = first;
  const bool alone = by_score();
  ForEachBit(window.match, [&](uint32_t offset) {
    const float score = window.score[offset];
    if (full() && score <= worst_score()) {
      return;
    }
    const uint64_t position = place_ + first + offset;
    if (has_after_ && !IsAfter(score, position)) {
      return;
    }
    if (alone) {
      best_.Insert(score, position);
    } else if (!ReplaceInGroup(offset, position, score)) {
      Insert(position, score);
    }
  });
}

void TopDocs::Collect(const DocBatch& batch) {
  for (uint32_t i = 0; i < batch.count && k_ > 0; ++i) {
    const float score = Finite(batch.scores[i]);
    if (best_.full() && score <= best_.worst_score()) {
      continue;
    }
    const uint64_t position = place_ + batch.docs[i];
    if (!has_after_ || IsAfter(score, position)) {
      best_.Insert(score, position);
    }
  }
}

// Behind where the page before ended. REQUIRES: there was one; the plan is by score.
bool TopDocs::IsAfter(float score, uint64_t position) const {
  const auto after =
      static_cast<float>(mapping::DoubleFromSortable(plan_->key(0).Fold(after_.cells[0].number)));
  return score < after || (score == after && position > after_.position);
}

int TopDocs::CompareTo(size_t k, uint32_t offset, const SortCell& cell) const {
  const KeyReader& reader = *readers_[k];
  const int8_t rank = reader.rank(offset);
  if (rank != cell.rank || rank != 0) {
    return rank - cell.rank;
  }
  const int64_t number = reader.number(offset);
  const int order = number < cell.number ? -1 : (number > cell.number ? 1 : 0);
  const PlannedKey& key = plan_->key(k);
  if (!key.is_text()) {
    return order;
  }
  if (order == 0 && !KeyReader::IsTerm(number)) {
    const int texts = key.missing_text->compare(cell.text);
    return key.key.descending ? -texts : texts;
  }
  return key.key.descending ? -order : order;
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

int TopDocs::CompareTo(uint32_t offset, TopDoc* other) {
  EnsureCodes(other);
  const std::vector<SortCell>& cells = other->cells;
  int order = CompareTo(0, offset, cells[0]);
  if (order == 0 && readers_.size() > 1) {
    FillRest();
    for (size_t k = 1; k < readers_.size() && order == 0; ++k) {
      order = CompareTo(k, offset, cells[k]);
    }
  }
  return order;
}

bool TopDocs::RulesOut(DocId first) const {
  std::array<uint64_t, Window::kWords> useful;
  return k_ > 0 && full() &&
         readers_[0]->RulesOut(first, docs_[heap_.front()].cells[0], plan_->size() == 1, &useful);
}

void TopDocs::CollectByKeys(DocId first, const Window& window) {
  std::array<uint64_t, Window::kWords> useful;
  useful.fill(~uint64_t{0});
  // Places ascend: who equals the worst by all keys comes behind it.
  if (full() &&
      readers_[0]->RulesOut(first, docs_[heap_.front()].cells[0], plan_->size() == 1, &useful)) {
    return;
  }
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    useful[w] &= window.match[w];
  }
  first_ = first;
  window_ = &window;
  rest_filled_ = false;
  readers_[0]->Fill(first, window);
  ForEachBit(useful, [&](uint32_t offset) {
    if (full() && CompareTo(offset, &docs_[heap_.front()]) >= 0) {
      return;
    }
    const uint64_t position = place_ + first + offset;
    if (has_after_) {
      const int order = CompareTo(offset, &after_);
      if (order < 0 || (order == 0 && position <= after_.position)) {
        return;
      }
    }
    if (collapse_ != nullptr &&
        ReplaceInGroup(offset, position, scores_ ? window.score[offset] : 0)) {
      return;
    }
    FillRest();
    Insert(position, scores_ ? window.score[offset] : 0);
  });
  window_ = nullptr;
}

Result<std::vector<TopDoc>> TopDocs::Take() {
  BINSEEK_RETURN_IF_ERROR(CloseCodes());
  if (by_score()) {
    for (const ScoreHeap::Entry& entry : best_.Take()) {
      TopDoc& doc = docs_.emplace_back();
      doc.position = entry.position;
      doc.score = entry.score;
    }
    return std::move(docs_);
  }
  std::sort(docs_.begin(), docs_.end(),
            [this](const TopDoc& a, const TopDoc& b) { return ComesBefore(*plan_, a, b); });
  return std::move(docs_);
}

std::vector<TopDoc> MergeTopDocs(const SortPlan& plan, size_t k, std::vector<TopDoc> a,
                                 std::vector<TopDoc> b) {
  if (a.empty() || b.empty()) {
    return a.empty() ? std::move(b) : std::move(a);
  }
  std::vector<TopDoc> merged;
  merged.reserve(std::min(k, a.size() + b.size()));
  size_t of_a = 0;
  size_t of_b = 0;
  while (merged.size() < k && (of_a < a.size() || of_b < b.size())) {
    const bool takes_a =
        of_b == b.size() || (of_a < a.size() && ComesBefore(plan, a[of_a], b[of_b]));
    merged.push_back(std::move(takes_a ? a[of_a++] : b[of_b++]));
  }
  return merged;
}

}  // namespace binseek::search
