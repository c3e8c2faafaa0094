#include "engine/search/aggregator.h"

#include <algorithm>
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

bool NeedsScores(const std::vector<AggregationSpec>& specs) {
  return std::any_of(specs.begin(), specs.end(), [](const AggregationSpec& spec) {
    return spec.what->needs_scores() || NeedsScores(spec.children);
  });
}

Status SubAggregators::Make(const std::vector<AggregationSpec>& specs, AggregationContext* context,
                            bool top_level) {
  context_ = context;
  for (const AggregationSpec& spec : specs) {
    if (spec.what->pipeline() != nullptr) {
      continue;
    }
    if (spec.what->is_top_level_only() && !top_level) {
      std::string message = "Aggregation [" + spec.name + "] cannot have a [";
      message.append(spec.what->type()).append("] sub-aggregation. [").append(spec.what->type());
      message.append("] aggregations can only be defined at the top level");
      return Status::InvalidArgument(std::move(message));
    }
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Aggregator> aggregator,
                             spec.what->Make(spec, context));
    aggregators_.push_back(std::move(aggregator));
    specs_.push_back(&spec);
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
  for (size_t i = 0; i < aggregators_.size(); ++i) {
    BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
    BINSEEK_RETURN_IF_ERROR(context_->AddBytes(sizeof(AggregationResult)));
    BINSEEK_ASSIGN_OR_RETURN(AggregationResult result, aggregators_[i]->Build(bucket));
    result.name = specs_[i]->name;
    result.meta = specs_[i]->meta;
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace binseek::search
