// What is found for many hits at once: by one scorer per segment, and the same as for each of them.
#include "engine/search/inner_hits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/block_level.h"
#include "engine/search/interrupt.h"
#include "engine/search/nested_sort.h"
#include "engine/search/weight.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

// Counts the scorers that are made of it.
class CountedQuery final : public Query {
 public:
  CountedQuery(QueryPtr query, int* scorers) : query_(std::move(query)), scorers_(scorers) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, query_->Bind(context, boost));
    return std::unique_ptr<Weight>(std::make_unique<CountedWeight>(std::move(weight), scorers_));
  }

 private:
  class CountedWeight final : public Weight {
   public:
    CountedWeight(std::unique_ptr<Weight> weight, int* scorers)
        : weight_(std::move(weight)), scorers_(scorers) {}
    Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
      ++*scorers_;
      return weight_->MakeScorer(segment);
    }

   private:
    const std::unique_ptr<Weight> weight_;
    int* const scorers_;
  };

  const QueryPtr query_;
  int* const scorers_;
};

class InnerHitsTest : public ::testing::Test {
 protected:
  // In two segments, of which the first has several windows, and blocks that lie in two of them.
  InnerHitsTest() {
    engine_.CreateIndex("shop", R"({"properties": {"k": {"type": "keyword"},
      "offers": {"type": "nested", "properties": {"price": {"type": "long"}}}}})");
    for (int i = 0; i < 3000; ++i) {
      std::string json = R"({"k": ")" + std::string(i % 3 == 0 ? "a" : "b") + R"(", "offers": [)";
      for (int offer = 0; offer < i % 7; ++offer) {
        json +=
            (offer == 0 ? "" : ",") + std::string(R"({"price": )") + std::to_string(offer) + "}";
      }
      engine_.Put("shop", std::to_string(i), json + "]}");
      if (i == 2500) {
        engine_.Apply();
      }
    }
    engine_.Apply();
    view_ = engine_.view();
    context_.index = view_->Find("shop");
  }

  std::vector<index::DocAddress> Parents() const {
    std::vector<index::DocAddress> parents;
    for (uint32_t s = 0; s < context_.index->segments.size(); ++s) {
      const Result<Level> roots = Level::Open(*context_.index->segments[s], nullptr);
      EXPECT_OK(roots);
      for (DocId doc = roots->Next(0); doc != codec::kNoMoreDocs; doc = roots->Next(doc + 1)) {
        parents.push_back({s, doc});
      }
    }
    return parents;
  }

  TestEngine engine_;
  std::shared_ptr<const index::EngineView> view_;
  BindContext context_;
};

TEST_F(InnerHitsTest, ASegmentIsLookedIntoByOneScorer) {
  int scorers = 0;
  const auto query = std::make_shared<CountedQuery>(MakeMatchAll(), &scorers);
  const auto search = InnerHitsSearch::Bind(
      context_, {.path = "offers", .query = query, .size = 2, .sort = {{.field = "offers.price"}}});
  ASSERT_OK(search);
  const std::vector<index::DocAddress> parents = Parents();
  ASSERT_EQ(parents.size(), 3000U);
  const auto all = (*search)->Search(parents);
  ASSERT_OK(all);
  EXPECT_EQ(static_cast<size_t>(scorers), context_.index->segments.size());
  for (size_t i = 0; i < parents.size(); ++i) {
    const auto one = (*search)->Search({{parents[i]}});
    ASSERT_OK(one);
    ASSERT_EQ((*all)[i].total, i % 7);
    ASSERT_EQ((*one)[0].total, i % 7);
    ASSERT_EQ((*all)[i].hits.size(), std::min<size_t>(2, i % 7));
    for (size_t h = 0; h < (*all)[i].hits.size(); ++h) {
      ASSERT_EQ((*all)[i].hits[h].id, std::to_string(i));
      ASSERT_EQ((*all)[i].hits[h].sort[0], std::to_string(h));
      ASSERT_EQ((*all)[i].hits[h].address.doc, (*one)[0].hits[h].address.doc);
    }
  }
}

TEST_F(InnerHitsTest, TheDeadlineIsSeenBetweenWindows) {
  class RacingClock final : public Clock {
   public:
    int64_t NowMicros() const override { return 0; }
    int64_t MonotonicMicros() const override { return now_ += 1'000'000; }

   private:
    mutable int64_t now_ = 0;
  };
  const RacingClock clock;
  Interrupt interrupt(nullptr, &clock, 1500);  // one window of the several
  context_.interrupt = &interrupt;
  const auto search = InnerHitsSearch::Bind(context_, {.path = "offers", .query = MakeMatchAll()});
  ASSERT_OK(search);
  const auto all = (*search)->Search(Parents());
  ASSERT_OK(all);
  EXPECT_TRUE(interrupt.timed_out());
  EXPECT_EQ((*all)[6].total, 6U);
  EXPECT_EQ((*all)[2990].total, 0U);
}

TEST_F(InnerHitsTest, ASortByObjectsLooksForThemWhileThereIsTime) {
  NestedSort sort;
  sort.path = "offers";
  std::atomic<bool> cancel = false;
  Interrupt interrupt(&cancel, nullptr, 0);
  context_.interrupt = &interrupt;
  const auto key = NestedKey::Bind(context_, sort);
  ASSERT_OK(key);
  EXPECT_OK(NestedDocs::Open(**key, *context_.index->segments[0]));
  cancel = true;
  EXPECT_STATUS(NestedDocs::Open(**key, *context_.index->segments[0]), kAborted);
}

TEST_F(InnerHitsTest, DocumentsOfASegmentAreMatchedByOneScorer) {
  int scorers = 0;
  const auto query = std::make_shared<CountedQuery>(MakeTerm("k", "a"), &scorers);
  const auto weight = query->Bind(context_, 1);
  ASSERT_OK(weight);
  const index::SegmentView& segment = *context_.index->segments[0];
  std::vector<DocId> docs;
  for (const index::DocAddress parent : Parents()) {
    if (parent.segment == 0) {
      docs.push_back(parent.doc);
    }
  }
  const auto matches = MatchDocs(**weight, segment, docs);
  ASSERT_OK(matches);
  EXPECT_EQ(scorers, 1);
  for (size_t i = 0; i < docs.size(); ++i) {
    const auto match = MatchDoc(**weight, segment, docs[i]);
    ASSERT_OK(match);
    ASSERT_EQ(match->matches, i % 3 == 0);
    ASSERT_EQ((*matches)[i].matches, match->matches);
    ASSERT_EQ((*matches)[i].score, match->score);
  }
}

}  // namespace
}  // namespace binseek::search::test
