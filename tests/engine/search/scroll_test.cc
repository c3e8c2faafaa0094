#include "engine/search/scroll.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "tests/engine/search/oracle.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

using std::chrono::milliseconds;

class ScrollTest : public binseek::test::SeededTest {
 protected:
  ScrollTest()
      : oracle_(&random()),
        registry_({.max_open = 3, .max_keep_alive_ms = 60'000, .clock = engine_.clock()}) {
    engine_.CreateIndex("products", kProductMapping, {"stock"});
    Write(6000);
    Write(200);
  }

  void Write(uint64_t documents) {
    for (uint64_t i = 0; i < documents; ++i) {
      const std::string id = std::to_string(i);
      engine_.Put("products", id, oracle_.MakeProduct(id).ToJson());
    }
    engine_.Apply();
  }

  Result<ScrollPage> Open(const SearchRequest& request, int64_t keep_alive_ms = 1000) {
    auto view = engine_.view();
    const index::IndexView* products = view->Find("products");
    return registry_.Open(view, {products}, request, engine_.options(), keep_alive_ms, nullptr);
  }

  // Page by page, with changes in between, is one big search on the view of the first page.
  void CheckWhole(SearchRequest request) {
    request.size = 100'000;
    const std::vector<std::string> whole = engine_.Ordered(request);
    request.size = 1 + Uniform(1 + whole.size() / 5);
    Result<ScrollPage> page = Open(request);
    ASSERT_OK(page);
    const std::string id = page->id;
    std::vector<std::string> collected;
    while (!page->result.hits.empty()) {
      ASSERT_EQ(page->result.total->value,
                std::min<uint64_t>(whole.size(), request.track_total_hits));
      for (const std::string& hit : IdsOf(page->result)) {
        collected.push_back(hit);
      }
      Write(20);
      engine_.Delete("products", std::to_string(Uniform(6000)));
      engine_.Apply();
      if (OneIn(5)) {
        engine_.Commit();
      }
      page = registry_.Next(id, 0);
      ASSERT_OK(page);
    }
    ASSERT_EQ(collected, whole);
    EXPECT_TRUE(registry_.Close(id));
  }

  TestEngine engine_;
  Oracle oracle_;
  ScrollRegistry registry_;
};

TEST_F(ScrollTest, PagesAreOneBigSearchWhileDocumentsChange) {
  SearchRequest by_score;
  by_score.query = MakeMatch({.field = "name", .text = "red shoe lamp"});
  CheckWhole(by_score);

  SearchRequest all_equal;
  all_equal.query = MakeTerm("active", "true");
  CheckWhole(all_equal);

  SearchRequest by_place;
  by_place.sort.resize(1);
  by_place.sort[0].kind = SortKey::Kind::kDoc;
  CheckWhole(by_place);

  SearchRequest everything;
  CheckWhole(everything);

  SearchRequest by_fields;
  by_fields.query = MakeExists("name");
  by_fields.sort.resize(2);
  by_fields.sort[0].field = "stock";
  by_fields.sort[0].descending = true;
  by_fields.sort[1].field = "tags";
  CheckWhole(by_fields);
}

TEST_F(ScrollTest, IsGoneWhenClosedOrNotAskedForInTime) {
  SearchRequest request;
  const std::string id = Open(request)->id;
  engine_.clock()->Advance(milliseconds(900));
  EXPECT_OK(registry_.Next(id, 0));
  engine_.clock()->Advance(milliseconds(900));
  EXPECT_OK(registry_.Next(id, 5000));
  engine_.clock()->Advance(milliseconds(4000));
  EXPECT_OK(registry_.Next(id, 0));
  engine_.clock()->Advance(milliseconds(5000));
  EXPECT_STATUS(registry_.Next(id, 0), kNotFound);
  const std::string closed = Open(request)->id;
  EXPECT_TRUE(registry_.Close(closed));
  EXPECT_FALSE(registry_.Close(closed));
  EXPECT_STATUS(registry_.Next(closed, 0), kNotFound);
}

// Stands still, or passes a second with every look.
class StoppableClock final : public Clock {
 public:
  int64_t NowMicros() const override { return 0; }
  int64_t MonotonicMicros() const override { return now_ += running ? 1'000'000 : 0; }
  bool running = false;

 private:
  mutable int64_t now_ = 0;
};

TEST_F(ScrollTest, APageThatIsLateMovesNothing) {
  StoppableClock clock;
  SearchOptions options = engine_.options();
  options.clock = &clock;
  SearchRequest request;
  request.sort.resize(1);
  request.sort[0].field = "stock";
  request.size = 100'000;
  const std::vector<std::string> whole = engine_.Ordered(request);
  request.size = 1000;
  request.timeout_ms = 1500;  // one window of the several
  const auto view = engine_.view();
  const auto open = [&] {
    return registry_.Open(view, {view->Find("products")}, request, options, 1000, nullptr);
  };
  clock.running = true;
  EXPECT_STATUS(open(), kAborted);
  EXPECT_EQ(registry_.open(), 0u);
  clock.running = false;
  Result<ScrollPage> page = open();
  ASSERT_OK(page);
  const std::string id = page->id;
  std::vector<std::string> collected;
  while (!page->result.hits.empty()) {
    for (const std::string& hit : IdsOf(page->result)) {
      collected.push_back(hit);
    }
    clock.running = true;
    EXPECT_STATUS(registry_.Next(id, 0), kAborted);
    clock.running = false;
    page = registry_.Next(id, 0);
    ASSERT_OK(page);
  }
  EXPECT_EQ(collected, whole);
}

TEST_F(ScrollTest, OnlySoManyAreOpen) {
  const SearchRequest request;
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(Open(request));
  }
  EXPECT_STATUS(Open(request), kResourceExhausted);
  EXPECT_EQ(registry_.open(), 3u);
  EXPECT_EQ(registry_.CloseAll(), 3u);
  EXPECT_OK(Open(request));
  engine_.clock()->Advance(milliseconds(1000));
  EXPECT_OK(Open(request));
  EXPECT_EQ(registry_.open(), 1u);
  EXPECT_STATUS(Open(request, 60'001), kInvalidArgument);
}

TEST_F(ScrollTest, TheOldestGoesWhereScrollsHoldTooMuch) {
  std::function<size_t()> held_now = [] { return 100; };
  ScrollRegistry registry({.max_open = 3,
                           .max_keep_alive_ms = 60'000,
                           .clock = engine_.clock(),
                           .held_bytes = [&] { return held_now(); },
                           .max_held_bytes = 100});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto view = engine_.view();
    SearchRequest request;
    request.size = 5;
    const auto page =
        registry.Open(view, {view->Find("products")}, request, engine_.options(), 60'000, nullptr);
    ASSERT_OK(page);
    ids.push_back(page->id);
    Write(1);
  }
  registry.Sweep();
  EXPECT_EQ(registry.open(), 3u);
  int looks = 0;
  held_now = [&] { return ++looks > 1 ? 100 : 101; };  // as if the first to go had held it
  registry.Sweep();
  EXPECT_EQ(registry.open(), 2u);
  EXPECT_STATUS(registry.Next(ids[0], 0), kNotFound);
  EXPECT_OK(registry.Next(ids[1], 0));
}

}  // namespace
}  // namespace binseek::search::test
