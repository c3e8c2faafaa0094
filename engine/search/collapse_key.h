// CollapseKey: the value of a keyword or number that groups hits, as a number that means the same in all segments and indices of a search.
//
// Single-threaded. Borrows from the view. Errors: kInvalidArgument, in Elasticsearch's words (no such field, a field that cannot group, a document with
// several values), kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_COLLAPSE_KEY_H_
#define BINSEEK_ENGINE_SEARCH_COLLAPSE_KEY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/field_values.h"
#include "engine/search/value_form.h"

namespace binseek::search {

class CollapseKey {
 public:
  static Result<std::unique_ptr<CollapseKey>> Make(std::span<const index::IndexView* const> indices,
                                                   const std::string& field);

  void OpenSegment(size_t index, const index::SegmentView& segment);
  void OpenWindow(DocId first, size_t wanted);
  // The group of a document of the window; those without a value are one.
  int64_t GroupOf(uint32_t offset);
  // Its value as JSON; "null" for those without. REQUIRES: the group was not forgotten.
  std::string ValueOf(int64_t group) const;
  // How many values are known, and forgets those of groups that `keeps` is not true of: a document of such a value is of a new group. Cost: all that are known.
  size_t groups() const { return texts_.size() + values_.size(); }
  void KeepGroups(const std::function<bool(int64_t group)>& keeps);
  // To be asked at the end.
  [[nodiscard]] Status status() const { return status_; }

 private:
  CollapseKey(std::string field, ValueForm form)
      : field_(std::move(field)), form_(std::move(form)) {}
  int64_t GroupOfOrd(uint32_t ord);
  int64_t GroupOfNumber(int64_t number);
  void RefuseSeveral();

  const std::string field_;
  const ValueForm form_;
  Status status_;
  const mapping::Field* segment_field_ = nullptr;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<OrdReader> ords_;
  std::unordered_map<uint32_t, int64_t> of_ord_;  // in this segment
  std::map<std::string, int64_t> of_text_;
  std::unordered_map<int64_t, const std::string*> texts_;  // by group
  std::unordered_map<int64_t, int64_t> of_number_;
  std::unordered_map<int64_t, int64_t> values_;  // by group
  int64_t next_group_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_COLLAPSE_KEY_H_
