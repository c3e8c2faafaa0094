// What the status says of how far the stream is behind.
#include "sync/pipeline/sync_progress.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/source_retry.h"

namespace binseek::pipeline {
namespace {

SyncStatus StatusOf(const SyncProgress& progress) {
  SyncStatus status;
  progress.Tell(/*snapshot_done=*/true, &status);
  return status;
}

TEST(SyncProgressTest, AStreamAtRestIsLiveWithoutALag) {
  SyncProgress progress;
  progress.Running();
  EXPECT_EQ(StatusOf(progress).state, SyncState::kCatchingUp);
  progress.Waits(0);
  EXPECT_EQ(StatusOf(progress).state, SyncState::kCatchingUp) << "nothing is known yet";
  EXPECT_EQ(StatusOf(progress).lag_ms, 0);
  progress.Idle({"binlog.000001", 4}, 0);
  EXPECT_EQ(StatusOf(progress).state, SyncState::kLive);
  EXPECT_EQ(StatusOf(progress).lag_ms, 0);
}

TEST(SyncProgressTest, WhileSomethingMayBeOnItsWayTheLagGrows) {
  SyncProgress progress;
  progress.Running();
  progress.Idle({"binlog.000001", 4}, 0);
  progress.Waits(0);
  EXPECT_EQ(StatusOf(progress).state, SyncState::kLive);
  while (StatusOf(progress).state == SyncState::kLive) {
    progress.AwaitChange(std::chrono::milliseconds(20));
    progress.Waits(0);
  }
  EXPECT_EQ(StatusOf(progress).state, SyncState::kCatchingUp);
  EXPECT_GT(StatusOf(progress).lag_ms, 1000);
  progress.Idle({"binlog.000001", 4}, 0);
  EXPECT_EQ(StatusOf(progress).state, SyncState::kLive);
  EXPECT_EQ(StatusOf(progress).lag_ms, 0);
}

TEST(SyncProgressTest, AnErrorIsToldUntilTheStepSucceedsAndNoLonger) {
  SyncProgress progress;
  progress.Running();
  SourceRetry retry("mysql://test", &progress);
  std::vector<std::string> told;
  const std::stop_source stop;
  const Status status = retry.Run(stop.get_token(), [&] {
    told.push_back(StatusOf(progress).error);
    return told.size() < 2 ? Status::Unavailable("the disk is full") : Status::Ok();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(told, (std::vector<std::string>{"", "the disk is full"}));
  EXPECT_EQ(StatusOf(progress).error, "");
}

TEST(SyncProgressTest, AWaitIsCountedOnceForAsLongAsItLastsAndToldByItsCode) {
  using change::StopCode;
  SyncProgress progress;
  progress.Running();
  for (int i = 0; i < 3; ++i) {
    progress.Failing({StopCode::kSourceAway, "no route to host"});
  }
  EXPECT_EQ(StatusOf(progress).code, StopCode::kSourceAway);
  progress.Mended();
  EXPECT_EQ(StatusOf(progress).code, StopCode::kNone);
  EXPECT_EQ(StatusOf(progress).stops.of(StopCode::kSourceAway), 1U);
  progress.Failing({StopCode::kSourceAway, "again"});
  progress.Halted({StopCode::kAccountRefused, "refused"});
  EXPECT_EQ(StatusOf(progress).code, StopCode::kAccountRefused);
  EXPECT_EQ(StatusOf(progress).stops.of(StopCode::kSourceAway), 2U);
  EXPECT_EQ(StatusOf(progress).stops.of(StopCode::kAccountRefused), 1U);
}

TEST(SyncProgressTest, WhatFailsInAWriteWithoutACodeHasFailedThere) {
  SyncProgress progress;
  SourceRetry retry("shop", &progress);
  const std::stop_source stop;
  const auto code_of = [&](const Status& failed) {
    return StopCodeOf(retry.Write(stop.get_token(), [&] { return failed; }),
                      change::StopCode::kUnexpected);
  };
  EXPECT_EQ(code_of(Status::IoError("the disk")), change::StopCode::kIndexWriteFailed);
  EXPECT_EQ(code_of(Because(change::StopCode::kAccountRefused, Status::InvalidArgument("no"))),
            change::StopCode::kAccountRefused);
}

TEST(SyncProgressTest, WhoIsBehindIsWarnedBeforeTheServerDeletesWhatIsNeeded) {
  constexpr int64_t kHourMicros = 3'600'000'000;
  SyncProgress progress;
  progress.Running();
  const auto apply = [&](int64_t hours_behind) {
    std::vector<change::Transaction> one(1);
    one[0].rows = std::make_shared<const change::RowVector>(std::vector<change::RowChange>());
    one[0].commit_time_us = Clock::Real()->NowMicros() - hours_behind * kHourMicros - 1;
    progress.Applied(one, StreamPlace(), 0);
    return StatusOf(progress).warnings;
  };
  EXPECT_TRUE(apply(40).empty()) << "how long the server keeps its binlog is not known";
  progress.ServerKeeps(std::chrono::hours(72));
  EXPECT_TRUE(apply(35).empty());
  const auto warnings = apply(40);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("40 hours behind"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("72 hours"), std::string::npos) << warnings[0];
  progress.Halted({change::StopCode::kAccountRefused, "refused"});
  EXPECT_EQ(StatusOf(progress).warnings.size(), 1U) << "it is deleted all the same";
  progress.Idle({"binlog.000001", 4}, 0);
  EXPECT_TRUE(StatusOf(progress).warnings.empty());
  progress.ServerKeeps(std::chrono::seconds(0));
  EXPECT_TRUE(apply(1000).empty()) << "it deletes nothing by age";
}

}  // namespace
}  // namespace binseek::pipeline
