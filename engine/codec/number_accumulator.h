// NumberAccumulator: the numbers of one field of a segment in the making; they can still be changed.
//
// Values are appended as documents come; what changes an earlier document is kept beside them. Single-threaded.
#ifndef BINSEEK_ENGINE_CODEC_NUMBER_ACCUMULATOR_H_
#define BINSEEK_ENGINE_CODEC_NUMBER_ACCUMULATOR_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/codec/byte_sink.h"
#include "engine/codec/doc_id.h"

namespace binseek::codec {

class NumberAccumulator {
 public:
  // One more value. REQUIRES: `doc` is not below any before; Set was not called for it.
  void Add(DocId doc, int64_t value) { values_.emplace_back(doc, value); }
  // This value alone, or none.
  void Set(DocId doc, std::optional<int64_t> value);
  // These, in ascending order.
  void SetAll(DocId doc, std::span<const int64_t> values);
  // The first one that was added, or the one that was set.
  std::optional<int64_t> Get(DocId doc) const;
  std::vector<int64_t> GetAll(DocId doc) const;  // in the order in which they came
  // Calls visit(doc, values) for documents that have some, in order; values ascend.
  template <class Visit>
  void ForEach(Visit visit) const;
  // Documents go elsewhere: `places` has the new one of each.
  void Renumber(std::span<const DocId> places);
  // A column (number_column.h).
  void Write(uint32_t max_doc, ByteSink* sink) const;

 private:
  using Values = std::vector<std::pair<DocId, int64_t>>;
  Values::const_iterator FirstOf(DocId doc) const;

  Values values_;  // by document
  std::map<DocId, std::vector<int64_t>> edits_;
};

template <class Visit>
void NumberAccumulator::ForEach(Visit visit) const {
  std::vector<int64_t> several;
  auto it = values_.begin();
  auto edit = edits_.begin();
  while (it != values_.end() || edit != edits_.end()) {
    if (edit != edits_.end() && (it == values_.end() || edit->first <= it->first)) {
      if (!edit->second.empty()) {
        visit(edit->first, std::span<const int64_t>(edit->second));
      }
      while (it != values_.end() && it->first == edit->first) {
        ++it;
      }
      ++edit;
      continue;
    }
    const DocId doc = it->first;
    several.clear();
    for (; it != values_.end() && it->first == doc; ++it) {
      several.push_back(it->second);
    }
    std::sort(several.begin(), several.end());
    visit(doc, std::span<const int64_t>(several));
  }
}

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_NUMBER_ACCUMULATOR_H_
