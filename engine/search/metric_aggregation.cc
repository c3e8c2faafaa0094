#include "engine/search/metric_aggregation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/compensated_sum.h"
#include "engine/search/field_values.h"
#include "engine/search/number_values.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Statistics {
  uint64_t count = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  CompensatedSum sum;
  CompensatedSum squares;

  void Add(double value) {
    ++count;
    sum.Add(value);
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

class MetricAggregator final : public Aggregator {
 public:
  MetricAggregator(const MetricAggregation* options, AggregationContext* context,
                   NumberValues values)
      : options_(*options), context_(context), values_(std::move(values)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    const bool squares = options_.metric == Metric::kExtendedStats;
    if (!docs.offsets.empty() && !squares && docs.InOneBucket()) {
      if (const double* const all = values_.All(docs.offsets)) {
        BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[0] + size_t{1}, &buckets_));
        Statistics statistics = buckets_[docs.buckets[0]];
        std::for_each_n(all, docs.offsets.size(),
                        [&statistics](double value) { statistics.Add(value); });
        buckets_[docs.buckets[0]] = statistics;
        return Status::Ok();
      }
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &buckets_));
      Statistics& statistics = buckets_[docs.buckets[i]];
      values_.ForEach(docs.offsets[i], [&](double value) {
        statistics.Add(value);
        if (squares) {
          statistics.squares.Add(value * value);
        }
      });
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    const Statistics statistics = bucket < buckets_.size() ? buckets_[bucket] : Statistics();
    AggregationResult result;
    result.type_name = options_.type();
    if (options_.metric == Metric::kStats || options_.metric == Metric::kExtendedStats) {
      StatsResult stats;
      stats.count = statistics.count;
      stats.sum = statistics.sum.sum;
      stats.min = statistics.min;
      stats.max = statistics.max;
      stats.format = values_.format();
      if (options_.metric == Metric::kExtendedStats) {
        stats.extended = {.sum_of_squares = statistics.squares.sum, .sigma = options_.sigma};
      }
      result.body = std::move(stats);
      return result;
    }
    NumberResult number;
    number.format = values_.format();
    number.value = ValueOf(statistics);
    result.body = std::move(number);
    return result;
  }

 private:
  std::optional<double> ValueOf(const Statistics& statistics) const {
    if (options_.metric == Metric::kSum) {
      return statistics.sum.sum;
    }
    if (statistics.count == 0) {
      return std::nullopt;
    }
    switch (options_.metric) {
      case Metric::kMin:
        return statistics.min;
      case Metric::kMax:
        return statistics.max;
      default:
        return statistics.sum.sum / static_cast<double>(statistics.count);
    }
  }

  const MetricAggregation& options_;
  AggregationContext* const context_;
  NumberValues values_;
  std::vector<Statistics> buckets_;
};

// value_count, which any field with values has.
class ValueCountAggregator final : public Aggregator {
 public:
  ValueCountAggregator(AggregationContext* context, ValueForm form, ValueFormatPtr format,
                       bool counts_missing)
      : context_(context),
        form_(std::move(form)),
        format_(std::move(format)),
        counts_missing_(counts_missing) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    numbers_.reset();
    ords_.reset();
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      if (ref->has_terms()) {
        ords_ = std::make_unique<OrdReader>(segment, *ref);
      } else {
        numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
      }
    }
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    if (ords_ != nullptr) {
      ords_->Open(docs.first, docs.offsets.size());
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &counts_));
      uint64_t& count = counts_[docs.buckets[i]];
      bool any = false;
      if (numbers_ != nullptr) {
        any = numbers_->ForEach(docs.offsets[i], [&count](int64_t) { ++count; });
      } else if (ords_ != nullptr) {
        any = ords_->ForEach(docs.offsets[i], [&count](uint32_t) { ++count; });
      }
      count += !any && counts_missing_ ? 1 : 0;
    }
    return ords_ != nullptr ? ords_->status() : Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.type_name = "value_count";
    NumberResult number;
    number.integer = true;
    number.format = format_;
    number.value = bucket < counts_.size() ? static_cast<double>(counts_[bucket]) : 0;
    result.body = std::move(number);
    return result;
  }

 private:
  AggregationContext* const context_;
  const ValueForm form_;
  const ValueFormatPtr format_;
  const bool counts_missing_;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<OrdReader> ords_;
  std::vector<uint64_t> counts_;
};

class WeightedAvgAggregator final : public Aggregator {
 public:
  WeightedAvgAggregator(AggregationContext* context, NumberValues values, NumberValues weights)
      : context_(context), values_(std::move(values)), weights_(std::move(weights)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    weights_.OpenSegment(index, segment);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    weights_.Open(docs.first, docs.offsets.size());
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &sums_));
      double weight = 0;
      uint32_t weights = 0;
      weights_.ForEach(docs.offsets[i], [&](double value) {
        weight = value;
        ++weights;
      });
      if (weights > 1) {
        return Status::InvalidArgument(
            "Encountered more than one weight for a single document. Use a script to combine "
            "multiple weights-per-doc into a single value.");
      }
      if (weights == 0) {
        continue;
      }
      Sums& sums = sums_[docs.buckets[i]];
      values_.ForEach(docs.offsets[i], [&](double value) {
        sums.weighted.Add(value * weight);
        sums.weights.Add(weight);
        sums.any = true;
      });
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.type_name = "weighted_avg";
    NumberResult number;
    number.format = values_.format();
    if (bucket < sums_.size() && sums_[bucket].any && sums_[bucket].weights.sum != 0) {
      number.value = sums_[bucket].weighted.sum / sums_[bucket].weights.sum;
    }
    result.body = std::move(number);
    return result;
  }

 private:
  struct Sums {
    CompensatedSum weighted;
    CompensatedSum weights;
    bool any = false;
  };

  AggregationContext* const context_;
  NumberValues values_;
  NumberValues weights_;
  std::vector<Sums> sums_;
};

constexpr std::string_view kStatsNumbers[] = {"count", "min", "max", "avg", "sum"};
constexpr std::string_view kExtendedNumbers[] = {"sum_of_squares",
                                                 "variance",
                                                 "variance_population",
                                                 "variance_sampling",
                                                 "std_deviation",
                                                 "std_deviation_population",
                                                 "std_deviation_sampling",
                                                 "std_upper",
                                                 "std_lower",
                                                 "std_deviation_bounds.upper",
                                                 "std_deviation_bounds.lower"};

}  // namespace

std::string_view MetricAggregation::type() const {
  constexpr std::string_view kTypes[] = {"min",         "max",   "avg",           "sum",
                                         "value_count", "stats", "extended_stats"};
  return kTypes[static_cast<size_t>(metric)];
}

bool MetricAggregation::HasNumber(std::string_view name) const {
  if (metric != Metric::kStats && metric != Metric::kExtendedStats) {
    return name.empty() || name == "value";
  }
  return std::find(std::begin(kStatsNumbers), std::end(kStatsNumbers), name) !=
             std::end(kStatsNumbers) ||
         (metric == Metric::kExtendedStats &&
          std::find(std::begin(kExtendedNumbers), std::end(kExtendedNumbers), name) !=
              std::end(kExtendedNumbers));
}

Result<std::unique_ptr<Aggregator>> MetricAggregation::Make(const AggregationSpec& /*spec*/,
                                                            AggregationContext* context) const {
  if (metric == Metric::kValueCount) {
    BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, source.field,
                                                                ValueForm::Moments::kMillis));
    ValueFormatPtr format;
    if (!source.format.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(format, MakeNumberFormat(source.format));
    }
    if (source.missing && form.is_number()) {
      BINSEEK_RETURN_IF_ERROR(MissingNumber(form, source, context->bind.now_micros).status());
    }
    return std::unique_ptr<Aggregator>(std::make_unique<ValueCountAggregator>(
        context, std::move(form), std::move(format), source.missing.has_value()));
  }
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values, NumberValues::Make(source, type(), context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<MetricAggregator>(this, context, std::move(values)));
}

Result<std::unique_ptr<Aggregator>> WeightedAvgAggregation::Make(
    const AggregationSpec& /*spec*/, AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values, NumberValues::Make(value, type(), context));
  BINSEEK_ASSIGN_OR_RETURN(NumberValues weights, NumberValues::Make(weight, type(), context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<WeightedAvgAggregator>(context, std::move(values), std::move(weights)));
}

ExtendedStats ExtendedStatsOf(const StatsResult& stats) {
  ExtendedStats out;
  const auto count = static_cast<double>(stats.count);
  const double sigma = stats.extended ? stats.extended->sigma : 2;
  const double squares = stats.extended ? stats.extended->sum_of_squares : 0;
  const double around_mean = std::max(0.0, squares - stats.sum * stats.sum / count);
  const double average = stats.count == 0 ? kNone : stats.sum / count;
  out.variance_population = stats.count == 0 ? kNone : around_mean / count;
  out.variance_sampling = stats.count < 2 ? kNone : around_mean / (count - 1);
  out.deviation_population = std::sqrt(out.variance_population);
  out.deviation_sampling = std::sqrt(out.variance_sampling);
  out.upper_population = average + sigma * out.deviation_population;
  out.lower_population = average - sigma * out.deviation_population;
  out.upper_sampling = average + sigma * out.deviation_sampling;
  out.lower_sampling = average - sigma * out.deviation_sampling;
  return out;
}

double StatsNumber(const StatsResult& stats, std::string_view name) {
  if (name == "count") {
    return static_cast<double>(stats.count);
  }
  if (name == "sum") {
    return stats.sum;
  }
  if (name == "sum_of_squares") {
    return stats.extended ? stats.extended->sum_of_squares : kNone;
  }
  if (stats.count == 0) {
    return kNone;
  }
  if (name == "min" || name == "max") {
    return name == "min" ? stats.min : stats.max;
  }
  if (name == "avg") {
    return stats.sum / static_cast<double>(stats.count);
  }
  const ExtendedStats extended = ExtendedStatsOf(stats);
  if (name.starts_with("variance")) {
    return name == "variance_sampling" ? extended.variance_sampling : extended.variance_population;
  }
  if (name == "std_upper" || name == "std_deviation_bounds.upper") {
    return extended.upper_population;
  }
  if (name == "std_lower" || name == "std_deviation_bounds.lower") {
    return extended.lower_population;
  }
  return name == "std_deviation_sampling" ? extended.deviation_sampling
                                          : extended.deviation_population;
}

}  // namespace binseek::search
