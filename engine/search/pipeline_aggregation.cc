#include "engine/search/pipeline_aggregation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_path.h"
#include "engine/search/histogram_aggregation.h"

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Elasticsearch's name of the class of a result, for its errors.
std::string ClassName(const std::string& type_name) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"sterms", "StringTerms"},          {"lterms", "LongTerms"},
      {"dterms", "DoubleTerms"},          {"umterms", "UnmappedTerms"},
      {"histogram", "InternalHistogram"}, {"date_histogram", "InternalDateHistogram"},
      {"range", "InternalRange"},         {"date_range", "InternalDateRange"},
      {"filters", "InternalFilters"},     {"composite", "InternalComposite"},
      {"top_hits", "InternalTopHits"}};
  for (const auto& [type, name] : kNames) {
    if (type == type_name) {
      return std::string(name);
    }
  }
  return type_name;
}

std::string BeforeDot(std::string_view step) {
  return std::string(step.substr(0, step.find_first_of(".[")));
}

const AggregationSpec* FindSpec(const std::vector<AggregationSpec>& specs, std::string_view path) {
  const std::string_view step = path.substr(0, path.find_first_of(">["));
  for (const AggregationSpec& spec : specs) {
    if (spec.name == step || spec.name == BeforeDot(step)) {
      return &spec;
    }
  }
  return nullptr;
}

// Those that others name come before these.
std::vector<const AggregationSpec*> InOrder(const std::vector<AggregationSpec>& specs,
                                            bool parents) {
  std::vector<const AggregationSpec*> left;
  for (const AggregationSpec& spec : specs) {
    if (spec.what->pipeline() != nullptr && spec.what->pipeline()->is_parent() == parents) {
      left.push_back(&spec);
    }
  }
  std::vector<const AggregationSpec*> ordered;
  while (!left.empty()) {
    auto next = std::find_if(left.begin(), left.end(), [&](const AggregationSpec* spec) {
      const std::vector<std::string> paths = spec->what->pipeline()->paths();
      return std::none_of(paths.begin(), paths.end(), [&](const std::string& path) {
        const AggregationSpec* const on = FindSpec(specs, path);
        return on != spec && std::find(left.begin(), left.end(), on) != left.end();
      });
    });
    next = next == left.end() ? left.begin() : next;  // a circle
    ordered.push_back(*next);
    left.erase(next);
  }
  return ordered;
}

const AggregationSpec* SpecOf(const std::vector<AggregationSpec>& specs, const std::string& name) {
  for (const AggregationSpec& spec : specs) {
    if (spec.name == name && spec.what->pipeline() == nullptr) {
      return &spec;
    }
  }
  return nullptr;
}

// What is wrong with one pipeline; `parent` is null at the top.
std::string Fault(const AggregationSpec& spec, const std::vector<AggregationSpec>& level,
                  const AggregationSpec* parent) {
  const PipelineAggregation& pipeline = *spec.what->pipeline();
  const std::string what = std::string(pipeline.type()) + " aggregation [" + spec.name + "]";
  if (!pipeline.is_parent()) {
    const std::string path = pipeline.paths().front();
    const AggregationSpec* const first = FindSpec(level, path);
    if (first == nullptr) {
      return "buckets_path aggregation does not exist for aggregation [" + spec.name + "]: " + path;
    }
    if (!first->what->has_buckets()) {
      return "Unable to find unqualified multi-bucket aggregation in buckets_path. Path must "
             "include a multi-bucket aggregation for aggregation [" +
             spec.name + "] found :" + std::string(first->what->type()) +
             " for buckets path: " + path;
    }
    return "";
  }
  if (!pipeline.wants_histogram()) {
    return parent == nullptr ? what + " must be declared inside of another aggregation" : "";
  }
  std::string wanted =
      what + " must have a histogram, date_histogram or auto_date_histogram as parent";
  if (parent == nullptr) {
    return wanted + " but doesn't have a parent";
  }
  const auto* const numbers = dynamic_cast<const HistogramAggregation*>(parent->what.get());
  const auto* const dates = dynamic_cast<const DateHistogramAggregation*>(parent->what.get());
  if (numbers == nullptr && dates == nullptr) {
    return wanted;
  }
  const uint64_t least =
      numbers != nullptr ? numbers->options.min_doc_count : dates->options.min_doc_count;
  return least == 0 ? "" : "parent histogram of " + what + " must have min_doc_count of 0";
}

void CollectFaults(const std::vector<AggregationSpec>& specs, const AggregationSpec* parent,
                   std::vector<std::string>* faults) {
  for (const AggregationSpec& spec : specs) {
    if (spec.what->pipeline() != nullptr) {
      std::string fault = Fault(spec, specs, parent);
      if (!fault.empty()) {
        faults->push_back(std::move(fault));
      }
    }
    CollectFaults(spec.children, &spec, faults);
  }
}

Status CheckPaths(const std::vector<AggregationSpec>& specs) {
  for (const AggregationSpec& spec : specs) {
    if (spec.what->pipeline() != nullptr) {
      for (const std::string& path : spec.what->pipeline()->paths()) {
        const bool of_bucket = path == "_count" || path == "_key" || path == "_bucket_count";
        if (!of_bucket && FindSpec(specs, path) == nullptr) {
          return Status::InvalidArgument("No aggregation found for path [" + path + "]");
        }
      }
    }
    BINSEEK_RETURN_IF_ERROR(CheckPaths(spec.children));
  }
  return Status::Ok();
}

// Why a result is no number.
Status NoNumber(const AggregationResult& result) {
  std::string message =
      "buckets_path must reference either a number value or a single value numeric metric "
      "aggregation, ";
  if (result.As<StatsResult>() != nullptr || result.As<PercentilesResult>() != nullptr) {
    message.append("but [").append(result.name);
    message.append("] contains multiple values. Please specify which to use.");
  } else {
    message.append("got: [").append(ClassName(result.type_name));
    message.append("] at aggregation [").append(result.name).append("]");
  }
  return Status::InvalidArgument(std::move(message));
}

}  // namespace

Result<std::unique_ptr<Aggregator>> PipelineAggregation::Make(const AggregationSpec& spec,
                                                              AggregationContext*) const {
  return Status::Internal("the pipeline [" + spec.name + "] collects nothing");
}

Result<AggregationResult> PipelineAggregation::Compute(
    const AggregationSpec& spec, const std::vector<AggregationResult>& /*results*/) const {
  return Status::Internal("the pipeline [" + spec.name + "] is no sibling");
}

Status PipelineAggregation::Change(const AggregationSpec& spec,
                                   std::vector<AggregationBucket>* /*buckets*/) const {
  return Status::Internal("the pipeline [" + spec.name + "] is no parent");
}

Status RunPipelines(const std::vector<AggregationSpec>& specs, const Interrupt& interrupt,
                    std::vector<AggregationResult>* results) {
  for (AggregationResult& result : *results) {
    const AggregationSpec* const spec = SpecOf(specs, result.name);
    if (spec == nullptr || spec->children.empty()) {
      continue;
    }
    if (auto* const single = result.As<SingleBucketResult>()) {
      BINSEEK_RETURN_IF_ERROR(RunPipelines(spec->children, interrupt, &single->children));
      continue;
    }
    auto* const buckets = result.As<BucketsResult>();
    if (buckets == nullptr) {
      continue;
    }
    for (AggregationBucket& bucket : buckets->buckets) {
      BINSEEK_RETURN_IF_ERROR(interrupt.Check());
      BINSEEK_RETURN_IF_ERROR(RunPipelines(spec->children, interrupt, &bucket.children));
    }
    for (const AggregationSpec* pipeline : InOrder(spec->children, true)) {
      BINSEEK_RETURN_IF_ERROR(pipeline->what->pipeline()->Change(*pipeline, &buckets->buckets));
    }
  }
  for (const AggregationSpec* pipeline : InOrder(specs, false)) {
    BINSEEK_ASSIGN_OR_RETURN(AggregationResult result,
                             pipeline->what->pipeline()->Compute(*pipeline, *results));
    result.name = pipeline->name;
    result.meta = pipeline->meta;
    results->push_back(std::move(result));
  }
  return Status::Ok();
}

Status CheckPipelines(const std::vector<AggregationSpec>& specs) {
  std::vector<std::string> faults;
  CollectFaults(specs, nullptr, &faults);
  if (faults.empty()) {
    return CheckPaths(specs);
  }
  std::string message = "Validation Failed: ";
  for (size_t i = 0; i < faults.size(); ++i) {
    message += std::to_string(i + 1) + ": " + faults[i] + ";";
  }
  return Status::InvalidArgument(std::move(message));
}

Result<double> BucketNumber(const AggregationBucket& bucket, const std::string& path,
                            GapPolicy policy, const std::string& aggregation) {
  if (path == "_count") {
    return static_cast<double>(bucket.doc_count);
  }
  if (path == "_key") {
    return bucket.key_number.value_or(kNone);
  }
  const std::optional<double> number = NumberAt(bucket.children, path);
  const double gap = policy == GapPolicy::kInsertZeros ? 0 : kNone;
  if (!number && StopsAtABucket(bucket.children, path)) {
    return gap;
  }
  if (!number) {
    const size_t step = path.rfind('>');
    const std::string last = step == std::string::npos ? path : path.substr(step + 1);
    for (const AggregationResult& result : bucket.children) {
      if (result.name == last) {
        return NoNumber(result);
      }
    }
    // A pipeline may have left the bucket without its number.
    if (step == std::string::npos) {
      return gap;
    }
    std::string message = "Cannot find an aggregation named [";
    message.append(last).append("] in [").append(aggregation).append("]");
    return Status::InvalidArgument(std::move(message));
  }
  if (!std::isfinite(*number) || (bucket.doc_count == 0 && !path.ends_with("_count"))) {
    switch (policy) {
      case GapPolicy::kInsertZeros:
        return 0.0;
      case GapPolicy::kKeepValues:
        return std::isfinite(*number) ? *number : kNone;
      case GapPolicy::kSkip:
        return kNone;
    }
  }
  return *number;
}

}  // namespace binseek::search
