// Which changes of rows may have changed others by foreign keys: every rows event tells by itself.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/binlog/transaction_assembler.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/binlog/made_events.h"

namespace binseek::binlog {
namespace {

constexpr uint16_t kStatementEnd = 0x1;
constexpr uint16_t kNoChecks = 0x2;
constexpr uint16_t kLogged = 0x10;

class CascadeFlagsTest : public ::testing::Test {
 protected:
  // shop.t (id INT), whose rows are taken; those of all others are not. All have children.
  void SetUp() override { Start("shop"); }

  void Start(const std::string& captured, uint64_t max_prepared_bytes = 1 << 20) {
    auto table = std::make_shared<change::TableSchema>();
    table->database = "shop";
    table->table = "t";
    table->columns = {MakeColumn("id", ColumnType::kInt)};
    table->key = {0};
    AssemblerOptions options;
    options.start.flavor = change::Flavor::kMariadb;
    options.schema_provider = [table](std::string_view, std::string_view name)
        -> std::shared_ptr<const change::TableSchema> { return name == "t" ? table : nullptr; };
    options.captures_database = [captured](std::string_view database) {
      return database == captured;
    };
    options.cascades_from = [](std::string_view, std::string_view name) { return name != "w"; };
    options.max_prepared_bytes = max_prepared_bytes;
    assembler_.emplace(options);
    assembler_->BeginStream(false);
  }

  static std::string Rows(EventType type, uint16_t flags, char table = 't') {
    std::string body = table + "\0\0\0\0\0"s;
    PutU16(&body, flags | kStatementEnd);
    body +=
        type == EventType::kUpdateRowsV1 ? "\1\x7f\x7f\0\1\0\0\0\0\2\0\0\0"s : "\1\x7f\0\1\0\0\0"s;
    return MakeEvent(type, body);
  }
  static std::string Map(char table = 't') { return TableMapEvent("\x03", "", table); }

  std::vector<change::CascadeSource> Feed(const std::vector<std::string>& events) {
    std::vector<std::string> all{QueryEventBytes("BEGIN")};
    all.insert(all.end(), events.begin(), events.end());
    all.push_back(MakeEvent(EventType::kXid, std::string(8, '\0')));
    return FeedWhole(all);
  }

  // The same events, prepared by one transaction and committed by another, of which both are told.
  std::vector<change::CascadeSource> FeedPrepared(const std::vector<std::string>& events) {
    std::vector<std::string> all{QueryEventBytes("XA START X'78',X'',1")};
    all.insert(all.end(), events.begin(), events.end());
    all.push_back(QueryEventBytes("XA END X'78',X'',1"));
    all.push_back(MakeEvent(EventType::kXaPrepare, "\0\x01\0\0\0\x01\0\0\0\0\0\0\0x"s));
    EXPECT_EQ(FeedWhole(all), std::vector<change::CascadeSource>()) << "it is only prepared";
    return FeedWhole({QueryEventBytes("XA COMMIT X'78',X'',1")});
  }

  // Of the last transaction that the events end, whose table events are in `told_`.
  std::vector<change::CascadeSource> FeedWhole(const std::vector<std::string>& events) {
    std::vector<change::CascadeSource> cascades;
    for (const std::string& event : events) {
      auto fed = assembler_->Feed(event);
      EXPECT_OK(fed);
      if (fed.ok() && fed->has_value()) {
        cascades = (*fed)->cascades;
        told_ = (*fed)->table_events;
      }
    }
    return cascades;
  }

  std::optional<TransactionAssembler> assembler_;
  std::vector<change::TableEvent> told_;
};

using Sources = std::vector<change::CascadeSource>;

TEST_F(CascadeFlagsTest, DeletesAndUpdatesMayCascadeAndInsertsDoNot) {
  EXPECT_EQ(Feed({Map(), Rows(EventType::kWriteRowsV1, 0)}), Sources());
  EXPECT_EQ(Feed({Map(), Rows(EventType::kDeleteRowsV1, 0)}),
            (Sources{{.table = "shop.t", .deletes = true}}));
  EXPECT_EQ(
      Feed({Map(), Rows(EventType::kUpdateRowsV1, 0), Map(), Rows(EventType::kDeleteRowsV1, 0)}),
      (Sources{{.table = "shop.t", .deletes = true, .updates = true}}));
}

TEST_F(CascadeFlagsTest, WhereNothingCascadesOrAllIsLoggedTheEventSays) {
  for (const uint16_t flag : {kNoChecks, kLogged}) {
    for (const change::CascadeSource& source :
         Feed({Map(), Rows(EventType::kDeleteRowsV1, flag)})) {
      EXPECT_FALSE(source.deletes || source.updates || source.unseen);
    }
    EXPECT_EQ(Feed({Map(), Rows(EventType::kDeleteRowsV1, flag), Map(),
                    Rows(EventType::kDeleteRowsV1, 0)}),
              (Sources{{.table = "shop.t", .deletes = true, .partly = true}}));
  }
}

TEST_F(CascadeFlagsTest, RowsThatAreNotTakenAreTold) {
  EXPECT_EQ(Feed({Map('v'), Rows(EventType::kDeleteRowsV1, 0, 'v')}),
            (Sources{{.table = "shop.v", .deletes = true, .unseen = true}}));
  EXPECT_EQ(Feed({Map('w'), Rows(EventType::kDeleteRowsV1, 0, 'w')}), Sources())
      << "nothing hangs on it";
  // A map that does not fit the schema leaves the rows out.
  EXPECT_EQ(Feed({TableMapEvent("\x03\x03", "", 't'),
                  MakeEvent(EventType::kDeleteRowsV1, "t\0\0\0\0\0\1\0\2\x7f\0\1\0\0\0\1\0\0\0"s)}),
            (Sources{{.table = "shop.t", .deletes = true, .unseen = true}}));
}

TEST_F(CascadeFlagsTest, AParentOfAnUnfollowedDatabaseCascadesByAnXaTransactionToo) {
  Start("warehouse");
  const Sources of_v{{.table = "shop.v", .deletes = true, .unseen = true}};
  const std::string rows = Rows(EventType::kDeleteRowsV1, 0, 'v');
  EXPECT_EQ(FeedPrepared({Map('v'), rows}), of_v);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(FeedPrepared({Map('w'), Rows(EventType::kDeleteRowsV1, 0, 'w')}), Sources())
      << "nothing hangs on it";
  // Of one that is too large to keep, the parent's children are not known: all tables are read again.
  Start("warehouse", Map('v').size());
  EXPECT_EQ(FeedPrepared({Map('v'), rows, Map('v'), rows}), Sources());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(told_[0].table, "");
}

}  // namespace
}  // namespace binseek::binlog
