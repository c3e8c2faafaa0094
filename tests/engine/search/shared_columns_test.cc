// Several aggregations over one column, side by side and below others, of windows with many and with few matches: each counts as if it were alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/histogram_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

class SharedColumnsTest : public binseek::test::SeededTest {
 protected:
  struct Thing {
    std::optional<int64_t> price;
    int64_t day_ms = 0;  // where it has a price
    std::string brand;
    int64_t rank = 0;
  };
  using Things = std::vector<Thing>;

  static constexpr int64_t kDayMs = 86'400'000;

  // `one_in`: so many of them have no price; 0: none.
  void Fill(uint64_t documents, uint64_t one_in) {
    engine_.CreateIndex("shop",
                        R"({"properties": {"price": {"type": "long"}, "day": {"type": "date"},
        "brand": {"type": "keyword"}, "rank": {"type": "long"}}})",
                        {"price"});
    for (uint64_t i = 0; i < documents; ++i) {
      Thing thing{.price = static_cast<int64_t>(Uniform(400)) - 100,
                  .brand = "b" + std::to_string(Uniform(3)),
                  .rank = static_cast<int64_t>(Uniform(1000))};
      std::string json =
          R"({"brand": ")" + thing.brand + R"(", "rank": )" + std::to_string(thing.rank);
      if (one_in > 0 && OneIn(one_in)) {
        thing.price = std::nullopt;
      } else {
        thing.day_ms = (*thing.price + 1000) * kDayMs / 4;
        json += R"(, "price": )" + std::to_string(*thing.price) + R"(, "day": )" +
                std::to_string(thing.day_ms);
      }
      engine_.Put("shop", std::to_string(i), json + "}");
      things_.push_back(std::move(thing));
      if (OneIn(documents)) {
        engine_.Apply();
      }
    }
    engine_.Apply();
    for (uint64_t i = 0; i < documents / 20; ++i) {  // some pages are written, others are not
      const uint64_t at = Uniform(documents);
      if (things_[at].price) {
        things_[at].price = static_cast<int64_t>(Uniform(400)) - 100;
        engine_.Update("shop", std::to_string(at), "price", things_[at].price);
      }
    }
    engine_.Apply();
  }

  static std::vector<AggregationSpec> Facets() {
    HistogramAggregation prices;
    prices.options.source.field = "price";
    prices.options.min_doc_count = 1;
    prices.interval = 30;
    prices.offset = 7;
    DateHistogramAggregation days;
    days.options.source.field = "day";
    days.options.min_doc_count = 1;
    days.calendar = CalendarUnit::kDay;
    RangeAggregation ranges;
    ranges.source.field = "price";
    for (const auto& [from, to] : Ranges()) {
      AggregationRange& range = ranges.ranges.emplace_back();
      range.from = from;
      range.to = to;
    }
    return {MetricSpec(Metric::kStats, "price"), TermsSpec("price", 1000),
            SpecOf("prices", std::move(prices)), SpecOf("ranges", std::move(ranges)),
            SpecOf("days", std::move(days))};
  }
  static std::vector<std::pair<std::optional<double>, std::optional<double>>> Ranges() {
    return {{std::nullopt, 0}, {-50, 50}, {0, 100.5}, {250, std::nullopt}};
  }

  static int64_t FloorTo(int64_t value, int64_t unit) {
    return value - ((value % unit) + unit) % unit;
  }
  static std::map<double, uint64_t> CountsOf(const AggregationResult& result) {
    std::map<double, uint64_t> counts;
    for (const AggregationBucket& bucket : Buckets(result)) {
      counts[bucket.key_number.value_or(-1)] = bucket.doc_count;
    }
    return counts;
  }

  static void CheckFacets(const std::vector<AggregationResult>& found, const Things& things) {
    uint64_t count = 0;
    double sum = 0;
    std::map<double, uint64_t> terms;
    std::map<double, uint64_t> prices;
    std::map<double, uint64_t> days;
    std::vector<uint64_t> ranges(Ranges().size());
    for (const Thing& thing : things) {
      if (!thing.price) {
        continue;
      }
      const auto price = static_cast<double>(*thing.price);
      ++count;
      sum += price;
      ++terms[price];
      ++prices[static_cast<double>(FloorTo(*thing.price - 7, 30) + 7)];
      ++days[static_cast<double>(FloorTo(thing.day_ms, kDayMs))];
      for (size_t i = 0; i < ranges.size(); ++i) {
        const auto [from, to] = Ranges()[i];
        ranges[i] += (!from || price >= *from) && (!to || price < *to) ? 1 : 0;
      }
    }
    ASSERT_EQ(Stats(found[0]).count, count);
    ASSERT_EQ(Stats(found[0]).sum, sum);
    if (count > 0) {
      ASSERT_EQ(Stats(found[0]).min, terms.begin()->first);
      ASSERT_EQ(Stats(found[0]).max, terms.rbegin()->first);
    }
    ASSERT_EQ(CountsOf(found[1]), terms);
    ASSERT_EQ(CountsOf(found[2]), prices);
    ASSERT_EQ(Buckets(found[3]).size(), ranges.size());
    for (size_t i = 0; i < ranges.size(); ++i) {
      ASSERT_EQ(Buckets(found[3])[i].doc_count, ranges[i]) << i;
    }
    ASSERT_EQ(CountsOf(found[4]), days);
  }

  void CheckQuery() {
    const auto below = static_cast<int64_t>(OneIn(3) ? 1000 : Uniform(1000) / (1 + Uniform(50)));
    SearchRequest request;
    request.query = MakeRange("rank", std::nullopt, Bound{std::to_string(below), false});
    request.size = 0;
    request.aggregations = Facets();
    request.aggregations.push_back(SpecOf("brand", Terms("brand"), Facets()));
    const SearchResult found = engine_.Search(request);
    Things all;
    std::map<std::string, Things> of_brand;
    for (const Thing& thing : things_) {
      if (thing.rank < below) {
        all.push_back(thing);
        of_brand[thing.brand].push_back(thing);
      }
    }
    ASSERT_NO_FATAL_FAILURE(CheckFacets(found.aggregations, all));
    const std::vector<AggregationBucket>& brands = Buckets(found.aggregations.back());
    ASSERT_EQ(brands.size(), of_brand.size());
    for (const AggregationBucket& brand : brands) {
      ASSERT_NO_FATAL_FAILURE(CheckFacets(brand.children, of_brand[brand.key_text]));
    }
  }

  TestEngine engine_;
  Things things_;
};

TEST_F(SharedColumnsTest, EachCountsAsIfItWereAloneWhereAllHaveAPrice) {
  Fill(6'000, 0);
  for (uint64_t i = 0; i < Iterations(40); ++i) {
    ASSERT_NO_FATAL_FAILURE(CheckQuery()) << i;
  }
}

TEST_F(SharedColumnsTest, EachCountsAsIfItWereAloneWhereSomeHaveNoPrice) {
  Fill(6'000, 1 + Uniform(3'000));
  for (uint64_t i = 0; i < Iterations(40); ++i) {
    ASSERT_NO_FATAL_FAILURE(CheckQuery()) << i;
  }
}

}  // namespace
}  // namespace binseek::search::test
