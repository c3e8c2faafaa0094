// Blocks of documents: what searches see of them are their roots.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/live_roots.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"

namespace binseek::search::test {
namespace {

using Ids = std::vector<std::string>;

class BlocksTest : public ::testing::Test {
 protected:
  BlocksTest() {
    engine_.CreateIndex("orders", R"({"properties": {
      "note": {"type": "text"}, "color": {"type": "keyword"}, "price": {"type": "long"}}})");
    engine_.PutBlock("orders", "a", R"({"note": "fast", "color": "red", "price": 1})",
                     {R"({"color": "blue", "price": 7})", R"({"note": "slow", "color": "red"})"});
    engine_.PutBlock("orders", "b", R"({"note": "slow", "color": "blue", "price": 2})", {});
    engine_.PutBlock("orders", "c", R"({"color": "red", "price": 3})", {R"({"price": 8})"});
    engine_.Apply();
  }

  TestEngine engine_;
};

TEST_F(BlocksTest, QueriesMatchRootsOnly) {
  EXPECT_EQ(engine_.Ids(MakeMatchAll()), (Ids{"a", "b", "c"}));
  EXPECT_EQ(engine_.Ids(MakeTerm("color", "blue")), Ids{"b"});
  EXPECT_EQ(engine_.Ids(MakeMatch({.field = "note", .text = "slow"})), Ids{"b"});
  EXPECT_EQ(engine_.Ids(MakeRange("price", Bound{"2"}, std::nullopt)), (Ids{"b", "c"}));
  EXPECT_EQ(engine_.Ids(MakeBool({.must_not = {MakeTerm("color", "red")}})), Ids{"b"});
  EXPECT_EQ(engine_.Ids(MakeExists("note")), (Ids{"a", "b"}));
}

TEST_F(BlocksTest, ABlockIsWrittenAnewAndMergedAsOne) {
  for (int round = 0; round < 20; ++round) {
    engine_.PutBlock("orders", "a", R"({"color": "green"})", {R"({"color": "blue"})"});
    engine_.PutBlock("orders", std::to_string(round), R"({"price": 9})", {R"({"price": 1})"});
    engine_.Apply();
    engine_.Commit();
  }
  EXPECT_EQ(engine_.Ids(MakeTerm("color", "green")), Ids{"a"});
  EXPECT_EQ(engine_.Ids(MakeTerm("color", "blue")), Ids{"b"});
  EXPECT_EQ(engine_.Ids(MakeTerm("price", "1")), Ids{});
  EXPECT_EQ(engine_.Ids(MakeTerm("price", "9")).size(), 20u);
  EXPECT_EQ(engine_.Ids(MakeIds({"a", "b", ""})), (Ids{"a", "b"}));
}

TEST_F(BlocksTest, RootsAloneAreCounted) {
  const auto count = [this](const QueryPtr& query) {
    const auto view = engine_.view();
    return *Count(*view, {{view->Find("orders")}}, query, engine_.options());
  };
  EXPECT_EQ(count(nullptr), 3u);
  EXPECT_EQ(count(MakeTerm("color", "red")), 2u);
  engine_.Delete("orders", "a");
  engine_.Apply();
  EXPECT_EQ(count(nullptr), 2u);
  EXPECT_EQ(count(MakeMatchAll()), 2u);
  const auto view = engine_.view();
  uint64_t live = 0;
  for (const auto& segment : view->Find("orders")->segments) {
    live += CountLiveRoots(*segment);
  }
  EXPECT_EQ(live, 2u);
}

TEST_F(BlocksTest, AggregationsAndSortsAreOfRoots) {
  SearchRequest request;
  request.sort.emplace_back();
  request.sort[0].field = "price";
  request.sort[0].descending = true;
  request.aggregations = {TermsSpec("color")};
  const SearchResult result = engine_.Search(request);
  EXPECT_EQ(IdsOf(result), (Ids{"c", "b", "a"}));
  EXPECT_EQ(result.total->value, 3u);
  const std::vector<AggregationBucket>& buckets = Buckets(result.aggregations[0]);
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0].key_text, "red");
  EXPECT_EQ(buckets[0].doc_count, 2u);
  EXPECT_EQ(buckets[1].doc_count, 1u);
}

// What sorts a document lies in pages of values far before its own.
TEST(BlockSortTest, TheBestObjectOfALongBlockCounts) {
  constexpr int kDocuments = 12;
  constexpr int kObjects = 600;
  TestEngine engine;
  engine.CreateIndex("shop", R"({"properties": {"offers": {"type": "nested",
      "properties": {"price": {"type": "long"}}}}})");
  std::vector<std::string> expected;
  for (int i = 0; i < kDocuments; ++i) {
    std::string json = R"({"offers": [)";
    for (int object = 0; object < kObjects; ++object) {
      const int price = object == kObjects / 2 ? 100 - i : 1000;
      json += (object == 0 ? "" : ",") + std::string(R"({"price": )") + std::to_string(price) + "}";
    }
    engine.Put("shop", std::to_string(i), json + "]}");
    expected.insert(expected.begin(), std::to_string(i));
  }
  engine.Apply();
  SearchRequest request;
  SortKey& key = request.sort.emplace_back();
  key.field = "offers.price";
  auto nested = std::make_shared<NestedSort>();
  nested->path = "offers";
  key.nested = std::move(nested);
  request.track_total_hits = SearchRequest::kCountNone;
  for (const uint64_t size : {12, 3, 1}) {
    request.size = size;
    expected.resize(size);
    EXPECT_EQ(engine.Ordered(request), expected);
  }
}

}  // namespace
}  // namespace binseek::search::test
