// Several sources over one engine: a MariaDB and a MySQL, each followed by a supervisor of its own, into indices of their own and into one that both write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/config.h"
#include "api/handlers/handlers.h"
#include "api/node.h"
#include "api/router.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/source_ids.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_switch.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_server.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using pipeline::TableState;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};
// `shared` is one index of both, `own_%` an index of each.
constexpr char kShared[] = R"json([{"table":"shared","index":"all","id":["source","key"]}])json";

bool Await(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct Source {
  std::string name;
  TestServer* server = nullptr;
  std::string address;  // instead of the server's, where it is not empty
  std::string rules = kShared;
  std::vector<std::string> exclude;
};

class SeveralSourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const ServerFlavor flavor : {ServerFlavor::kMariadb, ServerFlavor::kMysql9}) {
      if (TestServer::Shared(flavor) == nullptr) {
        GTEST_SKIP() << TestServer::WhyNot(flavor);
      }
    }
    static int number = 0;
    database_ = "several" + std::to_string(++number);
    for (const Source& source : sources_) {
      ASSERT_OK(source.server->Sql("CREATE DATABASE " + database_));
    }
  }
  void TearDown() override {
    Close();
    for (const Source& source : sources_) {
      if (source.server != nullptr) {
        EXPECT_OK(source.server->Sql("DROP DATABASE IF EXISTS " + database_));
      }
    }
  }

  // As `serve` does.
  void Start() {
    auto state = pipeline::StateStore::Open(folder_.path() + "/state.sqlite");
    ASSERT_OK(state);
    state_ = *std::move(state);
    index::EngineOptions engine_options;
    engine_options.directory = directory_;
    engine_options.before_commit = [this] {
      return power_ ? state_->Flush() : Status::IoError("the power is off");
    };
    auto engine = index::Engine::Open(std::move(engine_options));
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
    std::vector<std::string> names;
    for (const Source& source : sources_) {
      names.push_back(source.name);
    }
    const auto ids = pipeline::KeepSourceIds(engine_.get(), names);
    ASSERT_OK(ids);
    const auto owners = std::make_shared<pipeline::IndexOwners>();
    for (const auto& [name, id] : *ids) {
      const auto source = std::find_if(sources_.begin(), sources_.end(),
                                       [&, of = name](const auto& one) { return one.name == of; });
      const mapper::MapperOptions mapping =
          source == sources_.end() ? mapper::MapperOptions() : MappingOf(*source);
      ASSERT_OK(pipeline::ClaimIndices(
          *engine_, id, name, source == sources_.end() ? nullptr : &mapping, owners.get()));
    }
    api::FollowedSources followed{.named = true, .list = {}, .owners = owners};
    for (const Source& source : sources_) {
      pipeline::SupervisorOptions options;
      auto connection = mysql::ParseMysqlUrl(source.address.empty() ? source.server->url(database_)
                                                                    : source.address + database_);
      ASSERT_OK(connection);
      options.connection = *connection;
      options.source = ids->at(source.name);
      options.source_name = source.name;
      options.log_name = source.name;
      options.owners = owners;
      options.engine = engine_.get();
      options.state = state_.get();
      options.exclude = source.exclude;
      options.rename = {{"own", "own_" + source.name}};
      options.mapping = MappingOf(source);
      options.chunk_rows = 50;
      options.commit_interval = std::chrono::milliseconds(50);
      options.spill.folder = folder_.path();
      auto supervisor = pipeline::Supervisor::Start(std::move(options));
      ASSERT_OK(supervisor);
      followed.list.push_back({source.name, ids->at(source.name), supervisor->get()});
      supervisors_[source.name] = *std::move(supervisor);
    }
    node_ = std::make_unique<api::Node>(engine_.get(), state_.get(), api::LoadConfig({})->search);
    node_->set_source_configured();
    node_->SetSources(std::move(followed));
    router_ = api::MakeRouter(node_.get());
  }
  static mapper::MapperOptions MappingOf(const Source& source) {
    mapper::MapperOptions mapping;
    mapping.source_name = source.name;
    mapping.rules =
        std::make_shared<const mapper::MappingRules>(*mapper::MappingRules::Parse(source.rules));
    return mapping;
  }
  void Close() {
    node_.reset();
    supervisors_.clear();
    engine_.reset();
    state_.reset();
  }
  // Nothing that was not committed remains.
  void Crash() {
    power_ = false;
    Close();
    power_ = true;
    directory_->DropUnsynced();
  }
  void AwaitLive() {
    for (const auto& [name, supervisor] : supervisors_) {
      ASSERT_TRUE(supervisor->WaitUntilLive(kPatience)) << name << supervisor->status().error;
    }
  }

  void Sql(const std::string& name, const std::string& statements) {
    for (const Source& source : sources_) {
      if (source.name == name) {
        ASSERT_OK(source.server->Sql(statements, database_)) << statements.substr(0, 200);
      }
    }
  }
  void MakeTables(int rows) {
    for (const Source& source : sources_) {
      for (const char* table : {"own", "shared"}) {
        std::string sql = "CREATE TABLE " + std::string(table) +
                          " (id BIGINT PRIMARY KEY, name VARCHAR(50), n INT);";
        for (int i = 1; i <= rows; ++i) {
          sql += (i == 1 ? "INSERT INTO " + std::string(table) + " VALUES " : std::string(",")) +
                 "(" + std::to_string(i) + ",'" + source.name + " " + std::to_string(i) + "',0)";
        }
        Sql(source.name, sql);
      }
    }
  }
  pipeline::TableStatus Table(const std::string& source, const std::string& name) {
    for (const auto& table : supervisors_.at(source)->status().tables) {
      if (table.table == database_ + "." + name) {
        return table;
      }
    }
    return {};
  }
  std::map<std::string, std::string> Documents(const std::string& name) const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(name);
    for (uint32_t ordinal = 0; index != nullptr && ordinal < index->segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index->segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          EXPECT_OK(index::AppendSource(*index, {ordinal, doc},
                                        &all[std::string(segment.segment().Key(doc))]));
        }
      }
    }
    return all;
  }
  // As the server tells them, by the ids of the documents.
  void AddRows(const Source& source, const std::string& table, const std::string& prefix,
               std::map<std::string, std::string>* rows) {
    const auto text = source.server->Sql("SELECT id, name, n FROM " + table, database_);
    ASSERT_OK(text);
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream cells(line);
      std::string id;
      std::string name;
      std::string n;
      std::getline(cells, id, '\t');
      std::getline(cells, name, '\t');
      std::getline(cells, n, '\t');
      std::string row = R"({"id":)" + id;
      row += R"(,"name":")" + name + R"(","n":)" + n + "}";
      (*rows)[prefix + id] = row;
    }
  }
  void ExpectEqual() {
    std::map<std::string, std::string> shared;
    for (const Source& source : sources_) {
      std::map<std::string, std::string> own;
      AddRows(source, "own", "", &own);
      AddRows(source, "shared", source.name + ":", &shared);
      EXPECT_TRUE(Await([&] { return Documents("own_" + source.name) == own; }))
          << source.name << ": " << supervisors_.at(source.name)->status().error;
    }
    EXPECT_TRUE(Await([&] { return Documents("all") == shared; }));
    EXPECT_EQ(Documents("all"), shared);
  }
  // Documents of the index that both write, of one source.
  size_t Shared(const std::string& source) {
    size_t count = 0;
    for (const auto& [id, document] : Documents("all")) {
      count += id.starts_with(source + ":") ? 1 : 0;
    }
    return count;
  }
  bool DocumentHas(const std::string& id, const std::string& text) const {
    const auto documents = Documents("all");
    const auto found = documents.find(id);
    return found != documents.end() && found->second.find(text) != std::string::npos;
  }
  // Status of a search of `index` that waits for all that the source's server has executed.
  int SearchBehind(const std::string& index, const Source& source, bool named) {
    const bool mariadb = source.server->flavor() == ServerFlavor::kMariadb;
    auto gtids = source.server->Sql(mariadb ? "SELECT @@global.gtid_binlog_pos"
                                            : "SELECT REPLACE(@@global.gtid_executed, '\\n', '')");
    EXPECT_OK(gtids);
    std::erase(*gtids, '\n');
    return router_
        .Dispatch(api::MakeRequest("GET", "/" + index +
                                              "/_search?wait_timeout=30s&wait_for_gtid=" + *gtids +
                                              (named ? "&wait_for_source=" + source.name : "")))
        .status;
  }

  std::vector<Source> sources_ = {{.name = "eu",
                                   .server = TestServer::Shared(ServerFlavor::kMariadb),
                                   .address = "",
                                   .exclude = {}},
                                  {.name = "us",
                                   .server = TestServer::Shared(ServerFlavor::kMysql9),
                                   .address = "",
                                   .exclude = {}}};
  std::string database_;
  const TempFolder folder_;
  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::atomic<bool> power_{true};
  std::unique_ptr<pipeline::StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::map<std::string, std::unique_ptr<pipeline::Supervisor>> supervisors_;
  std::unique_ptr<api::Node> node_;
  api::Router router_;
};

TEST_F(SeveralSourcesTest, EachStaysEqualOverCrashesInWhateverOrderTheyStand) {
  MakeTables(300);
  Start();
  AwaitLive();
  ExpectEqual();
  for (int round = 0; round < 4; ++round) {
    std::atomic<bool> end{false};
    std::vector<std::jthread> writers;
    for (const Source& source : sources_) {
      writers.emplace_back([&, server = source.server, name = source.name] {
        for (int i = 0; !end; ++i) {
          const std::string one = std::to_string(1 + (i * 7) % 300);
          const std::string other = std::to_string(1 + (i * 11) % 300);
          const std::string added = std::to_string(1000 * (round + 1) + i);
          ASSERT_OK(server->Sql("BEGIN; UPDATE own SET n=n+1 WHERE id=" + one +
                                    "; UPDATE shared SET n=n+1, name='" + name +
                                    " again' WHERE id=" + one + "; INSERT INTO shared VALUES(" +
                                    added + ",'new',1); DELETE FROM own WHERE id=" + added +
                                    "; DELETE FROM shared WHERE id=" + other + "; COMMIT",
                                database_));
        }
      });
    }
    std::map<std::string, uint64_t> before;
    for (const auto& [name, supervisor] : supervisors_) {
      before[name] = supervisor->status().transactions;
    }
    EXPECT_TRUE(Await([&] {
      return std::all_of(supervisors_.begin(), supervisors_.end(), [&](const auto& entry) {
        return entry.second->status().transactions > before[entry.first] + 10;
      });
    }));
    Crash();  // while both stream
    std::swap(sources_.front(), sources_.back());
    Start();
    end = true;
    writers.clear();
    AwaitLive();
    ExpectEqual();
    for (const auto& [name, supervisor] : supervisors_) {
      for (const auto& table : supervisor->status().tables) {
        EXPECT_EQ(table.stale_since_us, 0) << name << ": it goes on, and reads nothing again";
      }
    }
  }
}

TEST_F(SeveralSourcesTest, ASearchWaitsForTheOneThatItNames) {
  MakeTables(10);
  Start();
  AwaitLive();
  for (int i = 0; i < 20; ++i) {
    for (const Source& source : sources_) {
      const std::string id = std::to_string(100 + i);
      Sql(source.name,
          "INSERT INTO shared VALUES(" + id + ",'x',1); INSERT INTO own VALUES(" + id + ",'x',1)");
      EXPECT_EQ(SearchBehind("own_" + source.name, source, /*named=*/false), 200);
      EXPECT_EQ(Documents("own_" + source.name).count(id), 1u);
      EXPECT_EQ(SearchBehind("all", source, /*named=*/true), 200);
      EXPECT_EQ(Documents("all").count(source.name + ":" + id), 1u);
      EXPECT_EQ(SearchBehind("all", source, /*named=*/false), 400) << "it could be either";
    }
  }
}

TEST_F(SeveralSourcesTest, OneThatCannotBeReachedHoldsNoOtherUp) {
  MakeTables(10);
  auto address = TcpSwitch::Open(sources_[1].server->port());
  ASSERT_OK(address);
  sources_[1].address = "mysql://root@127.0.0.1:" + std::to_string((*address)->port()) + "/";
  Start();
  AwaitLive();
  (*address)->LeadTo(1);  // where nobody listens
  ASSERT_TRUE(Await([&] { return supervisors_["us"]->status().state == SyncState::kConnecting; }));
  for (int i = 0; i < 10; ++i) {
    Sql("eu", "INSERT INTO shared VALUES(" + std::to_string(500 + i) + ",'x',1)");
    EXPECT_EQ(SearchBehind("all", sources_[0], /*named=*/true), 200);
  }
  EXPECT_EQ(supervisors_["eu"]->status().state, SyncState::kLive);
  // Nor at a start, which knows nothing of the other but its checkpoint.
  Close();
  Start();
  Sql("eu", "INSERT INTO shared VALUES(600,'x',1)");
  ASSERT_TRUE(supervisors_["eu"]->WaitUntilLive(kPatience));
  EXPECT_EQ(SearchBehind("all", sources_[0], /*named=*/true), 200);
  EXPECT_EQ(Shared("us"), 10u) << "what it has stays";
  Sql("us", "INSERT INTO shared VALUES(600,'x',1)");
  (*address)->LeadTo(sources_[1].server->port());
  AwaitLive();
  ExpectEqual();
}

TEST_F(SeveralSourcesTest, WhatHappensToATableOfOneTouchesNoDocumentOfTheOther) {
  MakeTables(40);
  Start();
  AwaitLive();
  ASSERT_EQ(Shared("eu"), 40u);
  Sql("us", "TRUNCATE shared");
  EXPECT_TRUE(Await([&] { return Shared("us") == 0; }));
  EXPECT_EQ(Shared("eu"), 40u);
  Sql("us", "INSERT INTO shared SELECT * FROM own");
  EXPECT_TRUE(Await([&] { return Shared("us") == 40; }));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto resync = supervisors_["eu"]->ResyncTable(database_ + ".shared", deadline);
  ASSERT_OK(resync);
  EXPECT_FALSE(resync->beside) << "the index is the other's too";
  AwaitLive();
  ExpectEqual();
  Sql("us", "ALTER TABLE shared ADD COLUMN also INT; UPDATE shared SET n=5");
  EXPECT_TRUE(Await([&] {
    return Shared("us") == 40 && Table("us", "shared").state == TableState::kLive &&
           DocumentHas("us:1", "also");
  }));
  EXPECT_EQ(Shared("eu"), 40u);
  Sql("eu", "DROP TABLE shared");
  EXPECT_TRUE(Await([&] { return Shared("eu") == 0; }));
  EXPECT_EQ(Shared("us"), 40u) << "the index stays for the other";
  Sql("us", "DROP TABLE shared");
  EXPECT_TRUE(Await([&] { return engine_->View()->Find("all") == nullptr; }))
      << "with the last of them it goes";
}

TEST_F(SeveralSourcesTest, LinesOfTheLogSayWhichSourceTheyAreOf) {
  Mutex mutex;
  std::vector<std::string> lines;
  SetLogSink([&](std::string_view line) {
    const MutexLock lock(&mutex);
    lines.emplace_back(line);
  });
  MakeTables(10);
  Start();
  AwaitLive();
  for (const char* name : {"eu", "us"}) {
    Sql(name, "CREATE TABLE heap (a INT)");
    EXPECT_TRUE(Await([&] { return Table(name, "heap").state == TableState::kStopped; }));
  }
  Close();
  SetLogSink(nullptr);
  for (const char* name : {"eu", "us"}) {
    for (const char* message : {"table is followed", "table is not followed"}) {
      EXPECT_TRUE(std::any_of(
          lines.begin(), lines.end(),
          [&](const std::string& line) {
            return line.find(" msg=\"" + std::string(message) + "\"") != std::string::npos &&
                   line.find(" source=" + std::string(name)) != std::string::npos;
          }))
          << message << " of " << name;
    }
  }
  for (const std::string& line : lines) {
    if (line.find(" table=") != std::string::npos) {
      EXPECT_NE(line.find(" source="), std::string::npos) << line;
    }
  }
}

TEST_F(SeveralSourcesTest, AnIndexIsSharedOnlyWhereIdsBeginWithTheSource) {
  for (Source& source : sources_) {
    source.rules = R"json([{"table":"shared","index":"all","id":["table","key"]}])json";
  }
  MakeTables(10);
  Start();
  std::string first;
  ASSERT_TRUE(Await([&] {
    for (const Source& source : sources_) {
      if (Table(source.name, "shared").state == TableState::kStopped) {
        first = source.name == "eu" ? "us" : "eu";
      }
    }
    return !first.empty();
  }));
  const std::string second = first == "eu" ? "us" : "eu";
  EXPECT_THAT(Table(second, "shared").error,
              HasSubstr("of source " + first +
                        " already, and sources share an index only where all "
                        "ids begin with their names"));
  AwaitLive();  // their other tables are followed
  EXPECT_EQ(Documents("all").size(), 10u);
  // Whoever has it keeps it, whichever comes up first.
  Close();
  std::swap(sources_.front(), sources_.back());
  Start();
  AwaitLive();
  EXPECT_EQ(Table(first, "shared").state, TableState::kLive);
  EXPECT_EQ(Table(second, "shared").state, TableState::kStopped);
  EXPECT_EQ(Documents("all").size(), 10u);
}

TEST_F(SeveralSourcesTest, ASourceThatIsTakenOutLeavesItsDocumentsAndComesBackToThem) {
  MakeTables(10);
  Start();
  AwaitLive();
  ExpectEqual();
  Close();
  const Source us = sources_.back();
  sources_.pop_back();
  Start();
  AwaitLive();
  Sql("eu", "ALTER TABLE shared ADD COLUMN also INT; UPDATE shared SET n=3");
  EXPECT_TRUE(Await([&] {
    return Table("eu", "shared").state == TableState::kLive && Shared("eu") == 10 &&
           DocumentHas("eu:1", "also");
  })) << Table("eu", "shared").error;
  Sql("eu", "DROP TABLE shared");
  EXPECT_TRUE(Await([&] { return Shared("eu") == 0; }));
  EXPECT_EQ(Shared("us"), 10u) << "the index stays, although nobody that is followed has it";
  EXPECT_EQ(Documents("own_us").size(), 10u);
  // Another may not take it.
  Sql("eu", "CREATE TABLE own_us (id BIGINT PRIMARY KEY)");
  ASSERT_TRUE(Await([&] { return Table("eu", "own_us").state == TableState::kStopped; }));
  EXPECT_THAT(Table("eu", "own_us").error, HasSubstr("of source us already"));
  Close();
  sources_.push_back(us);
  Sql("us", "UPDATE shared SET n=7");
  Sql("eu",
      "DROP TABLE own_us; CREATE TABLE shared (id BIGINT PRIMARY KEY, name VARCHAR(50), n INT)");
  Start();
  AwaitLive();
  ExpectEqual();
  // The user's word that they go.
  Close();
  sources_.back().exclude = {"*"};
  sources_.back().address =
      sources_.front().server->url() + "/";  // its own server may be gone for good
  Start();
  EXPECT_TRUE(
      Await([&] { return Shared("us") == 0 && engine_->View()->Find("own_us") == nullptr; }));
}

TEST_F(SeveralSourcesTest, AnIndexOfASourceThatIsTakenOutMayBeDeletedAndIsReadAnewWhenItIsBack) {
  MakeTables(10);
  Start();
  AwaitLive();
  const auto remove = [&](const std::string& index) {
    return router_.Dispatch(api::MakeRequest("DELETE", "/" + index)).status;
  };
  EXPECT_EQ(remove("own_us"), 403);
  Close();
  const Source us = sources_.back();
  sources_.pop_back();
  Start();
  AwaitLive();
  EXPECT_EQ(remove("own_eu"), 403);
  EXPECT_EQ(remove("all"), 403) << "the other source has it too";
  EXPECT_EQ(remove("own_us"), 200);
  // Anybody may take it now.
  Sql("eu", "CREATE TABLE own_us (id BIGINT PRIMARY KEY)");
  EXPECT_TRUE(Await([&] { return Table("eu", "own_us").state == TableState::kLive; }));
  Sql("eu", "DROP TABLE own_us");
  EXPECT_TRUE(Await([&] { return engine_->View()->Find("own_us") == nullptr; }));
  Crash();
  sources_.push_back(us);
  Start();
  AwaitLive();
  ExpectEqual();
}

// One uuid for both would have the server end the dump of one whenever the other's begins.
TEST_F(SeveralSourcesTest, TwoSourcesOfOneServerAreTwoReplicas) {
  sources_[0].server = sources_[1].server;
  sources_[0].exclude = {"shared"};
  sources_[1].exclude = {"own"};
  ASSERT_OK(sources_[0].server->Sql(
      "CREATE TABLE own (id BIGINT PRIMARY KEY, name VARCHAR(50), n INT); CREATE TABLE shared (id "
      "BIGINT PRIMARY KEY, name VARCHAR(50), n INT)",
      database_));
  Start();
  AwaitLive();
  for (int i = 1; i <= 20; ++i) {
    Sql("eu", "INSERT INTO own VALUES(" + std::to_string(i) +
                  ",'x',1); INSERT INTO shared VALUES(" + std::to_string(i) + ",'x',1)");
    EXPECT_EQ(SearchBehind("own_eu", sources_[0], /*named=*/true), 200);
    EXPECT_EQ(SearchBehind("all", sources_[1], /*named=*/true), 200);
  }
  EXPECT_EQ(Documents("own_eu").size(), 20u);
  EXPECT_EQ(Shared("us"), 20u);
  for (const auto& [name, supervisor] : supervisors_) {
    EXPECT_EQ(supervisor->status().reconnects, 0u) << name;
  }
}

}  // namespace
}  // namespace binseek::test
