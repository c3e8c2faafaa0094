// Searches by several threads beside the same ones by one: equal to the bit, whoever of them takes which segment, and when.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/search/rescore.h"
#include "engine/search/search_pool.h"
#include "engine/search/weight.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/oracle.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

// Called in whatever thread begins with a segment.
using OnSegment = std::function<Status(const index::SegmentView&)>;

// A query that tells of each segment that is begun.
class WatchedQuery final : public Query {
 public:
  WatchedQuery(QueryPtr query, OnSegment on_segment)
      : query_(std::move(query)), on_segment_(std::move(on_segment)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, query_->Bind(context, boost));
    return std::unique_ptr<Weight>(
        std::make_unique<WatchedWeight>(std::move(weight), &on_segment_));
  }
  std::vector<const Query*> children() const override { return {query_.get()}; }
  bool constant_score() const override { return query_->constant_score(); }

 private:
  class WatchedWeight final : public Weight {
   public:
    WatchedWeight(std::unique_ptr<Weight> weight, const OnSegment* on_segment)
        : weight_(std::move(weight)), on_segment_(on_segment) {}
    Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
      BINSEEK_RETURN_IF_ERROR((*on_segment_)(segment));
      return weight_->MakeScorer(segment);
    }
    std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
      return weight_->Count(segment);
    }

   private:
    const std::unique_ptr<Weight> weight_;
    const OnSegment* const on_segment_;
  };

  const QueryPtr query_;
  const OnSegment on_segment_;
};

// The search's own thread goes on with its first segment once a helper has begun with another, or all have left.
class Meeting {
 public:
  explicit Meeting(const SearchPool* pool) : pool_(pool) {}

  void Await() {
    if (std::this_thread::get_id() != owner_) {
      happened_ = true;
    }
    while (!happened_ && pool_->busy() > 0) {
      std::this_thread::yield();
    }
  }
  bool happened() const { return happened_; }

 private:
  const SearchPool* const pool_;
  const std::thread::id owner_ = std::this_thread::get_id();
  std::atomic<bool> happened_ = false;
};

std::unique_ptr<SearchPool> MakePool(size_t threads, size_t threads_per_search) {
  auto pool = SearchPool::Start({.threads = threads,
                                 .threads_per_search = threads_per_search,
                                 .patience_micros = 0,
                                 .least_docs = 1});
  EXPECT_OK(pool);
  return *std::move(pool);
}

class TeamSearchTest : public binseek::test::SeededTest {
 protected:
  TeamSearchTest() : oracle_(&random()), pool_(MakePool(3, 2 + Uniform(3))) {}

  void AddIndex(const std::string& name, const std::vector<uint64_t>& segment_docs) {
    engine_.CreateIndex(name, kProductMapping, {"stock"});
    for (const uint64_t docs : segment_docs) {
      for (uint64_t i = 0; i < docs; ++i) {
        const std::string id = std::to_string(written_++);
        engine_.Put(name, id, oracle_.MakeProduct(id).ToJson());
      }
      engine_.Apply();
    }
    for (uint64_t i = 0; i < written_ / 12; ++i) {
      engine_.Delete(name, std::to_string(Uniform(written_)));
    }
    engine_.Apply();
    for (uint64_t i = 0; i < written_ / 12; ++i) {
      engine_.Update(name, std::to_string(Uniform(written_)), "stock", Uniform(30));
    }
    engine_.Apply();
  }

  void Look() {
    view_ = engine_.view();
    for (const auto& index : view_->indices()) {
      indices_.push_back(index.get());
      oracle_.Look(*index);
      segments_ += index->segments.size();
    }
  }

  Result<SearchResult> Search(const SearchRequest& request, SearchPool* pool) const {
    SearchOptions options = engine_.options();
    options.pool = pool;
    return search::Search(*view_, indices_, request, options);
  }

  // With two threads at least that have a segment each at the same time, where anything has to be walked over.
  void SearchMeeting(SearchRequest request, Result<SearchResult>* together,
                     Result<SearchResult>* alone) {
    const QueryPtr query = request.query;
    request.query = std::make_shared<WatchedQuery>(query, [](const auto&) { return Status::Ok(); });
    *alone = Search(request, nullptr);
    Meeting meeting(pool_.get());
    request.query = std::make_shared<WatchedQuery>(query, [&meeting](const auto&) {
      meeting.Await();
      return Status::Ok();
    });
    AwaitIdle();
    *together = Search(request, pool_.get());
    met_ += meeting.happened() ? 1 : 0;
  }
  // Who helped the search before may not have come back yet.
  void AwaitIdle() const {
    while (pool_->busy() > 0) {
      std::this_thread::yield();
    }
  }

  static SortKey By(SortKey::Kind kind, const std::string& field, bool descending) {
    SortKey key;
    key.kind = kind;
    key.field = field;
    key.descending = descending;
    return key;
  }

  std::vector<SortKey> RandomSort() {
    static const char* const kFields[] = {"stock", "price", "day", "active", "tags", "sizes"};
    std::vector<SortKey> keys;
    for (uint64_t i = 1 + Uniform(3); i > 0; --i) {
      switch (Uniform(8)) {
        case 0:
          keys.push_back(By(SortKey::Kind::kScore, "", OneIn(2)));
          break;
        case 1:
          keys.push_back(By(SortKey::Kind::kDoc, "", OneIn(2)));
          break;
        default:
          keys.push_back(By(SortKey::Kind::kField, kFields[Uniform(std::size(kFields))], OneIn(2)));
          keys.back().missing_first = OneIn(3);
      }
    }
    return keys;
  }

  SearchRequest RandomRequest() {
    SearchRequest request;
    request.query = OneIn(8) ? MakeMatchAll() : oracle_.MakeQuery(2).query;
    const uint64_t sizes[] = {0, 1, 10, 1 + Uniform(300), 100'000};
    request.size = sizes[Uniform(std::size(sizes))];
    request.from = OneIn(4) ? Uniform(20) : 0;
    const uint64_t limits[] = {SearchRequest::kCountNone, SearchRequest::kCountAll,
                               1 + Uniform(500)};
    request.track_total_hits = limits[Uniform(std::size(limits))];
    request.sort = OneIn(2) ? RandomSort() : std::vector<SortKey>();
    request.track_scores = OneIn(3);
    if (OneIn(5)) {
      request.min_score = static_cast<float>(Uniform(40)) / 10;
    }
    if (OneIn(5)) {
      request.post_filter = oracle_.MakeQuery(1).query;
    }
    if (OneIn(8)) {
      request.restriction = oracle_.MakeQuery(1).query;
    }
    if (OneIn(4)) {
      request.index_boosts.assign(indices_.size(), 1);
      request.index_boosts[Uniform(indices_.size())] = 2;
    }
    if (request.sort.empty() && OneIn(6)) {
      Rescorer rescorer;
      rescorer.query = oracle_.MakeQuery(1).query;
      rescorer.window_size = 1 + Uniform(50);
      request.rescorers = {rescorer};
    }
    return request;
  }

  static void ExpectSame(const SearchResult& together, const SearchResult& alone) {
    ASSERT_EQ(together.hits.size(), alone.hits.size());
    for (size_t i = 0; i < alone.hits.size(); ++i) {
      const Hit& hit = together.hits[i];
      const Hit& wanted = alone.hits[i];
      ASSERT_EQ(hit.index, wanted.index) << i;
      ASSERT_EQ(hit.address.segment, wanted.address.segment) << i;
      ASSERT_EQ(hit.address.doc, wanted.address.doc) << i;
      ASSERT_EQ(hit.id, wanted.id) << i;
      ASSERT_EQ(hit.score.has_value(), wanted.score.has_value());
      ASSERT_EQ(std::bit_cast<uint32_t>(hit.score.value_or(0)),
                std::bit_cast<uint32_t>(wanted.score.value_or(0)));
      ASSERT_EQ(hit.sort, wanted.sort) << i;
      ASSERT_EQ(hit.rescored, wanted.rescored) << i;
    }
    ASSERT_EQ(together.total.has_value(), alone.total.has_value());
    if (alone.total) {
      ASSERT_EQ(together.total->value, alone.total->value);
      ASSERT_EQ(together.total->exact, alone.total->exact);
    }
    ASSERT_EQ(together.max_score, alone.max_score);
    ASSERT_EQ(together.timed_out, alone.timed_out);
    ASSERT_EQ(together.terminated_early, alone.terminated_early);
    ASSERT_EQ(together.shards, alone.shards);
    ASSERT_EQ(together.cursor == nullptr, alone.cursor == nullptr);
    if (alone.cursor != nullptr) {
      ASSERT_EQ(together.cursor->position, alone.cursor->position);
    }
  }

  // The page and those behind it, each way of going on.
  void CheckPages(SearchRequest request) {
    for (uint64_t page = 0; page < 3; ++page) {
      Result<SearchResult> alone = SearchResult();
      Result<SearchResult> together = SearchResult();
      if (segments_ > 1 && OneIn(2)) {
        SearchMeeting(request, &together, &alone);
      } else {
        alone = Search(request, nullptr);
        together = Search(request, pool_.get());
      }
      ASSERT_OK(alone);
      ASSERT_OK(together);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(*together, *alone));
      if (alone->hits.empty() || !request.rescorers.empty()) {
        return;
      }
      request.from = 0;
      request.after.reset();
      request.search_after.reset();
      if (OneIn(2) || alone->hits.back().sort.empty()) {
        request.after = OneIn(2) ? together->cursor : alone->cursor;
      } else {
        request.search_after.emplace();
        for (const std::string& token : alone->hits.back().sort) {
          const bool is_text = token.starts_with('"');
          request.search_after->push_back(
              token == "null" ? std::nullopt
                              : std::optional(is_text ? token.substr(1, token.size() - 2) : token));
        }
      }
    }
  }

  void CheckRandomRequests(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_NO_FATAL_FAILURE(CheckPages(RandomRequest())) << i;
    }
    AwaitIdle();
  }

  TestEngine engine_;
  Oracle oracle_;
  std::unique_ptr<SearchPool> pool_;
  std::shared_ptr<const index::EngineView> view_;
  std::vector<const index::IndexView*> indices_;
  size_t segments_ = 0;
  uint64_t written_ = 0;
  uint64_t met_ = 0;
};

TEST_F(TeamSearchTest, OneSegmentIsSearchedAsEver) {
  AddIndex("products", {500});
  Look();
  ASSERT_EQ(segments_, 1u);
  CheckRandomRequests(Iterations(30));
  EXPECT_EQ(pool_->helped(), 0u);
}

TEST_F(TeamSearchTest, ThreeSegmentsGiveWhatOneThreadFinds) {
  AddIndex("products", {300, 5'000, 120});
  Look();
  ASSERT_EQ(segments_, 3u);
  CheckRandomRequests(Iterations(120));
  EXPECT_GT(met_, 0u);
}

TEST_F(TeamSearchTest, ManySegmentsOfFiveIndicesGiveWhatOneThreadFinds) {
  for (const char* const name : {"a", "b", "c", "d", "e"}) {
    AddIndex(name, {1 + Uniform(200), 1 + Uniform(200), 50, 20, 1 + Uniform(9), 5});
  }
  Look();
  ASSERT_GT(segments_, 20u);  // of some all documents may be dead
  CheckRandomRequests(Iterations(120));
  EXPECT_GT(met_, 0u);
}

// Large enough for documents in order, and for matches apart from the best.
TEST_F(TeamSearchTest, LargeSegmentsGiveWhatOneThreadFinds) {
  AddIndex("products", {4'500, 17'000, 6'000});
  Look();
  ASSERT_EQ(segments_, 3u);
  CheckRandomRequests(Iterations(60));
  EXPECT_GT(met_, 0u);
}

// All documents are equal, so who comes first is decided by place alone: and the first segment's are looked at last.
TEST_F(TeamSearchTest, EqualScoresAreTakenInOrderOfPlaceThoughOthersWereFoundFirst) {
  engine_.CreateIndex("products", kProductMapping);
  for (int segment = 0; segment < 3; ++segment) {
    for (int i = 0; i < 5'000; ++i) {
      engine_.Put("products", std::to_string(segment * 5'000 + i),
                  R"({"name": "red shoe", "tags": []})");
    }
    engine_.Apply();
  }
  Look();
  for (const uint64_t size : {10, 6'000}) {
    for (const uint64_t limit : {SearchRequest::kCountNone, uint64_t{100}}) {
      SearchRequest request;
      const QueryPtr query = MakeMatch({.field = "name", .text = "red shoe"});
      const index::SegmentView* const first = indices_[0]->segments[0].get();
      request.query = std::make_shared<WatchedQuery>(query, [this, first](const auto& segment) {
        while (&segment == first && pool_->busy() > 0) {
          std::this_thread::yield();  // until the others are through with all else
        }
        return Status::Ok();
      });
      request.size = size;
      request.track_total_hits = limit;
      AwaitIdle();
      const Result<SearchResult> result = Search(request, pool_.get());
      ASSERT_OK(result);
      ASSERT_EQ(result->hits.size(), size);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(result->hits[i].address.segment, i / 5'000) << i;
        ASSERT_EQ(result->hits[i].address.doc, i % 5'000) << i;
      }
    }
  }
  EXPECT_EQ(pool_->helped(), 4u);
}

// Whoever the segment has fallen to.
TEST_F(TeamSearchTest, AnErrorInOneSegmentIsTheSearchsError) {
  AddIndex("products", {200, 200, 200});
  Look();
  for (uint64_t i = 0; i < Iterations(20); ++i) {
    Meeting meeting(pool_.get());
    const index::SegmentView* const bad = indices_[0]->segments[i % 3].get();
    SearchRequest request;
    request.query = std::make_shared<WatchedQuery>(
        MakeExists("tags"), [&meeting, bad](const index::SegmentView& segment) -> Status {
          meeting.Await();
          return &segment == bad ? Status::Corruption("a bad segment") : Status::Ok();
        });
    request.track_total_hits = SearchRequest::kCountAll;
    AwaitIdle();
    EXPECT_STATUS(Search(request, pool_.get()), kCorruption);
    EXPECT_TRUE(meeting.happened());
  }
}

TEST_F(TeamSearchTest, ACancelledSearchEndsInAllOfItsThreads) {
  AddIndex("products", {200, 200, 200});
  Look();
  for (uint64_t i = 0; i < Iterations(20); ++i) {
    Meeting meeting(pool_.get());
    std::atomic<bool> cancel = false;
    SearchRequest request;
    request.query = std::make_shared<WatchedQuery>(
        MakeExists("tags"), [&meeting, &cancel](const index::SegmentView&) -> Status {
          meeting.Await();
          cancel = true;
          return Status::Ok();
        });
    request.track_total_hits = SearchRequest::kCountAll;
    SearchOptions options = engine_.options();
    options.pool = pool_.get();
    options.cancel = &cancel;
    AwaitIdle();
    EXPECT_STATUS(search::Search(*view_, indices_, request, options), kAborted);
    EXPECT_TRUE(meeting.happened());
  }
}

TEST_F(TeamSearchTest, ALateSearchSaysSoWhicheverThreadHasLookedAtTheClock) {
  AddIndex("products", {200, 200, 200, 200, 200, 200});
  Look();
  for (uint64_t i = 0; i < Iterations(20); ++i) {
    Meeting meeting(pool_.get());
    SearchRequest request;
    request.query = std::make_shared<WatchedQuery>(
        MakeExists("tags"), [this, &meeting](const index::SegmentView&) -> Status {
          meeting.Await();
          engine_.clock()->Advance(std::chrono::seconds(1));
          return Status::Ok();
        });
    request.track_total_hits = SearchRequest::kCountAll;
    request.timeout_ms = 500;
    AwaitIdle();
    const Result<SearchResult> result = Search(request, pool_.get());
    ASSERT_OK(result);
    EXPECT_TRUE(result->timed_out);
    EXPECT_TRUE(result->hits.empty());
    EXPECT_TRUE(meeting.happened());
  }
}

// Groups and buckets are one thread's.
TEST_F(TeamSearchTest, SearchesThatOneThreadHasToDoAloneGetNoHelp) {
  AddIndex("products", {200, 200, 200});
  Look();
  SearchRequest plain;
  plain.query = MakeMatchAll();
  std::vector<SearchRequest> requests(4, plain);
  requests[0].collapse_field = "stock";
  requests[1].aggregations = {TermsSpec("tags")};
  requests[2].terminate_after = 100;
  requests[3].profile = true;
  for (const SearchRequest& request : requests) {
    ASSERT_OK(Search(request, pool_.get()));
  }
  EXPECT_EQ(pool_->helped(), 0u);
}

TEST_F(TeamSearchTest, SmallIndicesGetNoHelp) {
  AddIndex("products", {200, 200, 200});
  Look();
  const auto pool = SearchPool::Start({.patience_micros = 0, .least_docs = 401});
  ASSERT_OK(pool);
  SearchRequest request;
  request.query = MakeExists("tags");
  request.track_total_hits = SearchRequest::kCountAll;
  ASSERT_OK(Search(request, pool->get()));
  EXPECT_EQ((*pool)->helped(), 0u);
}

// Several searches at once take one another's threads, beside a writer; each on the view that it began with.
TEST_F(TeamSearchTest, ManySearchesBesideAWriterGiveWhatOneThreadFinds) {
  AddIndex("products", {600, 600, 300, 100});
  Look();
  std::vector<SearchRequest> requests;
  for (int i = 0; i < 40; ++i) {
    requests.push_back(RandomRequest());
  }
  std::atomic<uint64_t> searches = 0;
  std::atomic<bool> done = false;
  const auto search = [&](size_t from) {
    for (size_t i = from; !done.load(); i = (i + 1) % requests.size()) {
      const auto view = engine_.view();
      const std::vector<const index::IndexView*> indices = {view->Find("products")};
      SearchOptions options = engine_.options();
      const Result<SearchResult> alone = search::Search(*view, indices, requests[i], options);
      options.pool = pool_.get();
      const Result<SearchResult> together = search::Search(*view, indices, requests[i], options);
      EXPECT_OK(alone);
      EXPECT_OK(together);
      if (alone.ok() && together.ok()) {
        EXPECT_NO_FATAL_FAILURE(ExpectSame(*together, *alone)) << i;
      }
      ++searches;
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 3; ++i) {
    threads.emplace_back(search, i * 13);
  }
  for (uint64_t i = 0; i < Iterations(200) || searches.load() < Iterations(100); ++i) {
    const std::string id = std::to_string(Uniform(written_));
    engine_.Put("products", id, oracle_.MakeProduct(id).ToJson());
    engine_.Apply();
    engine_.Update("products", std::to_string(Uniform(written_)), "stock", Uniform(30));
    engine_.Apply();
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace binseek::search::test
