#include "tests/engine/search/aggregation_oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/cardinality_aggregation.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/percentiles_aggregation.h"
#include "engine/search/top_hits_aggregation.h"
#include "tests/engine/search/aggregation_meaning.h"
#include "tests/engine/search/aggregations.h"

namespace binseek::search::test {

std::vector<MeantAggregation> AggregationOracle::MakeChildren(int depth) {
  Children children;
  for (uint64_t n = depth <= 0 ? 0 : Uniform(3); n > 0; --n) {
    children.push_back(Make(depth - 1));
  }
  return children;
}

MeantAggregation AggregationOracle::MakeMetric() {
  const auto metric = static_cast<Metric>(Uniform(7));
  const std::string field = kNumbers[Uniform(metric == Metric::kExtendedStats ? 3 : 4)];
  MetricAggregation options(metric);
  options.source.field = field;
  std::optional<double> missing;
  if (OneIn(3)) {
    missing = static_cast<double>(Uniform(50));
    options.source.missing = std::to_string(static_cast<int64_t>(*missing));
    if (field == "day") {
      missing.reset();
      options.source.missing.reset();
    }
  }
  return {SpecOf(Name(), options),
          [=](const Docs& docs, const OracleFacts&, const AggregationResult& result) {
            const Summary wanted = Summarize(docs, field, missing);
            const bool any = wanted.count > 0;
            if (const StatsResult* const stats = result.As<StatsResult>()) {
              EXPECT_EQ(stats->count, wanted.count);
              ExpectNear(stats->sum, wanted.sum);
              EXPECT_EQ(stats->min, wanted.min);
              EXPECT_EQ(stats->max, wanted.max);
              if (metric == Metric::kExtendedStats && any) {
                const double mean = wanted.sum / static_cast<double>(wanted.count);
                double around = 0;
                for (const Product* product : docs) {
                  std::vector<double> numbers = NumbersOf(*product, field);
                  if (numbers.empty() && missing) {
                    numbers.push_back(*missing);
                  }
                  for (const double number : numbers) {
                    around += (number - mean) * (number - mean);
                  }
                }
                EXPECT_NEAR(ExtendedStatsOf(*stats).variance_population,
                            around / static_cast<double>(wanted.count), 1e-6);
              }
              return;
            }
            const std::map<Metric, std::optional<double>> values = {
                {Metric::kMin, any ? std::optional(wanted.min) : std::nullopt},
                {Metric::kMax, any ? std::optional(wanted.max) : std::nullopt},
                {Metric::kSum, wanted.sum},
                {Metric::kAvg, any ? std::optional(wanted.sum / static_cast<double>(wanted.count))
                                   : std::nullopt},
                {Metric::kValueCount, static_cast<double>(wanted.count)}};
            ExpectNear(Number(result), values.at(metric));
          },
          std::string(options.type()) + " " + field};
}

MeantAggregation AggregationOracle::MakeWeightedAvg() {
  WeightedAvgAggregation options;
  options.value.field = OneIn(2) ? "sizes" : "price";
  options.weight.field = "stock";
  const bool missing = OneIn(2);
  if (missing) {
    options.weight.missing = "3";
  }
  const std::string field = options.value.field;
  return {SpecOf(Name(), options),
          [=](const Docs& docs, const OracleFacts&, const AggregationResult& result) {
            double sum = 0;
            double weights = 0;
            for (const Product* product : docs) {
              if (product->stock || missing) {
                const double weight = product->stock ? static_cast<double>(*product->stock) : 3;
                for (const double number : NumbersOf(*product, field)) {
                  sum += number * weight;
                  weights += weight;
                }
              }
            }
            if (std::abs(weights) > 1e-9) {
              ExpectNear(Number(result), sum / weights);
            } else {
              EXPECT_FALSE(Number(result).has_value());
            }
          },
          "weighted_avg " + field};
}

MeantAggregation AggregationOracle::MakeCardinality() {
  static const char* const kFields[] = {"tags", "stock", "price", "sizes", "day", "active"};
  CardinalityAggregation options;
  options.source.field = kFields[Uniform(std::size(kFields))];
  const std::string field = options.source.field;
  return {SpecOf(Name(), options),
          [=](const Docs& docs, const OracleFacts&, const AggregationResult& result) {
            std::set<Key> keys;
            for (const Product* product : docs) {
              keys.merge(KeysOf(*product, field));
            }
            EXPECT_EQ(Number(result), static_cast<double>(keys.size()));
          },
          "cardinality " + field};
}

MeantAggregation AggregationOracle::MakePercentiles() {
  PercentilesAggregation options(OneIn(2));
  options.source.field = kNumbers[Uniform(3)];
  const std::string field = options.source.field;
  const bool ranks = options.ranks;
  if (ranks) {
    options.points = {-5, 0, 3, 7.5, 19};
  }
  const std::vector<double> points = options.points;
  return {SpecOf(Name(), options),
          [=](const Docs& docs, const OracleFacts&, const AggregationResult& result) {
            std::vector<double> numbers;
            for (const Product* product : docs) {
              const std::vector<double> more = NumbersOf(*product, field);
              numbers.insert(numbers.end(), more.begin(), more.end());
            }
            const auto* const found = result.As<PercentilesResult>();
            ASSERT_NE(found, nullptr);
            ASSERT_EQ(found->values.size(), points.size());
            for (const auto& [point, value] : found->values) {
              if (numbers.empty()) {
                EXPECT_TRUE(std::isnan(value));
                continue;
              }
              // Between two values neither is wrong; what is left must be less than a hundredth.
              const double at = ranks ? point : value;
              const double share = (ranks ? value : point) / 100;
              const auto total = static_cast<double>(numbers.size());
              const double below =
                  static_cast<double>(std::count_if(numbers.begin(), numbers.end(),
                                                    [&](double n) { return n < at; })) /
                  total;
              const double up_to =
                  static_cast<double>(std::count_if(numbers.begin(), numbers.end(),
                                                    [&](double n) { return n <= at; })) /
                  total;
              EXPECT_GE(share, below - 0.01 - 1 / total) << point << " " << value;
              EXPECT_LE(share, up_to + 0.01 + 1 / total) << point << " " << value;
            }
          },
          (ranks ? "ranks " : "percentiles ") + field};
}

MeantAggregation AggregationOracle::MakeTopHits() {
  TopHitsAggregation options;
  options.size = 1 + Uniform(4);
  options.from = Uniform(3);
  SortKey key;
  key.field = OneIn(2) ? "price" : "tags";
  key.descending = OneIn(2);
  options.sort = {key};
  const uint64_t from = options.from;
  const uint64_t size = options.size;
  return {SpecOf(Name(), options),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            const auto value = [&](const Product& product) -> std::optional<Key> {
              const std::set<Key> keys = KeysOf(product, key.field);
              return keys.empty()     ? std::nullopt
                     : key.descending ? std::optional(*keys.rbegin())
                                      : std::optional(*keys.begin());
            };
            Docs sorted = docs;
            std::sort(sorted.begin(), sorted.end(), [&](const Product* a, const Product* b) {
              const std::optional<Key> left = value(*a);
              const std::optional<Key> right = value(*b);
              if (left.has_value() != right.has_value()) {
                return left.has_value();
              }
              if (left != right) {
                return (*left < *right) != key.descending;
              }
              return facts.place_of(*a) < facts.place_of(*b);
            });
            const TopHits& top = *result.As<TopHitsResult>()->hits;
            EXPECT_EQ(top.total, docs.size());
            std::vector<std::string> wanted;
            for (size_t i = from; i < sorted.size() && i < from + size; ++i) {
              wanted.push_back(sorted[i]->id);
            }
            std::vector<std::string> found;
            for (const Hit& hit : top.hits) {
              found.push_back(hit.id);
            }
            EXPECT_EQ(found, wanted);
          },
          "top_hits by " + key.field};
}

MeantAggregation AggregationOracle::Make(int depth, bool top_level) {
  switch (Uniform(depth <= 0 ? 6 : 14)) {
    case 0:
    case 1:
      return MakeMetric();
    case 2:
      return MakeWeightedAvg();
    case 3:
      return MakeCardinality();
    case 4:
      return MakePercentiles();
    case 5:
      return MakeTopHits();
    case 6:
    case 7:
      return MakeTerms(depth);
    case 8:
      return MakeRareTerms(depth);
    case 9:
      return MakeSignificantTerms(depth);
    case 10:
      return MakeRange(depth);
    case 11:
      return OneIn(2) ? MakeHistogram(depth) : MakeDateHistogram(depth);
    case 12:
      return MakeFilters(depth);
    default:
      return MakeSingle(depth, top_level);
  }
}

}  // namespace binseek::search::test
