// TopDocs: the k best documents of a search, collected window by window.
//
// Order is total: sort keys first, then place (index as given, segment, document). Windows come in ascending order of place, so a
// document that is equal to the worst one kept never replaces it; between them may lie places that another TopDocs collects. Single-threaded. Cost per document once k are held: one comparison
// under the first key; of one that comes in, the logarithm of k.
// Within a segment, and within neighbouring ones that share them, texts are compared by codes (sort_plan.h), so that no term is looked up per document: texts
// of those from there that are still held are fetched at the end, and earlier texts are given a code when they are compared first.
// Errors: kCorruption where the terms that order documents cannot be read.
#ifndef BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_
#define BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/search/collapse_key.h"
#include "engine/search/score_heap.h"
#include "engine/search/sort_plan.h"
#include "engine/search/weight.h"

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
  static constexpr uint64_t kNowhere = UINT64_MAX;

  uint64_t position = 0;
  uint64_t coded_at = kNowhere;  // place of the first segment whose codes the
                                 // numbers of text cells are
  float score = 0;               // where scores were computed
  int64_t group = 0;             // where documents are collapsed
  uint64_t rescored = 0;         // see Hit
  std::vector<SortCell> cells;   // one per key
};

class TopDocs {
 public:
  // Keeps `k` documents behind `after` (null: from the first on). Both pointers are borrowed.
  TopDocs(const SortPlan* plan, size_t k, const Cursor* after, bool scores);

  // From now on the best document of each group alone is kept. `key` is borrowed. REQUIRES: nothing was collected.
  void CollapseBy(CollapseKey* key) { collapse_ = key; }
  // By score alone, so that nothing is kept of a document but that and its place.
  bool by_score() const { return plan_->by_score() && collapse_ == nullptr; }

  // Where the next windows come from.
  [[nodiscard]] Status OpenSegment(size_t index, uint32_t segment_ord,
                                   const index::SegmentView& segment);
  void Collect(DocId first, const Window& window);
  // Whether no document of the window can come in, whatever matches. REQUIRES: the plan is not by score.
  bool RulesOut(DocId first) const;
  // As Collect, of documents in order. REQUIRES: the plan is by score; nothing is collapsed.
  void Collect(const DocBatch& batch);
  bool full() const { return by_score() ? best_.full() : docs_.size() == k_; }
  // Below it nothing can come in. REQUIRES: full(), k > 0, the plan is by score.
  float worst_score() const {
    return by_score() ? best_.worst_score() : docs_[heap_.front()].score;
  }

  // Best first; to be called once, last.
  Result<std::vector<TopDoc>> Take();

 private:
  bool SharesCodes(const std::vector<std::unique_ptr<KeyReader>>& readers) const;
  // Gives texts to those that have codes only.
  Status CloseCodes();
  void EnsureCodes(TopDoc* doc) const;
  bool Before(uint32_t a, uint32_t b);  // of docs_, under the codes at hand
  int CompareTexts(size_t k, const SortCell& a, const SortCell& b) const;
  void CollectByScore(DocId first, const Window& window);
  void CollectByKeys(DocId first, const Window& window);
  bool IsAfter(float score, uint64_t position) const;
  int CompareTo(size_t k, uint32_t offset, const SortCell& cell) const;
  // <0: the document comes before the other one by the keys.
  int CompareTo(uint32_t offset, TopDoc* other);
  void Insert(uint64_t position, float score);
  // Of places in the heap. What has become worse than those above rises, what has become better than those below sinks.
  void Exchange(uint32_t a, uint32_t b);
  void Rise(uint32_t at);
  void Sink(uint32_t at);
  void ForgetGroups();
  void Write(uint64_t position, float score, TopDoc* doc);
  // True where the document's group is kept already; takes the place of its best one where it is better.
  bool ReplaceInGroup(uint32_t offset, uint64_t position, float score);
  void FillRest();  // the keys behind the first, once a document of the window
                    // needs them

  const SortPlan* const plan_;
  const size_t k_;
  const bool has_after_;
  const bool scores_;
  TopDoc after_;
  bool has_texts_ = false;  // some key is one
  std::vector<TopDoc> docs_;
  std::vector<uint32_t> heap_;         // of docs_, the worst on top
  std::vector<uint32_t> heap_places_;  // where in heap_ each of docs_ is
  ScoreHeap best_;                     // in place of these where by_score()
  uint64_t place_ = 0;                 // position of the segment's first document
  uint64_t codes_from_ = 0;            // of the first segment that shares its codes
  std::vector<std::unique_ptr<KeyReader>> readers_;
  DocId first_ = 0;
  const Window* window_ = nullptr;
  bool rest_filled_ = false;
  CollapseKey* collapse_ = nullptr;
  int64_t group_ = 0;                             // of the document at hand
  std::unordered_map<int64_t, uint32_t> groups_;  // where in docs_ each is
};

// The best `k` of both; each, and the result, best first.
std::vector<TopDoc> MergeTopDocs(const SortPlan& plan, size_t k, std::vector<TopDoc> a,
                                 std::vector<TopDoc> b);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TOP_DOCS_H_
