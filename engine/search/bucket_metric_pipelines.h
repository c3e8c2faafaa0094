// avg_bucket, max_bucket, min_bucket, sum_bucket, stats_bucket, extended_stats_bucket, percentiles_bucket: a metric over the buckets of a sibling. See pipeline_aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_BUCKET_METRIC_PIPELINES_H_
#define BINSEEK_ENGINE_SEARCH_BUCKET_METRIC_PIPELINES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/pipeline_aggregation.h"

namespace binseek::search {

enum class BucketMetric : uint8_t { kAvg, kMax, kMin, kSum, kStats, kExtendedStats, kPercentiles };

struct BucketMetricPipeline final : PipelineAggregation {
  explicit BucketMetricPipeline(BucketMetric of) : metric(of) {}
  std::string_view type() const override;
  bool is_parent() const override { return false; }
  std::vector<std::string> paths() const override { return {path}; }
  Result<AggregationResult> Compute(const AggregationSpec& spec,
                                    const std::vector<AggregationResult>& results) const override;

  BucketMetric metric;
  std::string path{};
  GapPolicy gap_policy = GapPolicy::kSkip;
  std::string format{};
  double sigma = 2;                                        // kExtendedStats
  std::vector<double> percents{1, 5, 25, 50, 75, 95, 99};  // kPercentiles
  bool keyed = true;                                       // kPercentiles
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BUCKET_METRIC_PIPELINES_H_
