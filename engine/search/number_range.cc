#include "engine/search/number_range.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "engine/mapping/number.h"
#include "engine/search/constant_query.h"
#include "engine/search/date_math.h"

namespace binseek::search {
namespace {

using mapping::Field;
using mapping::FieldKind;

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

Status NotAValue(const Field& field, std::string_view text, const Status& why) {
  const std::string shown(text.substr(0, 100));
  if (field.kind == FieldKind::kBoolean) {
    return Status::InvalidArgument("failed to create query: Can't parse boolean value [" + shown +
                                   "], expected [true] or [false]");
  }
  if (field.kind == FieldKind::kDate) {
    return Status::InvalidArgument("failed to create query: " + why.message());
  }
  return Status::InvalidArgument("failed to create query: For input string: \"" + shown + "\"");
}

bool IsScaledInteger(const Field& field) {
  return field.kind == FieldKind::kLong || field.kind == FieldKind::kUnsignedLong ||
         field.kind == FieldKind::kDecimal;
}

// One end of an interval of integers. nullopt: the text lies beyond all values on the far side.
Result<std::optional<int64_t>> EndOf(const Field& field, const Bound& bound, bool lower) {
  const auto rounding = lower ? mapping::Rounding::kUp : mapping::Rounding::kDown;
  const auto opposite = lower ? mapping::Rounding::kDown : mapping::Rounding::kUp;
  bool rounded = false;
  const Result<int64_t> value = mapping::ParseBound(field, bound.value, rounding, &rounded);
  if (!value.ok()) {
    return NotAValue(field, bound.value, value.status());
  }
  const int64_t extreme = lower ? kHighest : kLowest;
  if (rounded) {
    // Rounded into the range, or clamped to its end? Only a clamped one is the same from both sides.
    const Result<int64_t> other = mapping::ParseBound(field, bound.value, opposite, nullptr);
    if (*value == extreme && other.ok() && *other == extreme) {
      return std::optional<int64_t>();
    }
    return std::optional<int64_t>(*value);
  }
  if (bound.inclusive) {
    return std::optional<int64_t>(*value);
  }
  return *value == extreme ? std::optional<int64_t>()
                           : std::optional<int64_t>(lower ? *value + 1 : *value - 1);
}

Result<std::optional<int64_t>> DateEndOf(const Field& field, const Bound& bound, bool lower,
                                         int64_t now_micros) {
  // "greater than this day" begins behind its end, "less than this day" ends before its begin.
  const bool round_up = lower != bound.inclusive;
  const Result<int64_t> value = ParseDateMath(bound.value, now_micros, round_up);
  if (!value.ok()) {
    return NotAValue(field, bound.value, value.status());
  }
  return std::optional<int64_t>(bound.inclusive ? *value : lower ? *value + 1 : *value - 1);
}

// Fills windows from a column. Values are read a window at a time and compared without branches.
class IntervalsScorer final : public Scorer {
 public:
  IntervalsScorer(const index::ColumnPages* column, uint32_t max_doc,
                  const std::vector<Interval>* intervals, bool scores, float score)
      : column_(column), max_doc_(max_doc), intervals_(intervals), scores_(scores), score_(score) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    if (first >= max_doc_) {
      return false;
    }
    const uint32_t count = std::min(max_doc_ - first, Window::kDocs);
    present_.fill(0);
    column_->Read(first, count, values_.data(), present_.data());
    if (column_->multi_valued()) {
      MatchSeveral(first, window);
    } else if (intervals_->size() <= kFewIntervals) {
      for (const Interval& interval : *intervals_) {
        MatchInterval(interval, window);
      }
    } else {
      MatchMany(window);
    }
    if (scores_) {
      FillScores(score_, window);
    }
    return window->AnyMatch();
  }

 private:
  static constexpr size_t kFewIntervals = 4;

  void MatchInterval(Interval interval, Window* window) const {
    const uint64_t width =
        static_cast<uint64_t>(interval.high) - static_cast<uint64_t>(interval.low);
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      if (present_[w] == 0) {
        continue;
      }
      const int64_t* const values = values_.data() + size_t{w} * 64;
      uint64_t bits = 0;
      for (uint32_t i = 0; i < 64; ++i) {
        const uint64_t distance =
            static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(interval.low);
        bits |= static_cast<uint64_t>(distance <= width) << i;
      }
      window->match[w] |= bits & present_[w];
    }
  }

  bool Contains(int64_t value) const {
    const auto it = std::lower_bound(
        intervals_->begin(), intervals_->end(), value,
        [](const Interval& interval, int64_t wanted) { return interval.high < wanted; });
    return it != intervals_->end() && it->low <= value;
  }

  void MatchMany(Window* window) const {
    ForEachBit(present_, [&](uint32_t offset) {
      if (Contains(values_[offset])) {
        window->Set(offset);
      }
    });
  }

  void MatchSeveral(DocId first, Window* window) const {
    ForEachBit(present_, [&](uint32_t offset) {
      int64_t scratch = 0;
      for (const int64_t value : column_->GetAll(first + offset, &scratch)) {
        if (Contains(value)) {
          window->Set(offset);
          break;
        }
      }
    });
  }

  const index::ColumnPages* const column_;
  const uint32_t max_doc_;
  const std::vector<Interval>* const intervals_;  // of the weight
  const bool scores_;
  const float score_;
  std::array<int64_t, Window::kDocs> values_{};
  std::array<uint64_t, Window::kWords> present_{};
};

class IntervalsWeight final : public Weight {
 public:
  IntervalsWeight(mapping::FieldId field, std::vector<Interval> intervals, bool scores, float score)
      : field_(field), intervals_(std::move(intervals)), scores_(scores), score_(score) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const index::ColumnPages* column = segment.Column(field_);
    if (column == nullptr || intervals_.empty()) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<IntervalsScorer>(column, segment.max_doc(), &intervals_, scores_, score_));
  }

 private:
  const mapping::FieldId field_;
  const std::vector<Interval> intervals_;
  const bool scores_;
  const float score_;
};

}  // namespace

Result<std::optional<Interval>> IntervalOfValue(const Field& field, std::string_view text,
                                                int64_t now_micros) {
  if (field.kind == FieldKind::kDate) {
    const Bound bound{std::string(text), true};
    return IntervalOfBounds(field, bound, bound, now_micros);
  }
  bool rounded = false;
  const Result<int64_t> value =
      IsScaledInteger(field) ? mapping::ParseBound(field, text, mapping::Rounding::kDown, &rounded)
                             : mapping::ParseColumnValue(field, text);
  if (!value.ok()) {
    return NotAValue(field, text, value.status());
  }
  return rounded ? std::optional<Interval>() : std::optional<Interval>(Interval{*value, *value});
}

Result<std::optional<Interval>> IntervalOfBounds(const Field& field,
                                                 const std::optional<Bound>& lower,
                                                 const std::optional<Bound>& upper,
                                                 int64_t now_micros) {
  Interval interval{kLowest, kHighest};
  bool empty = false;
  for (const bool is_lower : {true, false}) {
    const std::optional<Bound>& bound = is_lower ? lower : upper;
    if (!bound) {
      continue;
    }
    std::optional<int64_t> end;
    if (field.kind == FieldKind::kDate) {
      BINSEEK_ASSIGN_OR_RETURN(end, DateEndOf(field, *bound, is_lower, now_micros));
    } else {
      BINSEEK_ASSIGN_OR_RETURN(end, EndOf(field, *bound, is_lower));
    }
    empty = empty || !end;
    (is_lower ? interval.low : interval.high) = end.value_or(0);
  }
  return empty || interval.low > interval.high ? std::optional<Interval>()
                                               : std::optional<Interval>(interval);
}

std::vector<Interval> NormalizeIntervals(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.low < b.low; });
  std::vector<Interval> out;
  for (const Interval& interval : intervals) {
    const bool touches =
        !out.empty() && (interval.low <= out.back().high ||
                         (out.back().high != kHighest && interval.low == out.back().high + 1));
    if (touches) {
      out.back().high = std::max(out.back().high, interval.high);
    } else {
      out.push_back(interval);
    }
  }
  return out;
}

std::unique_ptr<Weight> MakeIntervalsWeight(mapping::FieldId field, std::vector<Interval> intervals,
                                            bool scores, float score) {
  return std::make_unique<IntervalsWeight>(field, std::move(intervals), scores, score);
}

}  // namespace binseek::search
