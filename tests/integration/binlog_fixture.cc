#include "tests/integration/binlog_fixture.h"

#include <chrono>

#include "sync/mysql/current_position.h"
#include "sync/mysql/schema_reader.h"
#include "sync/mysql/select_row.h"
#include "sync/mysql/url.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);

std::string KeyOf(const change::TableSchema& table, const change::RowImage& row) {
  std::string key;
  for (const uint32_t ordinal : table.key) {
    key += change::DebugString(row[ordinal]) + " ";
  }
  return key;
}

std::string Shorten(const std::string& text) {
  return text.size() <= 200 ? text : text.substr(0, 200) + "...";
}

void ExpectSameRow(const change::TableSchema& table, const change::RowImage& selected,
                   const change::RowImage& streamed) {
  ASSERT_EQ(selected.size(), streamed.size());
  for (size_t i = 0; i < selected.size(); ++i) {
    EXPECT_TRUE(selected[i] == streamed[i])
        << table.QualifiedName() << "." << table.columns[i].name << ", row "
        << KeyOf(table, selected) << ": selected " << Shorten(change::DebugString(selected[i]))
        << ", streamed " << Shorten(change::DebugString(streamed[i]));
  }
}

}  // namespace

std::string FlavorOfTest(const ::testing::TestParamInfo<ServerFlavor>& info) {
  return std::string(ServerFlavorName(info.param));
}

void BinlogFixture::SetUp() {
  static int databases = 0;
  database_ = "t" + std::to_string(++databases);
  server_ = TestServer::Shared(GetParam());
  if (server_ == nullptr) {
    GTEST_SKIP() << TestServer::WhyNot(GetParam());
  }
  session_ = Connect();
  ASSERT_NE(session_, nullptr);
  Sql("CREATE DATABASE " + database_ + " DEFAULT CHARACTER SET utf8mb4");
  Sql("USE " + database_);
}

void BinlogFixture::TearDown() {
  source_.reset();
  if (session_ != nullptr && own_server_ == nullptr) {
    Sql("DROP DATABASE " + database_);
  }
}

void BinlogFixture::UseOwnServer(const std::vector<std::string>& args) {
  if (session_ == nullptr) {
    return;  // skipped
  }
  if (own_server_ == nullptr) {
    Sql("DROP DATABASE " + database_);
  }
  auto started = TestServer::Start(GetParam(), args);
  ASSERT_OK(started);
  own_server_ = std::move(started).value();
  server_ = own_server_.get();
  session_ = Connect();
  Sql("CREATE DATABASE " + database_ + " DEFAULT CHARACTER SET utf8mb4");
  Sql("USE " + database_);
}

std::unique_ptr<mysql::Connection> BinlogFixture::Connect() {
  auto options = mysql::ParseMysqlUrl(server_->url());
  EXPECT_OK(options);
  auto connection = mysql::Connection::Open(*options);
  EXPECT_OK(connection);
  return connection.ok() ? std::move(connection).value() : nullptr;
}

void BinlogFixture::ReopenSession() {
  session_ = Connect();
  Sql("USE " + database_);
}

void BinlogFixture::Sql(const std::string& statement) { ASSERT_OK(session_->Execute(statement)); }

std::string BinlogFixture::SqlCell(const std::string& statement) {
  auto cell = session_->QueryCell(statement);
  EXPECT_OK(cell);
  return cell.ok() ? cell->value_or("") : "";
}

change::SourcePosition BinlogFixture::Now() {
  auto position = mysql::CurrentPosition(session_.get());
  EXPECT_OK(position);
  return position.ok() ? *position : change::SourcePosition();
}

void BinlogFixture::ReadShapes() {
  auto tables = mysql::ReadTables(session_.get(), database_);
  ASSERT_OK(tables);
  shapes_.clear();
  for (auto& table : *tables) {
    shapes_[table->table] = table;
  }
}

binlog::BinlogSourceOptions BinlogFixture::SourceOptions(const change::SourcePosition& start) {
  binlog::BinlogSourceOptions options;
  options.connection = *mysql::ParseMysqlUrl(server_->url());
  options.start = start;
  options.min_backoff = milliseconds(10);
  options.max_backoff = milliseconds(200);
  options.heartbeat = milliseconds(200);
  options.schema_provider = [this](std::string_view database, std::string_view table) {
    const auto found = shapes_.find(std::string(table));
    return database == database_ && found != shapes_.end() ? found->second : nullptr;
  };
  options.captures_database = [this](std::string_view database) { return database == database_; };
  return options;
}

void BinlogFixture::Follow() {
  ReadShapes();
  FollowFrom(Now(), 1);
}

void BinlogFixture::FollowFrom(const change::SourcePosition& start, uint64_t next_ordinal) {
  auto options = SourceOptions(start);
  options.next_ordinal = next_ordinal;
  last_ordinal_ = next_ordinal - 1;
  auto source = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(source);
  source_ = std::move(source).value();
}

bool BinlogFixture::Passed(const change::SourcePosition& written) const {
  return source_->read_position().binlog >= written.binlog;
}

std::vector<change::Transaction> BinlogFixture::CatchUp() {
  std::vector<change::Transaction> transactions;
  const change::SourcePosition written = Now();
  const auto deadline = steady_clock::now() + kPatience;
  while (!Passed(written)) {
    auto next = source_->Next(milliseconds(100));
    EXPECT_OK(next);
    if (!next.ok() || steady_clock::now() > deadline) {
      ADD_FAILURE() << "stands at " << source_->read_position().Encode() << ", wanted "
                    << written.Encode() << ", last error: " << source_->status().last_error;
      break;
    }
    if (next->has_value()) {
      EXPECT_EQ(last_ordinal_ + 1, (*next)->ordinal);
      last_ordinal_ = source_->last_ordinal();
      last_prepared_ = (*next)->prepared;
      Apply(**next);
      if ((*next)->rows->size() > 0 || !(*next)->table_events.empty()) {
        transactions.push_back(*std::move(*next));
      }
    }
  }
  return transactions;
}

Status BinlogFixture::CatchUpToError() {
  const change::SourcePosition written = Now();
  const auto deadline = steady_clock::now() + kPatience;
  while (!Passed(written) && steady_clock::now() < deadline) {
    auto next = source_->Next(milliseconds(100));
    if (!next.ok()) {
      return next.status();
    }
  }
  return Status::Ok();
}

void BinlogFixture::Apply(const change::Transaction& transaction) {
  const auto cursor = transaction.rows->Open();
  for (;;) {
    auto row = cursor->Next();
    ASSERT_OK(row);
    if (*row == nullptr) {
      return;
    }
    ApplyRow(**row);
  }
}

void BinlogFixture::ApplyRow(const change::RowChange& row) {
  TableRows& rows = copy_[row.table->table];
  if (row.kind != change::RowChangeKind::kInsert) {
    const auto before = rows.find(KeyOf(*row.table, row.before));
    if (before != rows.end()) {
      ExpectSameRow(*row.table, before->second, row.before);
      rows.erase(before);
    }
  }
  if (row.kind != change::RowChangeKind::kDelete) {
    EXPECT_TRUE(rows.emplace(KeyOf(*row.table, row.after), row.after).second) << "inserted twice";
  }
}

TableRows BinlogFixture::Select(const std::string& table) {
  TableRows rows;
  const change::TableSchema& shape = *shapes_.at(table);
  auto reader = session_->Stream("SELECT " + mysql::SelectList(shape) + " FROM " +
                                 mysql::QuoteIdentifier(table));
  EXPECT_OK(reader);
  while (reader.ok()) {
    auto cells = (*reader)->Next();
    EXPECT_OK(cells);
    if (!cells.ok() || *cells == nullptr) {
      break;
    }
    auto row = mysql::DecodeSelectedRow(shape, **cells);
    EXPECT_OK(row);
    if (row.ok()) {
      std::string key = KeyOf(shape, *row);
      rows.emplace(std::move(key), std::move(row).value());
    }
  }
  return rows;
}

void BinlogFixture::ExpectTableEqualsCopy(const std::string& table) {
  const TableRows selected = Select(table);
  const TableRows& streamed = copy_[table];
  EXPECT_EQ(selected.size(), streamed.size());
  for (const auto& [key, row] : selected) {
    const auto found = streamed.find(key);
    if (found == streamed.end()) {
      ADD_FAILURE() << "row " << key << "did not come";
    } else {
      ExpectSameRow(*shapes_.at(table), row, found->second);
    }
  }
}

}  // namespace binseek::test
