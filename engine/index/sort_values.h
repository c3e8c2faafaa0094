// SortValues: where a segment's documents stand in the order of an index sort.
//
//   SortValues values(&segment, &sort);
//   values.Read(doc, &a);                         // a[k]: its place under sort.keys[k]
//   if (CompareSortValues(a, b) < 0) ...
//
// Places of keywords are ordinals, which compare within one segment; those of several compare by ranks among the terms of all (SetRanks). Ids of
// values are in no order: theirs are the codes of the field's table (SetCodes), which compare in all segments, or ranks too where other segments have ordinals.
// Single-threaded. Borrows all that it is given.
#ifndef BINSEEK_ENGINE_INDEX_SORT_VALUES_H_
#define BINSEEK_ENGINE_INDEX_SORT_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/segment.h"
#include "engine/index/keyword_ranks.h"
#include "engine/index/keyword_table.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/index_sort.h"

namespace binseek::index {

class SortValues {
 public:
  SortValues(const codec::Segment* segment, const mapping::IndexSort* sort)
      : segment_(segment), sort_(sort), keywords_(sort->keys.size()) {}

  // For the keyword field of key `k`: by ordinal or, where the segment has those, by id.
  void SetRanks(size_t k, std::shared_ptr<const std::vector<uint32_t>> ranks) {
    keywords_[k].ranks = std::move(ranks);
  }
  // REQUIRES: the segment has ids.
  void SetCodes(size_t k, std::shared_ptr<const KeywordRanks> codes) {
    keywords_[k].codes = std::move(codes);
  }
  void Read(DocId doc, std::vector<mapping::SortValue>* out);

 private:
  // Of the keywords of a key; both null: ordinals count.
  struct KeywordOrder {
    std::shared_ptr<const std::vector<uint32_t>> ranks;
    std::shared_ptr<const KeywordRanks> codes;
    // A number that is out of range is damage, which others find.
    int64_t Place(uint32_t number) const {
      if (codes != nullptr) {
        return number < codes->size() ? static_cast<int64_t>(codes->Code(number)) : 0;
      }
      return ranks == nullptr || number >= ranks->size() ? number : (*ranks)[number];
    }
  };

  std::optional<int64_t> ValueOf(size_t k, DocId doc);

  const codec::Segment* segment_;
  const mapping::IndexSort* sort_;
  std::vector<KeywordOrder> keywords_;  // by key
  std::vector<int64_t> numbers_;        // scratch
  std::vector<uint32_t> ords_;
};

// The segments' living documents in the order of `sort`, blocks whole, equal ones in the order of the segments and within each as they are: for each
// document of the result the ordinal of its segment, from which they come one after the other. Segments have that order already; of those that have not,
// all documents come all the same. `keywords`, which may be null, knows the ids of the index; kCorruption where a segment has others. `pace` is asked every
// some thousand documents; kAborted and the like are its.
// Memory: 2 bytes a document; 4 bytes a term of keyword keys that have ordinals somewhere.
[[nodiscard]] Status OrderBySort(const std::vector<std::shared_ptr<const SegmentView>>& segments,
                                 const mapping::IndexSort& sort, const KeywordViews* keywords,
                                 const std::function<Status(uint32_t)>& pace,
                                 std::vector<uint16_t>* sources);

// Appends what is out of order; `file` is for messages. Says nothing where the segment has ids that `keywords`, which may be null, does not know: CheckTerms does.
void CheckSortOrder(const codec::Segment& segment, const mapping::IndexSort& sort,
                    const KeywordViews* keywords, const std::string& file,
                    std::vector<std::string>* problems);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SORT_VALUES_H_
