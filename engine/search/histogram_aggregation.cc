#include "engine/search/histogram_aggregation.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_order.h"
#include "engine/search/bucket_table.h"
#include "engine/search/histogram_bounds.h"
#include "engine/search/histogram_source.h"
#include "engine/search/histogram_steps.h"
#include "engine/search/number_values.h"

namespace binseek::search {
namespace {

constexpr size_t kKeysPerCheck = 4096;

using Limits = HistogramLimits;
using Bounds = HistogramEnds;

template <class Steps, class Source>
class HistogramAggregator final : public Aggregator {
 public:
  HistogramAggregator(const HistogramOptions* options, std::string_view type,
                      AggregationContext* context, Steps steps, Source values, Limits extended,
                      Limits hard, SubAggregators children)
      : options_(*options),
        type_(type),
        context_(context),
        steps_(std::move(steps)),
        values_(std::move(values)),
        extended_(extended),
        hard_(hard),
        below_(context, std::move(children)),
        table_(context) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    below_.Clear();
    if constexpr (Source::kNumbers) {
      if (const auto* const all = values_.All(steps_, docs.offsets)) {
        if (below_.children()->empty() && docs.InOneBucket()) {
          return CountAll(std::span(all, docs.offsets.size()), docs.buckets);
        }
        for (size_t i = 0; i < docs.offsets.size(); ++i) {
          if (const int64_t key = steps_.KeyOfAll(all[i]); InHardBounds(key)) {
            BINSEEK_RETURN_IF_ERROR(Count(docs.offsets[i], docs.buckets[i], key));
          }
        }
        return below_.HandOn(docs);
      }
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      keys_.clear();
      BINSEEK_RETURN_IF_ERROR(values_.AddKeys(
          steps_, docs.offsets[i], [this](int64_t key) { return InHardBounds(key); }, &keys_));
      BINSEEK_ASSIGN_OR_RETURN(const bool time_is_up, TimeIsUp(1 + keys_.size()));
      if (time_is_up) {
        return Status::Ok();
      }
      for (const int64_t key : keys_) {
        BINSEEK_RETURN_IF_ERROR(Count(docs.offsets[i], docs.buckets[i], key));
      }
    }
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t parent) override {
    if (options_.min_doc_count == 0) {
      BINSEEK_RETURN_IF_ERROR(FillGaps(parent));
    }
    std::vector<CandidateBucket> shown;
    for (const uint32_t id : table_.OfParent(parent)) {
      if (table_.count(id) >= options_.min_doc_count) {
        shown.push_back({.id = id, .count = table_.count(id), .gap = table_.count(id) == 0});
      }
    }
    std::vector<BucketOrder> order = options_.order;
    if (order.empty()) {
      order = {{.by = BucketOrder::By::kKey, .descending = false}};
    }
    BINSEEK_RETURN_IF_ERROR(BuildAndSort(
        order, shown.size(),
        [this](uint32_t a, uint32_t b) {
          return table_.key(a) < table_.key(b) ? -1 : (table_.key(b) < table_.key(a) ? 1 : 0);
        },
        below_.children(), context_, &shown));
    BucketsResult out;
    out.keyed = options_.keyed;
    for (CandidateBucket& bucket : shown) {
      AggregationBucket& to = out.buckets.emplace_back();
      Show(table_.key(bucket.id), &to);
      to.doc_count = bucket.count;
      to.children = std::move(bucket.children);
    }
    AggregationResult result;
    result.type_name = type_;
    result.body = std::move(out);
    return result;
  }

 private:
  // A document has many keys where its values are ranges, and a gap may be long.
  Result<bool> TimeIsUp(size_t keys) {
    keys_since_check_ += keys;
    if (keys_since_check_ < kKeysPerCheck) {
      return false;
    }
    keys_since_check_ = 0;
    BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
    return context_->interrupt->TimedOut();
  }

  bool InHardBounds(int64_t key) const {
    const double number = steps_.NumberOf(key);
    return (!hard_.min || number >= *hard_.min) &&
           (!hard_.max || Steps::BeforeMax(number, *hard_.max));
  }

  // A value of each document, all below one parent.
  template <class Value>
  Status CountAll(std::span<const Value> values, std::span<const uint32_t> parents) {
    keys_.clear();
    bool too_far = false;
    for (const Value value : values) {
      if (const int64_t key = steps_.KeyOfAll(value); InHardBounds(key)) {
        too_far = too_far || Steps::IsTooFar(key);
        keys_.push_back(key);
      }
    }
    if (too_far) {
      return Status::ResourceExhausted("Trying to create too many buckets.");
    }
    return keys_.empty() ? Status::Ok() : table_.CountEach(parents[0], keys_);
  }

  Status Count(uint32_t offset, uint32_t parent, int64_t key) {
    if (Steps::IsTooFar(key)) {
      return Status::ResourceExhausted("Trying to create too many buckets.");
    }
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t bucket, BucketOf(parent, key));
    table_.Count(bucket);
    return below_.Add(offset, bucket);
  }

  // Neighbouring documents often have neighbouring dates.
  Result<uint32_t> BucketOf(uint32_t parent, int64_t key) {
    if (!has_last_ || last_parent_ != parent || last_key_ != key) {
      BINSEEK_ASSIGN_OR_RETURN(last_bucket_, table_.Find(parent, key));
      has_last_ = true;
      last_parent_ = parent;
      last_key_ = key;
    }
    return last_bucket_;
  }

  Status FillGaps(uint32_t parent) {
    int64_t first = std::numeric_limits<int64_t>::max();
    int64_t last = std::numeric_limits<int64_t>::min();
    for (const uint32_t id : table_.OfParent(parent)) {
      first = std::min(first, table_.key(id));
      last = std::max(last, table_.key(id));
    }
    // Bounds alone show buckets only where both are given.
    if (extended_.min && (extended_.max || first <= last)) {
      first = std::min(first, steps_.KeyOfBound(*extended_.min));
    }
    if (extended_.max && (extended_.min || first <= last)) {
      last = std::max(last, steps_.KeyOfBound(*extended_.max));
    }
    uint64_t steps = 0;
    for (int64_t key = first; key <= last; key = steps_.Next(key)) {
      if (++steps > context_->max_buckets) {
        return context_->AddBuckets(steps);
      }
      if (InHardBounds(key)) {
        BINSEEK_RETURN_IF_ERROR(table_.Find(parent, key).status());
      }
      BINSEEK_ASSIGN_OR_RETURN(const bool time_is_up, TimeIsUp(1));
      if (time_is_up) {
        break;
      }
    }
    return Status::Ok();
  }

  void Show(int64_t key, AggregationBucket* out) const {
    out->key_json = steps_.Json(key);
    out->key_number = steps_.NumberOf(key);
    if (values_.format() != nullptr) {
      out->key_as_string = values_.format()->Text(*out->key_number);
    }
    out->key_text = out->key_as_string.value_or(out->key_json);
  }

  const HistogramOptions& options_;
  const std::string type_;
  AggregationContext* const context_;
  const Steps steps_;
  Source values_;
  const Limits extended_;
  const Limits hard_;
  BucketedList below_;
  BucketTable<int64_t> table_;
  std::vector<int64_t> keys_;  // of one document, or one of each
  size_t keys_since_check_ = 0;
  bool has_last_ = false;
  uint32_t last_parent_ = 0;
  int64_t last_key_ = 0;
  uint32_t last_bucket_ = 0;
};

template <class Steps, class Source>
Result<std::unique_ptr<Aggregator>> MakeHistogram(const HistogramOptions& options,
                                                  std::string_view type, Steps steps, Source values,
                                                  Bounds bounds, const AggregationSpec& spec,
                                                  AggregationContext* context) {
  BINSEEK_RETURN_IF_ERROR(CheckOrder(options.order, spec));
  if (bounds.hard.min) {
    bounds.hard.min = steps.HardBound(*bounds.hard.min);
  }
  if (bounds.hard.max) {
    bounds.hard.max = steps.HardBound(*bounds.hard.max);
  }
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<HistogramAggregator<Steps, Source>>(
      &options, type, context, std::move(steps), std::move(values), bounds.extended, bounds.hard,
      std::move(children)));
}

// Over the field's ranges, where some index has such a field; null: it is one of numbers.
template <class Steps>
Result<std::unique_ptr<Aggregator>> MakeOverRanges(const HistogramOptions& options,
                                                   std::string_view type, bool dates, Steps* steps,
                                                   const AggregationSpec& spec,
                                                   AggregationContext* context) {
  auto refs = RangeSource::Find(*context, options.source.field);
  if (!refs) {
    return std::unique_ptr<Aggregator>();
  }
  std::string date_format;
  for (const std::optional<FieldRef>& ref : *refs) {
    if (ref && (ref->field->kind == mapping::FieldKind::kDateRange) != dates) {
      return Status::InvalidArgument("Field [" + options.source.field + "] of type [" +
                                     std::string(mapping::TypeName(*ref->field)) +
                                     "] is not supported for aggregation [" + std::string(type) +
                                     "]");
    }
    if (ref && date_format.empty()) {
      date_format = ref->field->parameters().format;
    }
  }
  ValueFormatPtr format;
  if (dates) {
    BINSEEK_ASSIGN_OR_RETURN(
        format, MakeDateFormat(options.source.format.empty() ? date_format : options.source.format,
                               options.source.time_zone));
  } else if (!options.source.format.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(format, MakeNumberFormat(options.source.format));
  }
  BINSEEK_ASSIGN_OR_RETURN(const Bounds bounds,
                           ReadHistogramEnds(options, date_format, spec, *context));
  RangeSource source(*std::move(refs), std::move(format), bounds.hard, context->max_buckets);
  return MakeHistogram(options, type, std::move(*steps), std::move(source), bounds, spec, context);
}

}  // namespace

Result<DateRounding> MakeRounding(const std::optional<CalendarUnit>& calendar, int64_t fixed_ms,
                                  int64_t offset_ms, const std::string& zone) {
  if (fixed_ms > kMostDateMs) {
    return Status::InvalidArgument("an interval of [" + std::to_string(fixed_ms) +
                                   "ms] is longer than dates reach");
  }
  if (offset_ms > kMostDateMs || offset_ms < -kMostDateMs) {
    return Status::InvalidArgument("an offset of [" + std::to_string(offset_ms) +
                                   "ms] is further than dates reach");
  }
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<TimeZone> offsets, TimeZone::Make(zone));
  return calendar ? DateRounding(*calendar, std::move(offsets), offset_ms)
                  : DateRounding(fixed_ms, std::move(offsets), offset_ms);
}

Result<std::unique_ptr<Aggregator>> HistogramAggregation::Make(const AggregationSpec& spec,
                                                               AggregationContext* context) const {
  NumberSteps steps(interval, offset);
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Aggregator> ranges,
                           MakeOverRanges(options, type(), false, &steps, spec, context));
  if (ranges != nullptr) {
    return ranges;
  }
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values,
                           NumberValues::Make(options.source, type(), context));
  BINSEEK_ASSIGN_OR_RETURN(const Bounds bounds, ReadHistogramEnds(options, "", spec, *context));
  return MakeHistogram(options, type(), steps, NumberSource(std::move(values)), bounds, spec,
                       context);
}

Result<std::unique_ptr<Aggregator>> DateHistogramAggregation::Make(
    const AggregationSpec& spec, AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(DateRounding rounding,
                           MakeRounding(calendar, fixed_ms, offset_ms, options.source.time_zone));
  DateSteps steps(std::move(rounding));
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Aggregator> ranges,
                           MakeOverRanges(options, type(), true, &steps, spec, context));
  if (ranges != nullptr) {
    return ranges;
  }
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values,
                           NumberValues::MakeDates(options.source, type(), context));
  BINSEEK_ASSIGN_OR_RETURN(const Bounds bounds,
                           ReadHistogramEnds(options, values.form().date_format(), spec, *context));
  return MakeHistogram(options, type(), std::move(steps), NumberSource(std::move(values)), bounds,
                       spec, context);
}

}  // namespace binseek::search
