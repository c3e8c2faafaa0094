// When the reading of tables waits for a server that is busy, and what it says of that.
#include "sync/pipeline/load_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "engine/base/log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

mysql::ServerLoad Load(std::optional<uint64_t> threads, std::optional<seconds> lag = {}) {
  mysql::ServerLoad load;
  load.threads_running = threads;
  load.replica_lag = lag;
  return load;
}

TEST(LoadLimitsTest, AServerAtItsLimitIsReadAndOneAboveItIsNot) {
  const LoadLimits threads{50, seconds(0)};
  EXPECT_EQ(WhyToWait(Load(50), threads), "");
  EXPECT_EQ(WhyToWait(Load(87), threads),
            "87 threads running on the source, above snapshot.max_threads_running 50");
  EXPECT_EQ(WhyToWait(Load(1, seconds(9999)), threads), "") << "nobody asked for that";
  const LoadLimits lag{0, seconds(60)};
  EXPECT_EQ(WhyToWait(Load(9999, seconds(60)), lag), "");
  EXPECT_EQ(WhyToWait(Load({}, seconds(61)), lag),
            "the source is 61 s behind the server that it replicates, above "
            "snapshot.max_replica_lag 60 s");
  const LoadLimits both{50, seconds(60)};
  EXPECT_NE(WhyToWait(Load(51, seconds(0)), both), "");
  EXPECT_NE(WhyToWait(Load(0, seconds(61)), both), "");
  EXPECT_EQ(WhyToWait(Load({}, {}), both), "") << "what is not known holds nobody back";
  EXPECT_EQ(WhyToWait(Load(9999, seconds(9999)), LoadLimits()), "");
}

TEST(LoadLimitsTest, AReaderRestsForTheRemainderOfItsTime) {
  using std::chrono::milliseconds;
  EXPECT_EQ(RestBehind(milliseconds(500), 100), milliseconds(0));
  EXPECT_EQ(RestBehind(milliseconds(500), 50), milliseconds(500));
  EXPECT_EQ(RestBehind(milliseconds(500), 20), milliseconds(2000));
  EXPECT_EQ(RestBehind(milliseconds(500), 1), milliseconds(49'500));
}

class LoadGateTest : public ::testing::Test {
 protected:
  LoadGateTest() {
    SetLogSink([this](std::string_view line) { log_.emplace_back(line); });
  }
  ~LoadGateTest() override { SetLogSink(nullptr); }

  std::string Look() {
    const auto why = gate_.Look([this]() -> Result<mysql::ServerLoad> {
      ++asked_;
      return load_;
    });
    EXPECT_OK(why);
    return why.value_or("");
  }

  test::FakeClock clock_;
  LoadGate gate_{{50, seconds(0)}, &clock_};
  Result<mysql::ServerLoad> load_ = Load(1);
  int asked_ = 0;
  std::vector<std::string> log_;
};

TEST_F(LoadGateTest, AllReadersTogetherAskOnceASecond) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Look(), "");
  }
  EXPECT_EQ(asked_, 1);
  load_ = Load(51);
  clock_.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(Look(), "");
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_NE(Look(), "");
  EXPECT_NE(Look(), "") << "those who do not ask go by what was answered";
  EXPECT_EQ(asked_, 2);
}

TEST_F(LoadGateTest, AWaitSaysSinceWhenAndIsLoggedAsItBeginsEachMinuteAndAsItEnds) {
  load_ = Load(87);
  const std::string text =
      "waits: 87 threads running on the source, above snapshot.max_threads_running 50; since "
      "2026-01-01T00:00:00Z";
  EXPECT_EQ(Look(), text);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_THAT(log_[0], HasSubstr("msg=\"snapshot waits: the source is busy\" code=snapshot_paced"));
  for (int second = 1; second < 130; ++second) {
    clock_.Advance(seconds(1));
    EXPECT_EQ(Look(), text);
  }
  ASSERT_EQ(log_.size(), 3U) << "after one minute, and after two";
  EXPECT_THAT(log_[2], HasSubstr("since=2026-01-01T00:00:00Z"));
  load_ = Load(50);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Look(), "");
  ASSERT_EQ(log_.size(), 4U);
  EXPECT_THAT(log_[3],
              HasSubstr("msg=\"snapshot goes on\" code=snapshot_paced waited_seconds=130"));
  load_ = Load(88);
  clock_.Advance(seconds(1));
  EXPECT_THAT(Look(), HasSubstr("since 2026-01-01T00:02:11Z")) << "another wait";
}

TEST_F(LoadGateTest, WhatTheServerDoesNotTellIsAWarningAndHoldsNobodyBack) {
  mysql::ServerLoad load = Load(1);
  load.untold = "the server does not tell how far it is behind as a replica: access denied";
  load_ = load;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Look(), "");
    clock_.Advance(seconds(1));
  }
  std::vector<std::string> warnings = {"another"};
  gate_.Warn(&warnings);
  EXPECT_THAT(warnings, ElementsAre("another", load.untold));
  EXPECT_EQ(log_.size(), 1U) << "logged once";
  load_ = Load(1);
  EXPECT_EQ(Look(), "");
  gate_.Warn(&warnings);
  EXPECT_EQ(warnings.size(), 2U);
}

TEST_F(LoadGateTest, AnErrorIsWhoseItIsAndTheAnswerOfBeforeStays) {
  load_ = Load(87);
  EXPECT_NE(Look(), "");
  load_ = Status::Unavailable("connection lost");
  clock_.Advance(seconds(1));
  EXPECT_STATUS(gate_.Look([this] { return load_; }), kUnavailable);
  EXPECT_NE(Look(), "") << "another reader";
}

}  // namespace
}  // namespace binseek::pipeline
