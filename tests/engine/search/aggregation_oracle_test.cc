// Random trees of aggregations against a plain evaluation of the same documents, over one and many segments, with deletions and updated columns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/search/composite_aggregation.h"
#include "tests/engine/search/aggregation_oracle.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/oracle.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class AggregationOracleTest : public binseek::test::SeededTest {
 protected:
  AggregationOracleTest() : queries_(&random()), oracle_(&random(), &queries_) {
    engine_.CreateIndex("products", kProductMapping, {"stock", "day"});
  }

  void Put(const std::string& id) {
    products_[id] = queries_.MakeProduct(id);
    engine_.Put("products", id, products_[id].ToJson());
  }

  // Documents written anew, deleted, and updated in place.
  void Change(uint64_t keys, uint64_t operations) {
    std::set<std::string> touched;
    for (uint64_t i = 0; i < operations; ++i) {
      const std::string id = std::to_string(Uniform(keys));
      if (!touched.insert(id).second) {
        continue;
      }
      const auto known = products_.find(id);
      if (known == products_.end() || OneIn(3)) {
        Put(id);
      } else if (OneIn(3)) {
        engine_.Delete("products", id);
        products_.erase(known);
      } else if (OneIn(2)) {
        known->second.stock = static_cast<int64_t>(Uniform(20)) - 5;
        engine_.Update("products", id, "stock", known->second.stock);
      } else {
        known->second.day = OneIn(4) ? std::nullopt : std::optional(queries_.MakeDay());
        engine_.Update("products", id, "day", known->second.day);
      }
    }
    engine_.Apply();
  }

  OracleFacts Look() {
    view_ = engine_.view();
    engine_.HoldView(view_);
    queries_.Look(*view_->Find("products"));
    OracleFacts facts;
    for (const auto& [id, product] : products_) {
      facts.all.push_back(&product);
    }
    facts.place_of = [this](const Product& product) {
      const auto address = view_->Find("products")->FindKey(product.id);
      return uint64_t{address->segment} << 32 | address->doc;
    };
    return facts;
  }

  static Docs Matching(const Docs& docs, const MeantQuery& query) {
    Docs out;
    std::copy_if(docs.begin(), docs.end(), std::back_inserter(out),
                 [&query](const Product* product) { return query.meaning(*product).has_value(); });
    return out;
  }

  void CheckTrees(uint64_t count) {
    const OracleFacts facts = Look();
    for (uint64_t i = 0; i < count && !HasFailure(); ++i) {
      const MeantQuery query = queries_.MakeQuery(2);
      const Docs docs = Matching(facts.all, query);
      std::vector<MeantAggregation> meant;
      SearchRequest request;
      request.query = query.query;
      request.size = 0;
      for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
        meant.push_back(oracle_.Make(3, true));
        request.aggregations.push_back(meant.back().spec);
      }
      SCOPED_TRACE(query.text);
      const Result<SearchResult> result = engine_.TrySearch(request);
      if (result.status().code() == StatusCode::kResourceExhausted) {
        ++refused_;  // histograms below histograms have more buckets than a request may
        continue;
      }
      ASSERT_OK(result);
      ++checked_;
      for (size_t n = 0; n < meant.size(); ++n) {
        SCOPED_TRACE(meant[n].text);
        meant[n].check(docs, facts, result->aggregations[n]);
      }
    }
  }

  // A composite's sources, and the values that a product has under each as JSON tokens, in order.
  struct MeantSource {
    CompositeSource source;
    std::function<std::vector<std::pair<double, std::string>>(const Product&)> values;
  };
  MeantSource MakeSource() {
    MeantSource meant;
    meant.source.name = "s" + std::to_string(Uniform(1'000'000));
    meant.source.descending = OneIn(2);
    meant.source.missing_bucket = OneIn(2);
    switch (Uniform(3)) {
      case 0:
        meant.source.source.field = "tags";
        meant.values = [](const Product& product) {
          std::vector<std::pair<double, std::string>> values;
          for (const std::string& tag : product.tags) {
            values.emplace_back(0, "\"" + tag + "\"");
          }
          return values;
        };
        break;
      case 1:
        meant.source.source.field = "stock";
        meant.values = [](const Product& product) {
          std::vector<std::pair<double, std::string>> values;
          if (product.stock) {
            values.emplace_back(static_cast<double>(*product.stock),
                                std::to_string(*product.stock));
          }
          return values;
        };
        break;
      default:
        meant.source.kind = CompositeSource::Kind::kDateHistogram;
        meant.source.source.field = "day";
        meant.source.fixed_ms = 7 * 86'400'000;
        meant.values = [](const Product& product) {
          std::vector<std::pair<double, std::string>> values;
          if (product.day) {
            const int64_t millis = *product.day / 1000;
            const int64_t key = millis - millis % (7 * 86'400'000);
            values.emplace_back(static_cast<double>(key), std::to_string(key));
          }
          return values;
        };
        break;
    }
    return meant;
  }

  // A combination: per source whether it has a value, its number, its text.
  using Part = std::tuple<bool, double, std::string>;
  using Combination = std::vector<Part>;

  static std::vector<Combination> CombinationsOf(const Product& product,
                                                 const std::vector<MeantSource>& sources) {
    std::vector<Combination> all = {{}};
    for (const MeantSource& source : sources) {
      std::vector<Combination> longer;
      auto values = source.values(product);
      for (const Combination& before : all) {
        for (const auto& [number, text] : values) {
          longer.push_back(before);
          longer.back().emplace_back(true, number, text);
        }
        if (values.empty() && source.source.missing_bucket) {
          longer.push_back(before);
          longer.back().emplace_back(false, 0, "null");
        }
      }
      all = std::move(longer);
    }
    return all;
  }

  static std::string JsonOf(const Combination& combination,
                            const std::vector<MeantSource>& sources) {
    std::string out = "{";
    for (size_t s = 0; s < sources.size(); ++s) {
      out += (s == 0 ? "\"" : ",\"") + sources[s].source.name + "\":" + std::get<2>(combination[s]);
    }
    return out + "}";
  }

  void CheckComposite() {
    const OracleFacts facts = Look();
    std::vector<MeantSource> sources;
    for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
      sources.push_back(MakeSource());
    }
    std::map<Combination, std::pair<uint64_t, double>> counts;
    for (const Product* product : facts.all) {
      for (const Combination& combination : CombinationsOf(*product, sources)) {
        auto& [count, sum] = counts[combination];
        ++count;
        sum += product->price.value_or(0);
      }
    }
    std::vector<Combination> wanted;
    for (const auto& [combination, count] : counts) {
      wanted.push_back(combination);
    }
    std::sort(wanted.begin(), wanted.end(), [&](const Combination& a, const Combination& b) {
      for (size_t s = 0; s < sources.size(); ++s) {
        if (a[s] != b[s]) {
          return (a[s] < b[s]) != sources[s].source.descending;
        }
      }
      return false;
    });
    CompositeAggregation composite;
    composite.size = static_cast<uint32_t>(1 + Uniform(20));
    for (const MeantSource& source : sources) {
      composite.sources.push_back(source.source);
    }
    size_t at = 0;
    for (;;) {
      SearchRequest request;
      request.size = 0;
      request.aggregations = {SpecOf("c", composite, {MetricSpec(Metric::kSum, "price")})};
      const SearchResult result = engine_.Search(request);
      const std::vector<AggregationBucket>& buckets = Buckets(result.aggregations[0]);
      ASSERT_EQ(buckets.size(), std::min<size_t>(composite.size, wanted.size() - at));
      if (buckets.empty()) {
        break;
      }
      for (const AggregationBucket& bucket : buckets) {
        const Combination& combination = wanted[at++];
        ASSERT_EQ(bucket.key_json, JsonOf(combination, sources));
        ASSERT_EQ(bucket.doc_count, counts[combination].first);
        ASSERT_NEAR(*Number(bucket.children[0]), counts[combination].second, 1e-6);
      }
      composite.after.emplace();
      for (const auto& [has, number, text] : wanted[at - 1]) {
        const bool quoted = text.starts_with('"');
        composite.after->push_back(
            !has ? std::nullopt : std::optional(quoted ? text.substr(1, text.size() - 2) : text));
      }
    }
    EXPECT_EQ(at, wanted.size());
  }

  TestEngine engine_;
  Oracle queries_;
  AggregationOracle oracle_;
  std::map<std::string, Product> products_;
  std::shared_ptr<const index::EngineView> view_;
  uint64_t checked_ = 0;
  uint64_t refused_ = 0;
};

TEST_F(AggregationOracleTest, TreesOverChangingSegments) {
  for (uint64_t round = 0; round < Iterations(12) && !HasFailure(); ++round) {
    Change(300, 1 + Uniform(80));
    if (OneIn(4)) {
      engine_.Commit();
    }
    CheckTrees(20);
  }
  EXPECT_GT(checked_, refused_);
}

TEST_F(AggregationOracleTest, TreesOverOneThreeAndThirtySegments) {
  for (const uint64_t batches : {30u, 3u, 1u}) {
    for (uint64_t batch = 0; batch < batches; ++batch) {
      for (uint64_t i = 0; i < 12; ++i) {
        Put(std::to_string(batch * 12 + i));
      }
      engine_.Apply();
      engine_.Commit();
    }
    Change(360, 40);
    if (batches == 1) {
      engine_.ForceMerge("products", 1);
      Change(360, 20);
    }
    CheckTrees(Iterations(25));
  }
}

TEST_F(AggregationOracleTest, TreesOverSeveralWindows) {
  for (uint64_t i = 0; i < 9000; ++i) {
    Put(std::to_string(i));
  }
  engine_.Apply();
  Change(9000, 500);
  CheckTrees(Iterations(6));
}

TEST_F(AggregationOracleTest, CompositesArePagedThroughCompletely) {
  for (uint64_t round = 0; round < Iterations(10) && !HasFailure(); ++round) {
    Change(200, 60);
    for (int i = 0; i < 4 && !HasFailure(); ++i) {
      CheckComposite();
    }
  }
}

}  // namespace
}  // namespace binseek::search::test
