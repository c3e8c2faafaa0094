// How far behind a stream says it is, and when losing it again is believed to have no end.
#include "sync/pipeline/stream_health.h"

#include <gtest/gtest.h>

#include "engine/base/clock.h"

namespace binseek::pipeline {
namespace {

TEST(StreamHealthTest, TheLagIsTheAgeOfTheCommitAndNeverInvented) {
  constexpr int64_t kSecond = 1'000'000;
  change::Transaction transaction;
  EXPECT_EQ(LagOf(transaction), 0) << "its time is not known";
  const int64_t now = Clock::Real()->NowMicros();
  transaction.commit_time_us = now / kSecond * kSecond;  // a whole second: it may just have begun
  EXPECT_LE(LagOf(transaction), 10);
  transaction.commit_time_us = now - 5 * kSecond - now % kSecond + 1;
  EXPECT_GE(LagOf(transaction), 4'900);
  transaction.commit_time_us = now + 60 * kSecond + 1;
  EXPECT_EQ(LagOf(transaction), 0) << "the source's clock is ahead";
}

TEST(StreamHealthTest, TheStreamsOwnTroubleIsToldUnlessTheSourceHasHalted) {
  using change::StopCode;
  binlog::BinlogSourceStatus source;
  source.last_error = "connection refused";
  source.last_code = StopCode::kSourceAway;
  source.losses.Add(StopCode::kSourceAway);
  SyncStatus status;
  status.state = SyncState::kLive;
  TellStream(source, &status);
  EXPECT_EQ(status.state, SyncState::kConnecting);
  EXPECT_EQ(status.error, "connection refused");
  EXPECT_EQ(status.code, StopCode::kSourceAway);
  EXPECT_EQ(status.stops.of(StopCode::kSourceAway), 1U);
  status.code = StopCode::kPositionLost;
  TellStream(source, &status);
  EXPECT_EQ(status.code, StopCode::kPositionLost) << "the one that ended has nothing to add";
  source.connected = true;
  source.id_clash = "somebody else has our id";
  TellStream(source, &status);
  EXPECT_EQ(status.code, StopCode::kReplicaIdClash);
  status.state = SyncState::kHalted;
  status.code = StopCode::kAccountRefused;
  status.error = "refused";
  TellStream(source, &status);
  EXPECT_EQ(status.code, StopCode::kAccountRefused);
  EXPECT_EQ(status.error, "refused");
}

TEST(StreamHealthTest, AHistoryThatIsLostAgainAndAgainIsGivenUp) {
  HistoryLosses losses;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(losses.MayBeginAnew()) << i;
  }
  EXPECT_FALSE(losses.MayBeginAnew());
}

}  // namespace
}  // namespace binseek::pipeline
