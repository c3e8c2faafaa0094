// What the API shows of a source, and what it refuses because of one.
#include <gmock/gmock.h>

#include "api/handlers/sync_status.h"
#include "tests/api/api_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

// A source that owns one index.
class FakeSupervisor final : public pipeline::Supervisor {
 public:
  pipeline::SyncStatus status() const override {
    pipeline::SyncStatus status;
    status.state = pipeline::SyncState::kSnapshot;
    status.source = "mysql://u@h:3306/shop";
    status.position.binlog = {"binlog.000007", 1234};
    status.lag_ms = 5;
    status.applying = {3'000'000, 1'000'000, 70'000'000};
    status.pending_keys = 7;
    pipeline::TableStatus table;
    table.table = "shop.products";
    table.index = "products";
    table.state = pipeline::TableState::kSnapshot;
    table.snapshot_rows = 100;
    table.estimated_rows = 300;
    table.rows_per_second = 50;
    table.stale_since_us = 1'700'000'000'123'456;
    table.stale_why = "binlogs were purged";
    table.foreign_keys = {"a.x -> b.id"};
    table.cascaded_rows = 7;
    table.pending_keys = 3;
    status.tables.push_back(table);
    status.code = change::StopCode::kSourceAway;
    status.error = "no route to host";
    status.stops.Add(change::StopCode::kSourceAway);
    pipeline::TableStatus stopped;
    stopped.table = "shop.odd \"name\"";
    stopped.dead_letters = 11;
    stopped.state = pipeline::TableState::kStopped;
    stopped.error = "it has no key";
    stopped.code = change::StopCode::kTableKeyMissing;
    status.tables.push_back(stopped);
    return status;
  }
  bool OwnsIndex(std::string_view index) const override { return index == "products"; }
  std::string WhyBehind(std::string_view /*index*/) const override { return {}; }
  Result<std::string> AwaitRead(std::string_view /*index*/,
                                std::chrono::steady_clock::time_point /*deadline*/) override {
    return std::string();
  }
  bool WaitUntilLive(std::chrono::milliseconds /*timeout*/) const override { return false; }
  Result<bool> AwaitApplied(const pipeline::AwaitedPosition& /*awaited*/,
                            std::chrono::steady_clock::time_point /*deadline*/) override {
    return false;
  }
  Result<pipeline::RetriedLetters> RetryDeadLetters(
      const std::string& /*table*/, const std::vector<std::string>& /*keys*/) override {
    return pipeline::RetriedLetters{};
  }
  Result<pipeline::Resync> ResyncTable(
      const std::string& table, std::chrono::steady_clock::time_point /*deadline*/) override {
    if (table == "busy") {
      return Status::Aborted("table shop.busy is being read already; its status tells how far");
    }
    if (table != "products") {
      return Status::NotFound("table shop." + table + " is not followed");
    }
    return pipeline::Resync{"shop.products", /*beside=*/true, /*is_fed=*/true};
  }
  void Stop() override {}
};

class SyncTest : public ApiTest {
 protected:
  SyncTest() {
    mapping::Mapping mapping;
    mapping.set_synced(true);
    EXPECT_OK(engine_->CreateIndex("products", mapping, "{}"));
    EXPECT_OK(engine_->CreateIndex("left_over", mapping, "{}"));
    node_->set_sync(&supervisor_);
  }
  ~SyncTest() override { node_->set_sync(nullptr); }

  FakeSupervisor supervisor_;
};

TEST_F(SyncTest, StatusShowsPositionProgressAndTimeLeft) {
  const JsonValue status = Expect(200, "GET", "/_sync/status");
  EXPECT_EQ(At(status, "state"), "snapshot");
  EXPECT_EQ(At(status, "source"), "mysql://u@h:3306/shop");
  EXPECT_EQ(At(status, "position.binlog"), "binlog.000007:1234");
  EXPECT_EQ(At(status, "position.gtid"), "null");
  EXPECT_EQ(At(status, "lag_ms"), "5");
  EXPECT_EQ(At(status, "incoming_transaction"), "null");
  EXPECT_EQ(At(status, "applying_transaction.rows"), "3000000");
  EXPECT_EQ(At(status, "applying_transaction.operations"), "1000000");
  EXPECT_EQ(At(status, "applying_transaction.bytes"), "70000000");
  EXPECT_EQ(At(status, "tables.0.table"), "shop.products");
  EXPECT_EQ(At(status, "tables.0.eta_seconds"), "4.0");
  EXPECT_EQ(At(status, "tables.0.error"), "null");
  EXPECT_EQ(At(status, "tables.0.code"), "null");
  EXPECT_EQ(At(status, "tables.1.code"), "table_key_missing");
  EXPECT_EQ(At(status, "code"), "source_away");
  EXPECT_EQ(At(status, "tables.0.stale_since_ms"), "1700000000123");
  EXPECT_EQ(At(status, "tables.0.stale_why"), "binlogs were purged");
  EXPECT_EQ(At(status, "tables.0.foreign_keys.0"), "a.x -> b.id");
  EXPECT_EQ(At(status, "tables.0.cascaded_rows"), "7");
  EXPECT_EQ(At(status, "pending_keys"), "7");
  EXPECT_EQ(At(status, "tables.0.pending_keys"), "3");
}

TEST_F(SyncTest, WithoutASourceItSaysSo) {
  node_->set_sync(nullptr);
  EXPECT_EQ(At(Expect(200, "GET", "/_sync/status"), "state"), "no_source");
  EXPECT_EQ(At(Expect(200, "GET", "/_sync/dead_letters"), "total"), "0");
}

TEST_F(SyncTest, WritesToASyncedIndexAreRefusedAndToldWhereToWrite) {
  for (const auto& [method, target] :
       {std::pair{"PUT", "/products/_doc/1"}, std::pair{"POST", "/products/_doc"}}) {
    EXPECT_THAT(Error(403, method, target, R"({"a":1})"),
                HasSubstr("its documents come from the table shop.products of "
                          "mysql://u@h:3306/shop: write there"));
  }
  Error(403, "DELETE", "/products/_doc/1");
  Error(403, "PUT", "/products/_mapping", R"({"properties":{"x":{"type":"long"}}})");
  Error(403, "DELETE", "/products");
  const JsonValue bulk =
      Expect(200, "POST", "/products/_bulk", "{\"index\":{\"_id\":\"1\"}}\n{}\n");
  EXPECT_EQ(At(bulk, "items.0.index.status"), "403");
  EXPECT_EQ(engine_->View()->Find("products")->live_docs(), 0u);
}

// Which tables are followed is known only once the source is up, and left_over could be of any of them.
TEST_F(SyncTest, SyncedIndexIsKeptWhileASourceIsConfiguredEvenBeforeItIsUp) {
  node_->set_source_configured();
  for (pipeline::Supervisor* sync : {static_cast<pipeline::Supervisor*>(nullptr),
                                     static_cast<pipeline::Supervisor*>(&supervisor_)}) {
    node_->set_sync(sync);
    Error(403, "PUT", "/left_over/_doc/1", R"({"a":1})");
    EXPECT_THAT(Error(403, "DELETE", "/left_over"), HasSubstr("cluster_block_exception"));
    Error(403, "DELETE", "/products,left_over");
  }
  Expect(200, "PUT", "/own");
  Expect(200, "DELETE", "/own");
}

TEST_F(SyncTest, SyncedIndexMayBeDroppedWhereNoSourceIsConfigured) {
  node_->set_sync(nullptr);
  Error(403, "PUT", "/left_over/_doc/1", R"({"a":1})");
  Expect(200, "DELETE", "/left_over");
}

TEST_F(SyncTest, WriteThatIsRefusedMakesNoIndex) {
  Expect(200, "DELETE", "/left_over");
  node_->set_sync(nullptr);
  Expect(200, "DELETE", "/products");
  node_->set_sync(&supervisor_);
  EXPECT_THAT(Error(403, "PUT", "/products/_doc/1", R"({"a":1})"), HasSubstr("shop.products"));
  Error(403, "PUT", "/products");
  EXPECT_TRUE(engine_->View()->indices().empty());
}

TEST_F(SyncTest, AResyncIsAnsweredOnceItHasBegun) {
  EXPECT_EQ(Send("POST", "/_sync/resync?table=products").body,
            R"({"table":"shop.products","started":true,"beside":true,"old_is_fed":true})");
  EXPECT_THAT(Error(409, "POST", "/_sync/resync?table=busy"), HasSubstr("read already"));
  EXPECT_THAT(Error(404, "POST", "/_sync/resync?table=x"), HasSubstr("shop.x is not followed"));
  EXPECT_THAT(Error(400, "POST", "/_sync/resync"), HasSubstr("[table] is required"));
  node_->wait_slots()->set_most(0);
  EXPECT_THAT(Error(429, "POST", "/_sync/resync?table=products"), HasSubstr("too many requests"));
  node_->set_sync(nullptr);
  EXPECT_THAT(Error(400, "POST", "/_sync/resync?table=products"), HasSubstr("follows no source"));
  node_->set_source_configured();
  EXPECT_THAT(Error(503, "POST", "/_sync/resync?table=products"), HasSubstr("is starting"));
}

// It would be searched beside the one that it replaces, or written.
TEST_F(SyncTest, AGenerationInTheMakingIsNobodysToSee) {
  node_->set_sync(nullptr);
  const auto id = engine_->CreateGeneration("products", mapping::Mapping());
  ASSERT_OK(id);
  index::Batch batch;
  index::Operation& upsert = batch.operations.emplace_back();
  upsert.index = *id;
  upsert.key = "1";
  ASSERT_OK(engine_->Apply(batch));
  ASSERT_EQ(engine_->View()->Find(*id)->live_docs(), 1U);
  EXPECT_EQ(At(Expect(200, "GET", "/_count"), "count"), "0");
  EXPECT_EQ(At(Expect(200, "GET", "/prod*/_count"), "count"), "0");
  const std::string name = "products%23" + std::to_string(static_cast<uint32_t>(*id));
  Error(404, "GET", "/" + name + "/_count");
  Error(400, "PUT", "/" + name + "/_doc/2", R"({"a":1})");
  EXPECT_EQ(Send("GET", "/_cat/indices").body.find('#'), std::string::npos);
  EXPECT_THAT(Send("GET", "/_metrics").body, HasSubstr("binseek_indices 2\n"));
  EXPECT_THAT(Send("GET", "/_metrics").body, HasSubstr("binseek_indices_in_the_making 1\n"));
}

TEST_F(SyncTest, MetricsAreInPrometheusForm) {
  const Response response = Send("GET", "/_metrics");
  EXPECT_THAT(response.content_type, HasSubstr("text/plain"));
  EXPECT_THAT(response.body, HasSubstr("binseek_sync_lag_milliseconds 5\n"));
  EXPECT_THAT(response.body, HasSubstr("binseek_helped_searches_total 0\n"));
  EXPECT_THAT(response.body, HasSubstr("binseek_sync_stale_tables 1\n"));
  EXPECT_THAT(response.body, HasSubstr("binseek_sync_pending_keys 7\n"));
  EXPECT_THAT(response.body, HasSubstr("binseek_indices 2\n"));
}

TEST_F(SyncTest, ProgressOfEveryTableIsAMetricAndItsNameIsEscaped) {
  const std::string metrics = Send("GET", "/_metrics").body;
  const auto expect = [&](const std::string& name, const std::string& labels, int value) {
    EXPECT_THAT(metrics, HasSubstr("\nbinseek_sync_table_" + name + "{" + labels + "} " +
                                   std::to_string(value) + "\n"));
  };
  const std::string products = "table=\"shop.products\"";
  expect("state", products + ",state=\"snapshot\"", 1);
  expect("rows_read", products, 100);
  expect("rows_estimated", products, 300);
  expect("rows_per_second", products, 50);
  expect("eta_seconds", products, 4);
  expect("pending_keys", products, 3);
  expect("dead_letters", products, 0);
  expect("stale", products, 1);
  const std::string odd = R"(table="shop.odd \"name\"")";
  expect("state", odd + ",state=\"stopped\"", 1);
  expect("dead_letters", odd, 11);
  EXPECT_THAT(metrics, ::testing::Not(HasSubstr("eta_seconds{" + odd)));
  EXPECT_EQ(At(Expect(200, "GET", "/_sync/status"), "tables.1.dead_letters"), "11");
}

TEST_F(SyncTest, EveryStopIsAMetricAlsoBeforeItHasComeForTheFirstTime) {
  const std::string metrics = Send("GET", "/_metrics").body;
  for (const change::NamedStopCode& known : change::kStopCodes) {
    if (known.code != change::StopCode::kNone) {
      const std::string times = known.code == change::StopCode::kSourceAway ? "1" : "0";
      EXPECT_THAT(metrics, HasSubstr("binseek_sync_stops_total{code=\"" + std::string(known.name) +
                                     "\"} " + times + "\n"));
    }
  }
  EXPECT_THAT(metrics, HasSubstr("binseek_sync_halted 0\n"));
  EXPECT_THAT(metrics, HasSubstr("binseek_sync_table_stopped{table=\"shop.odd \\\"name\\\"\","
                                 "code=\"table_key_missing\"} 1\n"));
}

}  // namespace
}  // namespace binseek::api
