// What changes the order and number of hits behind the query: rescoring, collapsing, pages behind a hit, points in time, slices; each against a plain evaluation
// of the whole result.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/search/rescore.h"
#include "engine/search/scroll.h"
#include "engine/search/top_docs.h"
#include "tests/engine/search/oracle.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class WinnersTest : public binseek::test::SeededTest {
 protected:
  WinnersTest() : oracle_(&random()) {
    engine_.CreateIndex("products", kProductMapping, {"stock"});
    const uint64_t batches = 1 + Uniform(5);
    for (uint64_t b = 0; b < batches; ++b) {
      Write(50 + Uniform(200));
    }
    Look();
  }

  void Write(uint64_t documents) {
    std::set<std::string> touched;
    for (uint64_t i = 0; i < documents; ++i) {
      const std::string id = std::to_string(Uniform(600));
      if (!touched.insert(id).second) {
        continue;
      }
      if (OneIn(8)) {
        engine_.Delete("products", id);
        products_.erase(id);
      } else {
        products_[id] = oracle_.MakeProduct(id);
        engine_.Put("products", id, products_[id].ToJson());
      }
    }
    engine_.Apply();
  }

  void Look() {
    view_ = engine_.view();
    engine_.HoldView(view_);
    oracle_.Look(*view_->Find("products"));
  }

  struct Ranked {
    std::string id;
    float score = 0;
    uint64_t place = 0;
  };

  uint64_t PlaceOf(const std::string& id) const {
    const auto address = view_->Find("products")->FindKey(id);
    return uint64_t{address->segment} << 32 | address->doc;
  }

  std::vector<Ranked> Whole(SearchRequest request) const {
    request.from = 0;
    request.size = 100'000;
    request.rescorers.clear();
    request.collapse_field.clear();
    std::vector<Ranked> all;
    for (const Hit& hit : engine_.Search(request).hits) {
      all.push_back({hit.id, hit.score.value_or(0), PlaceOf(hit.id)});
    }
    return all;
  }

  static void Sort(std::vector<Ranked>* hits) {
    std::stable_sort(hits->begin(), hits->end(), [](const Ranked& a, const Ranked& b) {
      return a.score != b.score ? a.score > b.score : a.place < b.place;
    });
  }

  SearchRequest RandomSort(SearchRequest request) {
    static const char* const kFields[] = {"stock", "price", "day", "active"};
    for (uint64_t i = Uniform(3); i > 0; --i) {
      SortKey key;
      key.field = kFields[Uniform(std::size(kFields))];
      key.descending = OneIn(2);
      key.missing_first = OneIn(3);
      request.sort.push_back(key);
    }
    return request;
  }

  TestEngine engine_;
  Oracle oracle_;
  std::map<std::string, Product> products_;
  std::shared_ptr<const index::EngineView> view_;
};

float PlainCombine(Rescorer::Mode mode, float a, float b) {
  switch (mode) {
    case Rescorer::Mode::kTotal:
      return a + b;
    case Rescorer::Mode::kMultiply:
      return a * b;
    case Rescorer::Mode::kAvg:
      return (a + b) / 2;
    case Rescorer::Mode::kMax:
      return a > b ? a : b;
    case Rescorer::Mode::kMin:
      return a < b ? a : b;
  }
  return 0;
}

TEST_F(WinnersTest, RescoringIsThatOfAPlainEvaluation) {
  for (uint64_t i = 0; i < Iterations(60); ++i) {
    SearchRequest request;
    const MeantQuery query = oracle_.MakeQuery(2);
    request.query = query.query;
    std::vector<Ranked> expected = Whole(request);
    std::vector<std::map<std::string, float>> second;
    for (uint64_t r = 1 + Uniform(3); r > 0; --r) {
      const MeantQuery rescore = oracle_.MakeQuery(2);
      second.push_back(engine_.Scores(rescore.query));
      request.rescorers.push_back({.query = rescore.query,
                                   .window_size = 1 + Uniform(80),
                                   .query_weight = static_cast<float>(Uniform(5)) / 2,
                                   .rescore_query_weight = static_cast<float>(Uniform(5)) / 2,
                                   .mode = static_cast<Rescorer::Mode>(Uniform(5))});
    }
    request.from = Uniform(10);
    request.size = 1 + Uniform(40);
    uint64_t kept = request.from + request.size;
    for (const Rescorer& rescorer : request.rescorers) {
      kept = std::max(kept, rescorer.window_size);
    }
    expected.resize(std::min<size_t>(expected.size(), kept));
    for (size_t r = 0; r < request.rescorers.size(); ++r) {
      const Rescorer& rescorer = request.rescorers[r];
      for (size_t h = 0; h < expected.size(); ++h) {
        const auto found = second[r].find(expected[h].id);
        float& score = expected[h].score;
        score *= rescorer.query_weight;
        if (h < rescorer.window_size && found != second[r].end()) {
          score = PlainCombine(rescorer.mode, score, found->second * rescorer.rescore_query_weight);
        }
      }
      Sort(&expected);
    }
    const SearchResult result = engine_.Search(request);
    if (!expected.empty()) {
      ASSERT_EQ(result.max_score.value_or(-1), expected[0].score) << query.text;
    }
    expected.erase(expected.begin(),
                   expected.begin() + static_cast<std::ptrdiff_t>(
                                          std::min<size_t>(request.from, expected.size())));
    expected.resize(std::min<size_t>(expected.size(), request.size));
    ASSERT_EQ(result.hits.size(), expected.size()) << query.text;
    for (size_t h = 0; h < expected.size(); ++h) {
      ASSERT_EQ(result.hits[h].id, expected[h].id) << query.text << " at " << h;
      ASSERT_EQ(*result.hits[h].score, expected[h].score) << query.text << " at " << h;
    }
  }
}

TEST_F(WinnersTest, RescoredScoresAreFinite) {
  constexpr float kMost = std::numeric_limits<float>::max();
  constexpr float kWeights[] = {3e38F, -3e38F, 0, 2};
  for (uint64_t i = 0; i < Iterations(100); ++i) {
    SearchRequest request;
    request.query = oracle_.MakeQuery(2).query;
    request.rescorers.push_back({.query = oracle_.MakeQuery(2).query,
                                 .window_size = 1 + Uniform(500),
                                 .query_weight = kWeights[Uniform(4)],
                                 .rescore_query_weight = kWeights[Uniform(4)],
                                 .mode = static_cast<Rescorer::Mode>(Uniform(5))});
    request.rescorers.push_back(request.rescorers[0]);
    request.size = 1000;
    const SearchResult result = engine_.Search(request);
    for (size_t h = 0; h < result.hits.size(); ++h) {
      ASSERT_LE(std::abs(*result.hits[h].score), kMost) << h;
      ASSERT_TRUE(h == 0 || *result.hits[h].score <= *result.hits[h - 1].score) << h;
    }
  }
}

TEST_F(WinnersTest, CollapsingKeepsTheBestOfEachGroup) {
  const auto number = [](const Product& product) {
    return product.stock ? std::to_string(*product.stock) : "null";
  };
  for (uint64_t i = 0; i < Iterations(80); ++i) {
    SearchRequest request;
    const MeantQuery query = oracle_.MakeQuery(2);
    request.query = query.query;
    request = RandomSort(request);
    request.track_scores = OneIn(2);
    const std::vector<Ranked> all = Whole(request);
    std::vector<std::pair<std::string, std::string>> expected;
    std::set<std::string> groups;
    for (const Ranked& hit : all) {
      const std::string group = number(products_[hit.id]);
      if (groups.insert(group).second) {
        expected.emplace_back(hit.id, group);
      }
    }
    request.from = Uniform(5);
    request.size = 1 + Uniform(12);
    request.collapse_field = "stock";
    request.track_total_hits = SearchRequest::kCountAll;
    const SearchResult result = engine_.Search(request);
    ASSERT_EQ(result.total->value, all.size());
    expected.erase(expected.begin(),
                   expected.begin() + static_cast<std::ptrdiff_t>(
                                          std::min<size_t>(request.from, expected.size())));
    expected.resize(std::min<size_t>(expected.size(), request.size));
    std::vector<std::pair<std::string, std::string>> found;
    for (const Hit& hit : result.hits) {
      found.emplace_back(hit.id, hit.collapse_value);
    }
    ASSERT_EQ(found, expected) << query.text;
  }
}

TEST_F(WinnersTest, KeywordsCollapseOverSegmentsAndIndices) {
  const std::string mapping =
      R"({"properties": {"brand": {"type": "keyword"}, "n": {"type": "long"},
    "tags": {"type": "keyword"}, "text": {"type": "text"}}})";
  std::map<std::string, std::pair<int64_t, std::string>> best;  // by brand: n and id
  for (const std::string index : {"one", "two"}) {
    engine_.CreateIndex(index, mapping);
    for (int64_t n = 0; n < 40; ++n) {
      const std::string brand = "b" + std::to_string(Uniform(9));
      const std::string id = index + std::to_string(n);
      const int64_t value = static_cast<int64_t>(Uniform(1'000'000));
      engine_.Put(index, id,
                  R"({"brand": ")" + brand + R"(", "n": )" + std::to_string(value) +
                      R"(, "tags": ["a", "b"]})");
      if (!best.count(brand) || value < best[brand].first) {
        best[brand] = {value, id};
      }
      if (OneIn(10)) {
        engine_.Apply();
      }
    }
    engine_.Apply();
  }
  engine_.HoldView(nullptr);
  SearchRequest request;
  request.sort.emplace_back().field = "n";
  request.collapse_field = "brand";
  const SearchResult result = engine_.Search(request, {"one", "two"});
  ASSERT_EQ(result.hits.size(), best.size());
  for (const Hit& hit : result.hits) {
    const std::string brand = hit.collapse_value.substr(1, hit.collapse_value.size() - 2);
    EXPECT_EQ(hit.id, best[brand].second);
  }
  const auto error = [&](const std::string& field) {
    request.collapse_field = field;
    request.sort.clear();
    return engine_.TrySearch(request, {"one"}).status().message();
  };
  EXPECT_EQ(error("tags"), "failed to collapse, the collapse field [tags] must be single valued");
  EXPECT_EQ(error("text"),
            "unknown type for collapse field `text`, only keywords and numbers are accepted");
  EXPECT_EQ(error("none"), "no mapping found for `none` in order to collapse on");
}

TEST_F(WinnersTest, PagesBehindAHitAreOneResultWithItsPlaceAsTheLastKey) {
  for (uint64_t i = 0; i < Iterations(25); ++i) {
    SearchRequest request;
    request.query = oracle_.MakeQuery(1).query;
    request = RandomSort(request);
    if (request.sort.empty()) {
      continue;
    }
    request.sort.emplace_back().kind = SortKey::Kind::kDoc;
    std::vector<std::string> expected;
    for (const Ranked& hit : Whole(request)) {
      expected.push_back(hit.id);
    }
    request.size = 1 + Uniform(30);
    std::vector<std::string> collected;
    for (;;) {
      const SearchResult page = engine_.Search(request);
      if (page.hits.empty()) {
        break;
      }
      for (const Hit& hit : page.hits) {
        collected.push_back(hit.id);
      }
      std::vector<std::optional<std::string>> after;
      for (const std::string& token : page.hits.back().sort) {
        after.push_back(token == "null" ? std::nullopt : std::optional(token));
      }
      request.search_after = after;
    }
    ASSERT_EQ(collected, expected);
  }
}

TEST_F(WinnersTest, SlicesAreParts) {
  for (const std::string field : {"_id", "stock"}) {
    for (uint64_t i = 0; i < Iterations(10); ++i) {
      const QueryPtr query = oracle_.MakeQuery(2).query;
      const uint32_t parts = static_cast<uint32_t>(2 + Uniform(6));
      std::vector<std::string> together;
      size_t parts_with_hits = 0;
      for (uint32_t part = 0; part < parts; ++part) {
        const std::vector<std::string> ids =
            engine_.Ids(MakeBool({.must = {query}, .filter = {MakeSlice(part, parts, field)}}));
        together.insert(together.end(), ids.begin(), ids.end());
        parts_with_hits += ids.empty() ? 0 : 1;
      }
      std::sort(together.begin(), together.end());
      const std::vector<std::string> all = engine_.Ids(query);
      ASSERT_EQ(together, all);
      if (all.size() > 200) {
        EXPECT_GT(parts_with_hits, 1u);
      }
    }
  }
  EXPECT_EQ(engine_.ErrorOf(MakeSlice(0, 2, "name")),
            "failed to create query: cannot slice on field [name], which is not numeric");
}

TEST_F(WinnersTest, IndexBoostsMultiplyScores) {
  engine_.CreateIndex("other", kProductMapping);
  engine_.Put("other", "x", R"({"name": "red"})");
  engine_.Apply();
  engine_.HoldView(nullptr);
  SearchRequest request;
  request.query = MakeMatchAll();
  request.index_boosts = {1, 3};
  const SearchResult result = engine_.Search(request, {"products", "other"});
  EXPECT_EQ(result.hits[0].id, "x");
  EXPECT_EQ(*result.hits[0].score, 3);
}

TEST_F(WinnersTest, ProfilesTellWhereTimeWent) {
  SearchRequest request;
  request.profile = true;
  const SearchResult result = engine_.Search(request, {"products"});
  ASSERT_EQ(result.profile.size(), 1u);
  EXPECT_EQ(result.profile[0].build_scorer_count, view_->Find("products")->segments.size());
  EXPECT_GT(result.profile[0].match_count, 0u);
  EXPECT_GT(result.profile[0].match_nanos, 0u);
  request.profile = false;
  EXPECT_TRUE(engine_.Search(request).profile.empty());
}

TEST_F(WinnersTest, APointInTimeHoldsItsViewUntilItExpires) {
  engine_.HoldView(nullptr);
  ScrollRegistry registry({.max_open = 2, .max_keep_alive_ms = 60'000, .clock = engine_.clock()});
  const auto open = [&] {
    auto view = engine_.view();
    const index::IndexView* const products = view->Find("products");
    return registry.OpenPointInTime(std::move(view), {products}, 1000);
  };
  const auto id = open();
  ASSERT_OK(id);
  const uint64_t before = engine_.view()->Find("products")->live_docs();
  for (int i = 0; i < 20; ++i) {
    engine_.Put("products", "new" + std::to_string(i), "{}");
  }
  engine_.Apply();
  const auto held = registry.UsePointInTime(*id, 0);
  ASSERT_OK(held);
  EXPECT_EQ(held->indices[0]->live_docs(), before);
  EXPECT_EQ(engine_.view()->Find("products")->live_docs(), before + 20);
  EXPECT_EQ(registry.Next(*id, 0).status().code(), StatusCode::kNotFound) << "it is no scroll";
  EXPECT_FALSE(registry.Close(*id));

  engine_.clock()->Advance(std::chrono::milliseconds(900));
  ASSERT_OK(registry.UsePointInTime(*id, 0)) << "each use keeps it";
  engine_.clock()->Advance(std::chrono::milliseconds(900));
  ASSERT_OK(registry.UsePointInTime(*id, 5000));
  engine_.clock()->Advance(std::chrono::milliseconds(4000));
  ASSERT_OK(registry.UsePointInTime(*id, 0));
  engine_.clock()->Advance(std::chrono::milliseconds(5000));
  EXPECT_EQ(registry.UsePointInTime(*id, 0).status().code(), StatusCode::kNotFound);

  const auto first = open();
  ASSERT_OK(first);
  ASSERT_OK(open());
  EXPECT_EQ(open().status().message(),
            "Trying to create too many Point In Time contexts. Must be less than or equal to: [2]. "
            "This limit can be set by changing the [search.max_open_pit_context] setting.");
  EXPECT_TRUE(registry.ClosePointInTime(*first));
  EXPECT_FALSE(registry.ClosePointInTime(*first));
  EXPECT_EQ(registry.CloseAll(), 0u) << "those are no scrolls";
  EXPECT_EQ(registry.CloseAllPointsInTime(), 1u);
  EXPECT_EQ(registry.UsePointInTime("x", 100'000).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace binseek::search::test
