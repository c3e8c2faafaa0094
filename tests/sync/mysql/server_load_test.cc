#include "sync/mysql/server_load.h"

#include <gtest/gtest.h>

#include <chrono>

namespace binseek::mysql {
namespace {

using std::chrono::seconds;

TEST(ServerLoadTest, TheFurthestChannelOfAReplicaCounts) {
  for (const char* name : {"Seconds_Behind_Source", "Seconds_Behind_Master"}) {
    ServerLoad load;
    TakeReplicaStatus({{"Channel", name}, {{{"a", "7"}}, {{"b", "120"}}, {{"c", "0"}}}}, &load);
    EXPECT_EQ(load.replica_lag, seconds(120)) << name;
    EXPECT_EQ(load.untold, "");
  }
}

TEST(ServerLoadTest, AServerThatIsNoReplicaHasNoLagAndOneThatDoesNotReplicateDoesNotKnowIt) {
  ServerLoad load;
  TakeReplicaStatus({{"Seconds_Behind_Source"}, {}}, &load);
  EXPECT_FALSE(load.replica_lag);
  EXPECT_EQ(load.untold, "");
  TakeReplicaStatus({{"Seconds_Behind_Source"}, {{std::nullopt}, {{"3"}}}}, &load);
  EXPECT_EQ(load.replica_lag, seconds(3)) << "the other channel runs";
  EXPECT_NE(load.untold, "");
}

}  // namespace
}  // namespace binseek::mysql
