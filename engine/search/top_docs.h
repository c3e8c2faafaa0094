// TopDocs: the k best documents of a search, collected window by window.
//
// Order is total: sort keys first, then place (index as given, segment, document). Windows come in ascending order of place, so a
// document that is equal to the worst one kept never replaces it. Single-threaded. Cost per document once k are held: one comparison
// under the first key.
#ifndef BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_
#define BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/search/sort_plan.h"

namespace binseek::search {

// Cursor::position: index ordinal, segment ordinal, document.
constexpr uint64_t PositionOf(uint64_t index, uint64_t segment, uint64_t doc) {
  return index << 48 | segment << 32 | doc;
}
constexpr size_t IndexOf(uint64_t position) { return position >> 48; }
constexpr uint32_t SegmentOf(uint64_t position) {
  return static_cast<uint32_t>(position >> 32 & 0xFFFF);
}
constexpr DocId DocOf(uint64_t position) { return static_cast<DocId>(position); }

struct TopDoc {
  uint64_t position = 0;
  float score = 0;              // where scores were computed
  std::vector<SortCell> cells;  // one per key
};

class TopDocs {
 public:
  // Keeps `k` documents behind `after` (null: from the first on). Both pointers are borrowed.
  TopDocs(const SortPlan* plan, size_t k, const Cursor* after, bool scores);

  // Where the next windows come from.
  void OpenSegment(size_t index, uint32_t segment_ord, const index::SegmentView& segment);
  void Collect(DocId first, const Window& window);
  bool full() const { return docs_.size() == k_; }

  // Best first; empties this.
  std::vector<TopDoc> Take();

 private:
  bool Before(const TopDoc& a, const TopDoc& b) const;
  void CollectByScore(DocId first, const Window& window);
  void CollectByKeys(DocId first, const Window& window);
  int CompareTo(size_t k, uint32_t offset, const SortCell& cell) const;
  // <0: the document comes before the cells.
  int CompareTo(uint32_t offset, const std::vector<SortCell>& cells);
  void Insert(uint64_t position, float score);
  void FillRest();  // the keys behind the first, once a document of the window needs them

  const SortPlan* const plan_;
  const size_t k_;
  const Cursor* const after_;
  const bool scores_;
  std::vector<TopDoc> docs_;  // a heap, the worst on top
  uint64_t place_ = 0;        // position of the segment's first document
  std::vector<std::unique_ptr<KeyReader>> readers_;
  DocId first_ = 0;
  const Window* window_ = nullptr;
  bool rest_filled_ = false;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_
