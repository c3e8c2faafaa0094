// Short ways to aggregations and to what came out of them, for tests.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATIONS_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/terms_aggregation.h"

namespace binseek::search::test {

template <class T>
AggregationSpec SpecOf(std::string name, T options, std::vector<AggregationSpec> children = {}) {
  return {.name = std::move(name),
          .what = std::make_shared<const T>(std::move(options)),
          .children = std::move(children)};
}

inline TermsAggregation Terms(std::string field, uint32_t size = 10) {
  TermsAggregation terms;
  terms.source.field = std::move(field);
  terms.size = size;
  return terms;
}
inline AggregationSpec TermsSpec(const std::string& field, uint32_t size = 10) {
  return SpecOf(field, Terms(field, size));
}
inline AggregationSpec MetricSpec(Metric metric, const std::string& field) {
  MetricAggregation options(metric);
  options.source.field = field;
  return SpecOf(field, std::move(options));
}

inline const std::vector<AggregationBucket>& Buckets(const AggregationResult& result) {
  BINSEEK_CHECK(result.buckets() != nullptr, "a result with buckets");
  return *result.buckets();
}
inline const StatsResult& Stats(const AggregationResult& result) {
  BINSEEK_CHECK(result.As<StatsResult>() != nullptr, "statistics");
  return *result.As<StatsResult>();
}
inline std::optional<double> Number(const AggregationResult& result) {
  BINSEEK_CHECK(result.As<NumberResult>() != nullptr, "a number");
  return result.As<NumberResult>()->value;
}

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATIONS_H_
