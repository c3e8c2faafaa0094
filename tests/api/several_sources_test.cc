// What the API says of several sources, and how a request names the one that it means.
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <thread>
#include "sync/pipeline/applied_position.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/state_store.h"
#include "tests/api/api_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using change::SourceId;
using pipeline::SyncState;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGtid[] = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";

// Follows shop.products into an index of its own, and shop.orders into `orders`; up to transaction 5.
class FakeSource final : public pipeline::Supervisor {
 public:
  explicit FakeSource(std::string index) : index_(std::move(index)) {
    status_.state = SyncState::kLive;
    status_.source = "mysql://u@" + index_ + ":3306/shop";
    status_.position.gtids = *change::GtidSet::Parse(std::string(kGtid) + "1-5");
    for (const auto& [table, of] : {std::pair<std::string, std::string>{"shop.products", index_},
                                    {"shop.orders", "orders"},
                                    {"shop.only_" + index_, ""}}) {
      status_.tables.emplace_back();
      status_.tables.back().table = table;
      status_.tables.back().index = of;
    }
    applied_.Set(status_.position);
  }

  pipeline::SyncStatus status() const override { return status_; }
  bool OwnsIndex(std::string_view index) const override {
    return index == index_ || index == "orders";
  }
  std::string WhyBehind(std::string_view /*index*/) const override { return {}; }
  Result<std::string> AwaitRead(std::string_view /*index*/,
                                std::chrono::steady_clock::time_point /*deadline*/) override {
    return std::string();
  }
  bool WaitUntilLive(std::chrono::milliseconds /*timeout*/) const override { return true; }
  Result<bool> AwaitApplied(const pipeline::AwaitedPosition& awaited,
                            std::chrono::steady_clock::time_point deadline) override {
    ++waits_;
    return applied_.Await(awaited, deadline);
  }
  Result<pipeline::RetriedLetters> RetryDeadLetters(const std::string& table,
                                                    const std::vector<std::string>& keys) override {
    asked_ += table + " " + std::to_string(keys.size()) + ";";
    return pipeline::RetriedLetters{};
  }
  Result<pipeline::Resync> ResyncTable(
      const std::string& table, std::chrono::steady_clock::time_point /*deadline*/) override {
    asked_ += table + ";";
    return pipeline::Resync{"shop.products", /*beside=*/true, /*is_fed=*/true};
  }
  void Stop() override {}

  const std::string index_;
  pipeline::SyncStatus status_;
  pipeline::AppliedPosition applied_{1};
  int waits_ = 0;
  std::string asked_;
};

class SeveralSourcesTest : public ApiTest {
 protected:
  SeveralSourcesTest() {
    state_ = *pipeline::StateStore::Open(":memory:");
    node_ = std::make_unique<Node>(engine_.get(), state_.get(), Limits());
    router_ = MakeRouter(node_.get());
    mapping::Mapping mapping;
    mapping.set_synced(true);
    for (const char* index : {"eu_products", "us_products", "orders"}) {
      EXPECT_OK(engine_->CreateIndex(index, mapping, "{}"));
    }
    node_->SetSources(
        {.named = true, .list = {{"eu", SourceId{2}, &eu_}, {"us", SourceId{3}, &us_}}});
  }
  ~SeveralSourcesTest() override { node_->SetSources({}); }

  void Refuse(SourceId source, const std::string& table, const std::string& key) {
    mapper::RejectedRow row{table, key, "why", {}};
    row.position.gtid = "0-1-5";
    state_->AddDeadLetters(source, {row});
  }
  int Letters(const std::string& parameters) const {
    return std::stoi(At(Expect(200, "GET", "/_sync/dead_letters?" + parameters), "total"));
  }

  std::unique_ptr<pipeline::StateStore> state_;
  FakeSource eu_{"eu_products"};
  FakeSource us_{"us_products"};
};

TEST_F(SeveralSourcesTest, StatusHasEachUnderItsNameAndTheGravestState) {
  JsonValue status = Expect(200, "GET", "/_sync/status");
  EXPECT_EQ(At(status, "state"), "live");
  EXPECT_EQ(At(status, "sources.0.name"), "eu");
  EXPECT_EQ(At(status, "sources.1.name"), "us");
  EXPECT_EQ(At(status, "sources.1.source"), "mysql://u@us_products:3306/shop");
  EXPECT_EQ(At(status, "sources.1.tables.0.table"), "shop.products");
  us_.status_.state = SyncState::kSnapshot;
  EXPECT_EQ(At(Expect(200, "GET", "/_sync/status"), "state"), "snapshot");
  eu_.status_.state = SyncState::kHalted;
  status = Expect(200, "GET", "/_sync/status");
  EXPECT_EQ(At(status, "state"), "halted");
  EXPECT_EQ(At(status, "sources.1.state"), "snapshot") << "which the other does not change";
}

TEST_F(SeveralSourcesTest, StatusOfOneIsAsThatOfTheOnlySource) {
  const JsonValue status = Expect(200, "GET", "/_sync/status?source=us");
  EXPECT_EQ(At(status, "source"), "mysql://u@us_products:3306/shop");
  EXPECT_EQ(At(status, "state"), "live");
  EXPECT_EQ(status.Find("name"), nullptr);
  EXPECT_EQ(Error(400, "GET", "/_sync/status?source=asia"),
            "illegal_argument_exception: [source]: no source has the name [asia]; there are: eu, "
            "us");
}

TEST_F(SeveralSourcesTest, MetricsAreLabelledByTheirSource) {
  us_.status_.transactions = 17;
  const std::string metrics = Send("GET", "/_metrics").body;
  EXPECT_THAT(metrics, HasSubstr("binseek_sync_transactions_total{source=\"us\"} 17"));
  EXPECT_THAT(metrics, HasSubstr("binseek_sync_live{source=\"eu\"} 1"));
  node_->set_sync(&us_);
  EXPECT_THAT(Send("GET", "/_metrics").body, HasSubstr("binseek_sync_transactions_total 17"));
}

TEST_F(SeveralSourcesTest, AnIndexOfAnyIsWrittenByNobodyElse) {
  EXPECT_THAT(Error(403, "PUT", "/us_products/_doc/1", "{}"),
              HasSubstr("the table shop.products of mysql://u@us_products:3306/shop"));
  Error(403, "PUT", "/eu_products/_doc/1", "{}");
}

TEST_F(SeveralSourcesTest, AnIndexMayBeDeletedOnceNoSourceOfTheConfigHasIt) {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  EXPECT_OK(engine_->CreateIndex("left", mapping, "{}"));
  EXPECT_OK(engine_->CreateGeneration("left", mapping));  // that was being built
  node_->set_source_configured();
  const auto owner = [](uint16_t source, const std::string& table, bool is_followed) {
    pipeline::IndexOwner one;
    one.source = SourceId{source};
    one.table = "shop." + table;
    one.is_followed = is_followed;
    return one;
  };
  const auto owners = std::make_shared<pipeline::IndexOwners>();
  owners->Claim("left", owner(4, "left", false));
  owners->Claim("away", owner(3, "away", true));
  owners->Claim("orders", owner(4, "orders", false));
  EXPECT_OK(engine_->CreateIndex("away", mapping, "{}"));
  Error(403, "DELETE", "/left");  // nobody knows yet
  auto followed = *node_->sources();
  followed.owners = owners;
  node_->SetSources(followed);
  Error(403, "DELETE", "/eu_products");
  EXPECT_THAT(Error(403, "DELETE", "/left,orders"), HasSubstr("shop.orders"))
      << "another has it too";
  Error(403, "DELETE", "/away");  // its source is not up, and has not said so
  Error(403, "PUT", "/left/_doc/1", "{}");
  Expect(200, "DELETE", "/left");
  EXPECT_TRUE(owners->OthersOf("left", SourceId{2}).empty()) << "any may take the name";
  EXPECT_EQ(engine_->View()->indices().size(), 4U);
  Error(404, "DELETE", "/left");
}

TEST_F(SeveralSourcesTest, ASearchWaitsForTheSourceOfItsIndex) {
  const std::string wait = "/_search?wait_for_gtid=" + std::string(kGtid) + "5&wait_timeout=0s";
  Expect(200, "GET", "/us_products" + wait);
  EXPECT_EQ(us_.waits_, 1);
  EXPECT_EQ(eu_.waits_, 0);
  EXPECT_EQ(Error(400, "GET", "/orders" + wait),
            "illegal_argument_exception: [wait_for_source] is required: the indices come from one "
            "of the sources eu, us");
  Expect(200, "GET", "/orders" + wait + "&wait_for_source=eu");
  EXPECT_EQ(eu_.waits_, 1);
  EXPECT_THAT(Error(400, "GET", "/us_products,eu_products" + wait), HasSubstr("is required"));
  EXPECT_THAT(Error(400, "GET", "/orders" + wait + "&wait_for_source=asia"),
              HasSubstr("no source has the name [asia]"));
  EXPECT_THAT(Error(400, "GET", "/us_products" + wait + "&wait_for_source=eu"),
              HasSubstr("index [us_products] does not follow source [eu]"));
  EXPECT_THAT(Error(400, "GET", "/orders/_search?wait_for_source=eu"),
              HasSubstr("[wait_for_source] needs [wait_for_gtid]"));
  EXPECT_THAT(Error(408, "GET",
                    "/orders/_search?wait_for_source=us&wait_timeout=0s&wait_for_gtid=" +
                        std::string(kGtid) + "6"),
              HasSubstr("timeout_exception"));
}

TEST_F(SeveralSourcesTest, AResyncIsOfTheSourceThatIsMeant) {
  EXPECT_EQ(Error(400, "POST", "/_sync/resync?table=products"),
            "illegal_argument_exception: [source] is required: table [products] is one of eu, us");
  EXPECT_EQ(Send("POST", "/_sync/resync?table=products&source=us").body,
            R"({"source":"us","table":"shop.products","started":true,"beside":true,)"
            R"("old_is_fed":true})");
  Expect(200, "POST", "/_sync/resync?table=only_eu_products");
  EXPECT_EQ(us_.asked_, "products;");
  EXPECT_EQ(eu_.asked_, "only_eu_products;");
  EXPECT_THAT(Error(404, "POST", "/_sync/resync?table=none"), HasSubstr("by no source"));
}

TEST_F(SeveralSourcesTest, DeadLettersAreTheirSources) {
  Refuse(SourceId{2}, "shop.products", "1");
  Refuse(SourceId{3}, "shop.products", "1");
  Refuse(SourceId{3}, "shop.products", "2");
  Refuse(SourceId{9}, "shop.gone", "1");  // of one that is not followed any more
  EXPECT_EQ(Letters("table=shop.products"), 3);
  EXPECT_EQ(Letters("source=us"), 2);
  const JsonValue all = Expect(200, "GET", "/_sync/dead_letters");
  EXPECT_EQ(At(all, "dead_letters.0.source"), "9");
  EXPECT_EQ(At(all, "dead_letters.3.source"), "eu");
  EXPECT_THAT(Error(400, "POST", "/_sync/dead_letters/_retry?table=shop.products"),
              HasSubstr("[source] is required"));
  Expect(200, "POST", "/_sync/dead_letters/_retry?table=shop.products&source=us");
  EXPECT_EQ(us_.asked_, "shop.products 2;");
  EXPECT_THAT(Error(400, "DELETE", "/_sync/dead_letters?table=shop.products"),
              HasSubstr("[source] is required"));
  EXPECT_EQ(
      At(Expect(200, "DELETE", "/_sync/dead_letters?table=shop.products&source=us"), "discarded"),
      "2");
  EXPECT_EQ(Letters("table=shop.products"), 1);
  EXPECT_EQ(At(Expect(200, "DELETE", "/_sync/dead_letters?table=shop.gone"), "discarded"), "1");
}

TEST_F(SeveralSourcesTest, HalfOfTheThreadsNeverWait) {
  node_->wait_slots()->set_most(1);
  const auto search = [](const std::string& index, const std::string& transaction) {
    return "/" + index + "/_search?wait_timeout=1m&wait_for_gtid=" + kGtid + transaction;
  };
  std::thread waits([&] { Expect(200, "GET", search("eu_products", "6")); });
  while (eu_.applied_.waiters() == 0) {
    std::this_thread::yield();
  }
  EXPECT_THAT(Error(429, "GET", search("us_products", "6")),
              HasSubstr("too many requests wait for a source already, 1"));
  Expect(200, "GET", search("us_products", "5"));  // which need not wait
  eu_.status_.position.gtids = *change::GtidSet::Parse(std::string(kGtid) + "1-6");
  eu_.applied_.Set(eu_.status_.position);
  waits.join();
  EXPECT_EQ(node_->wait_slots()->used(), 0U);
}

}  // namespace
}  // namespace binseek::api
