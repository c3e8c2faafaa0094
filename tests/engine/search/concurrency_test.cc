// Searches beside Apply: a batch over two indices is seen whole or not at all.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "engine/search/searcher.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

constexpr int kAccounts = 50;
constexpr int64_t kTotal = int64_t{2} * kAccounts * 100;

class ConcurrencyTest : public binseek::test::SeededTest {
 protected:
  ConcurrencyTest() {
    for (const char* index : {"left", "right"}) {
      engine_.CreateIndex(
          index, R"({"properties": {"amount": {"type": "long"}, "note": {"type": "text"}}})",
          {"amount"});
      for (int i = 0; i < kAccounts; ++i) {
        engine_.Put(index, std::to_string(i), R"({"amount": 100, "note": "held"})");
      }
    }
    engine_.Apply();
  }

  // Moves an amount from one index to the other, by updates in place or by documents written anew.
  void Transfer() {
    const std::string from = std::to_string(Uniform(kAccounts));
    const std::string to = std::to_string(Uniform(kAccounts));
    const auto amount = static_cast<int64_t>(Uniform(100));
    Write("left", from, left_[from] -= amount);
    Write("right", to, right_[to] += amount);
    engine_.Apply();
  }

  void Write(const std::string& index, const std::string& id, int64_t change) {
    const int64_t amount = 100 + change;
    if (OneIn(2)) {
      engine_.Update(index, id, "amount", amount);
    } else {
      engine_.Put(index, id, R"({"amount": )" + std::to_string(amount) + R"(, "note": "held"})");
    }
  }

  void Read() {
    SearchRequest request;
    request.query = MakeMatch({.field = "note", .text = "held"});
    request.size = 5;
    request.sort.resize(1);
    request.sort[0].field = "amount";
    request.aggregations = {MetricSpec(Metric::kSum, "amount")};
    while (!done_.load()) {
      const auto view = engine_.view();
      const Result<SearchResult> result = search::Search(
          *view, {{view->Find("left"), view->Find("right")}}, request, engine_.options());
      const bool whole = result.ok() && result->total->value == uint64_t{2} * kAccounts &&
                         Number(result->aggregations[0]) == static_cast<double>(kTotal);
      wrong_ += whole ? 0 : 1;
      ++searches_;
    }
  }

  TestEngine engine_;
  std::map<std::string, int64_t> left_;
  std::map<std::string, int64_t> right_;
  std::atomic<bool> done_ = false;
  std::atomic<uint64_t> searches_ = 0;
  std::atomic<uint64_t> wrong_ = 0;
};

TEST_F(ConcurrencyTest, ReadersNeverSeeHalfATransfer) {
  std::thread first([this] { Read(); });
  std::thread second([this] { Read(); });
  const uint64_t transfers = Iterations(400);
  for (uint64_t i = 0; i < transfers || searches_.load() < 100; ++i) {
    Transfer();
    if (OneIn(100)) {
      engine_.Commit();
    }
  }
  done_ = true;
  first.join();
  second.join();
  EXPECT_EQ(wrong_.load(), 0u);
}

// Every document has a value of its own kind, and the writer goes on giving ids to new ones while readers count and sort by them.
// Filters are kept by readers, of views of different age, while amounts change in place.
TEST_F(ConcurrencyTest, ReadersWithAFilterSeeEachAccountOnce) {
  const auto read = [this] {
    SearchRequest above;
    above.query = MakeRange("amount", Bound{"100"}, std::nullopt);
    SearchRequest below;
    below.query = MakeRange("amount", std::nullopt, Bound{"99"});
    while (!done_.load()) {
      const auto view = engine_.view();
      uint64_t found = 0;
      for (const SearchRequest* request : {&above, &below}) {
        const Result<SearchResult> result = search::Search(
            *view, {{view->Find("left"), view->Find("right")}}, *request, engine_.options());
        found += result.ok() ? result->total->value : 0;
      }
      wrong_ += found == uint64_t{2} * kAccounts ? 0 : 1;
      ++searches_;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (uint64_t i = 0; i < Iterations(400) || searches_.load() < 100; ++i) {
    Transfer();
    if (OneIn(100)) {
      engine_.Commit();
    }
  }
  done_ = true;
  first.join();
  second.join();
  EXPECT_EQ(wrong_.load(), 0u);
}

class KeywordConcurrencyTest : public binseek::test::SeededTest {
 protected:
  KeywordConcurrencyTest() {
    engine_.CreateIndex("products", R"({"properties": {"tag": {"type": "keyword"}}})");
    Write("first", "t");
  }

  void Write(const std::string& id, const std::string& tag) {
    engine_.Put("products", id, R"({"tag": ")" + tag + R"("})");
    engine_.Apply();
  }

  void Read() {
    SearchRequest request;
    request.size = 20;
    request.sort.resize(1);
    request.sort[0].field = "tag";
    TermsAggregation tags = Terms("tag", 10'000);
    tags.order = {{.by = BucketOrder::By::kKey, .descending = false}};
    request.aggregations = {SpecOf("tag", tags)};
    while (!done_.load()) {
      const auto view = engine_.view();
      const Result<SearchResult> result =
          search::Search(*view, {{view->Find("products")}}, request, engine_.options());
      bool right = result.ok();
      uint64_t counted = 0;
      std::string before;
      for (size_t i = 0; right && i < Buckets(result->aggregations[0]).size(); ++i) {
        const AggregationBucket& bucket = Buckets(result->aggregations[0])[i];
        right = bucket.key_text > before && (i > 0 || result->hits[0].sort[0] == bucket.key_json);
        before = bucket.key_text;
        counted += bucket.doc_count;
      }
      wrong_ += right && counted == result->total->value ? 0 : 1;
      ++searches_;
    }
  }

  TestEngine engine_;
  std::atomic<bool> done_ = false;
  std::atomic<uint64_t> searches_ = 0;
  std::atomic<uint64_t> wrong_ = 0;
};

TEST_F(KeywordConcurrencyTest, ReadersCountAndSortBesideWhoGivesIds) {
  std::thread first([this] { Read(); });
  std::thread second([this] { Read(); });
  for (uint64_t i = 0; i < Iterations(600) || searches_.load() < 50; ++i) {
    Write(std::to_string(Uniform(500)), "tag" + std::to_string(Uniform(i + 1)));
    if (OneIn(100)) {
      engine_.Commit();
    }
  }
  done_ = true;
  first.join();
  second.join();
  EXPECT_EQ(wrong_.load(), 0u);
}

}  // namespace
}  // namespace binseek::search::test
