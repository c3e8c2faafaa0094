// Snapshots that wait for a source that is busy, or behind as a replica: seen, told, and over once it is not.
#include <gmock/gmock.h>
#include <mysql.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/server_load.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::TableState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr uint64_t kMostThreads = 15;
constexpr int kBusySessions = 25;

class SnapshotPacingTest : public PipelineFixture {
 protected:
  void TearDown() override {
    Stop();
    server_ = shared_ != nullptr ? shared_ : server_;
    PipelineFixture::TearDown();
  }

  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }

  void StartPaced(const pipeline::LoadLimits& limits, const std::string& user = "root") {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->connection.user = user;
      options->connection.password = user == "root" ? "" : "secret";
      options->chunk_rows = 50;
      options->load_limits = limits;
      options->commit_interval = milliseconds(20);
    });
  }

  std::unique_ptr<mysql::Connection> Connect(const TestServer& server) const {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server.url(database_)));
    EXPECT_OK(connection);
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  // Sessions that run a statement until this goes.
  class Busy {
   public:
    Busy(SnapshotPacingTest* test, int sessions) : test_(test) {
      for (int i = 0; i < sessions; ++i) {
        auto session = test->Connect(*test->server_);
        // Sent, and its answer not waited for.
        const std::string sleep = "SELECT SLEEP(600)";
        EXPECT_EQ(mysql_send_query(session->raw(), sleep.data(), sleep.size()), 0);
        sessions_.push_back(std::move(session));
      }
    }
    ~Busy() {
      for (const auto& session : sessions_) {
        const auto killed = test_->server_->Sql("KILL " + std::to_string(session->thread_id()));
        EXPECT_OK(killed);
      }
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    SnapshotPacingTest* const test_;
    std::vector<std::unique_ptr<mysql::Connection>> sessions_;
  };

  // Of a test that has its own.
  std::unique_ptr<TestServer> own_;
  std::unique_ptr<TestServer> replica_;
  TestServer* shared_ = nullptr;

  bool AwaitPaced(const std::string& words) {
    return Await([&] {
      const auto table = Table("items");
      return table.code == change::StopCode::kSnapshotPaced &&
             table.error.find(words) != std::string::npos;
    });
  }
};

TEST_P(SnapshotPacingTest, ABusySourceIsReadOnOnceItIsLessBusyAndTheStreamGoesOn) {
  CreateItems(1000);
  auto busy = std::make_unique<Busy>(this, kBusySessions);
  const auto connection = Connect(*server_);
  ASSERT_TRUE(Await([&] {
    const auto load = mysql::ReadServerLoad(connection.get(), true, false);
    return load.ok() && load->threads_running.value_or(0) > kMostThreads;
  }));
  StartPaced({kMostThreads, seconds(0)});
  ASSERT_TRUE(AwaitPaced("threads running on the source, above snapshot.max_threads_running 15"))
      << Table("items").error;
  EXPECT_THAT(Table("items").error, HasSubstr("; since 2"));
  EXPECT_EQ(Table("items").state, TableState::kSnapshot);
  EXPECT_EQ(Table("items").snapshot_rows, 0U);
  // What the stream tells comes all the same, of tables that are yet to be read as well.
  Sql("INSERT INTO items VALUES (5000, 'new', 1.00, 1, NULL)");
  EXPECT_TRUE(Await([&] { return Documents("items").count("5000") == 1; }));
  EXPECT_EQ(Table("items").snapshot_rows, 0U);
  // A stop does not wait for the server to be less busy, and a restart waits on.
  Stop();
  StartPaced({kMostThreads, seconds(0)});
  ASSERT_TRUE(AwaitPaced("threads running"));
  busy.reset();
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("items").error, "");
  EXPECT_EQ(Table("items").code, change::StopCode::kNone);
  EXPECT_EQ(supervisor_->status().stops.of(change::StopCode::kSnapshotPaced), 1U);
}

TEST_P(SnapshotPacingTest, ASourceThatIsBehindAsAReplicaIsReadOnceItHasCaughtUp) {
  auto source = TestServer::Start(GetParam());
  ASSERT_OK(source);
  own_ = std::move(*source);
  auto replica =
      TestServer::Start(GetParam(), mariadb() ? std::vector<std::string>{"--log-slave-updates=ON"}
                                              : std::vector<std::string>{});
  ASSERT_OK(replica);
  replica_ = std::move(*replica);
  const std::string port = std::to_string(own_->port());
  ASSERT_OK(replica_->Sql(
      mariadb() ? "SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos; CHANGE MASTER TO "
                  "MASTER_HOST='127.0.0.1', MASTER_PORT=" +
                      port + ", MASTER_USER='root', MASTER_USE_GTID=slave_pos; START SLAVE"
                : "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=" + port +
                      ", SOURCE_USER='repl', SOURCE_PASSWORD='replpw', SOURCE_AUTO_POSITION=1, "
                      "GET_SOURCE_PUBLIC_KEY=1; START REPLICA"));
  const auto delay = [&](int seconds_late) {
    const std::string late = std::to_string(seconds_late);
    ASSERT_OK(replica_->Sql(
        mariadb() ? "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=" + late + "; START SLAVE"
                  : "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY=" + late +
                        "; START REPLICA"));
  };
  shared_ = std::exchange(server_, own_.get());
  ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  CreateItems(300);
  const auto count = [&](const std::string& where) {
    const auto rows = replica_->Sql("SELECT COUNT(*) FROM items WHERE " + where, database_);
    return rows.ok() ? *rows : std::string();
  };
  ASSERT_TRUE(Await([&] { return count("TRUE") == "300\n"; }));
  delay(600);
  Sql("UPDATE items SET stock = 77 WHERE id = 1");
  const auto connection = Connect(*replica_);
  ASSERT_TRUE(Await([&] {
    const auto load = mysql::ReadServerLoad(connection.get(), false, true);
    return load.ok() && load->replica_lag.value_or(seconds(0)) > seconds(1);
  }));
  server_ = replica_.get();
  StartPaced({0, seconds(1)});
  EXPECT_TRUE(
      AwaitPaced(" s behind the server that it replicates, above "
                 "snapshot.max_replica_lag 1 s"))
      << Table("items").error;
  EXPECT_EQ(Table("items").snapshot_rows, 0U);
  delay(0);
  AwaitLive();
  EXPECT_TRUE(Await([&] { return count("stock = 77") != "0\n"; }));
  ExpectEqual();
  EXPECT_EQ(Table("items").error, "");
}

TEST_P(SnapshotPacingTest, AnAccountThatMayNotAskForTheLagIsWarnedAndNotHeldBack) {
  CreateItems(200);
  const std::string account = "thin_" + database_;
  Sql("CREATE USER " + account + "@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON " +
      database_ + ".* TO " + account + "@'127.0.0.1'; GRANT REPLICATION SLAVE, " +
      (mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT") + " ON *.* TO " + account +
      "@'127.0.0.1'");
  StartPaced({0, seconds(1)}, account);
  AwaitLive();
  ExpectEqual();
  const auto warnings = supervisor_->status().warnings;
  const bool warned = std::any_of(warnings.begin(), warnings.end(), [](const std::string& text) {
    return text.find("does not tell how far it is behind as a replica") != std::string::npos;
  });
  EXPECT_EQ(warned, mariadb()) << "on MySQL the privilege for positions is that for replicas";
  supervisor_.reset();
  Sql("DROP USER " + account + "@'127.0.0.1'");
}

INSTANTIATE_TEST_SUITE_P(Servers, SnapshotPacingTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
