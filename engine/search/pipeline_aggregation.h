// Pipelines: aggregations computed from the results of others, once, when all of these are built.
//
// Sibling pipelines (avg_bucket, max_bucket, ...) stand beside an aggregation with buckets, and add a result to their level. Parent pipelines
// (cumulative_sum, derivative, bucket_script, bucket_sort, ...) stand below it, and change its buckets. Both name numbers by paths (bucket_path.h).
// Immutable options, see aggregation.h; the kinds are in bucket_metric_pipelines.h and parent_pipelines.h. Errors: kInvalidArgument for a path that leads to no number.
#ifndef BINSEEK_ENGINE_SEARCH_PIPELINE_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_PIPELINE_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/interrupt.h"

namespace binseek::search {

// What a bucket without a value counts as. An empty bucket has none, even where its metric gives a number.
enum class GapPolicy : uint8_t { kSkip, kInsertZeros, kKeepValues };

class PipelineAggregation : public Aggregation {
 public:
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const final;
  bool HasNumber(std::string_view /*name*/) const final { return false; }
  const PipelineAggregation* pipeline() const final { return this; }

  virtual bool is_parent() const = 0;  // stands below the aggregation whose buckets it changes
  virtual bool wants_histogram() const { return false; }  // and that one has to be a histogram
  virtual std::vector<std::string> paths() const = 0;
  // A sibling's result, from those of its level. REQUIRES: !is_parent().
  virtual Result<AggregationResult> Compute(const AggregationSpec& spec,
                                            const std::vector<AggregationResult>& results) const;
  // REQUIRES: is_parent().
  virtual Status Change(const AggregationSpec& spec, std::vector<AggregationBucket>* buckets) const;
};

// Computes all pipelines of `specs` and below, in the order of what they depend on. `results`: of the other specs.
Status RunPipelines(const std::vector<AggregationSpec>& specs, const Interrupt& interrupt,
                    std::vector<AggregationResult>* results);

// Whether the paths of all pipelines lead to an aggregation, and each stands where it may: kInvalidArgument, with all that is wrong, as Elasticsearch words it
// ("Validation Failed: 1: ...;").
Status CheckPipelines(const std::vector<AggregationSpec>& specs);

// A bucket's number at `path`, "_count" and "_key" included; NaN: none, where the policy is to skip. kInvalidArgument: there is no number.
Result<double> BucketNumber(const AggregationBucket& bucket, const std::string& path,
                            GapPolicy policy, const std::string& aggregation);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PIPELINE_AGGREGATION_H_
