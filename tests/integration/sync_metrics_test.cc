// What /_metrics says of tables that are being read, followed and stopped, of real servers.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "api/handlers/handlers.h"
#include "api/node.h"
#include "api/router.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using ::testing::HasSubstr;

class SyncMetricsTest : public PipelineFixture {
 protected:
  void Serve() {
    Start();
    node_ = std::make_unique<api::Node>(engine_.get(), state_.get(), api::LoadConfig({})->search);
    node_->set_sync(supervisor_.get());
    router_ = api::MakeRouter(node_.get());
  }
  void TearDown() override {
    node_.reset();
    PipelineFixture::TearDown();
  }

  std::string Metrics() { return router_.Dispatch(api::MakeRequest("GET", "/_metrics")).body; }
  // The value of a series of a table, by the labels behind its name; empty: there is none.
  std::string Value(const std::string& name, const std::string& table,
                    const std::string& more = "") {
    const std::string series =
        "\nbinseek_sync_table_" + name + "{table=\"" + database_ + "." + table + "\"" + more + "} ";
    const std::string metrics = Metrics();
    const size_t at = metrics.find(series);
    const size_t value = at + series.size();
    return at == std::string::npos ? "" : metrics.substr(value, metrics.find('\n', value) - value);
  }

  std::unique_ptr<api::Node> node_;
  api::Router router_;
};

TEST_P(SyncMetricsTest, EveryTableIsThereWhileItIsReadAndBehindThat) {
  CreateItems(500);
  Sql("CREATE TABLE heap (a INT); CREATE TABLE longs (k VARCHAR(600) PRIMARY KEY); INSERT INTO "
      "longs VALUES ('a'), (REPEAT('x', 600)), (REPEAT('y', 600)); ANALYZE TABLE items");
  auto lock = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
  ASSERT_OK(lock);
  ASSERT_OK((*lock)->Execute("LOCK TABLES items WRITE"));  // no snapshot reads it
  Serve();
  ASSERT_TRUE(Await([&] { return Value("state", "items", ",state=\"snapshot\"") == "1"; }))
      << Metrics();
  EXPECT_EQ(Value("rows_read", "items"), "0");
  EXPECT_GT(std::stoi(Value("rows_estimated", "items")), 100);
  EXPECT_EQ(Value("eta_seconds", "items"), "") << "nothing tells yet how long it will take";
  ASSERT_OK((*lock)->Execute("UNLOCK TABLES"));
  AwaitLive();
  EXPECT_EQ(Value("state", "items", ",state=\"live\""), "1") << Metrics();
  EXPECT_EQ(Value("state", "items", ",state=\"snapshot\""), "");
  EXPECT_EQ(Value("rows_read", "items"), "500");
  EXPECT_GE(std::stoi(Value("rows_estimated", "items")), 500);
  EXPECT_EQ(Value("eta_seconds", "items"), "0");
  EXPECT_EQ(Value("pending_keys", "items"), "0");
  EXPECT_EQ(Value("dead_letters", "items"), "0");
  EXPECT_EQ(Value("dead_letters", "longs"), "2");
  EXPECT_EQ(Value("state", "heap", ",state=\"stopped\""), "1");
  EXPECT_EQ(Value("stopped", "heap", ",code=\"table_key_missing\""), "1");
  EXPECT_THAT(Metrics(), HasSubstr("binseek_sync_stops_total{code=\"table_key_missing\"} 1\n"));
  Sql("ALTER TABLE heap ADD PRIMARY KEY (a); DELETE FROM longs WHERE k LIKE 'x%'");
  ASSERT_TRUE(Await([&] { return Value("state", "heap", ",state=\"live\"") == "1"; }));
  EXPECT_EQ(Value("stopped", "heap", ",code=\"table_key_missing\""), "");
  ASSERT_TRUE(Await([&] { return Value("dead_letters", "longs") == "1"; })) << Metrics();
}

INSTANTIATE_TEST_SUITE_P(Servers, SyncMetricsTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
