#include "engine/search/bucket_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "engine/search/bucket_path.h"

namespace binseek::search {
namespace {

// Buckets without a value come last in either direction.
int CompareNumbers(double a, double b, bool descending) {
  if (std::isnan(a) || std::isnan(b)) {
    return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  }
  const int order = a < b ? -1 : (b < a ? 1 : 0);
  return descending ? -order : order;
}

class Before {
 public:
  Before(const std::vector<BucketOrder>& order,
         const std::function<int(uint32_t, uint32_t)>& compare_keys)
      : order_(order), compare_keys_(compare_keys) {
    if (order_.empty()) {
      order_.emplace_back();
    }
  }

  bool operator()(const CandidateBucket& a, const CandidateBucket& b) const {
    size_t number = 0;
    for (const BucketOrder& order : order_) {
      int result = 0;
      switch (order.by) {
        case BucketOrder::By::kCount:
          result = a.count < b.count ? -1 : (b.count < a.count ? 1 : 0);
          result = order.descending ? -result : result;
          break;
        case BucketOrder::By::kKey:
          result = compare_keys_(a.id, b.id);
          result = order.descending ? -result : result;
          break;
        case BucketOrder::By::kMetric:
          result = CompareNumbers(a.numbers[number], b.numbers[number], order.descending);
          ++number;
          break;
      }
      if (result != 0) {
        return result < 0;
      }
    }
    return compare_keys_(a.id, b.id) < 0;
  }

 private:
  std::vector<BucketOrder> order_;
  const std::function<int(uint32_t, uint32_t)>& compare_keys_;
};

}  // namespace

Status CheckOrder(const std::vector<BucketOrder>& order, const AggregationSpec& spec) {
  for (const BucketOrder& criterion : order) {
    if (criterion.by == BucketOrder::By::kMetric && !CanOrderBy(spec.children, criterion.metric)) {
      const std::string name = criterion.metric.substr(0, criterion.metric.find_first_of(".>["));
      return Status::InvalidArgument(
          "Invalid aggregation order path [" + criterion.metric + "]. The provided aggregation [" +
          name +
          "] either does not exist, or is a pipeline aggregation and cannot be used to sort the "
          "buckets.");
    }
  }
  return Status::Ok();
}

Status CheckOrders(const std::vector<AggregationSpec>& specs) {
  for (const AggregationSpec& spec : specs) {
    if (const std::vector<BucketOrder>* const order = spec.what->bucket_order()) {
      BINSEEK_RETURN_IF_ERROR(CheckOrder(*order, spec));
    }
    BINSEEK_RETURN_IF_ERROR(CheckOrders(spec.children));
  }
  return Status::Ok();
}

bool OrdersByMetric(const std::vector<BucketOrder>& order) {
  return std::any_of(order.begin(), order.end(), [](const BucketOrder& criterion) {
    return criterion.by == BucketOrder::By::kMetric;
  });
}

void SortBuckets(const std::vector<BucketOrder>& order, size_t size,
                 const std::function<int(uint32_t, uint32_t)>& compare_keys,
                 std::vector<CandidateBucket>* buckets) {
  const Before before(order, compare_keys);
  const size_t keep = std::min(size, buckets->size());
  std::partial_sort(buckets->begin(), buckets->begin() + static_cast<std::ptrdiff_t>(keep),
                    buckets->end(), before);
  buckets->resize(keep);
}

namespace {

Result<std::vector<AggregationResult>> BuildBelow(const CandidateBucket& bucket,
                                                  SubAggregators* children,
                                                  AggregationContext* context) {
  const bool outer = std::exchange(context->within_gap, context->within_gap || bucket.gap);
  Result<std::vector<AggregationResult>> below = children->Build(bucket.id);
  context->within_gap = outer;
  return below;
}

}  // namespace

Status BuildAndSort(const std::vector<BucketOrder>& order, size_t size,
                    const std::function<int(uint32_t, uint32_t)>& compare_keys,
                    SubAggregators* children, AggregationContext* context,
                    std::vector<CandidateBucket>* buckets) {
  const bool by_metric = OrdersByMetric(order);
  if (by_metric) {
    const uint32_t before = context->buckets;
    for (CandidateBucket& bucket : *buckets) {
      BINSEEK_ASSIGN_OR_RETURN(bucket.children, BuildBelow(bucket, children, context));
      bucket.buckets_below = context->buckets - before;
      context->buckets = before;
      for (const BucketOrder& criterion : order) {
        if (criterion.by == BucketOrder::By::kMetric) {
          bucket.numbers.push_back(NumberAt(bucket.children, criterion.metric)
                                       .value_or(std::numeric_limits<double>::quiet_NaN()));
        }
      }
    }
  }
  SortBuckets(order, size, compare_keys, buckets);
  BINSEEK_RETURN_IF_ERROR(context->AddBuckets(buckets->size()));
  for (CandidateBucket& bucket : *buckets) {
    if (by_metric) {
      BINSEEK_RETURN_IF_ERROR(context->AddBuckets(bucket.buckets_below));
    } else if (!children->empty()) {
      BINSEEK_ASSIGN_OR_RETURN(bucket.children, BuildBelow(bucket, children, context));
    }
  }
  return Status::Ok();
}

}  // namespace binseek::search
