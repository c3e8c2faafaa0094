#include "engine/search/aggregator.h"

#include <string>
#include <utility>

namespace binseek::search {

Status AggregationContext::AddBuckets(uint64_t count) {
  if (count > max_buckets - buckets) {
    return Status::ResourceExhausted(
        "Trying to create too many buckets. Must be less than or equal to: [" +
        std::to_string(max_buckets) +
        "] but this number of buckets was exceeded. This limit can be set by changing the "
        "[search.max_buckets] cluster level setting.");
  }
  buckets += static_cast<uint32_t>(count);
  return AddBytes(count * sizeof(AggregationBucket));
}

Status AggregationContext::AddBytes(uint64_t count) {
  if (count > max_bytes - bytes) {
    return Status::ResourceExhausted(
        "The aggregations need more memory than a search may take for them: [" +
        std::to_string(max_bytes) + "] bytes");
  }
  bytes += count;
  return Status::Ok();
}

Result<std::unique_ptr<Aggregator>> MakeAggregator(const AggregationSpec& spec,
                                                   AggregationContext* context) {
  switch (spec.kind) {
    case AggregationKind::kTerms:
      return MakeTermsAggregator(spec, context);
    case AggregationKind::kRange:
      return MakeRangeAggregator(spec, context);
    case AggregationKind::kFilter:
    case AggregationKind::kFilters:
      return MakeFiltersAggregator(spec, context);
    default:
      return MakeMetricAggregator(spec, context);
  }
}

Status SubAggregators::Make(const std::vector<AggregationSpec>& specs,
                            AggregationContext* context) {
  context_ = context;
  for (const AggregationSpec& spec : specs) {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Aggregator> aggregator, MakeAggregator(spec, context));
    aggregators_.push_back(std::move(aggregator));
  }
  return Status::Ok();
}

Status SubAggregators::OpenSegment(size_t index, const index::SegmentView& segment) {
  for (const auto& aggregator : aggregators_) {
    BINSEEK_RETURN_IF_ERROR(aggregator->OpenSegment(index, segment));
  }
  return Status::Ok();
}

Status SubAggregators::Collect(const BucketedDocs& docs) {
  for (const auto& aggregator : aggregators_) {
    BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
    if (context_->interrupt->TimedOut()) {
      break;
    }
    BINSEEK_RETURN_IF_ERROR(aggregator->Collect(docs));
  }
  return Status::Ok();
}

Result<std::vector<AggregationResult>> SubAggregators::Build(uint32_t bucket) {
  std::vector<AggregationResult> out;
  for (const auto& aggregator : aggregators_) {
    BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
    BINSEEK_RETURN_IF_ERROR(context_->AddBytes(sizeof(AggregationResult)));
    BINSEEK_ASSIGN_OR_RETURN(AggregationResult result, aggregator->Build(bucket));
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace binseek::search
