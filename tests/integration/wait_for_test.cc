// Clients that write to a real server and read their own write from the index: no sleeps, no polling, never a miss.
#include <gmock/gmock.h>
#include <mysql.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "api/handlers/handlers.h"
#include "api/node.h"
#include "api/router.h"
#include "engine/base/json.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using ::testing::HasSubstr;

constexpr int kRounds = 200;

class WaitForTest : public PipelineFixture {
 protected:
  // Follows `items`, serves it, and connects a writer.
  void Serve() {
    ServeBy([](pipeline::SupervisorOptions*) {});
  }
  void ServeBy(const std::function<void(pipeline::SupervisorOptions*)>& change) {
    CreateItems(10);
    StartWith(change);
    AwaitLive();
    node_ = std::make_unique<api::Node>(engine_.get(), state_.get(), api::LoadConfig({})->search);
    node_->set_sync(supervisor_.get());
    router_ = api::MakeRouter(node_.get());
    Connect();
  }
  void Connect() {
    auto writer = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(writer);
    writer_ = *std::move(writer);
    if (is_mysql()) {
      ASSERT_OK(writer_->Execute("SET SESSION session_track_gtids = OWN_GTID"));
    }
  }
  void TearDown() override {
    writer_.reset();
    node_.reset();
    PipelineFixture::TearDown();
  }

  bool is_mysql() const { return GetParam() == ServerFlavor::kMysql9; }

  std::string Cell(const std::string& sql) {
    const auto cell = writer_->QueryCell(sql);
    EXPECT_OK(cell);
    return cell.ok() ? cell->value_or("") : std::string();
  }
  // Of the statement that the writer has just run.
  std::string OwnGtid() {
    if (!is_mysql()) {
      return Cell("SELECT @@last_gtid");
    }
    const char* gtid = nullptr;
    size_t size = 0;
    EXPECT_EQ(mysql_session_track_get_first(writer_->raw(), SESSION_TRACK_GTIDS, &gtid, &size), 0);
    return {gtid == nullptr ? "" : gtid, size};
  }
  // All that the server has executed.
  std::string ExecutedGtids() {
    return Cell(is_mysql() ? "SELECT @@global.gtid_executed" : "SELECT @@global.gtid_binlog_pos");
  }
  std::string WrittenPlace() {
    const auto rows = writer_->Query(is_mysql() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    EXPECT_OK(rows);
    return rows.ok() ? *rows->rows[0][0] + ":" + *rows->rows[0][1] : std::string();
  }
  // Of this server, and far ahead.
  std::string GtidToCome() {
    return is_mysql() ? Cell("SELECT @@global.server_uuid") + ":99999999" : "0-1-99999999";
  }

  api::Response Search(const std::string& parameter, const std::string& value,
                       const std::string& timeout, const std::string& id = "1") const {
    api::Request request =
        api::MakeRequest("POST", "/items/_search?wait_timeout=" + timeout + "&" + parameter + "=" +
                                     api::PercentEncode(value));
    request.content_type = "application/json";
    request.body = R"({"query":{"term":{"id":)" + id + "}}}";
    return router_.Dispatch(std::move(request));
  }
  void ExpectFound(const api::Response& response, const std::string& id) {
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("_id":")" + id + "\"")) << response.body;
  }

  std::unique_ptr<api::Node> node_;
  api::Router router_;
  std::unique_ptr<mysql::Connection> writer_;
};

TEST_P(WaitForTest, AWriterSeesItsRowByItsOwnGtid) {
  Serve();
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) {
    const std::string id = std::to_string(1000 + i);
    ASSERT_OK(writer_->Execute("INSERT INTO items VALUES (" + id + ", 'new', 1, 1, NULL)"));
    const std::string gtid = OwnGtid();
    ASSERT_THAT(gtid, HasSubstr(is_mysql() ? ":" : "-"));
    ExpectFound(Search("wait_for_gtid", gtid, "1m", id), id);
  }
}

TEST_P(WaitForTest, AWriterSeesItsRowByAllThatTheServerHasExecuted) {
  Serve();
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) {
    const std::string id = std::to_string(1000 + i);
    ASSERT_OK(writer_->Execute("INSERT INTO items VALUES (" + id + ", 'new', 1, 1, NULL)"));
    ExpectFound(Search("wait_for_gtid", ExecutedGtids(), "1m", id), id);
  }
}

TEST_P(WaitForTest, AWriterSeesItsRowByThePlaceInTheBinlog) {
  Serve();
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) {
    const std::string id = std::to_string(1000 + i);
    ASSERT_OK(writer_->Execute("INSERT INTO items VALUES (" + id + ", 'new', 1, 1, NULL)"));
    ExpectFound(Search("wait_for_position", WrittenPlace(), "1m", id), id);
  }
}

// Whether a row is in, images without the column of the filter do not tell: it is read by its key, behind the transaction.
TEST_P(WaitForTest, AWriterSeesARowThatIsReadByItsKey) {
  ServeBy([](pipeline::SupervisorOptions* options) {
    auto rules = mapper::MappingRules::Parse(R"json([{"table":"items","where":"stock > 0"}])json");
    ASSERT_OK(rules);
    options->mapping.rules = std::make_shared<const mapper::MappingRules>(*std::move(rules));
  });
  ASSERT_OK(writer_->Execute("SET SESSION binlog_row_image = 'MINIMAL'"));
  for (int i = 0; i < 20 && !HasFatalFailure(); ++i) {
    const std::string id = std::to_string(1000 + i);
    ASSERT_OK(writer_->Execute("INSERT INTO items VALUES (" + id + ", 'new', 1, 0, NULL)"));
    ASSERT_OK(writer_->Execute("UPDATE items SET stock = 5 WHERE id = " + id));
    ExpectFound(Search("wait_for_gtid", OwnGtid(), "1m", id), id);
  }
}

TEST_P(WaitForTest, AWriterSeesTheTableThatItsStatementHasHadReadAgain) {
  Serve();
  for (int i = 0; i < 5 && !HasFatalFailure(); ++i) {
    const std::string column = "extra" + std::to_string(i);
    ASSERT_OK(writer_->Execute("ALTER TABLE items ADD COLUMN " + column + " INT DEFAULT 7"));
    const api::Response found = Search("wait_for_gtid", OwnGtid(), "1m", "10");
    ExpectFound(found, "10");
    EXPECT_THAT(found.body, HasSubstr("\"" + column + "\":7"));
  }
}

TEST_P(WaitForTest, ATransactionWithoutFollowedRowsIsReachedToo) {
  Serve();
  ASSERT_OK(writer_->Execute("CREATE DATABASE " + database_ + "_other"));
  EXPECT_EQ(Search("wait_for_gtid", OwnGtid(), "1m").status, 200);
  ASSERT_OK(writer_->Execute("DROP DATABASE " + database_ + "_other"));
  EXPECT_EQ(Search("wait_for_gtid", OwnGtid(), "1m").status, 200);
}

TEST_P(WaitForTest, WhatDoesNotComeIs408) {
  Serve();
  const api::Response late = Search("wait_for_gtid", GtidToCome(), "50ms");
  EXPECT_EQ(late.status, 408);
  EXPECT_THAT(late.body, HasSubstr("; the source is live\""));
  const std::string foreign = is_mysql() ? "00000000-0000-0000-0000-000000000001:1" : "4711-1-1";
  EXPECT_EQ(Search("wait_for_gtid", foreign, "50ms").status, 408);
  const std::string of_the_other = is_mysql() ? "0-1-1" : "00000000-0000-0000-0000-000000000001:1";
  EXPECT_EQ(Search("wait_for_gtid", of_the_other, "1m").status, 400);
  EXPECT_EQ(Search("wait_for_position", "foreign-log.000001:4", "1m").status, 400);
}

TEST_P(WaitForTest, AStoppedServerIs408UntilItIsBack) {
  Serve();
  const std::string to_come = GtidToCome();
  const std::string applied = ExecutedGtids();
  writer_.reset();
  ASSERT_OK(server_->Kill());
  ASSERT_TRUE(
      Await([&] { return supervisor_->status().state == pipeline::SyncState::kConnecting; }));
  const api::Response late = Search("wait_for_gtid", to_come, "50ms");
  EXPECT_EQ(late.status, 408);
  EXPECT_THAT(late.body, HasSubstr("the source is connecting: "));
  EXPECT_EQ(Search("wait_for_gtid", applied, "0").status, 200);
  ASSERT_OK(server_->Restart());
  Connect();
  ASSERT_OK(writer_->Execute("INSERT INTO items VALUES (1000, 'new', 1, 1, NULL)"));
  ExpectFound(Search("wait_for_gtid", OwnGtid(), "1m", "1000"), "1000");
}

TEST_P(WaitForTest, TheEndOfTheSupervisorEndsTheWait) {
  Serve();
  const std::string to_come = GtidToCome();
  api::Response response;
  std::jthread search([&] { response = Search("wait_for_gtid", to_come, "1m"); });
  supervisor_->Stop();  // before the search begins or while it waits: the same
  search.join();
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("binseek is stopping"));
}

INSTANTIATE_TEST_SUITE_P(Servers, WaitForTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& info) {
                           return std::string(ServerFlavorName(info.param));
                         });

}  // namespace
}  // namespace binseek::test
