// Every query over special fields against a plain evaluation of the same documents, in one segment, three and thirty, with deletes and columns that change.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/search/weight.h"
#include "tests/engine/search/test_engine.h"
#include "tests/engine/search/thing_oracle.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

class ThingOracleTest : public binseek::test::SeededTest {
 protected:
  ThingOracleTest() : oracle_(&random()) {
    engine_.CreateIndex("things", kThingMapping, {"stock"});
  }

  // A batch makes a segment.
  void Write(uint64_t batches, uint64_t keys) {
    for (uint64_t b = 0; b < batches; ++b) {
      for (uint64_t i = 0; i < keys; ++i) {
        Change(std::to_string(Uniform(keys * batches)));
      }
      engine_.Apply();
      touched_.clear();
    }
    view_ = engine_.view();
    engine_.HoldView(view_);
    oracle_.Look(*view_->Find("things"));
  }

  void Change(const std::string& id) {
    if (!touched_.insert(id).second) {
      return;
    }
    const auto known = things_.find(id);
    if (known != things_.end() && OneIn(4)) {
      engine_.Delete("things", id);
      things_.erase(known);
    } else if (known != things_.end() && OneIn(2)) {
      known->second.stock = OneIn(5) ? std::nullopt : std::optional<int64_t>(1 + Uniform(30));
      engine_.Update("things", id, "stock", known->second.stock);
    } else {
      things_[id] = oracle_.MakeThing(id);
      engine_.Put("things", id, things_[id].ToJson());
    }
  }

  void Check(const MeantThingQuery& query) {
    SearchRequest request;
    request.query = query.query;
    request.size = 100'000;
    request.track_total_hits = SearchRequest::kCountAll;
    const Result<SearchResult> result = engine_.TrySearch(request);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    std::map<std::string, double> expected;
    for (const auto& [id, thing] : things_) {
      if (const auto score = query.meaning(thing)) {
        expected[id] = *score;
      }
    }
    std::map<std::string, double> found;
    for (const Hit& hit : result->hits) {
      found[hit.id] = static_cast<double>(*hit.score);
    }
    for (const auto& [id, score] : expected) {
      ASSERT_TRUE(found.count(id)) << id << " is missing: " << things_[id].ToJson();
      ASSERT_NEAR(found[id], score, 2e-5 * std::max(1e-3, std::abs(score)))
          << id << ": " << things_[id].ToJson();
    }
    for (const auto& [id, score] : found) {
      ASSERT_TRUE(expected.count(id)) << id << " is too much: " << things_[id].ToJson();
    }
    ASSERT_EQ(result->total->value, expected.size());
    matched_ += expected.size();
    CheckUnscored(query, expected.size());
    CheckExplanations(query, *result);
  }

  // As a filter, and beside another clause that narrows it.
  void CheckUnscored(const MeantThingQuery& query, size_t expected) {
    SearchRequest request;
    request.query = MakeBool({.filter = {query.query, MakeMatchAll()}});
    request.size = 0;
    request.track_total_hits = SearchRequest::kCountAll;
    ASSERT_EQ(engine_.Search(request).total->value, expected);
  }

  // The tree's value is the score, to the bit.
  void CheckExplanations(const MeantThingQuery& query, const SearchResult& result) {
    const index::IndexView& index = *view_->Find("things");
    BindContext context;
    context.index = &index;
    context.now_micros = 1;
    const auto weight = query.query->Bind(context, 1);
    ASSERT_TRUE(weight.ok()) << weight.status().ToString();
    for (size_t i = 0; i < result.hits.size(); i += 1 + Uniform(20)) {
      const auto address = index.FindKey(result.hits[i].id);
      ASSERT_TRUE(address);
      const auto explanation = (*weight)->Explain(index.at(*address), address->doc);
      ASSERT_TRUE(explanation.ok());
      ASSERT_TRUE(explanation->matches);
      ASSERT_EQ(explanation->value, *result.hits[i].score) << result.hits[i].id;
    }
  }

  void CheckAll(uint64_t rounds) {
    for (uint64_t i = 0; i < rounds * ThingOracle::kKinds && !HasFatalFailure(); ++i) {
      const MeantThingQuery query = oracle_.MakeQuery(i);
      SCOPED_TRACE(query.text);
      Check(query);
      const MeantThingQuery other = oracle_.MakeQuery(Uniform(ThingOracle::kKinds));
      SCOPED_TRACE(other.text);
      CheckTogether(query, other);
    }
    EXPECT_GT(matched_, 0U);
  }

  // Both must match; scores add up.
  void CheckTogether(const MeantThingQuery& first, const MeantThingQuery& second) {
    MeantThingQuery both;
    both.query = MakeBool({.must = {first.query, second.query}});
    both.meaning = [&](const Thing& thing) -> std::optional<double> {
      const auto a = first.meaning(thing);
      const auto b = second.meaning(thing);
      return a && b ? std::optional<double>(*a + *b) : std::nullopt;
    };
    both.text = first.text + " and " + second.text;
    Check(both);
  }

  std::vector<std::string> Sorted(const SortKey& key,
                                  const std::function<std::optional<double>(const Thing&)>& value) {
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [id, thing] : things_) {
      const auto own = value(thing);
      const double at = own ? (key.descending ? -*own : *own) : 1e300;
      order.emplace_back(at, id);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::string> ids;
    for (const auto& [at, id] : order) {
      ids.push_back(id);
    }
    return ids;
  }

  // Equal keys may come in any order: values are compared.
  void CheckSort(const SortKey& key,
                 const std::function<std::optional<double>(const Thing&)>& value) {
    SearchRequest request;
    request.size = 100'000;
    request.sort = {key};
    const std::vector<std::string> ids = engine_.Ordered(request);
    const std::vector<std::string> expected = Sorted(key, value);
    ASSERT_EQ(ids.size(), expected.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto a = value(things_[ids[i]]);
      const auto b = value(things_[expected[i]]);
      ASSERT_EQ(a.has_value(), b.has_value()) << i;
      if (a) {
        ASSERT_NEAR(*a, *b, 1e-3 + 1e-9 * std::abs(*b)) << i;
      }
    }
  }

  TestEngine engine_;
  ThingOracle oracle_;
  std::map<std::string, Thing> things_;
  std::set<std::string> touched_;
  std::shared_ptr<const index::EngineView> view_;
  uint64_t matched_ = 0;
};

TEST_F(ThingOracleTest, QueriesAreThoseOfAPlainEvaluationInOneSegment) {
  Write(1, 400);
  CheckAll(Iterations(12));
}

TEST_F(ThingOracleTest, QueriesAreThoseOfAPlainEvaluationInThreeSegments) {
  Write(3, 150);
  CheckAll(Iterations(12));
}

TEST_F(ThingOracleTest, QueriesAreThoseOfAPlainEvaluationInThirtySegments) {
  Write(30, 15);
  CheckAll(Iterations(8));
}

TEST_F(ThingOracleTest, QueriesAreThoseOfAPlainEvaluationInSeveralWindows) {
  Write(1, 9000);
  CheckAll(1);
}

TEST_F(ThingOracleTest, SortsByDistanceAndByWhatSeveralValuesComeTo) {
  Write(3, 150);
  for (uint64_t round = 0; round < Iterations(30) && !HasFatalFailure(); ++round) {
    SortKey key;
    key.descending = OneIn(2);
    static constexpr SortKey::Mode kModes[] = {SortKey::Mode::kMin, SortKey::Mode::kMax,
                                               SortKey::Mode::kAvg, SortKey::Mode::kMedian,
                                               SortKey::Mode::kSum};
    key.mode = kModes[Uniform(5)];
    const auto reduce = [mode = key.mode](std::vector<double> values) {
      std::sort(values.begin(), values.end());
      double sum = 0;
      for (const double v : values) {
        sum += v;
      }
      const size_t n = values.size();
      return mode == SortKey::Mode::kMin   ? values.front()
             : mode == SortKey::Mode::kMax ? values.back()
             : mode == SortKey::Mode::kSum ? sum
             : mode == SortKey::Mode::kAvg ? sum / static_cast<double>(n)
             : n % 2 == 1                  ? values[n / 2]
                                           : (values[n / 2 - 1] + values[n / 2]) / 2;
    };
    SortKey sizes = key;
    sizes.field = "sizes";
    CheckSort(sizes, [&](const Thing& thing) -> std::optional<double> {
      if (thing.sizes.empty()) {
        return std::nullopt;
      }
      std::vector<double> values;
      for (const int64_t size : thing.sizes) {
        values.push_back(static_cast<double>(size));
      }
      return std::floor(reduce(values) + 0.5);
    });
    if (key.mode == SortKey::Mode::kSum) {
      continue;
    }
    SortKey distance = key;
    distance.kind = SortKey::Kind::kGeoDistance;
    distance.field = "places";
    distance.points = {oracle_.MakePoint(), oracle_.MakePoint()};
    distance.meters_per_unit = 1000;
    CheckSort(distance, [&](const Thing& thing) -> std::optional<double> {
      if (thing.places.empty()) {
        return 1e200;  // infinitely far
      }
      std::vector<double> values;
      for (const mapping::GeoPoint& place : thing.places) {
        for (const mapping::GeoPoint& from : distance.points) {
          values.push_back(ThingOracle::Meters(from, place) / 1000);
        }
      }
      return reduce(values);
    });
  }
}

}  // namespace
}  // namespace binseek::search::test
