// KeyReader's numbers that are made of several: sums, means, medians, and distances on the map.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/mapping/geo.h"
#include "engine/mapping/number.h"
#include "engine/search/score_function.h"
#include "engine/search/sort_plan.h"

namespace binseek::search {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

MultiValue ModeOf(const SortKey& key) {
  switch (key.mode) {
    case SortKey::Mode::kMin:
      return MultiValue::kMin;
    case SortKey::Mode::kMax:
      return MultiValue::kMax;
    case SortKey::Mode::kSum:
      return MultiValue::kSum;
    case SortKey::Mode::kAvg:
      return MultiValue::kAvg;
    case SortKey::Mode::kMedian:
      return MultiValue::kMedian;
    case SortKey::Mode::kDefault:
      break;
  }
  return key.descending ? MultiValue::kMax : MultiValue::kMin;
}

// As Java's Math.round: halves go up, and what is too great is cut.
int64_t Rounded(double value) {
  constexpr double kEnd = 9223372036854775808.0;
  const double down = std::floor(value);
  const double whole = value - down >= 0.5 ? down + 1 : down;
  return whole >= kEnd    ? std::numeric_limits<int64_t>::max()
         : whole <= -kEnd ? std::numeric_limits<int64_t>::min()
                          : static_cast<int64_t>(whole);
}

// Of whole numbers, as Lucene's: sums go round as Java's longs do, means and middles are rounded.
int64_t ReducedWhole(SortKey::Mode mode, std::vector<int64_t>* values) {
  const size_t count = values->size();
  if (count == 1) {
    return values->front();
  }
  if (mode == SortKey::Mode::kMedian) {
    std::sort(values->begin(), values->end());
    const int64_t middle = (*values)[count / 2];
    return count % 2 != 0 ? middle
                          : Rounded((static_cast<double>((*values)[count / 2 - 1]) +
                                     static_cast<double>(middle)) /
                                    2);
  }
  uint64_t sum = 0;
  for (const int64_t value : *values) {
    sum += static_cast<uint64_t>(value);
  }
  const auto total = static_cast<int64_t>(sum);
  return mode == SortKey::Mode::kAvg
             ? Rounded(static_cast<double>(total) / static_cast<double>(count))
             : total;
}

}  // namespace

// Of the common numbers of a document's values.
int64_t KeyReader::Reduced(Reducer* reducer, std::vector<int64_t>* values) const {
  const bool counts =
      key_->form.kind() == ValueForm::Kind::kColumn;  // else doubles of several kinds
  const mapping::FieldKind kind = field_->kind;
  const bool is_unsigned = counts && kind == mapping::FieldKind::kUnsignedLong;
  const bool is_real = !counts || kind == mapping::FieldKind::kFloat ||
                       kind == mapping::FieldKind::kHalfFloat ||
                       kind == mapping::FieldKind::kDouble;
  if (values->size() == 1 || (!is_unsigned && !is_real)) {
    return ReducedWhole(key_->key.mode, values);
  }
  reducer->Clear();
  for (const int64_t value : *values) {
    reducer->Add(key_->form.ToDouble(value));
  }
  const double value = reducer->Value();
  return is_unsigned ? mapping::SortableFromUnsigned(static_cast<uint64_t>(
                           std::clamp(std::floor(value + 0.5), 0.0, 18446744073709549568.0)))
                     : mapping::SortableFromDouble(value);
}

void KeyReader::FillReduced(DocId first, const Window& window) {
  column_->Open(first, window.CountMatches());
  Reducer reducer(ModeOf(key_->key));
  std::vector<int64_t> values;
  ForEachBit(window.match, [&](uint32_t offset) {
    values.clear();
    ForEachValue(column_.get(), first, offset,
                 [&](int64_t value) { values.push_back(key_->form.Common(*field_, value)); });
    if (values.empty()) {
      SetMissing(offset);
      return;
    }
    missing_[offset] = 0;
    numbers_[offset] = key_->Fold(Reduced(&reducer, &values));
  });
}

void KeyReader::FillDistances(DocId first, const Window& window) {
  if (column_ != nullptr) {
    column_->Open(first, window.CountMatches());
  }
  Reducer reducer(ModeOf(key_->key));
  ForEachBit(window.match, [&](uint32_t offset) {
    reducer.Clear();
    const auto add = [&](int64_t value) {
      const mapping::GeoPoint point = mapping::DecodeGeo(value);
      for (const mapping::GeoPoint& from : key_->key.points) {
        reducer.Add((key_->key.plane ? mapping::GeoPlaneMeters(from, point)
                                     : mapping::GeoDistanceMeters(from, point)) /
                    key_->key.meters_per_unit);
      }
    };
    if (column_ != nullptr) {
      ForEachValue(column_.get(), first, offset, add);
    }
    missing_[offset] = 0;
    numbers_[offset] =
        key_->Fold(mapping::SortableFromDouble(reducer.empty() ? kInfinite : reducer.Value()));
  });
}

}  // namespace binseek::search
