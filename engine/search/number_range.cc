#include "engine/search/number_range.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "engine/base/coding.h"
#include "engine/mapping/date_format.h"
#include "engine/mapping/number.h"
#include "engine/search/constant_query.h"
#include "engine/search/date_math.h"
#include "engine/search/filter_cache.h"

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
  if (field.is_date()) {
    return Status::InvalidArgument("failed to create query: " + why.message());
  }
  return Status::InvalidArgument("failed to create query: For input string: \"" + shown + "\"");
}

bool IsScaledInteger(const Field& field) {
  return field.kind == FieldKind::kLong || field.kind == FieldKind::kUnsignedLong ||
         field.kind == FieldKind::kDecimal || field.kind == FieldKind::kTokenCount;
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

// What the text leaves open below a microsecond goes with what it leaves open above. Where it has digits of the second nothing is open: those that are not
// written are zeros, as in Elasticsearch.
Result<int64_t> NanosOf(std::string_view text, const DateForm& form, int64_t now_micros,
                        bool round_up) {
  constexpr int64_t kLastMicros = kHighest / 1000 - 1;
  BINSEEK_ASSIGN_OR_RETURN(const int64_t low, ParseDateMath(text, form, now_micros, false));
  BINSEEK_ASSIGN_OR_RETURN(const int64_t high, ParseDateMath(text, form, now_micros, true));
  const Result<mapping::ParsedDate> exact = mapping::ParseDateAs(form.format, text);
  const bool closed = exact.ok() && (low == high || exact->has_fraction);
  if (closed && low >= 0 && low <= kLastMicros) {
    return low * 1000 + exact->nanos;
  }
  // Moments that no value can have are before or behind all that have one.
  const int64_t micros = std::clamp(round_up ? high : low, int64_t{-1}, kLastMicros);
  return micros * 1000 + (round_up && low != high ? 999 : 0);
}

Result<std::optional<int64_t>> DateEndOf(const Field& field, const Bound& bound, bool lower,
                                         int64_t now_micros, const DateForm& given) {
  // "greater than this day" begins behind its end, "less than this day" ends before its begin.
  const bool round_up = lower != bound.inclusive;
  DateForm form = given;
  form.format = form.format.empty() ? field.parameters().format : form.format;
  const Result<int64_t> value = field.kind == FieldKind::kDateNanos
                                    ? NanosOf(bound.value, form, now_micros, round_up)
                                    : ParseDateMath(bound.value, form, now_micros, round_up);
  if (!value.ok()) {
    return NotAValue(field, bound.value, value.status());
  }
  return std::optional<int64_t>(bound.inclusive ? *value : lower ? *value + 1 : *value - 1);
}

// Fills windows from a column, page by page. Pages whose zone says that none or all are meant cost next to nothing.
class IntervalsScorer final : public Scorer {
 public:
  IntervalsScorer(const index::NumberPages* column, uint32_t max_doc,
                  std::span<const Interval> intervals, bool scores, float score)
      : column_(column), max_doc_(max_doc), intervals_(intervals), scores_(scores), score_(score) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    MatchWindow(first, window->match);
    return Scored(window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    if (window->CountMatches() <= kFewCandidates) {
      NarrowFew(first, window);
      return Scored(window);
    }
    std::array<uint64_t, Window::kWords> match{};
    MatchWindow(first, match.data());
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      window->match[w] &= match[w];
    }
    return Scored(window);
  }
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }
  bool can_add_bits() const override { return true; }
  bool can_test() const override { return true; }
  bool HasDoc(DocId doc) override {
    int64_t value = 0;
    if (!column_->multi_valued()) {
      return column_->Get(doc, &value) && Contains(intervals_, value);
    }
    const std::span<const int64_t> values = column_->GetAll(doc, &scratch_);
    return std::any_of(values.begin(), values.end(),
                       [this](int64_t each) { return Contains(intervals_, each); });
  }

  void TestDocs(std::span<const DocId> docs, uint8_t* has) override {
    if (column_->multi_valued() || intervals_.size() != 1) {
      Scorer::TestDocs(docs, has);
      return;
    }
    const int64_t low = intervals_[0].low;
    const int64_t high = intervals_[0].high;
    for (size_t i = 0; i < docs.size(); ++i) {
      int64_t value = 0;
      const bool any = column_->Get(docs[i], &value);
      has[i] = static_cast<uint8_t>(static_cast<int>(any) & static_cast<int>(low <= value) &
                                    static_cast<int>(value <= high));
    }
  }

  // `match` is 0 and has a word per 64 documents of the page.
  void MatchPage(uint32_t page, uint64_t* match) {
    // Only those intervals matter that reach into the page's zone.
    const index::NumberZone zone = column_->Zone(page);
    const auto begin = std::lower_bound(
        intervals_.begin(), intervals_.end(), zone.min,
        [](const Interval& interval, int64_t value) { return interval.high < value; });
    const auto end = std::upper_bound(
        begin, intervals_.end(), zone.max,
        [](int64_t value, const Interval& interval) { return value < interval.low; });
    if (zone.empty() || begin == end) {
      return;
    }
    if (static_cast<size_t>(end - begin) > kFewIntervals) {
      MatchMany(page, {begin, end}, match);
      return;
    }
    std::array<uint64_t, kPageWords> words;
    for (auto interval = begin; interval != end; ++interval) {
      column_->MatchRange(page, interval->low, interval->high, words.data());
      for (uint32_t w = 0; w < column_->words_of(page); ++w) {
        match[w] |= words[w];
      }
    }
  }

 private:
  bool Scored(Window* window) const {
    const bool any = window->AnyMatch();
    if (any && scores_) {
      FillScores(score_, window);
    }
    return any;
  }

  // `match` is 0.
  void MatchWindow(DocId first, uint64_t* match) {
    if (first >= max_doc_) {
      return;
    }
    const uint32_t docs = std::min(max_doc_ - first, Window::kDocs);
    if (intervals_.size() == 1) {
      column_->MatchDocs(first, docs, intervals_[0].low, intervals_[0].high, match);
      return;
    }
    const uint32_t page_docs = column_->docs_per_page();
    for (uint32_t offset = 0; offset < docs; offset += page_docs) {
      MatchPage((first + offset) / page_docs, match + offset / 64);
    }
  }

  // REQUIRES: at most kFewCandidates matches.
  void NarrowFew(DocId first, Window* window) {
    std::array<DocId, kFewCandidates> docs;
    std::array<uint8_t, kFewCandidates> has;
    uint32_t count = 0;
    ForEachBit(window->match, [&](uint32_t offset) {
      docs[count] = first + offset;
      count += static_cast<uint32_t>(first + offset < max_doc_);
    });
    TestDocs({docs.data(), count}, has.data());
    window->ClearMatches();
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t offset = docs[i] - first;
      window->match[offset / 64] |= uint64_t{has[i]} << (offset % 64);
    }
  }

  static constexpr size_t kFewIntervals = 4;
  // So many values are looked up in less time than a window's pages are compared.
  static constexpr uint32_t kFewCandidates = 32;
  static constexpr uint32_t kPageWords = index::NumberPage::kMaxDocs / 64;

  static bool Contains(std::span<const Interval> intervals, int64_t value) {
    // As std::lower_bound, but without branches, which nobody can foresee here.
    const Interval* base = intervals.data();
    for (size_t n = intervals.size(); n > 1;) {
      const size_t half = n / 2;
      base += half * static_cast<size_t>(base[half - 1].high < value);
      n -= half;
    }
    return base->low <= value && value <= base->high;
  }

  // REQUIRES: there are intervals.
  void MatchMany(uint32_t page, std::span<const Interval> intervals, uint64_t* match) {
    const DocId first = column_->first_doc(page);
    const uint32_t docs = column_->docs_of(page);
    if (column_->multi_valued()) {
      for (uint32_t i = 0; i < docs; ++i) {
        const std::span<const int64_t> values = column_->GetAll(first + i, &scratch_);
        const bool any = std::any_of(values.begin(), values.end(),
                                     [&](int64_t value) { return Contains(intervals, value); });
        match[i / 64] |= static_cast<uint64_t>(any) << (i % 64);
      }
      return;
    }
    std::array<int64_t, index::NumberPage::kMaxDocs> values;
    std::array<uint64_t, kPageWords> present;
    column_->Read(first, docs, values.data(), present.data());
    for (uint32_t w = 0; w < column_->words_of(page); ++w) {
      for (uint64_t word = present[w]; word != 0; word &= word - 1) {
        const auto i = static_cast<uint32_t>(std::countr_zero(word));
        match[w] |= static_cast<uint64_t>(Contains(intervals, values[w * 64 + i])) << i;
      }
    }
  }

  const index::NumberPages* const column_;
  const uint32_t max_doc_;
  const std::span<const Interval> intervals_;  // of the weight
  const bool scores_;
  const float score_;
  std::vector<int64_t> scratch_;
};

class IntervalsWeight final : public Weight {
 public:
  IntervalsWeight(const BindContext& context, mapping::FieldId field,
                  std::vector<Interval> intervals, float score)
      : field_(field),
        intervals_(std::move(intervals)),
        scores_(context.scores),
        score_(score),
        interrupt_(context.interrupt) {
    if (context.filters != nullptr && !intervals_.empty()) {
      name_ = NameOf();
      filters_ = context.filters->Note(name_) ? context.filters : nullptr;
    }
  }

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const index::NumberPages* column = segment.Column(field_);
    if (column == nullptr || intervals_.empty()) {
      return std::unique_ptr<Scorer>();
    }
    auto scorer =
        std::make_unique<IntervalsScorer>(column, segment.max_doc(), intervals_, scores_, score_);
    if (filters_ != nullptr) {
      const auto match = [&scorer](uint32_t page, uint64_t* words) {
        scorer->MatchPage(page, words);
      };
      if (FilterBitsPtr kept = filters_->Get(name_, segment, *column, match, interrupt_)) {
        const uint64_t count = kept->count;
        const SegmentBits* const bits = &kept->bits;
        return std::unique_ptr<Scorer>(std::make_unique<SegmentBitsScorer>(
            std::shared_ptr<const SegmentBits>(std::move(kept), bits), count, scores_, score_));
      }
    }
    return std::unique_ptr<Scorer>(std::move(scorer));
  }

 private:
  // Of fields of any index: segments tell them apart.
  std::string NameOf() const {
    std::string name;
    PutU32(&name, static_cast<uint32_t>(field_));
    for (const Interval& interval : intervals_) {
      PutU64(&name, static_cast<uint64_t>(interval.low));
      PutU64(&name, static_cast<uint64_t>(interval.high));
    }
    return name;
  }

  const mapping::FieldId field_;
  const std::vector<Interval> intervals_;
  const bool scores_;
  const float score_;
  Interrupt* const interrupt_;
  std::string name_;
  FilterCache* filters_ = nullptr;  // null: the filter is not kept
};

}  // namespace

Result<std::optional<Interval>> IntervalOfValue(const Field& field, std::string_view text,
                                                int64_t now_micros) {
  if (field.is_date()) {
    const Bound bound{std::string(text), true};
    return IntervalOfBounds(field, bound, bound, now_micros);
  }
  bool rounded = false;
  Result<int64_t> value = IsScaledInteger(field)
                              ? mapping::ParseBound(field, text, mapping::Rounding::kDown, &rounded)
                              : mapping::ParseColumnValue(field, text);
  if (!value.ok()) {
    return NotAValue(field, text, value.status());
  }
  if (rounded && field.kind == FieldKind::kDecimal) {  // as the same text in a document is
    value = mapping::ParseColumnValue(field, text);
    rounded = !value.ok();
  }
  return rounded ? std::optional<Interval>() : std::optional<Interval>(Interval{*value, *value});
}

Result<std::optional<Interval>> IntervalOfBounds(const Field& field,
                                                 const std::optional<Bound>& lower,
                                                 const std::optional<Bound>& upper,
                                                 int64_t now_micros, const DateForm& form) {
  Interval interval{kLowest, kHighest};
  bool empty = false;
  for (const bool is_lower : {true, false}) {
    const std::optional<Bound>& bound = is_lower ? lower : upper;
    if (!bound) {
      continue;
    }
    std::optional<int64_t> end;
    if (field.is_date()) {
      BINSEEK_ASSIGN_OR_RETURN(end, DateEndOf(field, *bound, is_lower, now_micros, form));
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

std::unique_ptr<Weight> MakeIntervalsWeight(const BindContext& context, mapping::FieldId field,
                                            std::vector<Interval> intervals, float score) {
  return std::make_unique<IntervalsWeight>(context, field, std::move(intervals), score);
}

}  // namespace binseek::search
