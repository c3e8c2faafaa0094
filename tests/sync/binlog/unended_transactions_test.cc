// Transactions whose end does not come: where the server went down they are nothing, anywhere else their rows may not be lost.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/binlog/binlog_source.h"
#include "sync/binlog/transaction_assembler.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/binlog/made_events.h"

namespace binseek::binlog {
namespace {

class UnendedTransactionsTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    auto table = std::make_shared<change::TableSchema>();
    table->database = "shop";
    table->table = "t";
    table->columns = {MakeColumn("id", ColumnType::kInt)};
    table->key = {0};
    AssemblerOptions options;
    options.start.flavor = GetParam() ? change::Flavor::kMariadb : change::Flavor::kMysql;
    options.schema_provider = [table](std::string_view database, std::string_view name) {
      return database == "shop" && name == "t" ? table : nullptr;
    };
    options.captures_database = [](std::string_view database) { return database == "shop"; };
    assembler_.emplace(options);
    assembler_->BeginStream(false);
  }

  std::string Gtid(char number) const {
    if (GetParam()) {
      return MakeEvent(EventType::kMariadbGtid,
                       number + std::string(12, '\0') + std::string(6, '\0'));
    }
    return MakeEvent(EventType::kGtid, std::string(17, '\0') + number + std::string(7, '\0'));
  }
  // As it lies in a file, or as one made for the stream.
  static std::string Rotate(bool in_file) {
    std::string event = MakeEvent(EventType::kRotate, "\x04\0\0\0\0\0\0\0binlog.000002"s,
                                  in_file ? 0 : kFlagArtificial);
    event[13] = in_file ? 99 : 0;  // where it ends
    return event;
  }
  static std::string Description() {
    std::string body = "\x04\0"s + std::string(54, '\0') + '\x13' + std::string(38, '\x08');
    body += "\0\0\0\0\0"s;  // no checksums
    return MakeEvent(EventType::kFormatDescription, body);
  }

  // How many rows come, or the error that ends it.
  Result<uint64_t> Feed(const std::vector<std::string>& events) {
    uint64_t rows = 0;
    for (const std::string& event : events) {
      auto fed = assembler_->Feed(event);
      BINSEEK_RETURN_IF_ERROR(fed.status());
      rows += fed->has_value() ? (*fed)->rows->size() : 0;
    }
    return rows;
  }

  const std::string begin_ = QueryEventBytes("BEGIN");
  const std::string commit_ = MakeEvent(EventType::kXid, std::string(8, '\0'));
  const std::string map_ = TableMapEvent("\x03", "");
  const std::string row_ = InsertEvent(1, "\x2a\0\0\0"s);
  std::optional<TransactionAssembler> assembler_;
};

TEST_P(UnendedTransactionsTest, WhereTheNextOneBeginsTheRowsOfOneAreToBeReadAnew) {
  for (const std::string& next : {Gtid(2), Rotate(true)}) {
    assembler_->BeginStream(false);
    const auto fed = Feed({Rotate(false), Gtid(1), begin_, map_, row_, next});
    ASSERT_FALSE(fed.ok());
    EXPECT_TRUE(IsHistoryLost(fed.status())) << fed.status();
    EXPECT_NE(fed.status().message().find("binlog.000002:"), std::string::npos) << fed.status();
    EXPECT_NE(fed.status().message().find("no end"), std::string::npos) << fed.status();
  }
}

TEST_P(UnendedTransactionsTest, ATableThatWasChangedIsNotForgottenEither) {
  const auto fed = Feed({Gtid(1), begin_, QueryEventBytes("DELETE FROM t"), Gtid(2)});
  ASSERT_FALSE(fed.ok());
  EXPECT_TRUE(IsHistoryLost(fed.status())) << fed.status();
}

TEST_P(UnendedTransactionsTest, OneThatChangesNothingHereIsDropped) {
  const auto fed = Feed({Gtid(1), begin_, QueryEventBytes("INSERT INTO other.t VALUES (1)"),
                         Gtid(2), begin_, map_, row_, commit_, Gtid(3), begin_, Rotate(true)});
  ASSERT_OK(fed);
  EXPECT_EQ(*fed, 1U);
}

TEST_P(UnendedTransactionsTest, OneThatIsCutOffByTheServersDeathIsDropped) {
  const auto fed = Feed({Gtid(1), begin_, map_, row_, Rotate(false), Description(), Gtid(2), begin_,
                         map_, row_, commit_});
  ASSERT_OK(fed);
  EXPECT_EQ(*fed, 1U);
  EXPECT_EQ(assembler_->last_ordinal(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, UnendedTransactionsTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace binseek::binlog
