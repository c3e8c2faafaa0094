#include "sync/binlog/late_commits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "sync/binlog/prepared_on_server.h"

namespace binseek::binlog {
namespace {

using std::chrono::seconds;
using Names = std::vector<std::string>;

TEST(LateCommitsTest, AreNamedForAMinute) {
  const LateCommits::Time start{};
  LateCommits late;
  late.Add("a", start);
  late.Add("b", start + seconds(30));
  EXPECT_EQ(late.Names(start + seconds(60)), (Names{"a", "b"}));
  EXPECT_EQ(late.Names(start + seconds(61)), Names{"b"});
  EXPECT_EQ(late.Names(start + seconds(91)), Names{});
}

TEST(LateCommitsTest, AreOfServersThatLogAnXaCommitBeforeTheirEnginesCommit) {
  mysql::ServerInfo server;
  server.major = 8;
  server.patch = 29;
  EXPECT_TRUE(LogsXaCommitsEarly(server));
  server.patch = 30;
  EXPECT_FALSE(LogsXaCommitsEarly(server));
  server.flavor = change::Flavor::kMariadb;
  server.major = 11;
  EXPECT_TRUE(LogsXaCommitsEarly(server));
}

TEST(LateCommitsTest, ThoseOfBeforeTheStreamAreNamedForSomeSeconds) {
  const LateCommits::Time start{};
  LateCommits late;
  late.AddFromBefore("a", start);
  late.AddFromBefore("c", start);
  late.Add("b", start);
  late.Forget({{"c", nullptr}});
  EXPECT_EQ(late.Names(start + seconds(12)), (Names{"a", "b"}));
  EXPECT_EQ(late.Names(start + seconds(13)), Names{"b"});
}

TEST(LateCommitsTest, AreForgottenWhenTheirNameIsPreparedAgain) {
  LateCommits late;
  late.Add("a", {});
  late.Add("b", {});
  late.Forget({{"a", nullptr}, {"c", nullptr}});
  EXPECT_EQ(late.Names({}), Names{"b"});
}

TEST(LateCommitsTest, AreBounded) {
  LateCommits late;
  for (size_t i = 0; i <= LateCommits::kMost; ++i) {
    late.Add(std::to_string(i), {});
  }
  const Names names = late.Names({});
  EXPECT_EQ(names.size(), LateCommits::kMost);
  EXPECT_EQ(names.front(), "1");
}

}  // namespace
}  // namespace binseek::binlog
