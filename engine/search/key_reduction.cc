// KeyReader's numbers that are made of several: sums, means, medians, and distances on the map.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/mapping/geo.h"
#include "engine/mapping/number.h"
#include "engine/mapping/power_of_ten.h"
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

}  // namespace

// What whole numbers come to is whole.
int64_t KeyReader::Reduced(Reducer* reducer) const {
  const double value = reducer->Value();
  if (key_->form.kind() == ValueForm::Kind::kDouble) {
    return mapping::SortableFromDouble(value);
  }
  switch (field_->kind) {
    case mapping::FieldKind::kFloat:
    case mapping::FieldKind::kHalfFloat:
    case mapping::FieldKind::kDouble:
      return mapping::SortableFromDouble(value);
    case mapping::FieldKind::kUnsignedLong:
      return mapping::SortableFromUnsigned(
          static_cast<uint64_t>(std::clamp(std::floor(value + 0.5), 0.0, 18446744073709549568.0)));
    default: {
      const double scaled = field_->kind == mapping::FieldKind::kDecimal
                                ? value * mapping::PowerOfTen(field_->scale)
                                : value;
      return static_cast<int64_t>(
          std::clamp(std::floor(scaled + 0.5), -9223372036854775808.0, 9223372036854774784.0));
    }
  }
}

void KeyReader::FillReduced(DocId first, const Window& window) {
  column_->Open(first, window.CountMatches());
  Reducer reducer(ModeOf(key_->key));
  ForEachBit(window.match, [&](uint32_t offset) {
    reducer.Clear();
    ForEachValue(column_.get(), first, offset, [&](int64_t value) {
      // Moments of nanoseconds are shown as such, not in milliseconds.
      reducer.Add(field_->kind == mapping::FieldKind::kDateNanos
                      ? static_cast<double>(value)
                      : mapping::ToDouble(*field_, value));
    });
    if (reducer.empty()) {
      SetMissing(offset);
      return;
    }
    missing_[offset] = 0;
    numbers_[offset] = key_->Fold(Reduced(&reducer));
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
