// Another server behind the same address: failovers with real replication, beside a live stream and beside a snapshot, and restarts onto it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sync/change/value.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/schema_reader.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/snapshot_worker.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_switch.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using pipeline::TableState;
using std::chrono::milliseconds;

class PipelineFailoverTest : public PipelineFixture {
 protected:
  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }

  void SetUp() override {
    PipelineFixture::SetUp();
    if (server_ == nullptr) {
      return;
    }
    ASSERT_OK(server_->Sql("DROP DATABASE " + database_));
    server_ = nullptr;
    // They log one transaction as differently as they can.
    std::vector<std::string> as_replica = {"--log-slave-updates=ON"};
    if (mariadb()) {
      as_replica.emplace_back("--log-bin-compress=ON");
      as_replica.emplace_back("--log-bin-compress-min-len=10");
    } else {
      as_replica = {"--binlog-transaction-compression=ON", "--binlog-row-event-max-size=256",
                    "--binlog-row-metadata=MINIMAL", "--binlog-checksum=NONE"};
    }
    auto first = TestServer::Start(GetParam(), mariadb() ? std::vector<std::string>{as_replica[0]}
                                                         : std::vector<std::string>{});
    ASSERT_OK(first);
    first_ = std::move(*first);
    auto second = TestServer::Start(GetParam(), as_replica);
    ASSERT_OK(second);
    second_ = std::move(*second);
    // The first one's files have the greater numbers.
    for (int i = 0; i < 8; ++i) {
      ASSERT_OK(first_->Sql("FLUSH BINARY LOGS"));
    }
    Replicate(first_.get(), second_.get());
    auto address = TcpSwitch::Open(first_->port());
    ASSERT_OK(address);
    address_ = std::move(*address);
    server_ = first_.get();
    ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  }

  void TearDown() override {
    supervisor_.reset();
    engine_.reset();
    server_ = nullptr;
    PipelineFixture::TearDown();
  }

  void Replicate(TestServer* from, TestServer* to) {
    const std::string port = std::to_string(from->port());
    ASSERT_OK(to->Sql(
        mariadb() ? "SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos; CHANGE MASTER TO "
                    "MASTER_HOST='127.0.0.1', MASTER_PORT=" +
                        port + ", MASTER_USER='root', MASTER_USE_GTID=slave_pos; START SLAVE"
                  : "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=" + port +
                        ", SOURCE_USER='repl', SOURCE_PASSWORD='replpw', SOURCE_AUTO_POSITION=1, "
                        "GET_SOURCE_PUBLIC_KEY=1; START REPLICA"));
  }

  TestServer* Replica() const { return server_ == first_.get() ? second_.get() : first_.get(); }

  void AwaitReplica() {
    const auto gtids =
        server_->Sql(mariadb() ? "SELECT @@global.gtid_binlog_pos"
                               : "SELECT REPLACE(@@global.gtid_executed, '\\n', '')");
    ASSERT_OK(gtids);
    const std::string set = "('" + gtids->substr(0, gtids->find('\n')) + "', 60)";
    const auto waited = Replica()->Sql(
        (mariadb() ? "SELECT MASTER_GTID_WAIT" : "SELECT WAIT_FOR_EXECUTED_GTID_SET") + set);
    ASSERT_OK(waited);
    ASSERT_EQ(*waited, "0\n");
  }

  // The replica takes over, and what was its source becomes its replica.
  void Failover() {
    AwaitReplica();
    TestServer* const before = server_;
    server_ = Replica();
    ASSERT_OK(server_->Sql(mariadb() ? "STOP SLAVE; RESET SLAVE ALL"
                                     : "STOP REPLICA; RESET REPLICA ALL"));
    address_->LeadTo(server_->port());
    Replicate(server_, before);
  }

  void StartByAddress(uint32_t chunk_rows = 100) {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->connection.port = address_->port();
      options->chunk_rows = chunk_rows;
    });
  }

  pipeline::TableStatus Table(const std::string& name) const {
    for (const auto& table : supervisor_->status().tables) {
      if (table.table == database_ + "." + name) {
        return table;
      }
    }
    return {};
  }

  std::unique_ptr<mysql::Connection> Connect(const TestServer& server) const {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server.url(database_)));
    EXPECT_OK(connection);
    return connection.ok() ? std::move(*connection) : nullptr;
  }

  std::unique_ptr<TestServer> first_;
  std::unique_ptr<TestServer> second_;
  std::unique_ptr<TcpSwitch> address_;
};

// Neither end is told that nothing passes any more: what was written meanwhile is not known, and so the lag is that since something was heard.
TEST_P(PipelineFailoverTest, AStreamThatHearsNothingIsNotLive) {
  CreateItems(10);
  StartByAddress();
  AwaitLive();
  EXPECT_EQ(supervisor_->status().lag_ms, 0);
  address_->Freeze();
  Sql("UPDATE items SET stock = 4711");
  EXPECT_TRUE(Await([&] { return supervisor_->status().state == SyncState::kCatchingUp; }));
  EXPECT_GT(supervisor_->status().lag_ms, 1000);
  ExpectEqual();  // by another connection, behind the silence limit
  EXPECT_TRUE(Await([&] { return supervisor_->status().state == SyncState::kLive; }));
  EXPECT_LE(supervisor_->status().lag_ms, 1000);
}

TEST_P(PipelineFailoverTest, ALiveStreamGoesOnWithTheReplicaAndBackAndReadsNoTableAgain) {
  CreateItems(500);
  StartByAddress();
  AwaitLive();
  for (int round = 1; round <= 3; ++round) {
    const std::string n = std::to_string(round);
    Sql("UPDATE items SET stock = 1000 + " + n + " WHERE id % 7 = " + n);
    if (round != 2) {
      ExpectEqual();  // else what is handed out by the failover is left to the race
    }
    Failover();
    Sql("UPDATE items SET price = price + 1 WHERE id % 5 = 0; DELETE FROM items WHERE id = " + n +
        "; INSERT INTO items (name, price, stock) VALUES ('after', 3.00, 4)");
    ExpectEqual();
    AwaitLive();
    const auto status = supervisor_->status();
    EXPECT_EQ(status.error, "");
    const auto end = mysql::CurrentPosition(Connect(*server_).get());
    ASSERT_OK(end);
    EXPECT_EQ(status.position.binlog.file, end->binlog.file);
  }
  Sql("CREATE TABLE later LIKE items; INSERT INTO later SELECT * FROM items");
  ExpectEqual("later", "later");
  EXPECT_EQ(Table("items").snapshot_rows, 500U) << "the table was read again";
  EXPECT_GE(supervisor_->status().reconnects, 3U);
}

TEST_P(PipelineFailoverTest, ARestartOntoTheReplicaGoesOnFromTheCheckpoint) {
  CreateItems(300);
  StartByAddress();
  AwaitLive();
  for (const bool crash : {false, true}) {
    Sql("UPDATE items SET stock = stock + 1 WHERE id % 3 = 0");
    ExpectEqual();
    if (crash) {
      Crash();
    } else {
      Stop();
    }
    Sql("DELETE FROM items WHERE id % 11 = 0; UPDATE items SET price = 1.00 WHERE id % 2 = 0");
    Failover();
    Sql("INSERT INTO items (name, price, stock) VALUES ('there', 1.00, 1)");
    StartByAddress();
    AwaitLive();
    ExpectEqual();
    EXPECT_EQ(Table("items").snapshot_rows, 300U) << "the table was read again";
    // And once more onto the same: its places are those of the new one.
    Stop();
    StartByAddress();
    AwaitLive();
    Sql("UPDATE items SET stock = 7 WHERE id = 1");
    ExpectEqual();
  }
}

TEST_P(PipelineFailoverTest, ASnapshotGoesOnOnTheReplica) {
  CreateItems(3000);
  Sql("CREATE TABLE more LIKE items; INSERT INTO more SELECT * FROM items;"
      "CREATE TABLE rest LIKE items; INSERT INTO rest SELECT * FROM items");
  AwaitReplica();
  // The snapshot stays before this table until it reads from another server. (Locks of the replica's own, since its writes wait for them.)
  auto lock = Connect(*server_);
  ASSERT_NE(lock, nullptr);
  ASSERT_OK(lock->Execute("LOCK TABLES more WRITE"));
  StartByAddress(20);
  ASSERT_TRUE(Await([&] { return Table("items").state == TableState::kLive; }));
  EXPECT_EQ(Table("more").snapshot_rows, 0U);
  Sql("UPDATE items SET stock = 5 WHERE id % 10 = 0; UPDATE rest SET stock = 6 WHERE id % 9 = 0");
  Failover();
  Sql("UPDATE more SET stock = 7 WHERE id % 8 = 0; DELETE FROM rest WHERE id % 100 = 0");
  AwaitLive();
  ExpectEqual();
  ExpectEqual("more", "more");
  ExpectEqual("rest", "rest");
  EXPECT_EQ(Table("items").snapshot_rows, 3000U) << "a table that was read was read again";
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
}

TEST_P(PipelineFailoverTest, SnapshotsBesideTrafficAndFailoversEndEqual) {
  CreateItems(2000);
  for (int i = 0; i < 6; ++i) {
    const std::string name = "items" + std::to_string(i);
    Sql("CREATE TABLE " + name + " LIKE items; INSERT INTO " + name + " SELECT * FROM items");
  }
  AwaitReplica();
  StartByAddress(20);
  for (int round = 0; round < 4; ++round) {
    const auto read = [&] {
      uint64_t rows = 0;
      for (const auto& table : supervisor_->status().tables) {
        rows += table.snapshot_rows;
      }
      return rows;
    };
    ASSERT_TRUE(Await([&, at_least = read() + 300] {
      return read() >= at_least || supervisor_->status().state == SyncState::kLive;
    }));
    const std::string n = std::to_string(round);
    for (int i = 0; i < 6; ++i) {
      const std::string name = "items" + std::to_string(i);
      Sql("UPDATE " + name + " SET stock = stock + 1, price = price + 1 WHERE id % 5 = " + n +
          "; DELETE FROM " + name + " WHERE id % 13 = " + n);
    }
    Sql("CREATE TABLE late" + n + " LIKE items; INSERT INTO late" + n + " SELECT * FROM items");
    Failover();
    Sql("UPDATE late" + n + " SET stock = 77 WHERE id % 3 = 0");
  }
  AwaitLive();
  ExpectEqual();
  for (int i = 0; i < 6; ++i) {
    ExpectEqual("items" + std::to_string(i), "items" + std::to_string(i));
  }
  for (int round = 0; round < 4; ++round) {
    ExpectEqual("late" + std::to_string(round), "late" + std::to_string(round));
  }
}

TEST_P(PipelineFailoverTest, ATableWhosePlaceLayAheadOnTheOldServerBeginsOnTheNewOne) {
  CreateItems(20);
  StartByAddress();
  AwaitLive();
  Stop();
  // A backlog, and behind it a table that the restart finds, whose rows count from the backlog's end on.
  std::string backlog;
  for (int i = 0; i < 3000; ++i) {
    backlog += "UPDATE items SET stock = stock + 1 WHERE id = " + std::to_string(1 + i % 20) + ";";
  }
  Sql(backlog);
  Sql("CREATE TABLE later LIKE items; INSERT INTO later SELECT * FROM items");
  AwaitReplica();
  StartByAddress();
  ASSERT_TRUE(Await([&] { return !Table("later").table.empty(); }));
  Failover();
  Sql("UPDATE later SET stock = 9 WHERE id % 2 = 0; INSERT INTO later VALUES (100, 'x', 1, 1, "
      "NULL)");
  AwaitLive();
  ExpectEqual("later", "later");
  ExpectEqual();
}

TEST_P(PipelineFailoverTest, AnAddressThatMovedIsSeenByTheNextStatementThatChangesATable) {
  CreateItems(20);
  StartByAddress();
  AwaitLive();
  AwaitReplica();
  // The stream's connection stays with a server that is there still; new ones lead to the replica.
  address_->LeadTo(Replica()->port(), /*cut=*/false);
  Sql("CREATE TABLE later LIKE items; INSERT INTO later SELECT * FROM items");
  AwaitReplica();
  ExpectEqual("later", "later");
  server_ = Replica();
  ASSERT_OK(server_->Sql(mariadb() ? "STOP SLAVE" : "STOP REPLICA"));
  Sql("UPDATE later SET stock = 5; UPDATE items SET stock = 6 WHERE id < 7");
  ExpectEqual("later", "later");
  ExpectEqual();
}

// Its last transaction came from the old server, and the checkpoint names the new one.
TEST_P(PipelineFailoverTest, ARestartBehindAStatementThatTookTheStreamAlongReadsNothingAgain) {
  CreateItems(20);
  StartByAddress();
  AwaitLive();
  Sql("DELETE FROM items WHERE id = 20");
  ExpectEqual();
  AwaitReplica();
  address_->LeadTo(Replica()->port(), /*cut=*/false);
  Sql("CREATE TABLE later LIKE items");
  AwaitReplica();
  ASSERT_TRUE(Await([&] { return Table("later").state == TableState::kLive; }));
  Stop();
  server_ = Replica();
  StartByAddress();
  AwaitLive();
  EXPECT_EQ(Table("items").snapshot_rows, 20U) << "the table was read again";
  ASSERT_OK(server_->Sql(mariadb() ? "STOP SLAVE" : "STOP REPLICA"));
  Sql("UPDATE items SET stock = 6 WHERE id < 7; INSERT INTO later SELECT * FROM items");
  ExpectEqual();
  ExpectEqual("later", "later");
  EXPECT_EQ(Table("items").snapshot_rows, 20U) << "the table was read again";
}

TEST_P(PipelineFailoverTest, AReplicaThatHasToCatchUpIsWaitedFor) {
  CreateItems(50);
  StartByAddress();
  AwaitLive();
  AwaitReplica();
  ASSERT_OK(Replica()->Sql(mariadb() ? "STOP SLAVE SQL_THREAD" : "STOP REPLICA SQL_THREAD"));
  Sql("UPDATE items SET stock = 5 WHERE id < 10; CREATE TABLE later LIKE items");
  ExpectEqual();
  ASSERT_TRUE(Await([&] { return Table("later").state == TableState::kLive; }));
  address_->LeadTo(Replica()->port());
  // The stream has come to it (the test's own sessions use its socket), and cannot go on.
  ASSERT_TRUE(Await([&] {
    const auto sessions = Replica()->Sql(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE HOST LIKE '127.0.0.1:%' AND "
        "COMMAND = 'Sleep'");
    return sessions.ok() && *sessions != "0\n";
  }));
  EXPECT_EQ(supervisor_->status().state, SyncState::kConnecting);
  ASSERT_OK(Replica()->Sql(mariadb() ? "START SLAVE SQL_THREAD" : "START REPLICA SQL_THREAD"));
  AwaitReplica();
  server_ = Replica();
  ASSERT_OK(server_->Sql(mariadb() ? "STOP SLAVE" : "STOP REPLICA"));
  Sql("INSERT INTO later SELECT * FROM items; DELETE FROM items WHERE id < 5");
  ExpectEqual();
  ExpectEqual("later", "later");
  EXPECT_EQ(Table("items").snapshot_rows, 50U) << "the table was read again";
}

TEST_P(PipelineFailoverTest, ARewrittenTailIsFoundOutAndAllIsReadAgain) {
  CreateItems(20);
  StartByAddress();
  AwaitLive();
  Stop();
  ASSERT_OK(server_->Kill());
  ASSERT_OK(server_->SaveData());
  ASSERT_OK(server_->Restart());
  StartByAddress();
  AwaitLive();
  Sql("UPDATE items SET stock = 111 WHERE id = 1; UPDATE items SET stock = 222 WHERE id = 2");
  ExpectEqual();
  Stop();
  ASSERT_OK(server_->Kill());
  ASSERT_OK(server_->RestoreData());
  ASSERT_OK(server_->Restart());
  Sql("UPDATE items SET stock = 333 WHERE id = 3; UPDATE items SET stock = 444 WHERE id = 4;"
      "UPDATE items SET stock = 555 WHERE id = 5; UPDATE items SET stock = 666 WHERE id = 6");
  StartByAddress();
  AwaitLive();
  ExpectEqual();
}

class ServerIdTest : public PipelineFixture {};

TEST_P(ServerIdTest, AClashIsToldByTheStatusWhileItLastsAndNothingIsLost) {
  if (GetParam() != ServerFlavor::kMariadb) {
    GTEST_SKIP() << "MySQL tells replicas by uuids, of which every connection has one of its own";
  }
  CreateItems(50);
  StartWith([](pipeline::SupervisorOptions* options) { options->server_id = 4711; });
  AwaitLive();
  EXPECT_EQ(supervisor_->status().error, "");
  binlog::BinlogSourceOptions rival;
  rival.connection = *mysql::ParseMysqlUrl(server_->url());
  rival.server_id = 4711;
  rival.start.flavor = change::Flavor::kMariadb;
  rival.schema_provider = [](std::string_view, std::string_view) { return nullptr; };
  auto source = binlog::BinlogSource::Open(std::move(rival));
  ASSERT_OK(source);
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      EXPECT_OK((*source)->Next(milliseconds(20)));
    }
  });
  EXPECT_TRUE(Await([&] {
    const auto status = supervisor_->status();
    return status.reconnects >= 2 && status.state == SyncState::kLive &&
           status.error.find("server id 4711") != std::string::npos;
  })) << supervisor_->status().error;
  Sql("UPDATE items SET stock = 5 WHERE id < 10");
  ExpectEqual();
  stop = true;
  reader.join();
}

// A stream that stands where the test says.
class StandingStream final : public binlog::BinlogSource {
 public:
  void Stand(binlog::StreamReach reach) {
    const MutexLock lock(&mutex_);
    reach_ = std::move(reach);
  }
  int renewals() const { return renewals_; }

  Result<std::optional<change::Transaction>> Next(milliseconds) override {
    return std::optional<change::Transaction>();
  }
  std::optional<change::Transaction> NextWaiting(uint64_t) override { return std::nullopt; }
  change::SourcePosition read_position() const override { return reach().position; }
  binlog::StreamReach reach() const override {
    const MutexLock lock(&mutex_);
    return reach_;
  }
  uint64_t LeaveOrdinal() override { return 0; }
  uint64_t last_ordinal() const override { return reach().ordinal; }
  binlog::BinlogSourceStatus status() const override { return {}; }
  mysql::ServerInfo server() const override { return reach().server; }
  Status Renew() override { return Status::Ok(); }
  void RequestRenewal() override { ++renewals_; }
  void Stop() override {}

 private:
  mutable Mutex mutex_;
  binlog::StreamReach reach_ BINSEEK_GUARDED_BY(mutex_);
  std::atomic<int> renewals_{0};
};

class SnapshotWorkerTest : public PipelineFixture {
 protected:
  void SetUp() override {
    PipelineFixture::SetUp();
    if (server_ == nullptr) {
      return;
    }
    CreateItems(250);
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(connection);
    session_ = std::move(*connection);
    auto schema = mysql::ReadTable(session_.get(), database_, "items");
    ASSERT_OK(schema);
    pipeline::TableCheckpoint table;
    table.schema = *schema;
    table.index = "items";
    tables_.Follow(table);
    here_ = {session_->server(), Now(), 5};
    there_ = here_;
    there_.server.server_uuid += "-other";
    there_.server.host += "-other";
    there_.position.binlog.file = "binlog.000001";
    there_.position.binlog.offset = 4;
  }

  void TearDown() override {
    worker_.reset();
    PipelineFixture::TearDown();
  }

  change::SourcePosition Now() {
    auto now = mysql::CurrentPosition(session_.get());
    EXPECT_OK(now);
    return now.ok() ? *now : change::SourcePosition();
  }

  void Start(const pipeline::SnapshotWorkerOptions& worker = {.chunk_rows = 100}) {
    auto options = mysql::ParseMysqlUrl(server_->url());
    ASSERT_OK(options);
    worker_.emplace(*options, worker, &tables_, &stream_);
  }

  // The next chunk that is ready for a stream that stands so.
  std::optional<pipeline::ReadyChunk> Take(const binlog::StreamReach& reach) {
    std::optional<pipeline::ReadyChunk> chunk;
    Await([&] { return (chunk = worker_->TakeReady(reach)).has_value(); });
    return chunk;
  }

  std::unique_ptr<mysql::Connection> session_;
  pipeline::FollowedTables tables_;
  StandingStream stream_;
  binlog::StreamReach here_;
  binlog::StreamReach there_;
  std::optional<pipeline::SnapshotWorker> worker_;
};

TEST_P(SnapshotWorkerTest, ChunksOfAServerThatTheStreamHasLeftAreReadAgainFromTheFirstKey) {
  Sql("UPDATE items SET stock = 1");  // the stream stands before this, so that chunks wait
  stream_.Stand(here_);
  Start();
  binlog::StreamReach passed = here_;
  passed.position = Now();
  auto first = Take(passed);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->server, session_->server().Identity());
  EXPECT_TRUE(tables_.IsCurrent(first->table, first->generation));
  worker_->ChunkDone();
  EXPECT_FALSE(worker_->TakeReady(here_).has_value());
  // Away, before any chunk was applied, and back: what waited comes at once, and counts no more.
  stream_.Stand(there_);
  tables_.MoveTo(there_.position.binlog);
  auto waited = Take(there_);
  ASSERT_TRUE(waited.has_value());
  EXPECT_FALSE(tables_.IsCurrent(waited->table, waited->generation));
  worker_->ChunkDone();
  while (auto more = worker_->TakeReady(there_)) {
    EXPECT_FALSE(tables_.IsCurrent(more->table, more->generation));
    worker_->ChunkDone();
  }
  stream_.Stand(passed);
  tables_.MoveTo(passed.position.binlog);
  std::optional<pipeline::ReadyChunk> again;
  do {
    again = Take(passed);
    ASSERT_TRUE(again.has_value());
    worker_->ChunkDone();
  } while (!tables_.IsCurrent(again->table, again->generation));
  EXPECT_EQ(again->chunk.content.rows->rows()[0].after, first->chunk.content.rows->rows()[0].after);
}

TEST_P(SnapshotWorkerTest, ReadersTakeRangesOfTheSameTableAtTheSameTime) {
  stream_.Stand(here_);
  Start({.chunk_rows = 10, .parallel_ranges = 3});
  // None is applied yet.
  ASSERT_TRUE(Await([&] { return tables_.Find(database_ + ".items")->ranges.size() >= 3; }));
  binlog::StreamReach passed = here_;
  passed.position = Now();
  stream_.Stand(passed);
  std::set<std::string> ids;
  std::set<uint64_t> ranges;
  for (bool all = false; !all;) {
    const auto chunk = Take(passed);
    ASSERT_TRUE(chunk.has_value());
    for (const change::RowChange& row : chunk->chunk.content.rows->rows()) {
      EXPECT_TRUE(ids.insert(change::DebugString(row.after[0])).second) << "read twice";
    }
    ranges.insert(chunk->range);
    const snapshot::ChunkRows& content = chunk->chunk.content;
    all = tables_.ChunkApplied({chunk->table,
                                content.rows->size(),
                                content.last_key,
                                content.last,
                                /*swept=*/false,
                                {},
                                /*swapped=*/false,
                                chunk->range});
    worker_->ChunkDone();
  }
  EXPECT_EQ(ids.size(), 250U);
  EXPECT_GE(ranges.size(), 5U);  // of 50 rows
  EXPECT_TRUE(tables_.snapshot_done());
}

TEST_P(SnapshotWorkerTest, NothingIsReadFromAnotherServerThanTheStreamsWhichIsAskedToFollow) {
  stream_.Stand(there_);
  Start();
  EXPECT_TRUE(Await([&] { return stream_.renewals() > 0; }));
  EXPECT_FALSE(worker_->TakeReady(here_).has_value());
  EXPECT_FALSE(worker_->TakeReady(there_).has_value());
  stream_.Stand(here_);
  binlog::StreamReach passed = here_;
  passed.position = Now();
  EXPECT_TRUE(Take(passed).has_value());
}

TEST_P(SnapshotWorkerTest, NothingIsReadBeforeTheNewServerHasToldAPlace) {
  binlog::StreamReach silent = here_;
  silent.position.binlog = change::BinlogPosition();
  stream_.Stand(silent);
  Start();
  // It comes to wait for the place, and not for the table's turn.
  EXPECT_TRUE(Await([&] { return tables_.Status()[0].state == TableState::kSnapshot; }));
  EXPECT_FALSE(worker_->TakeReady(here_).has_value());
  EXPECT_EQ(worker_->SettledOrdinal(), 5U);
  stream_.Stand(here_);
  EXPECT_TRUE(Take(here_).has_value());
}

TEST_P(SnapshotWorkerTest, ChunksThatTakeLongToApplyGetSmaller) {
  for (int rows = 250; rows < 8000; rows *= 2) {
    Sql("INSERT INTO items (name, price, stock, note) SELECT name, price, stock, note FROM items");
  }
  stream_.Stand(here_);
  Start();
  binlog::StreamReach passed = here_;
  passed.position = Now();
  std::vector<size_t> sizes;
  for (bool last = false; !last;) {
    const auto chunk = Take(passed);
    ASSERT_TRUE(chunk.has_value());
    last = chunk->chunk.content.last;
    if (!last) {
      sizes.push_back(chunk->chunk.content.rows->size());
    }
    // As if it were applied: a quarter of a second, whatever there is of it.
    std::this_thread::sleep_for(milliseconds(sizes.size() <= 8 ? 250 : 0));
    worker_->ChunkDone();
  }
  // Reading alone would let them only grow.
  ASSERT_FALSE(sizes.empty());
  EXPECT_EQ(sizes[0], 100U);
  EXPECT_FALSE(std::is_sorted(sizes.begin(), sizes.end())) << ::testing::PrintToString(sizes);
}

std::string FlavorOf(const ::testing::TestParamInfo<ServerFlavor>& info) {
  return std::string(ServerFlavorName(info.param));
}

INSTANTIATE_TEST_SUITE_P(Servers, PipelineFailoverTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOf);
INSTANTIATE_TEST_SUITE_P(Servers, ServerIdTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOf);
INSTANTIATE_TEST_SUITE_P(Servers, SnapshotWorkerTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOf);

}  // namespace
}  // namespace binseek::test
