// Is what a real server has the history that was read from it? Every resume asks for the last transaction once more.
#include <algorithm>
#include <fstream>
#include <thread>
#include <utility>

#include "sync/mysql/schema_reader.h"
#include "sync/mysql/url.h"
#include "tests/integration/binlog_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_switch.h"

namespace binseek::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class BinlogHistoryTest : public BinlogFixture {
 protected:
  void SetUp() override {
    BinlogFixture::SetUp();
    UseOwnServer();
  }

  void MakeTable() {
    Sql("CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v TEXT)");
    ReadShapes();
    Follow();
  }

  void Insert(const std::string& value) { Sql("INSERT INTO a (v) VALUES ('" + value + "')"); }

  // What a process that ends now would go on with.
  binlog::BinlogSourceOptions Resumed(const change::Transaction& last) {
    auto options = SourceOptions(source_->read_position());
    options.next_ordinal = source_->last_ordinal() + 1;
    options.prepared = last_prepared_;
    options.server = source_->server().Identity();
    options.last = {last.position.gtid, last.begin, last.fingerprint};
    return options;
  }

  void Open(binlog::BinlogSourceOptions options) {
    source_.reset();
    auto source = binlog::BinlogSource::Open(std::move(options));
    ASSERT_OK(source);
    source_ = std::move(*source);
  }

  // The error that ends the stream, or that keeps it from beginning.
  Status ErrorOf(binlog::BinlogSourceOptions options) {
    source_.reset();
    auto source = binlog::BinlogSource::Open(std::move(options));
    if (!source.ok()) {
      return source.status();
    }
    source_ = std::move(*source);
    return UntilError();
  }

  Status UntilError() {
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    while (steady_clock::now() < deadline) {
      auto next = source_->Next(milliseconds(50));
      if (!next.ok()) {
        return next.status();
      }
    }
    return Status::Ok();
  }

  void KillDump() {
    const std::string id =
        SqlCell("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'");
    ASSERT_FALSE(id.empty());
    session()->Execute("KILL " + id).IgnoreError();  // it may be gone by itself
  }

  static bool IsRewritten(const Status& status) {
    return status.code() == StatusCode::kNotFound &&
           status.message().find("history is another one") != std::string::npos;
  }

  // Purges until `file` is the first; a file that an ended dump still holds is passed over.
  void PurgeTo(const std::string& file) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    std::string first;
    while (first != file && steady_clock::now() < deadline) {
      Sql("PURGE BINARY LOGS TO '" + file + "'");
      first = SqlCell("SHOW BINARY LOGS");
    }
    ASSERT_EQ(first, file);
  }

  // Leaves a server that has lost everything behind what `source_` has read before, and gives those GTIDs to others until its set has
  // grown past ours. Returns what was read last.
  change::Transaction LoseTheTail(int lost, int others, const std::string& value) {
    EXPECT_OK(server()->Kill());
    EXPECT_OK(server()->SaveData());
    EXPECT_OK(server()->Restart());
    ReopenSession();
    for (int i = 0; i < lost; ++i) {
      Insert("lost");
    }
    auto read = CatchUp();
    EXPECT_EQ(read.size(), static_cast<size_t>(lost));
    EXPECT_OK(server()->Kill());
    EXPECT_OK(server()->RestoreData());
    EXPECT_OK(server()->Restart());
    ReopenSession();
    for (int i = 0; i < others; ++i) {
      Insert(value);
    }
    return std::move(read.back());
  }
};

TEST_P(BinlogHistoryTest, ARestartGoesOnBehindTheLastTransactionWhateverItWas) {
  MakeTable();
  const std::vector<std::string> statements = {
      "INSERT INTO a (v) VALUES ('x'), ('y')",
      "CREATE TABLE b (id INT PRIMARY KEY)",
      "ALTER TABLE a ADD COLUMN w INT",
      "UPDATE a SET w = 3",
      "CREATE TABLE c (PRIMARY KEY (id)) SELECT id, w FROM a",
      "DROP TABLE b",
      "CREATE DATABASE " + database() + "_other",
      "CREATE TABLE " + database() + "_other.t (id INT PRIMARY KEY)",
      "INSERT INTO " + database() + "_other.t VALUES (1)",
      "DROP DATABASE " + database() + "_other",
      "FLUSH BINARY LOGS",
      "INSERT INTO a (v, w) VALUES (REPEAT('z', 50000), 4)",
      "XA START 'x'; INSERT INTO a (v) VALUES ('prepared'); XA END 'x'; XA PREPARE 'x'",
      "XA COMMIT 'x'",
      "DELETE FROM a WHERE w = 3",
  };
  std::optional<change::Transaction> last;
  size_t checked = 0;
  for (const std::string& statement : statements) {
    ASSERT_OK(server()->Sql(statement, database()));
    const auto written = Now();
    while (source_->read_position().binlog < written.binlog) {
      auto next = source_->Next(milliseconds(50));
      ASSERT_OK(next) << statement;
      if (next->has_value()) {
        last = *std::move(*next);
        last_prepared_ = last->prepared;
      }
    }
    if (statement.find(" TABLE a ") != std::string::npos) {
      ReadShapes();
    }
    ASSERT_TRUE(last.has_value());
    const uint64_t ordinal = source_->last_ordinal();
    Open(Resumed(*last));
    // Something new, so that what was asked for again has come before.
    ASSERT_OK(server()->Sql("CREATE TABLE marker (id INT PRIMARY KEY)", database()));
    std::optional<change::Transaction> marker;
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    while (!marker && steady_clock::now() < deadline) {
      auto next = source_->Next(milliseconds(50));
      ASSERT_OK(next) << statement;
      marker = *std::move(next);
    }
    ASSERT_TRUE(marker.has_value()) << statement;
    EXPECT_EQ(marker->ordinal, ordinal + 1) << statement;
    ASSERT_EQ(marker->table_events.size(), 1U) << statement;
    EXPECT_EQ(marker->table_events[0].table, "marker") << statement;
    EXPECT_LT(marker->begin, marker->position.end) << statement;
    ASSERT_OK(server()->Sql("DROP TABLE marker", database()));
    last = std::move(marker);
    ++checked;
  }
  EXPECT_EQ(checked, statements.size());
}

TEST_P(BinlogHistoryTest, CompressedAndTaggedTransactionsAreRecognised) {
  MakeTable();
  Sql(mariadb() ? "SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10"
                : "SET SESSION binlog_transaction_compression = ON");
  ReopenSession();
  if (!mariadb()) {
    Sql("SET SESSION binlog_transaction_compression = ON");
    Sql("SET gtid_next = 'AUTOMATIC:batch'");
  } else {
    Sql("SET SESSION gtid_domain_id = 7");
  }
  for (int i = 0; i < 3; ++i) {
    Insert(std::string(2000, 'x'));
    const auto read = CatchUp();
    ASSERT_EQ(read.size(), 1U);
    EXPECT_NE(read[0].position.gtid.find(mariadb() ? "7-" : ":batch:"), std::string::npos);
    Open(Resumed(read[0]));
    Insert("next");
    EXPECT_EQ(CatchUp().size(), 1U);
    KillDump();
    Insert("after");
    EXPECT_EQ(CatchUp().size(), 1U);
  }
  EXPECT_OK(source_->Next(milliseconds(0)));
}

TEST_P(BinlogHistoryTest, AServerThatLostItsTailAndGrewPastItIsFoundOutByARestart) {
  MakeTable();
  Insert("kept");
  CatchUp();
  const auto last = LoseTheTail(2, 5, "lose");  // of the same size, so in the same places
  const Status status = ErrorOf(Resumed(last));
  EXPECT_TRUE(IsRewritten(status)) << status;
}

TEST_P(BinlogHistoryTest, AServerThatLostItsTailAndGrewPastItIsFoundOutByAReconnect) {
  MakeTable();
  Insert("kept");
  CatchUp();
  LoseTheTail(2, 5, "others of another size");
  const Status status = UntilError();
  EXPECT_TRUE(IsRewritten(status)) << status;
}

TEST_P(BinlogHistoryTest, AServerThatLostItsTailAndHasNotGrownIsFoundOut) {
  MakeTable();
  Insert("kept");
  CatchUp();
  const auto last = LoseTheTail(2, 0, "");
  EXPECT_STATUS(ErrorOf(Resumed(last)), kNotFound);
}

TEST_P(BinlogHistoryTest, TheSameDataPutBackAreTheSameHistory) {
  MakeTable();
  Insert("one");
  const auto read = CatchUp();
  ASSERT_EQ(read.size(), 1U);
  ASSERT_OK(server()->Kill());
  ASSERT_OK(server()->SaveData());
  ASSERT_OK(server()->RestoreData());
  ASSERT_OK(server()->Restart());
  ReopenSession();
  Insert("two");
  EXPECT_EQ(CatchUp().size(), 1U);  // by the connection that came back
  Insert("three");
  const auto last = CatchUp();
  ASSERT_EQ(last.size(), 1U);
  Open(Resumed(last[0]));
  Insert("four");
  EXPECT_EQ(CatchUp().size(), 1U);
  ExpectTableEqualsCopy("a");
}

TEST_P(BinlogHistoryTest, ALastTransactionThatWasPurgedIsNotMissed) {
  MakeTable();
  Insert("one");
  const auto read = CatchUp();
  ASSERT_EQ(read.size(), 1U);
  Sql("FLUSH BINARY LOGS");
  CatchUp();  // behind the new file's head
  auto resumed = Resumed(read[0]);
  source_.reset();
  const std::string first = Now().binlog.file;
  Insert("two");
  PurgeTo(first);
  Open(std::move(resumed));
  EXPECT_EQ(CatchUp().size(), 1U);
  ExpectTableEqualsCopy("a");
}

TEST_P(BinlogHistoryTest, APurgeBehindTheLastTransactionIsLostHistory) {
  MakeTable();
  Insert("one");
  const auto read = CatchUp();
  ASSERT_EQ(read.size(), 1U);
  auto resumed = Resumed(read[0]);
  source_.reset();
  Insert("missed");
  Sql("FLUSH BINARY LOGS");
  Insert("two");
  PurgeTo(Now().binlog.file);
  EXPECT_STATUS(ErrorOf(std::move(resumed)), kNotFound);
}

TEST_P(BinlogHistoryTest, WithoutGtidsItIsRecognisedByItsPlace) {
  if (mariadb()) {
    GTEST_SKIP() << "MariaDB always has GTIDs";
  }
  UseOwnServer({"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"});
  MakeTable();
  Insert("one");
  const auto one = CatchUp();
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].position.gtid, "");
  Open(Resumed(one[0]));
  KillDump();
  Insert("two");
  const auto two = CatchUp();
  ASSERT_EQ(two.size(), 1U);
  EXPECT_EQ(two[0].ordinal, one[0].ordinal + 1);
  Sql("FLUSH BINARY LOGS");
  CatchUp();
  auto resumed = Resumed(two[0]);
  source_.reset();
  PurgeTo(Now().binlog.file);
  Open(std::move(resumed));
  Insert("three");
  const auto three = CatchUp();
  ASSERT_EQ(three.size(), 1U);
  ExpectTableEqualsCopy("a");
  auto moved = Resumed(three[0]);
  moved.last.begin.offset += 1;
  EXPECT_STATUS(ErrorOf(moved), kNotFound);
  auto other = Resumed(three[0]);
  other.server = "another";
  EXPECT_STATUS(ErrorOf(other), kNotFound);
}

// A member of a topology may have transactions of several domains (MariaDB), or of replicas without an order of commits, in another order.
TEST_P(BinlogHistoryTest, OnAnotherServerWhatWasReadMayLieBehindWhatIsNew) {
  std::unique_ptr<TestServer> servers[2];
  std::unique_ptr<mysql::Connection> sessions[2];
  for (int i = 0; i < 2; ++i) {
    auto started = TestServer::Start(GetParam());
    ASSERT_OK(started);
    servers[i] = std::move(*started);
    auto session = mysql::Connection::Open(*mysql::ParseMysqlUrl(servers[i]->url()));
    ASSERT_OK(session);
    sessions[i] = std::move(*session);
    for (const std::string& statement :
         {std::string("SET sql_log_bin = 0"), "CREATE DATABASE " + database(), "USE " + database(),
          std::string("CREATE TABLE a (id INT PRIMARY KEY)"), std::string("SET sql_log_bin = 1")}) {
      ASSERT_OK(sessions[i]->Execute(statement));
    }
  }
  auto tables = mysql::ReadTables(sessions[0].get(), database());
  ASSERT_OK(tables);
  shapes_["a"] = tables->front();
  // Transaction `number` of one of two sequences, the same on both servers.
  const auto log = [&](int server, int sequence, int number) {
    const std::string n = std::to_string(number);
    const std::string name =
        mariadb() ? "SET SESSION server_id = 77, gtid_domain_id = " + std::to_string(sequence) +
                        ", gtid_seq_no = " + n
                  : "SET SESSION original_commit_timestamp = 1700000000000000, gtid_next = '" +
                        std::to_string(sequence) + "0000000-0000-0000-0000-000000000000:" + n + "'";
    ASSERT_OK(sessions[server]->Execute(name));
    ASSERT_OK(sessions[server]->Execute("INSERT INTO a VALUES (" +
                                        std::to_string(sequence * 10 + number) + ")"));
    if (!mariadb()) {
      ASSERT_OK(sessions[server]->Execute("SET gtid_next = 'AUTOMATIC'"));
    }
  };
  log(0, 1, 1);
  log(0, 1, 2);
  log(1, 2, 1);  // new to us, and before what we have
  log(1, 1, 1);
  log(1, 1, 2);
  auto address = TcpSwitch::Open(servers[0]->port());
  ASSERT_OK(address);
  change::SourcePosition start;
  start.flavor = mariadb() ? change::Flavor::kMariadb : change::Flavor::kMysql;
  auto options = SourceOptions(start);
  options.connection.port = (*address)->port();
  int moves = 0;
  options.moved = [&](mysql::Connection* connection) {
    ++moves;
    EXPECT_EQ(connection->server().Identity(), sessions[1]->server().Identity());
    return Status::Ok();
  };
  Open(std::move(options));
  // The next one with rows: its row's id, and its ordinal.
  const auto next = [&]() -> std::string {
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    while (steady_clock::now() < deadline) {
      auto transaction = source_->Next(milliseconds(50));
      EXPECT_OK(transaction);
      if (!transaction.ok()) {
        break;
      }
      if (transaction->has_value() && (*transaction)->rows->size() > 0) {
        auto row = (*transaction)->rows->Open()->Next();
        return change::DebugString((*row)->after[0]) + " as " +
               std::to_string((*transaction)->ordinal);
      }
    }
    return "nothing";
  };
  EXPECT_EQ(next(), "11 as 1");
  EXPECT_EQ(next(), "12 as 2");
  EXPECT_EQ(moves, 0);
  (*address)->LeadTo(servers[1]->port());
  EXPECT_EQ(next(), "21 as 3");
  EXPECT_EQ(moves, 1);
  (*address)->Cut();
  log(1, 2, 2);
  EXPECT_EQ(next(), "22 as 4");
  (*address)->Cut();
  log(1, 2, 3);
  EXPECT_EQ(next(), "23 as 5");
  EXPECT_EQ(moves, 1);
  EXPECT_EQ(source_->server().Identity(), sessions[1]->server().Identity());
}

// A damaged file is no lost history: what lies behind may be mended, and reading all tables again mends nothing.
TEST_P(BinlogHistoryTest, ABinlogThatTheServerCannotReadIsTriedAgainAndThenToldOf) {
  MakeTable();
  Insert("whole");
  auto read = CatchUp();
  ASSERT_EQ(read.size(), 1U);
  const change::SourcePosition damaged = Now();
  Insert("damaged");
  const std::string name = SqlCell("SELECT @@log_bin_basename");
  {
    std::fstream file(name.substr(0, name.rfind('/') + 1) + damaged.binlog.file,
                      std::ios::binary | std::ios::in | std::ios::out);
    constexpr int kSizeOffset = 9;
    file.seekp(static_cast<std::streamoff>(damaged.binlog.offset) + kSizeOffset);
    file.write("\0\0\0\0", 4);
    ASSERT_TRUE(file.good()) << name;
  }
  auto options = Resumed(read.back());
  options.max_backoff = milliseconds(20);
  const Status told = ErrorOf(std::move(options));
  EXPECT_STATUS(told, kAborted);
  EXPECT_NE(told.message().find("cannot read its binlog"), std::string::npos) << told;
}

TEST_P(BinlogHistoryTest, TwoOfOneServerIdTakeTurnsWithGrowingPausesAndSaySo) {
  MakeTable();
  const auto open = [&](uint32_t id) {
    auto options = SourceOptions(Now());
    options.server_id = id;
    options.min_backoff = milliseconds(20);
    options.max_backoff = milliseconds(2000);
    options.heartbeat = milliseconds(20);  // many events on every connection
    auto source = binlog::BinlogSource::Open(std::move(options));
    EXPECT_OK(source);
    return source.ok() ? std::move(*source) : nullptr;
  };
  const auto first = open(4711);
  const auto second = open(4711);
  const auto third = open(4712);
  ASSERT_TRUE(first && second && third);
  const auto began = steady_clock::now();
  const auto read = [&] {
    for (const auto* source : {&first, &second, &third}) {
      EXPECT_OK((*source)->Next(milliseconds(10)));
    }
    return first->status().reconnects + second->status().reconnects;
  };
  if (!mariadb()) {
    // MySQL tells replicas by their uuids, of which every connection of ours has one of its own.
    while (steady_clock::now() < began + milliseconds(500)) {
      EXPECT_EQ(read(), 0U);
    }
    EXPECT_EQ(first->status().id_clash, "");
    return;
  }
  const auto deadline = began + std::chrono::seconds(50);
  const auto fewer = [&] {
    return std::min(first->status().reconnects, second->status().reconnects);
  };
  while (fewer() < 6 && steady_clock::now() < deadline) {
    read();
  }
  EXPECT_GE(fewer(), 6U);
  // Behind pauses of 20, 40, ... 640 ms come such of 1280 at least, of which at least half is waited for; of four that follow, one waits twice.
  const auto grown = steady_clock::now();
  const uint64_t so_far = read();
  while (read() < so_far + 4 && steady_clock::now() < deadline) {
  }
  EXPECT_GE(steady_clock::now() - grown, milliseconds(600));
  EXPECT_NE(first->status().id_clash.find("server id 4711"), std::string::npos)
      << first->status().id_clash << first->status().last_error;
  EXPECT_EQ(third->status().id_clash, "");
  EXPECT_EQ(third->status().reconnects, 0U);
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogHistoryTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
