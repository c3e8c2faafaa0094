#include "engine/search/bucket_path.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/search/metric_aggregation.h"

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::optional<double> PercentOf(const PercentilesResult& result, std::string_view name) {
  double wanted = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), wanted);
  if (error != std::errc() || end != name.data() + name.size()) {
    return std::nullopt;
  }
  for (const auto& [percent, value] : result.values) {
    if (percent == wanted) {
      return value;
    }
  }
  return std::nullopt;
}

// An aggregation may have dots in its name, so longer names are tried first. Calls visit(name, number) until it is true.
template <class Visit>
bool ForEachSplit(std::string_view step, Visit visit) {
  if (visit(step, std::string_view())) {
    return true;
  }
  for (size_t dot = step.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = step.rfind('.', dot - 1)) {
    if (visit(step.substr(0, dot), step.substr(dot + 1))) {
      return true;
    }
  }
  return false;
}

const AggregationResult* Find(const std::vector<AggregationResult>& results,
                              std::string_view name) {
  for (const AggregationResult& result : results) {
    if (result.name == name) {
      return &result;
    }
  }
  return nullptr;
}

const AggregationBucket* BucketAt(const std::vector<AggregationBucket>& buckets,
                                  std::string_view key) {
  for (const AggregationBucket& bucket : buckets) {
    if (HasKey(bucket, key)) {
      return &bucket;
    }
  }
  return nullptr;
}

const std::vector<AggregationResult>* Below(const AggregationResult& result,
                                            const std::optional<std::string>& key) {
  if (const auto* const single = result.As<SingleBucketResult>()) {
    return &single->children;
  }
  const std::vector<AggregationBucket>* const buckets = result.buckets();
  if (buckets == nullptr || !key) {
    return nullptr;
  }
  const AggregationBucket* const bucket = BucketAt(*buckets, *key);
  return bucket == nullptr ? nullptr : &bucket->children;
}

}  // namespace

bool HasKey(const AggregationBucket& bucket, std::string_view key) {
  return bucket.key_text == key || bucket.key_as_string == key;
}

PathStep FirstStep(std::string_view path) {
  PathStep step;
  const size_t end = path.find('>');
  step.name = path.substr(0, end);
  step.rest = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  const size_t open = step.name.find('[');
  if (open != std::string_view::npos && step.name.ends_with(']')) {
    std::string_view key = step.name.substr(open + 1, step.name.size() - open - 2);
    if (key.size() >= 2 && (key.front() == '\'' || key.front() == '"') &&
        key.back() == key.front()) {
      key = key.substr(1, key.size() - 2);
    }
    step.key = std::string(key);
    step.name = step.name.substr(0, open);
  }
  return step;
}

bool CanOrderBy(const std::vector<AggregationSpec>& specs, std::string_view path) {
  const PathStep step = FirstStep(path);
  const auto find = [&](std::string_view name) -> const AggregationSpec* {
    for (const AggregationSpec& spec : specs) {
      if (spec.name == name && spec.what->pipeline() == nullptr) {
        return &spec;
      }
    }
    return nullptr;
  };
  if (!step.rest.empty()) {
    const AggregationSpec* const spec = find(step.name);
    return spec != nullptr && !step.key && spec->what->is_single_bucket() &&
           CanOrderBy(spec->children, step.rest);
  }
  return ForEachSplit(step.name, [&](std::string_view name, std::string_view number) {
    const AggregationSpec* const spec = find(name);
    return spec != nullptr &&
           spec->what->HasNumber(step.key ? std::string_view(*step.key) : number);
  });
}

std::optional<double> NumberOf(const AggregationResult& result, std::string_view name) {
  if (const auto* const number = result.As<NumberResult>()) {
    if (name == "normalized_value") {
      return number->normalized.value_or(kNone);
    }
    // The least of nothing is greater than all others.
    const double none = result.type_name == "min"   ? std::numeric_limits<double>::infinity()
                        : result.type_name == "max" ? -std::numeric_limits<double>::infinity()
                                                    : kNone;
    return name.empty() || name == "value" ? std::optional(number->value.value_or(none))
                                           : std::nullopt;
  }
  if (const auto* const stats = result.As<StatsResult>()) {
    if (stats->count == 0 && (name == "min" || name == "max")) {
      return name == "min" ? stats->min : stats->max;
    }
    return name.empty() ? std::nullopt : std::optional(StatsNumber(*stats, name));
  }
  if (const auto* const percentiles = result.As<PercentilesResult>()) {
    return PercentOf(*percentiles, name);
  }
  if (const auto* const single = result.As<SingleBucketResult>()) {
    return name.empty() || name == "_count" || name == "doc_count"
               ? std::optional(static_cast<double>(single->doc_count))
               : std::nullopt;
  }
  if (const auto* const buckets = result.buckets(); buckets != nullptr && name == "_bucket_count") {
    return static_cast<double>(buckets->size());
  }
  return std::nullopt;
}

std::optional<double> NumberAt(const std::vector<AggregationResult>& results,
                               std::string_view path) {
  const PathStep step = FirstStep(path);
  if (!step.rest.empty()) {
    const AggregationResult* const result = Find(results, step.name);
    if (result == nullptr) {
      return std::nullopt;
    }
    if (step.rest == "_count" && step.key) {
      const std::vector<AggregationBucket>* const buckets = result->buckets();
      const AggregationBucket* const bucket =
          buckets == nullptr ? nullptr : BucketAt(*buckets, *step.key);
      return bucket == nullptr ? std::nullopt
                               : std::optional(static_cast<double>(bucket->doc_count));
    }
    const std::vector<AggregationResult>* const below = Below(*result, step.key);
    if (below == nullptr) {
      return NumberOf(*result, step.rest);  // "red>_count"
    }
    const std::optional<double> number = NumberAt(*below, step.rest);
    return number ? number : NumberOf(*result, step.rest);
  }
  std::optional<double> number;
  ForEachSplit(step.name, [&](std::string_view name, std::string_view of) {
    if (const AggregationResult* const result = Find(results, name)) {
      number = NumberOf(*result, step.key ? std::string_view(*step.key) : of);
    }
    return number.has_value();
  });
  return number;
}

bool StopsAtABucket(const std::vector<AggregationResult>& results, std::string_view path) {
  const PathStep step = FirstStep(path);
  const AggregationResult* const result = step.rest.empty() ? nullptr : Find(results, step.name);
  if (result == nullptr) {
    return false;
  }
  if (const std::vector<AggregationBucket>* const buckets = result->buckets();
      buckets != nullptr && step.key && BucketAt(*buckets, *step.key) == nullptr) {
    return true;
  }
  const std::vector<AggregationResult>* const below = Below(*result, step.key);
  return below != nullptr && StopsAtABucket(*below, step.rest);
}

}  // namespace binseek::search
