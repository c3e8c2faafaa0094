// Aggregations that carry their own meaning: random trees, each of which checks a result against the documents of its bucket, one by one.
//
// It shares nothing with the engine but the options that it makes. Single-threaded; fails by gtest's expectations.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_ORACLE_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_ORACLE_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "tests/engine/search/oracle.h"

namespace binseek::search::test {

using Docs = std::vector<const Product*>;

// What a check may need besides the bucket's documents.
struct OracleFacts {
  Docs all;                                          // all that live
  std::function<uint64_t(const Product&)> place_of;  // in the order of the index
};

struct MeantAggregation {
  AggregationSpec spec;
  std::function<void(const Docs& docs, const OracleFacts& facts, const AggregationResult& result)>
      check;
  std::string text;  // for people
};

class AggregationOracle {
 public:
  AggregationOracle(std::mt19937_64* random, Oracle* queries)
      : random_(random), queries_(queries) {}

  // A tree of up to `depth` levels.
  MeantAggregation Make(int depth, bool top_level = false);

 private:
  using Children = std::vector<MeantAggregation>;

  uint64_t Uniform(uint64_t limit) { return (*random_)() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string Name() { return "a" + std::to_string(names_++); }
  Children MakeChildren(int depth);

  MeantAggregation MakeMetric();
  MeantAggregation MakeWeightedAvg();
  MeantAggregation MakeCardinality();
  MeantAggregation MakePercentiles();
  MeantAggregation MakeTopHits();
  MeantAggregation MakeTerms(int depth);
  MeantAggregation MakeRareTerms(int depth);
  MeantAggregation MakeSignificantTerms(int depth);
  MeantAggregation MakeRange(int depth);
  MeantAggregation MakeHistogram(int depth);
  MeantAggregation MakeDateHistogram(int depth);
  MeantAggregation MakeFilters(int depth);
  MeantAggregation MakeSingle(int depth, bool top_level);

  std::mt19937_64* const random_;
  Oracle* const queries_;
  uint64_t names_ = 0;
};

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_ORACLE_H_
