#include "tests/integration/pipeline_fixture.h"

#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "sync/mysql/url.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

constexpr std::string_view kColumns =
    "id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, price DECIMAL(10,2) "
    "NOT NULL, "
    "stock INT NOT NULL, note TEXT NULL";

std::vector<std::string> Split(const std::string& line, char by) {
  std::vector<std::string> parts(1);
  for (const char c : line) {
    if (c == by) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

}  // namespace

void PipelineFixture::SetUp() {
  server_ = TestServer::Shared(GetParam());
  if (server_ == nullptr) {
    GTEST_SKIP() << TestServer::WhyNot(GetParam());
  }
  static int number = 0;
  database_ = "shop" + std::to_string(++number);
  ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  directory_ = std::make_shared<store::RamDirectory>();
}

void PipelineFixture::TearDown() {
  supervisor_.reset();
  engine_.reset();
  state_.reset();
  if (server_ != nullptr) {
    EXPECT_OK(server_->Sql("DROP DATABASE IF EXISTS " + database_));
  }
}

std::string PipelineFixture::Sql(std::string_view statements) {
  auto rows = server_->Sql(statements, database_);
  EXPECT_OK(rows) << statements.substr(0, 200);
  return rows.ok() ? *rows : std::string();
}

void PipelineFixture::CreateItems(int rows) {
  std::string sql = "CREATE TABLE items (" + std::string(kColumns) + ");";
  for (int i = 1; i <= rows; ++i) {
    sql += (i % 500 == 1 ? std::string(";INSERT INTO items (name, price, stock, note) VALUES ")
                         : std::string(",")) +
           "('item " + std::to_string(i) + " 手机', " + std::to_string(i) + ".50, " +
           std::to_string(i % 100) + ", " + (i % 3 == 0 ? "NULL" : "'note'") + ")";
  }
  Sql(sql);
}

void PipelineFixture::Start() {
  StartWith([](pipeline::SupervisorOptions*) {});
}

void PipelineFixture::StartWith(const std::function<void(pipeline::SupervisorOptions*)>& change) {
  supervisor_.reset();
  engine_.reset();
  auto state = pipeline::StateStore::Open(":memory:");
  ASSERT_OK(state);
  state_ = std::move(*state);
  auto engine =
      index::Engine::Open({.directory = disk_ != nullptr ? disk_ : directory_,
                           .memory_limit_bytes = engine_memory_bytes_,
                           .before_commit = [this] {
                             return power_ ? state_->Flush() : Status::IoError("the power is off");
                           }});
  ASSERT_OK(engine);
  engine_ = std::move(*engine);
  pipeline::SupervisorOptions options;
  auto connection = mysql::ParseMysqlUrl(server_->url(database_));
  ASSERT_OK(connection);
  options.connection = *connection;
  options.engine = engine_.get();
  options.state = state_.get();
  options.chunk_rows = 100;
  options.spill.folder = spilled_.path();
  options.brief_lock = !TestServer::HasGtids(GetParam());
  change(&options);
  auto supervisor = pipeline::Supervisor::Start(std::move(options));
  ASSERT_OK(supervisor);
  supervisor_ = std::move(*supervisor);
}

void PipelineFixture::AwaitLive() {
  ASSERT_TRUE(supervisor_->WaitUntilLive(kPatience)) << supervisor_->status().error;
}

void PipelineFixture::Stop() {
  supervisor_.reset();
  engine_.reset();
}

void PipelineFixture::Crash() {
  // The commit of an orderly end must not come about.
  power_ = false;
  supervisor_.reset();
  engine_.reset();
  power_ = true;
  directory_->DropUnsynced();
}

bool PipelineFixture::Await(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

pipeline::TableStatus PipelineFixture::Table(const std::string& name) const {
  for (const auto& table : supervisor_->status().tables) {
    if (table.table == database_ + "." + name) {
      return table;
    }
  }
  return {};
}

std::map<std::string, std::string> PipelineFixture::Documents(const std::string& name) const {
  std::map<std::string, std::string> all;
  const auto view = engine_->View();
  const index::IndexView* index = view->Find(name);
  for (uint32_t ordinal = 0; index != nullptr && ordinal < index->segments.size(); ++ordinal) {
    const index::SegmentView& segment = *index->segments[ordinal];
    for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
      if (segment.IsLive(doc)) {
        std::string& source = all[std::string(segment.segment().Key(doc))];
        EXPECT_TRUE(source.empty()) << "two documents of one key";
        EXPECT_OK(index::AppendSource(*index, {ordinal, doc}, &source));
      }
    }
  }
  return all;
}

std::map<std::string, std::string> PipelineFixture::Items(const std::string& table) {
  std::map<std::string, std::string> all;
  std::istringstream lines(Sql("SELECT id, name, price, stock, note FROM " + table));
  for (std::string line; std::getline(lines, line);) {
    const auto cells = Split(line, '\t');
    if (cells.size() == 5) {
      all[cells[0]] = "{\"id\":" + cells[0] + ",\"name\":\"" + cells[1] +
                      "\",\"price\":" + cells[2] + ",\"stock\":" + cells[3] +
                      ",\"note\":" + (cells[4] == "NULL" ? "null" : "\"" + cells[4] + "\"") + "}";
    }
  }
  return all;
}

void PipelineFixture::ExpectEqual(const std::string& table, const std::string& index) {
  const auto expected = Items(table);
  if (Await([&] { return Documents(index) == expected; })) {
    return;
  }
  const auto found = Documents(index);
  int shown = 0;
  for (const auto& [id, source] : expected) {
    const auto it = found.find(id);
    if ((it == found.end() || it->second != source) && ++shown <= 5) {
      ADD_FAILURE() << "row " << id << ": table " << source << ", index "
                    << (it == found.end() ? "nothing" : it->second);
    }
  }
  for (const auto& [id, source] : found) {
    if (expected.find(id) == expected.end() && ++shown <= 10) {
      ADD_FAILURE() << "document " << id << " has no row: " << source;
    }
  }
  ADD_FAILURE() << expected.size() << " rows, " << found.size() << " documents; "
                << supervisor_->status().error;
}

}  // namespace binseek::test
