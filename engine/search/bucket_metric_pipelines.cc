#include "engine/search/bucket_metric_pipelines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "engine/search/bucket_path.h"
#include "engine/search/compensated_sum.h"
#include "engine/search/value_format.h"

namespace binseek::search {
namespace {

struct Number {
  std::string key;
  double value = 0;
};

const AggregationResult* Find(const std::vector<AggregationResult>& results,
                              std::string_view name) {
  for (const AggregationResult& result : results) {
    if (result.name == name) {
      return &result;
    }
  }
  return nullptr;
}

// The numbers of all buckets that the path leads through; gaps are left out.
Status Collect(const std::vector<AggregationResult>& results, std::string_view path,
               const BucketMetricPipeline& pipeline, const std::string& name,
               std::vector<Number>* numbers) {
  PathStep step = FirstStep(path);
  const AggregationResult* result = Find(results, step.name);
  std::string rest(step.rest);
  for (size_t dot = step.name.rfind('.');
       result == nullptr && dot != std::string_view::npos && dot > 0;
       dot = step.name.rfind('.', dot - 1)) {
    result = Find(results, step.name.substr(0, dot));
    if (result != nullptr) {  // "prices.max" of a bucket is as good as "prices>max"
      std::string number(step.name.substr(dot + 1));
      number.append(rest.empty() ? "" : ">").append(rest);
      rest = std::move(number);
    }
  }
  if (result == nullptr) {
    return Status::InvalidArgument("No aggregation found for path [" + std::string(path) + "]");
  }
  if (const auto* const single = result->As<SingleBucketResult>()) {
    return Collect(single->children, rest, pipeline, name, numbers);
  }
  const std::vector<AggregationBucket>* const buckets = result->buckets();
  if (buckets == nullptr) {
    return Status::InvalidArgument("Unable to find unqualified multi-bucket aggregation in [" +
                                   std::string(path) + "]");
  }
  for (const AggregationBucket& bucket : *buckets) {
    if (step.key && !HasKey(bucket, *step.key)) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(
        const double value,
        BucketNumber(bucket, rest.empty() ? "_count" : rest, pipeline.gap_policy, name));
    if (!std::isnan(value)) {
      numbers->push_back({bucket.key_as_string.value_or(bucket.key_text), value});
    }
  }
  return Status::Ok();
}

StatsResult StatsOf(const std::vector<Number>& numbers) {
  StatsResult stats;
  CompensatedSum sum;
  CompensatedSum squares;
  for (const Number& number : numbers) {
    ++stats.count;
    sum.Add(number.value);
    squares.Add(number.value * number.value);
    stats.min = std::min(stats.min, number.value);
    stats.max = std::max(stats.max, number.value);
  }
  stats.sum = sum.sum;
  stats.extended = {.sum_of_squares = squares.sum};
  return stats;
}

// The one nearest to the percentile's place.
PercentilesResult PercentilesOf(std::vector<Number> numbers, const std::vector<double>& percents) {
  std::sort(numbers.begin(), numbers.end(),
            [](const Number& a, const Number& b) { return a.value < b.value; });
  PercentilesResult out;
  for (const double percent : percents) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!numbers.empty()) {
      const double place = percent / 100 * static_cast<double>(numbers.size() - 1);
      const auto at = static_cast<size_t>(std::floor(place + 0.5));
      value = numbers[std::min(at, numbers.size() - 1)].value;
    }
    out.values.emplace_back(percent, value);
  }
  return out;
}

NumberResult NumberOfStats(BucketMetric metric, const StatsResult& stats,
                           const std::vector<Number>& numbers) {
  NumberResult number;
  if (metric == BucketMetric::kSum) {
    number.value = stats.sum;
    return number;
  }
  if (metric == BucketMetric::kAvg) {
    number.value = stats.count == 0 ? std::nullopt
                                    : std::optional(stats.sum / static_cast<double>(stats.count));
    return number;
  }
  const double best = metric == BucketMetric::kMax ? stats.max : stats.min;
  number.has_keys = true;
  number.value = stats.count == 0 ? std::nullopt : std::optional(best);
  for (const Number& of : numbers) {
    if (of.value == best) {
      number.keys.push_back(of.key);
    }
  }
  return number;
}

}  // namespace

std::string_view BucketMetricPipeline::type() const {
  constexpr std::string_view kTypes[] = {"avg_bucket",        "max_bucket",
                                         "min_bucket",        "sum_bucket",
                                         "stats_bucket",      "extended_stats_bucket",
                                         "percentiles_bucket"};
  return kTypes[static_cast<size_t>(metric)];
}

Result<AggregationResult> BucketMetricPipeline::Compute(
    const AggregationSpec& spec, const std::vector<AggregationResult>& results) const {
  std::vector<Number> numbers;
  BINSEEK_RETURN_IF_ERROR(Collect(results, path, *this, spec.name, &numbers));
  ValueFormatPtr written;
  if (!format.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(written, MakeNumberFormat(format));
  }
  AggregationResult result;
  result.type_name = type();
  if (metric == BucketMetric::kPercentiles) {
    PercentilesResult percentiles = PercentilesOf(std::move(numbers), percents);
    percentiles.keyed = keyed;
    percentiles.format = std::move(written);
    result.body = std::move(percentiles);
    return result;
  }
  StatsResult stats = StatsOf(numbers);
  if (metric == BucketMetric::kStats || metric == BucketMetric::kExtendedStats) {
    stats.format = std::move(written);
    if (metric == BucketMetric::kStats) {
      stats.extended.reset();
    } else {
      stats.extended->sigma = sigma;
    }
    result.body = std::move(stats);
    return result;
  }
  const bool has_keys = metric == BucketMetric::kMax || metric == BucketMetric::kMin;
  result.type_name = has_keys ? "bucket_metric_value" : "simple_value";
  NumberResult number = NumberOfStats(metric, stats, numbers);
  number.format = std::move(written);
  result.body = std::move(number);
  return result;
}

}  // namespace binseek::search
