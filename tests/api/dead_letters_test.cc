// The rows that could not become documents, as the API shows and discards them.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sync/pipeline/state_store.h"
#include "tests/api/api_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class DeadLettersApiTest : public ApiTest {
 protected:
  DeadLettersApiTest() {
    auto state = pipeline::StateStore::Open(":memory:");
    EXPECT_OK(state);
    state_ = *std::move(state);
    node_ = std::make_unique<Node>(engine_.get(), state_.get(), Limits());
    router_ = MakeRouter(node_.get());
  }

  void Refuse(const std::string& table, const std::string& key, const std::string& gtid) {
    mapper::RejectedRow row{table, key, "no such \"luck\"", {}};
    row.position.gtid = gtid;
    state_->AddDeadLetters(change::SourceId{1}, {row});
  }

  // The exact body of an answer; times are taken from the store.
  std::string Body(int status, std::string_view method, std::string_view target) const {
    const Response response = Send(method, target);
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    return response.body;
  }
  std::string Times(const std::string& key) const {
    const auto page = state_->FindDeadLetters({std::nullopt, key}, 0, 1);
    EXPECT_OK(page);
    return R"("first_seen_ms":)" + std::to_string(page->letters.at(0).first_seen_ms) +
           R"(,"last_seen_ms":)" + std::to_string(page->letters.at(0).last_seen_ms);
  }
  std::string Letter(const std::string& table, const std::string& key, const std::string& gtid,
                     int count = 1) const {
    return R"({"table":")" + table + R"(","key":")" + key + R"(","position":")" + gtid +
           R"(","reason":"no such \"luck\"","count":)" + std::to_string(count) + "," + Times(key) +
           "}";
  }

  std::unique_ptr<pipeline::StateStore> state_;
};

TEST_F(DeadLettersApiTest, WithoutAnyTheListIsEmpty) {
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters"), R"({"total":0,"dead_letters":[]})");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters?table=shop.items"),
            R"({"total":0,"dead_letters":[]})");
}

TEST_F(DeadLettersApiTest, TheListHasTheNewestFirstByPageTableAndKey) {
  Refuse("shop.items", "1", "0-1-5");
  Refuse("shop.boxes", "b", "0-1-6");
  Refuse("shop.items", "2", "0-1-7");
  Refuse("shop.items", "2", "0-1-7");
  const std::string one = Letter("shop.items", "1", "0-1-5");
  const std::string box = Letter("shop.boxes", "b", "0-1-6");
  const std::string two = Letter("shop.items", "2", "0-1-7", 2);
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters"),
            R"({"total":3,"dead_letters":[)" + two + "," + box + "," + one + "]}");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters?from=1&size=1"),
            R"({"total":3,"dead_letters":[)" + box + "]}");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters?size=0"), R"({"total":3,"dead_letters":[]})");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters?table=shop.items&size=1&from=1"),
            R"({"total":2,"dead_letters":[)" + one + "]}");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters?table=shop.items&key=2"),
            R"({"total":1,"dead_letters":[)" + two + "]}");
}

TEST_F(DeadLettersApiTest, DiscardingSaysHowManyThereWere) {
  Refuse("shop.items", "1", "0-1-5");
  Refuse("shop.items", "1", "0-1-6");
  Refuse("shop.items", "2", "0-1-6");
  Refuse("shop.boxes", "1", "0-1-7");
  EXPECT_EQ(Body(200, "DELETE", "/_sync/dead_letters?table=shop.items&key=1"),
            R"({"discarded":2})");
  EXPECT_EQ(Body(200, "DELETE", "/_sync/dead_letters?table=shop.items"), R"({"discarded":1})");
  EXPECT_EQ(Body(200, "DELETE", "/_sync/dead_letters?table=shop.items"), R"({"discarded":0})");
  EXPECT_EQ(Body(200, "GET", "/_sync/dead_letters"),
            R"({"total":1,"dead_letters":[)" + Letter("shop.boxes", "1", "0-1-7") + "]}");
}

// Notes what it is asked to read again.
class RetryingSource final : public pipeline::Supervisor {
 public:
  pipeline::SyncStatus status() const override { return {}; }
  bool OwnsIndex(std::string_view /*index*/) const override { return false; }
  std::string WhyBehind(std::string_view /*index*/) const override { return {}; }
  Result<std::string> AwaitRead(std::string_view /*index*/,
                                std::chrono::steady_clock::time_point /*deadline*/) override {
    return std::string();
  }
  bool WaitUntilLive(std::chrono::milliseconds /*timeout*/) const override { return true; }
  Result<bool> AwaitApplied(const pipeline::AwaitedPosition& /*awaited*/,
                            std::chrono::steady_clock::time_point /*deadline*/) override {
    return false;
  }
  Result<pipeline::RetriedLetters> RetryDeadLetters(const std::string& table,
                                                    const std::vector<std::string>& keys) override {
    asked += table + ":";
    for (const std::string& key : keys) {
      asked += " " + key;
    }
    asked += ";";
    return outcome;
  }
  Result<pipeline::Resync> ResyncTable(
      const std::string& /*table*/, std::chrono::steady_clock::time_point /*deadline*/) override {
    return pipeline::Resync{};
  }
  void Stop() override {}

  std::string asked;
  Result<pipeline::RetriedLetters> outcome = pipeline::RetriedLetters{.retried = 2};
};

TEST_F(DeadLettersApiTest, RetryingHandsOnEachRowOnce) {
  Refuse("shop.items", "1", "0-1-5");
  Refuse("shop.items", "1", "0-1-6");
  Refuse("shop.items", "2", "0-1-6");
  Refuse("shop.boxes", "1", "0-1-7");
  EXPECT_EQ(Error(400, "POST", "/_sync/dead_letters/_retry?table=shop.items"),
            "illegal_argument_exception: there is nothing to read again: binseek follows no "
            "source");
  RetryingSource source;
  node_->set_sync(&source);
  EXPECT_EQ(Body(200, "POST", "/_sync/dead_letters/_retry?table=shop.items"),
            R"({"retried":2,"not_retried":0})");
  source.outcome = pipeline::RetriedLetters{.not_retried = 1};
  EXPECT_EQ(Body(200, "POST", "/_sync/dead_letters/_retry?table=shop.items&key=2"),
            R"({"retried":0,"not_retried":1})");
  Body(200, "POST", "/_sync/dead_letters/_retry?table=shop.items&key=3");
  EXPECT_EQ(source.asked, "shop.items: 1 2;shop.items: 2;shop.items:;");
  source.outcome = Status::InvalidArgument("table shop.x is not followed");
  EXPECT_EQ(Error(400, "POST", "/_sync/dead_letters/_retry?table=shop.x"),
            "illegal_argument_exception: table shop.x is not followed");
  Error(400, "POST", "/_sync/dead_letters/_retry");
  EXPECT_EQ(state_->dead_letter_count(), 4u);
  node_->set_sync(nullptr);
}

TEST_F(DeadLettersApiTest, WhatIsNotSaidRightIsRefused) {
  Refuse("shop.items", "1", "0-1-5");
  EXPECT_EQ(Error(400, "DELETE", "/_sync/dead_letters"),
            "illegal_argument_exception: [table] is required: its name as the list shows it, "
            "database.table");
  Error(400, "DELETE", "/_sync/dead_letters?table=");
  Error(400, "DELETE", "/_sync/dead_letters?key=1");
  EXPECT_EQ(Error(400, "GET", "/_sync/dead_letters?size=10001"),
            "illegal_argument_exception: [size] must not be over 10000");
  EXPECT_THAT(Error(400, "GET", "/_sync/dead_letters?form=3"),
              HasSubstr("unrecognized parameter: [form] -> did you mean [from]?"));
  EXPECT_EQ(state_->dead_letter_count(), 1u);
}

}  // namespace
}  // namespace binseek::api
