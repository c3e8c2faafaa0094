// cumulative_sum, derivative, serial_diff, moving_fn, bucket_script, bucket_selector, bucket_sort: what changes the buckets of the aggregation above. See pipeline_aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_PARENT_PIPELINES_H_
#define BINSEEK_ENGINE_SEARCH_PARENT_PIPELINES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/search/bucket_script.h"
#include "engine/search/pipeline_aggregation.h"

namespace binseek::search {

struct ParentPipeline : PipelineAggregation {
  bool is_parent() const override { return true; }

  GapPolicy gap_policy = GapPolicy::kSkip;
  std::string format{};
};

// Those that go along the buckets of a histogram, and give each a number.
enum class Sequence : uint8_t { kCumulativeSum, kDerivative, kSerialDifference, kMovingFunction };
struct SequencePipeline final : ParentPipeline {
  explicit SequencePipeline(Sequence of) : sequence(of) {}
  std::string_view type() const override;
  bool wants_histogram() const override { return true; }
  std::vector<std::string> paths() const override { return {path}; }
  Status Change(const AggregationSpec& spec,
                std::vector<AggregationBucket>* buckets) const override;

  Sequence sequence;
  std::string path{};
  double unit_ms = 0;     // kDerivative: > 0, per which time the normalized value is
  uint32_t lag = 1;       // kSerialDifference
  uint32_t window = 1;    // kMovingFunction: of that many buckets before
  int32_t shift = 0;      // the window ends so many buckets behind
  BucketScript script{};  // over `values`
};

// A number per bucket, or whether the bucket stays.
struct ScriptPipeline final : ParentPipeline {
  explicit ScriptPipeline(bool selects_buckets) : selects(selects_buckets) {}
  std::string_view type() const override { return selects ? "bucket_selector" : "bucket_script"; }
  std::vector<std::string> paths() const override;
  Status Change(const AggregationSpec& spec,
                std::vector<AggregationBucket>* buckets) const override;

  bool selects;
  std::vector<std::pair<std::string, std::string>> variables{};  // name, path
  BucketScript::Params constants{};
  BucketScript script{};
};

struct BucketSortPipeline final : ParentPipeline {
  struct Key {
    std::string path{};
    bool descending = false;
  };
  std::string_view type() const override { return "bucket_sort"; }
  std::vector<std::string> paths() const override;
  Status Change(const AggregationSpec& spec,
                std::vector<AggregationBucket>* buckets) const override;

  std::vector<Key> sort{};  // empty: as they are
  uint64_t from = 0;
  std::optional<uint64_t> size{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PARENT_PIPELINES_H_
