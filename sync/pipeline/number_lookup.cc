#include "sync/pipeline/number_lookup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/index/system_keywords.h"

namespace binseek::pipeline {
namespace {

constexpr uint32_t kWindow = 1024;  // documents read at once

// Whether any of `values` lies within [low, high].
bool AnyWithin(std::span<const int64_t> values, int64_t low, int64_t high) {
  const auto first = std::lower_bound(values.begin(), values.end(), low);
  return first != values.end() && *first <= high;
}

class Lookup {
 public:
  Lookup(const index::SegmentView& segment, const index::NumberPages& column,
         std::span<const int64_t> values, std::string_view source_table, const NumberedVisit& visit)
      : segment_(segment),
        column_(column),
        values_(values),
        source_table_(source_table),
        visit_(visit) {}

  // False: no more is wanted.
  Result<bool> Run() {
    for (uint32_t page = 0; page < column_.pages(); ++page) {
      if (!AnyWithin(values_, column_.page_min(page), column_.page_max(page))) {
        continue;
      }
      const index::DocId end = column_.first_doc(page) + column_.docs_of(page);
      for (index::DocId first = column_.first_doc(page); first < end; first += kWindow) {
        BINSEEK_ASSIGN_OR_RETURN(const bool more, Window(first, std::min(kWindow, end - first)));
        if (!more) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  Result<bool> Window(index::DocId first, uint32_t n) {
    present_.fill(0);
    column_.Read(first, n, numbers_.data(), present_.data());
    for (uint32_t i = 0; i < n; ++i) {
      if ((present_[i / 64] >> (i % 64) & 1) == 0 ||
          !std::binary_search(values_.begin(), values_.end(), numbers_[i]) ||
          !segment_.IsLive(first + i)) {
        continue;
      }
      BINSEEK_ASSIGN_OR_RETURN(const bool more, Give(first + i, numbers_[i]));
      if (!more) {
        return false;
      }
    }
    return true;
  }

  Result<bool> Give(index::DocId doc, int64_t value) {
    tables_.clear();
    BINSEEK_RETURN_IF_ERROR(
        index::ReadSystemKeywords(segment_, doc, mapping::kSourceTableField, &tables_));
    if (std::find(tables_.begin(), tables_.end(), source_table_) == tables_.end()) {
      return true;
    }
    const auto number = [&](mapping::FieldId field) -> std::optional<int64_t> {
      const index::NumberPages* column = segment_.Column(field);
      return column == nullptr ? std::nullopt : column->Get(doc);
    };
    return visit_({segment_.segment().Key(doc), value, number});
  }

  const index::SegmentView& segment_;
  const index::NumberPages& column_;
  const std::span<const int64_t> values_;
  const std::string_view source_table_;
  const NumberedVisit& visit_;
  std::array<int64_t, kWindow> numbers_{};
  std::array<uint64_t, kWindow / 64> present_{};
  std::vector<std::string> tables_;
};

}  // namespace

Status VisitByNumber(const index::IndexView& index, mapping::FieldId field,
                     std::span<const int64_t> values, std::string_view source_table,
                     const NumberedVisit& visit) {
  for (const auto& segment : index.segments) {
    const index::NumberPages* column = segment->Column(field);
    if (column == nullptr) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool more,
                             Lookup(*segment, *column, values, source_table, visit).Run());
    if (!more) {
      break;
    }
  }
  return Status::Ok();
}

}  // namespace binseek::pipeline
