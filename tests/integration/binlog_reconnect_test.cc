// What happens to the stream when connections and servers come and go, and when its history is gone.
#include <mysql.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "tests/integration/binlog_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_switch.h"

namespace binseek::test {
namespace {

using std::chrono::milliseconds;

class BinlogReconnectTest : public BinlogFixture {
 protected:
  void SetUp() override {
    BinlogFixture::SetUp();
    UseOwnServer();
  }

  void MakeTable() {
    Sql("CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT)");
    ReadShapes();
    start_ = Now();
    FollowFrom(start_, 1);
  }

  void Traffic(int transactions) {
    for (int i = 0; i < transactions; ++i) {
      Sql("INSERT INTO a (v) VALUES ('x'), (CONNECTION_ID())");
      Sql("UPDATE a SET v = CONCAT(v, 'y') ORDER BY id DESC LIMIT 1");
    }
  }

  // Ends the dump's connection on the server.
  void KillDump() {
    const std::string id =
        SqlCell("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'");
    ASSERT_FALSE(id.empty());
    const Status killed = session()->Execute("KILL " + id);
    killed.IgnoreError();  // it may be gone by itself
  }

  std::vector<std::pair<std::string, uint64_t>> OrdinalsByGtid(
      const std::vector<change::Transaction>& transactions) {
    std::vector<std::pair<std::string, uint64_t>> ordinals;
    for (const auto& transaction : transactions) {
      ordinals.emplace_back(transaction.position.gtid + " " + transaction.position.end.ToString(),
                            transaction.ordinal);
    }
    return ordinals;
  }

  // All that came over interrupted connections equals what comes over one that is not.
  void ExpectSameAsUninterrupted(const std::vector<std::pair<std::string, uint64_t>>& interrupted) {
    ExpectTableEqualsCopy("a");
    copy_.clear();
    FollowFrom(start_, 1);
    EXPECT_EQ(OrdinalsByGtid(CatchUp()), interrupted);
    ExpectTableEqualsCopy("a");
  }

  change::SourcePosition start_;
};

TEST_P(BinlogReconnectTest, GoesOnAfterItsConnectionIsKilled) {
  MakeTable();
  std::vector<std::pair<std::string, uint64_t>> ordinals;
  for (int round = 0; round < 4; ++round) {
    Traffic(3);
    for (const auto& one : OrdinalsByGtid(CatchUp())) {
      ordinals.push_back(one);
    }
    Traffic(2);
    KillDump();
    if (round == 2) {
      Sql("FLUSH BINARY LOGS");
    }
    Traffic(2);
  }
  for (const auto& one : OrdinalsByGtid(CatchUp())) {
    ordinals.push_back(one);
  }
  EXPECT_GE(source_->status().reconnects, 4U);
  EXPECT_EQ(ordinals.size(), 4U * 14U);
  ExpectSameAsUninterrupted(ordinals);
}

TEST_P(BinlogReconnectTest, AnInterruptLeavesAFileAloneThatTookTheNumberOfALostSocket) {
  const auto lost = Connect();
  ASSERT_NE(lost, nullptr);
  const auto number = static_cast<int>(mysql_get_socket(lost->raw()));
  Sql("KILL " + std::to_string(lost->thread_id()));
  EXPECT_STATUS(lost->Execute("SELECT 1"), kUnavailable);
  // The library has closed its socket, so that the number is free for another's.
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  if (pair[0] != number && pair[1] != number) {
    ASSERT_EQ(dup2(pair[0], number), number);
    close(std::exchange(pair[0], number));
  }
  lost->Interrupt();
  EXPECT_EQ(send(pair[0], "x", 1, MSG_NOSIGNAL), 1);
  EXPECT_EQ(send(pair[1], "x", 1, MSG_NOSIGNAL), 1);
  close(pair[0]);
  close(pair[1]);
}

TEST_P(BinlogReconnectTest, ATransactionCutOffByALostConnectionComesOnceAndWhole) {
  MakeTable();
  Sql("BEGIN");
  for (int i = 0; i < 40; ++i) {
    Sql("INSERT INTO a (v) VALUES (REPEAT('x', 1000000))");
  }
  Sql("COMMIT");
  while (source_->status().bytes < 3'000'000) {
    auto next = source_->Next(milliseconds(0));
    ASSERT_OK(next);
    ASSERT_FALSE(next->has_value());
  }
  KillDump();
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  EXPECT_EQ(transactions[0].rows->size(), 40U);
  EXPECT_GE(source_->status().reconnects, 1U);
  ExpectTableEqualsCopy("a");
}

TEST_P(BinlogReconnectTest, GoesOnAfterTheServerRestarts) {
  MakeTable();
  Traffic(3);
  auto ordinals = OrdinalsByGtid(CatchUp());
  for (const bool in_order : {true, false}) {
    Traffic(2);
    for (const auto& one : OrdinalsByGtid(CatchUp())) {
      ordinals.push_back(one);
    }
    ASSERT_OK(in_order ? server()->Stop() : server()->Kill());
    const auto nothing = source_->Next(milliseconds(50));
    ASSERT_OK(nothing);
    EXPECT_FALSE(nothing->has_value());
    EXPECT_FALSE(source_->status().connected);
    ASSERT_OK(server()->Restart());
    ReopenSession();
    Traffic(2);
    for (const auto& one : OrdinalsByGtid(CatchUp())) {
      ordinals.push_back(one);
    }
  }
  EXPECT_GE(source_->status().reconnects, 2U);
  ExpectSameAsUninterrupted(ordinals);
}

TEST_P(BinlogReconnectTest, ResumesAtFileAndOffsetWithoutGtids) {
  if (mariadb()) {
    GTEST_SKIP() << "MariaDB always has GTIDs";
  }
  UseOwnServer({"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"});
  MakeTable();
  Traffic(3);
  auto ordinals = OrdinalsByGtid(CatchUp());
  KillDump();
  Sql("FLUSH BINARY LOGS");
  Traffic(3);
  for (const auto& one : OrdinalsByGtid(CatchUp())) {
    ordinals.push_back(one);
  }
  EXPECT_GE(source_->status().reconnects, 1U);
  ExpectSameAsUninterrupted(ordinals);
}

TEST_P(BinlogReconnectTest, ResumesInTheMiddleWithTheOrdinalsThatWouldHaveCome) {
  MakeTable();
  Traffic(5);
  CatchUp();
  const change::SourcePosition middle = source_->read_position();
  const uint64_t next = source_->last_ordinal() + 1;
  Traffic(5);
  const auto straight = OrdinalsByGtid(CatchUp());
  FollowFrom(middle, next);
  copy_.clear();
  EXPECT_EQ(OrdinalsByGtid(CatchUp()), straight);
}

TEST_P(BinlogReconnectTest, APurgedPositionIsNotFound) {
  MakeTable();
  Traffic(2);
  CatchUp();
  source_.reset();
  for (int i = 0; i < 2; ++i) {
    Traffic(1);
    Sql("FLUSH BINARY LOGS");
  }
  Traffic(1);
  const std::string last = Now().binlog.file;
  // A file that the ended dump still holds is passed over.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::string first;
  while (first != last && std::chrono::steady_clock::now() < deadline) {
    Sql("PURGE BINARY LOGS TO '" + last + "'");
    first = SqlCell("SHOW BINARY LOGS");
  }
  ASSERT_EQ(first, last);
  FollowFrom(start_, 1);
  const Status lost = CatchUpToError();
  EXPECT_STATUS(lost, kNotFound);
  EXPECT_TRUE(binlog::IsHistoryLost(lost));
}

TEST_P(BinlogReconnectTest, APositionAheadOfTheServerIsNotFound) {
  MakeTable();
  Traffic(1);
  change::SourcePosition ahead = Now();
  if (mariadb()) {
    const auto& [domain, last] = *ahead.mariadb_gtids.domains().begin();
    ASSERT_OK(ahead.mariadb_gtids.AddGtid(std::to_string(domain) + "-" +
                                          std::to_string(last.server_id) + "-" +
                                          std::to_string(last.sequence + 1000)));
  } else {
    const auto& sid = ahead.gtids.sids().begin()->first;
    ahead.gtids.Add(sid, 1, 1'000'000);
  }
  source_.reset();
  EXPECT_STATUS(binlog::BinlogSource::Open(SourceOptions(ahead)), kNotFound);
}

// MariaDB begins no stream under an id while it writes to a dead connection under that, which it does for ten minutes.
TEST_P(BinlogReconnectTest, GoesOnWhereTheServerDoesNotKnowThatTheConnectionIsDead) {
  MakeTable();
  auto address = TcpSwitch::Open(server()->port());
  ASSERT_OK(address);
  auto options = SourceOptions(start_);
  options.connection.port = (*address)->port();
  options.server_id = 4711;
  options.heartbeat = milliseconds(200);
  options.silence_limit = milliseconds(1000);
  source_.reset();
  auto source = binlog::BinlogSource::Open(options);
  ASSERT_OK(source);
  source_ = std::move(*source);
  Traffic(1);
  CatchUp();
  (*address)->Freeze();
  Sql("BEGIN");
  for (int i = 0; i < 40; ++i) {  // more than the sockets on the way take
    Sql("INSERT INTO a (v) VALUES (REPEAT('x', 1000000))");
  }
  Sql("COMMIT");
  CatchUp();
  EXPECT_GE(source_->status().reconnects, 1U);
  ExpectTableEqualsCopy("a");
  source_.reset();
}

TEST_P(BinlogReconnectTest, TheServerEndsTheDumpThatAConnectionOfOursHasLeftBehind) {
  if (mariadb()) {
    GTEST_SKIP() << "MariaDB knows no replica by a uuid";
  }
  MakeTable();
  auto options = SourceOptions(start_);
  options.replica_uuid = "6f2d0a4e-5a59-4c11-8d3e-0123456789ab";
  options.server_id = 4711;
  source_.reset();
  auto left_behind = binlog::BinlogSource::Open(options);
  ASSERT_OK(left_behind);
  options.server_id = 4712;
  auto source = binlog::BinlogSource::Open(options);
  ASSERT_OK(source);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((*left_behind)->status().id_clash.empty() && std::chrono::steady_clock::now() < deadline) {
    EXPECT_OK((*left_behind)->Next(milliseconds(10)));
  }
  EXPECT_NE((*left_behind)->status().id_clash, "");
}

TEST_P(BinlogReconnectTest, StopEndsAWaitingNext) {
  MakeTable();
  std::thread stopper([this] { source_->Stop(); });
  EXPECT_STATUS(source_->Next(std::chrono::minutes(5)), kAborted);
  stopper.join();
  EXPECT_STATUS(source_->Next(milliseconds(0)), kAborted);
}

TEST_P(BinlogReconnectTest, HeartbeatsMoveThePositionOverFilesWithoutTransactions) {
  MakeTable();
  Traffic(1);
  CatchUp();
  Sql("FLUSH BINARY LOGS");
  CatchUp();
  EXPECT_EQ(source_->read_position().binlog, Now().binlog);
  EXPECT_GT(source_->status().last_event_time_us, 0);
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogReconnectTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
