// SortPlan: a request's sort keys resolved for the indices that it searches: how keys compare, are read, shown and parsed back.
//
// Made once per search; KeyReader reads one key of one segment's documents, a window at a time.
// A SortPlan is immutable and thread-safe, a KeyReader single-threaded. Both borrow from the view.
// Errors: kInvalidArgument, worded as Elasticsearch words it.
#ifndef BINSEEK_ENGINE_SEARCH_SORT_PLAN_H_
#define BINSEEK_ENGINE_SEARCH_SORT_PLAN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/keyword_ranks.h"
#include "engine/search/field_values.h"
#include "engine/search/nested_sort.h"
#include "engine/search/score_function.h"
#include "engine/search/sort.h"
#include "engine/search/value_form.h"
#include "engine/search/value_format.h"
#include "engine/search/window.h"

namespace binseek::search {

struct PlannedKey {
  SortKey key;
  ValueForm form;                                 // kField
  std::vector<std::optional<FieldRef>> geo_refs;  // kGeoDistance, by index
  std::optional<int64_t> missing_number;          // as common number
  std::optional<std::string> missing_text;
  ValueFormatPtr format;  // of dates, where the key has one; else null
  // Where values are those of nested objects, by index; null: the index has no such field.
  std::vector<std::shared_ptr<const NestedKey>> nested;

  bool is_text() const {
    return key.kind == SortKey::Kind::kField && form.kind() == ValueForm::Kind::kText;
  }
  bool greatest() const {
    return key.mode == SortKey::Mode::kMax ||
           (key.mode == SortKey::Mode::kDefault && key.descending);
  }
  // One number is made of all of a document's.
  bool reduces() const {
    return key.mode == SortKey::Mode::kSum || key.mode == SortKey::Mode::kAvg ||
           key.mode == SortKey::Mode::kMedian;
  }
  bool is_ip() const { return is_text() && form.field().kind == mapping::FieldKind::kIp; }
  int64_t Fold(int64_t number) const { return key.descending ? ~number : number; }
  int8_t missing_rank() const { return key.missing_first ? int8_t{-1} : int8_t{1}; }
};

class SortPlan {
 public:
  // Without keys: by score, best first.
  // `context`, whose index is not looked at, says at which level documents are, and binds filters of nested objects.
  static Result<SortPlan> Make(std::span<const index::IndexView* const> indices,
                               const std::vector<SortKey>& keys, const BindContext& context);

  size_t size() const { return keys_.size(); }
  const PlannedKey& key(size_t k) const { return keys_[k]; }
  // By score alone, best first: hits then carry no sort values.
  bool by_score() const { return by_score_; }
  bool has_score() const;
  // The first hit has the best score of all.
  bool best_score_first() const {
    return keys_[0].key.kind == SortKey::Kind::kScore && keys_[0].key.descending;
  }
  // By place alone, first document first.
  bool by_place() const;

  // <0, 0, >0: `a` comes before, together with, behind `b` under key `k`.
  int Compare(size_t k, const SortCell& a, const SortCell& b) const;
  void AppendJson(size_t k, const SortCell& cell, std::string* out) const;
  Result<Cursor> ParseSearchAfter(const std::vector<std::optional<std::string>>& values) const;

 private:
  Result<SortCell> ParseCell(const PlannedKey& key, const std::optional<std::string>& value) const;

  std::vector<PlannedKey> keys_;
  bool by_score_ = false;
};

// Number of a score under a score key before folding.
int64_t NumberOfScore(float score);

class KeyReader {
 public:
  // `index`: ordinal among the plan's indices. `place`: position of the segment's document 0 (Cursor::position). Errors: those of a nested key's objects.
  static Result<std::unique_ptr<KeyReader>> Open(const PlannedKey* key, size_t index,
                                                 const index::SegmentView& segment, uint64_t place);

  // Reads the key of all matching documents of the window at `first`.
  void Fill(DocId first, const Window& window);
  // Whether zones of numbers say that no document of the window comes before `worst`, or, with `ties`, beside it. Leaves in `useful` the bits of
  // those that may; all where nothing is known.
  bool RulesOut(DocId first, const SortCell& worst, bool ties,
                std::array<uint64_t, Window::kWords>* useful) const;
  int8_t rank(uint32_t offset) const { return missing_[offset]; }
  // Folded; of text keys the code.
  int64_t number(uint32_t offset) const { return numbers_[offset]; }
  // Codes of texts in this segment order as the texts do: 2 * ordinal + 1 for a term of the segment, and 2 * ordinal for a text that is none, before
  // the term of that ordinal. Two of the latter with one code may be different texts. Where the segment has ids, ranks of the index's values
  // (keyword_ranks.h) are in place of ordinals. REQUIRES, here and below: a text key.
  int64_t CodeOf(std::string_view text) const;
  static bool IsTerm(int64_t code) { return code % 2 != 0; }
  // A text has the same code there. REQUIRES: `other` reads the same key.
  bool SharesCodes(const KeyReader& other) const {
    return ranks_ != nullptr && ranks_ == other.ranks_;
  }
  // kCorruption. REQUIRES: a term's code.
  [[nodiscard]] Status TextOf(int64_t code, std::string* text) const {
    const auto number = static_cast<uint64_t>(code / 2);
    return ords_->Text(ranks_ == nullptr ? static_cast<uint32_t>(number) : ranks_->IdOf(number),
                       text);
  }
  // The text is left out where it is a term's.
  void Copy(uint32_t offset, SortCell* cell) const;
  // kCorruption where codes cannot be relied on.
  [[nodiscard]] Status status() const;

 private:
  KeyReader(const PlannedKey* key, size_t index, const index::SegmentView& segment, uint64_t place);
  // Calls visit(value) for every value of a document of the window at `first`, or of its objects. False: there is none.
  template <class Reader, class Visit>
  bool ForEachValue(Reader* reader, DocId first, uint32_t offset, Visit visit) {
    if (nested_ == nullptr) {
      return reader->ForEach(offset, visit);
    }
    bool any = false;
    nested_->ForEach(first + offset, [&](DocId object) {
      reader->Open(object / Window::kDocs * Window::kDocs, 1);
      any = reader->ForEach(object % Window::kDocs, visit) || any;
    });
    return any;
  }
  template <class Value, class Reader>
  bool BestValue(Reader* reader, DocId first, uint32_t offset, Value* value) {
    const bool greatest = key_->greatest();
    if (nested_ == nullptr) {
      return reader->Get(offset, greatest, value);
    }
    bool any = false;
    ForEachValue(reader, first, offset, [&](Value next) {
      *value = !any || (greatest ? next > *value : next < *value) ? next : *value;
      any = true;
    });
    return any;
  }
  void FillNumbers(DocId first, const Window& window);
  void FillReduced(DocId first, const Window& window);
  void FillDistances(DocId first, const Window& window);
  int64_t Reduced(Reducer* reducer, std::vector<int64_t>* values) const;
  void FillOrds(DocId first, const Window& window);
  bool Rank(DocId first, uint32_t offset, bool greatest, uint64_t* code);
  void SetMissing(uint32_t offset);

  const PlannedKey* const key_;
  const mapping::Field* field_ = nullptr;  // null: not a field, or not in this index
  const uint64_t place_;
  std::unique_ptr<NumberReader> column_;
  std::unique_ptr<OrdReader> ords_;
  std::unique_ptr<NestedDocs> nested_;                // null: values are the documents' own
  std::shared_ptr<const index::KeywordRanks> ranks_;  // where the segment has ids
  std::string path_;                                  // of a flattened field
  int64_t missing_code_ = 0;                          // of missing_text
  std::array<int8_t, Window::kDocs> missing_{};       // rank of those without a value, else 0
  std::array<int64_t, Window::kDocs> numbers_{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SORT_PLAN_H_
