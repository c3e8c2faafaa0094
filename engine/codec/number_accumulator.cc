#include "engine/codec/number_accumulator.h"

#include <algorithm>

#include "engine/codec/number_column.h"

namespace binseek::codec {

NumberAccumulator::Values::const_iterator NumberAccumulator::FirstOf(DocId doc) const {
  return std::lower_bound(values_.begin(), values_.end(), doc,
                          [](const auto& entry, DocId wanted) { return entry.first < wanted; });
}

void NumberAccumulator::Set(DocId doc, std::optional<int64_t> value) {
  const bool edited = !edits_.empty() && edits_.rbegin()->first >= doc;
  if (!edited && (values_.empty() || values_.back().first < doc)) {
    if (value) {
      values_.emplace_back(doc, *value);
    }
    return;
  }
  const auto it = values_.begin() + (FirstOf(doc) - values_.cbegin());
  const bool single = it != values_.end() && it->first == doc &&
                      (it + 1 == values_.end() || (it + 1)->first != doc);
  if (single && value && edits_.count(doc) == 0) {
    it->second = *value;
  } else {
    SetAll(doc, value ? std::span<const int64_t>(&*value, 1) : std::span<const int64_t>());
  }
}

void NumberAccumulator::SetAll(DocId doc, std::span<const int64_t> values) {
  edits_[doc].assign(values.begin(), values.end());
}

std::vector<int64_t> NumberAccumulator::GetAll(DocId doc) const {
  const auto edit = edits_.find(doc);
  if (edit != edits_.end()) {
    return edit->second;
  }
  std::vector<int64_t> values;
  for (auto it = FirstOf(doc); it != values_.end() && it->first == doc; ++it) {
    values.push_back(it->second);
  }
  return values;
}

std::optional<int64_t> NumberAccumulator::Get(DocId doc) const {
  const auto edit = edits_.find(doc);
  if (edit != edits_.end()) {
    return edit->second.empty() ? std::nullopt : std::optional<int64_t>(edit->second.front());
  }
  const auto it = FirstOf(doc);
  return it == values_.end() || it->first != doc ? std::nullopt
                                                 : std::optional<int64_t>(it->second);
}

void NumberAccumulator::Renumber(std::span<const DocId> places) {
  for (auto& [doc, value] : values_) {
    doc = places[doc];
  }
  std::stable_sort(values_.begin(), values_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::map<DocId, std::vector<int64_t>> edits;
  for (auto& [doc, values] : edits_) {
    edits[places[doc]] = std::move(values);
  }
  edits_ = std::move(edits);
}

void NumberAccumulator::Write(uint32_t max_doc, ByteSink* sink) const {
  PackedColumnWriter column(sink);
  ForEach([&column](DocId doc, std::span<const int64_t> values) { column.Add(doc, values); });
  column.Finish(max_doc);
}

}  // namespace binseek::codec
