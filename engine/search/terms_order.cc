#include "engine/search/terms_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace binseek::search {
namespace {

struct MetricPath {
  std::string name;
  std::string value;  // "max" of "price.max"; empty: the only one
};

MetricPath SplitPath(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? MetricPath{path, ""}
                                  : MetricPath{path.substr(0, dot), path.substr(dot + 1)};
}

bool HasValue(AggregationKind kind, const std::string& value) {
  switch (kind) {
    case AggregationKind::kStats:
      return value == "count" || value == "min" || value == "max" || value == "avg" ||
             value == "sum";
    case AggregationKind::kMin:
    case AggregationKind::kMax:
    case AggregationKind::kAvg:
    case AggregationKind::kSum:
    case AggregationKind::kValueCount:
      return value.empty() || value == "value";
    case AggregationKind::kFilter:
      return value.empty() || value == "_count" || value == "doc_count";
    default:
      return false;
  }
}

// A sub-aggregation may have a dot in its name, so the whole path is tried first.
const AggregationSpec* FindMetric(const AggregationSpec& spec, const std::string& path,
                                  std::string* value) {
  for (const MetricPath& split : {MetricPath{path, ""}, SplitPath(path)}) {
    for (const AggregationSpec& child : spec.children) {
      if (child.name == split.name && HasValue(child.kind, split.value)) {
        *value = split.value;
        return &child;
      }
    }
  }
  return nullptr;
}

double ValueOf(const AggregationResult& result, const std::string& value) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const bool empty = result.count == 0;
  const double average = empty ? none : result.sum / static_cast<double>(result.count);
  if (result.kind == AggregationKind::kFilter) {
    return static_cast<double>(result.buckets[0].doc_count);
  }
  if (result.kind == AggregationKind::kMin || value == "min") {
    return empty ? none : result.min;
  }
  if (result.kind == AggregationKind::kMax || value == "max") {
    return empty ? none : result.max;
  }
  if (result.kind == AggregationKind::kAvg || value == "avg") {
    return average;
  }
  if (result.kind == AggregationKind::kValueCount || value == "count") {
    return static_cast<double>(result.count);
  }
  return result.sum;
}

// Buckets without a value come last in either direction.
int CompareMetric(double a, double b, bool descending) {
  if (std::isnan(a) || std::isnan(b)) {
    return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  }
  const int order = a < b ? -1 : (b < a ? 1 : 0);
  return descending ? -order : order;
}

class BucketOrder {
 public:
  BucketOrder(const AggregationSpec& spec,
              const std::function<int(uint32_t, uint32_t)>& compare_keys)
      : order_(spec.order), compare_keys_(compare_keys) {
    if (order_.empty()) {
      order_.emplace_back();
    }
    for (const TermsOrder& order : order_) {
      Metric metric;
      if (order.by == TermsOrder::By::kMetric) {
        const AggregationSpec* const child = FindMetric(spec, order.metric, &metric.value);
        metric.child = static_cast<size_t>(child - spec.children.data());
      }
      metrics_.push_back(metric);
    }
  }

  bool operator()(const CandidateBucket& a, const CandidateBucket& b) const {
    for (size_t i = 0; i < order_.size(); ++i) {
      if (const int order = Compare(i, a, b); order != 0) {
        return order < 0;
      }
    }
    return compare_keys_(a.id, b.id) < 0;
  }

 private:
  struct Metric {
    size_t child = 0;
    std::string value;
  };

  int Compare(size_t i, const CandidateBucket& a, const CandidateBucket& b) const {
    const bool descending = order_[i].descending;
    int order = 0;
    switch (order_[i].by) {
      case TermsOrder::By::kCount:
        order = a.count < b.count ? -1 : (b.count < a.count ? 1 : 0);
        break;
      case TermsOrder::By::kKey:
        order = compare_keys_(a.id, b.id);
        break;
      case TermsOrder::By::kMetric:
        return CompareMetric(ValueOf(a.children[metrics_[i].child], metrics_[i].value),
                             ValueOf(b.children[metrics_[i].child], metrics_[i].value), descending);
    }
    return descending ? -order : order;
  }

  std::vector<TermsOrder> order_;
  std::vector<Metric> metrics_;
  const std::function<int(uint32_t, uint32_t)>& compare_keys_;
};

}  // namespace

Status CheckTermsOrder(const AggregationSpec& spec) {
  for (const TermsOrder& order : spec.order) {
    std::string value;
    if (order.by == TermsOrder::By::kMetric && FindMetric(spec, order.metric, &value) == nullptr) {
      return Status::InvalidArgument(
          "Invalid aggregation order path [" + order.metric + "]. The provided aggregation [" +
          SplitPath(order.metric).name +
          "] either does not exist, or is not a metric that buckets can be sorted by.");
    }
  }
  return Status::Ok();
}

bool OrdersByMetric(const AggregationSpec& spec) {
  return std::any_of(spec.order.begin(), spec.order.end(),
                     [](const TermsOrder& order) { return order.by == TermsOrder::By::kMetric; });
}

void SortBuckets(const AggregationSpec& spec,
                 const std::function<int(uint32_t, uint32_t)>& compare_keys,
                 std::vector<CandidateBucket>* buckets) {
  const BucketOrder before(spec, compare_keys);
  const size_t keep = std::min<size_t>(spec.size, buckets->size());
  std::partial_sort(buckets->begin(), buckets->begin() + static_cast<std::ptrdiff_t>(keep),
                    buckets->end(), before);
  buckets->resize(keep);
}

}  // namespace binseek::search
