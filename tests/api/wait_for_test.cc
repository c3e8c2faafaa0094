// Searches that wait for what their client has written to the source.
#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <thread>

#include "sync/pipeline/applied_position.h"
#include "tests/api/api_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

constexpr char kGtid[] = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";

// A MySQL server that is followed up to where the test says.
class FakeSource final : public pipeline::Supervisor {
 public:
  FakeSource() { Reach(5); }

  // Transactions 1 to `number` are applied.
  void Reach(int number) {
    change::SourcePosition position;
    position.gtids = *change::GtidSet::Parse(kGtid + ("1-" + std::to_string(number)));
    position.binlog = {"binlog.000007", static_cast<uint64_t>(1000 * number)};
    status_.position = position;
    applied_.Set(position);
  }

  pipeline::SyncStatus status() const override { return status_; }
  bool OwnsIndex(std::string_view index) const override { return index == "products"; }
  std::string WhyBehind(std::string_view index) const override {
    return index == "products" ? stopped_ : std::string();
  }
  Result<std::string> AwaitRead(std::string_view index,
                                std::chrono::steady_clock::time_point /*deadline*/) override {
    return index == "products" ? unread_ : std::string();
  }
  bool WaitUntilLive(std::chrono::milliseconds /*timeout*/) const override { return true; }
  Result<bool> AwaitApplied(const pipeline::AwaitedPosition& awaited,
                            std::chrono::steady_clock::time_point deadline) override {
    return applied_.Await(awaited, deadline);
  }
  Result<pipeline::RetriedLetters> RetryDeadLetters(
      const std::string& /*table*/, const std::vector<std::string>& /*keys*/) override {
    return pipeline::RetriedLetters{};
  }
  Result<pipeline::Resync> ResyncTable(
      const std::string& /*table*/, std::chrono::steady_clock::time_point /*deadline*/) override {
    return pipeline::Resync{};
  }
  void Stop() override { applied_.End("binseek is stopping"); }

  pipeline::SyncStatus status_;
  std::string stopped_;
  std::string unread_;
  pipeline::AppliedPosition applied_{1};
};

class WaitForTest : public ApiTest {
 protected:
  WaitForTest() {
    mapping::Mapping mapping;
    mapping.set_synced(true);
    EXPECT_OK(engine_->CreateIndex("products", mapping, "{}"));
    EXPECT_OK(engine_->CreateIndex("notes", mapping::Mapping(), "{}"));
    source_.status_.state = pipeline::SyncState::kLive;
    node_->set_sync(&source_);
  }
  ~WaitForTest() override { node_->set_sync(nullptr); }

  static std::string Wait(const std::string& parameters, const std::string& index = "products",
                          const std::string& endpoint = "_search") {
    return "/" + index + "/" + endpoint + "?" + parameters;
  }

  FakeSource source_;
};

TEST_F(WaitForTest, WhatIsAppliedIsAnsweredAtOnce) {
  for (const std::string& what :
       {"wait_for_gtid=" + std::string(kGtid) + "5", "wait_for_gtid=" + std::string(kGtid) + "1-3",
        std::string("wait_for_position=binlog.000007:5000")}) {
    for (const char* endpoint : {"_search", "_count"}) {
      Expect(200, "GET", Wait(what + "&wait_timeout=0", "products", endpoint));
      Expect(200, "POST", Wait(what, "products", endpoint), R"({"query":{"match_all":{}}})");
    }
  }
  Expect(200, "GET", "/_search?wait_timeout=0&wait_for_gtid=" + std::string(kGtid) + "5");
  Expect(200, "GET", Wait("wait_timeout=0&scroll=1m&wait_for_gtid=" + std::string(kGtid) + "5"));
}

TEST_F(WaitForTest, ASearchGoesOnWhenItsTransactionIsApplied) {
  std::jthread stream([this] {
    while (source_.applied_.waiters() == 0) {
      std::this_thread::yield();
    }
    index::Operation operation;
    operation.index = engine_->View()->Find("products")->id;
    operation.key = "1";
    index::Batch batch;
    batch.operations.push_back(std::move(operation));
    EXPECT_OK(engine_->Apply(batch));
    source_.Reach(6);
  });
  const JsonValue found =
      Expect(200, "GET", Wait("wait_timeout=1m&wait_for_gtid=" + std::string(kGtid) + "6"));
  EXPECT_EQ(At(found, "hits.total.value"), "1");
}

TEST_F(WaitForTest, AnIndexThatComesWithTheTransactionIsFound) {
  std::jthread stream([this] {
    while (source_.applied_.waiters() == 0) {
      std::this_thread::yield();
    }
    EXPECT_OK(engine_->CreateIndex("newcomers", mapping::Mapping(), "{}"));
    source_.Reach(6);
  });
  const std::string wait = "wait_timeout=1m&wait_for_gtid=" + std::string(kGtid) + "6";
  Expect(200, "GET", Wait(wait, "newcomers"));
  Expect(404, "GET", Wait(wait, "nothing"));
}

TEST_F(WaitForTest, TooLateIs408AndSaysHowFarTheIndexIs) {
  source_.status_.state = pipeline::SyncState::kConnecting;
  source_.status_.error = "connection refused";
  const Response response =
      Send("GET", Wait("wait_timeout=20ms&wait_for_gtid=" + std::string(kGtid) + "6"));
  EXPECT_EQ(response.status, 408);
  const std::string cause =
      R"("type":"timeout_exception","reason":"waited 20ms for [)" + std::string(kGtid) +
      "6] of the source; the index is at [" + kGtid +
      R"(1-5], [binlog.000007:5000]; the source is connecting: connection refused")";
  EXPECT_EQ(response.body,
            R"({"error":{"root_cause":[{)" + cause + "}]," + cause + R"(},"status":408})");
  EXPECT_THAT(Error(408, "GET", Wait("wait_timeout=0&wait_for_position=binlog.000008:4")),
              HasSubstr("timeout_exception: waited 0ms for [binlog.000008:4]"));
  // Another server's transactions never come.
  EXPECT_THAT(Error(408, "GET",
                    Wait("wait_timeout=1ms&wait_for_gtid=00000000-0000-0000-0000-000000000001:1",
                         "products", "_count")),
              HasSubstr("waited 1ms for [00000000-0000-0000-0000-000000000001:1]"));
}

TEST_F(WaitForTest, WithoutATimeoutASecondIsWaited) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(Error(408, "GET", Wait("wait_for_gtid=" + std::string(kGtid) + "6")),
              HasSubstr("waited 1000ms"));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
}

TEST_F(WaitForTest, WhatCannotBeWaitedForIsRefusedWithTheReason) {
  const std::string gtid = "wait_for_gtid=" + std::string(kGtid) + "5";
  const std::string refused = "illegal_argument_exception: ";
  EXPECT_EQ(Error(400, "GET", Wait("wait_for_gtid=yesterday")),
            refused +
                "Failed to wait for [wait_for_gtid]: cannot read \"yesterday\": a GTID is "
                "uuid:number or uuid:tag:number (MySQL) or domain-server-number (MariaDB)");
  EXPECT_EQ(Error(400, "GET", Wait("wait_for_gtid=0-1011-15")),
            refused +
                "Failed to wait for [wait_for_gtid]: it is a GTID of MariaDB, and the source is a "
                "MySQL server");
  EXPECT_EQ(Error(400, "GET", Wait("wait_for_position=7")),
            refused +
                "Failed to wait for [wait_for_position]: cannot read \"7\": a position is "
                "file:offset, as in binlog.000007:1234");
  EXPECT_EQ(Error(400, "GET", Wait("wait_for_position=other.000001:4")),
            refused +
                "Failed to wait for [wait_for_position]: it is in no binlog of the source, which "
                "is at binlog.000007:5000");
  EXPECT_EQ(Error(400, "GET", Wait(gtid + "&wait_for_position=binlog.000007:4")),
            refused + "[wait_for_gtid] and [wait_for_position] exclude each other");
  EXPECT_EQ(Error(400, "GET", Wait("wait_timeout=1s")),
            refused + "[wait_timeout] needs [wait_for_gtid] or [wait_for_position]");
  for (const char* timeout : {"61s", "-1", "2h"}) {
    EXPECT_EQ(Error(400, "GET", Wait(gtid + "&wait_timeout=" + timeout)),
              refused + "[wait_timeout] must be between 0 and 1m, but was [" + timeout + "]");
  }
  EXPECT_THAT(Error(400, "GET", Wait(gtid + "&wait_timeout=5")),
              HasSubstr("failed to parse setting [wait_timeout] with value [5] as a time value: "
                        "unit is missing or unrecognized"));
  EXPECT_THAT(Error(400, "GET", Wait("wait_for_gitd=x")),
              HasSubstr("[wait_for_gitd] -> did you mean [wait_for_gtid]?"));
}

TEST_F(WaitForTest, WhatFollowsNoSourceIsNotWaitedFor) {
  const std::string gtid = "wait_for_gtid=" + std::string(kGtid) + "5";
  EXPECT_EQ(Error(400, "GET", Wait(gtid, "notes")),
            "illegal_argument_exception: there is nothing to wait for: index [notes] follows no "
            "source; what is written over HTTP is searched when it is answered");
  Expect(200, "GET", Wait(gtid, "notes,products"));
  node_->set_sync(nullptr);
  EXPECT_EQ(Error(400, "GET", Wait(gtid)),
            "illegal_argument_exception: there is nothing to wait for: binseek follows no source");
  node_->set_source_configured();
  EXPECT_THAT(Error(503, "GET", Wait(gtid)), HasSubstr("binseek is starting"));
}

TEST_F(WaitForTest, ATableThatIsStoppedIsNotSearchedAsIfItWereUpToDate) {
  source_.stopped_ = "table shop.products is not followed any more: why";
  EXPECT_EQ(Error(503, "GET", Wait("wait_for_gtid=" + std::string(kGtid) + "5")),
            "no_shard_available_action_exception: table shop.products is not followed any more: "
            "why");
  Expect(200, "GET", Wait(""));
}

TEST_F(WaitForTest, RowsThatAreYetToBeReadAreWaitedFor) {
  source_.unread_ = "rows of table shop.products are being read by their keys";
  const std::string gtid = "wait_for_gtid=" + std::string(kGtid) + "5";
  EXPECT_THAT(Error(408, "GET", Wait(gtid + "&wait_timeout=10ms")),
              HasSubstr("of the source; rows of table shop.products are being read by their keys"));
  source_.unread_.clear();
  Expect(200, "GET", Wait(gtid));
}

TEST_F(WaitForTest, TheEndOfTheSourceEndsWaitingSearches) {
  std::jthread stop([this] {
    while (source_.applied_.waiters() == 0) {
      std::this_thread::yield();
    }
    // There is one place, and it is taken.
    EXPECT_THAT(Error(429, "GET", Wait("wait_for_gtid=" + std::string(kGtid) + "6")),
                HasSubstr("es_rejected_execution_exception: too many requests wait"));
    source_.Stop();
  });
  const std::string wait = Wait("wait_timeout=1m&wait_for_gtid=" + std::string(kGtid) + "6");
  EXPECT_THAT(Error(503, "GET", wait), HasSubstr("binseek is stopping"));
  EXPECT_THAT(Error(503, "GET", wait), HasSubstr("binseek is stopping"));
}

}  // namespace
}  // namespace binseek::api
