// Faults of one table's rows: they are told, the table's rows are left out, and those of others are not.
#include <gtest/gtest.h>

#include <map>
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

using Kind = change::TableEvent::Kind;

class UnreadableRowsTest : public ::testing::Test {
 protected:
  // shop.t, shop.u: (id INT, v of this type).
  void Start(const change::Column& v) {
    for (const char* name : {"t", "u"}) {
      auto table = std::make_shared<change::TableSchema>();
      table->database = "shop";
      table->table = name;
      table->columns = {MakeColumn("id", ColumnType::kInt), v};
      table->key = {0};
      tables_[name] = std::move(table);
    }
    AssemblerOptions options;
    options.start.flavor = change::Flavor::kMariadb;
    options.schema_provider = [this](std::string_view, std::string_view name) {
      const auto found = tables_.find(std::string(name));
      return found == tables_.end() ? nullptr : found->second;
    };
    options.captures_database = [](std::string_view database) { return database == "shop"; };
    options.max_event_bytes = 1 << 20;
    assembler_.emplace(options);
    assembler_->BeginStream(false);
  }

  static change::Column Letter() {
    change::Column column = MakeColumn("v", ColumnType::kEnum);
    column.labels = {"a", "b"};
    return column;
  }

  // Feeds all, the last of which ends a transaction: "t1 u2 [t: why]", by the first letters of tables and the rows' ids.
  std::string Feed(const std::vector<std::string>& events) {
    std::string text;
    for (const std::string& event : events) {
      auto fed = assembler_->Feed(event);
      EXPECT_OK(fed);
      if (!fed.ok() || !fed->has_value()) {
        continue;
      }
      last_ = std::move(**fed);
      const auto cursor = last_.rows->Open();
      for (auto row = cursor->Next(); row.ok() && *row != nullptr; row = cursor->Next()) {
        text += (*row)->table->table + change::DebugString((*row)->after[0]) + " ";
      }
      for (const change::TableEvent& told : last_.table_events) {
        text += (told.kind == Kind::kUnreadableRows ? "[" : "{") + told.table + "]";
      }
    }
    return text;
  }
  std::string Why() const {
    return last_.table_events.empty() ? "" : last_.table_events.front().why;
  }

  // Of `id`, and an ENUM's number.
  static std::string Insert(char table, char id, char number) {
    return InsertEvent(2, std::string(1, id) + "\0\0\0"s + number, table);
  }
  static std::string EnumMap(char table) { return TableMapEvent("\x03\xfe", "\xf7\x01", table); }

  std::map<std::string, std::shared_ptr<const change::TableSchema>> tables_;
  const std::string begin_ = QueryEventBytes("BEGIN");
  const std::string commit_ = MakeEvent(EventType::kXid, std::string(8, '\0'));
  std::optional<TransactionAssembler> assembler_;
  change::Transaction last_;
};

TEST_F(UnreadableRowsTest, AMapThatDoesNotFitTheSchemaLeavesOutThatTableAlone) {
  Start(Letter());
  const std::string wrong = TableMapEvent("\x03\x03", "", 't');
  EXPECT_EQ(Feed({begin_, wrong, EnumMap('u'), InsertEvent(2, "\1\0\0\0\1\0\0\0"s, 't'),
                  Insert('u', 2, 1), commit_}),
            "u2 [t]");
  EXPECT_NE(Why().find("shop.t: column v: the binlog's rows do not fit"), std::string::npos)
      << Why();
  EXPECT_EQ(Feed({begin_, TableMapEvent("\x03", "", 't'), commit_}), "[t]");
  EXPECT_NE(Why().find("1 columns, the known table has 2"), std::string::npos) << Why();
  // The next one is whole again where it fits.
  EXPECT_EQ(Feed({begin_, EnumMap('t'), Insert('t', 3, 2), commit_}), "t3 ");
}

TEST_F(UnreadableRowsTest, AMapThatCannotBeReadIsNoErrorOfTheStream) {
  Start(Letter());
  EXPECT_EQ(Feed({begin_, TableMapEvent("\x03\xfe", "\xf7", 't'), EnumMap('u'), Insert('u', 1, 1),
                  commit_}),
            "u1 [t]");
  EXPECT_NE(Why().find("table shop.t"), std::string::npos) << Why();
}

TEST_F(UnreadableRowsTest, AValueWithoutALabelLeavesOutAllRowsOfItsTable) {
  Start(Letter());
  EXPECT_EQ(Feed({begin_, EnumMap('t'), EnumMap('u'), Insert('t', 1, 1), Insert('u', 2, 1),
                  Insert('t', 3, 9), Insert('u', 4, 2), Insert('t', 5, 2), commit_}),
            "u2 u4 [t]");
  EXPECT_NE(Why().find("table shop.t, column v"), std::string::npos) << Why();
  EXPECT_NE(Why().find("ENUM value 9 of 2"), std::string::npos) << Why();
  EXPECT_EQ(Feed({begin_, EnumMap('t'), Insert('t', 6, 1), commit_}), "t6 ");
}

TEST_F(UnreadableRowsTest, AnImageCutShortOrTooLongLeavesOutItsTable) {
  Start(Letter());
  for (const std::string& row : {"\1\0\0"s, "\1\0\0\0\1\2"s}) {
    EXPECT_EQ(Feed({begin_, EnumMap('t'), EnumMap('u'), InsertEvent(2, row, 't'), Insert('u', 2, 1),
                    commit_}),
              "u2 [t]");
  }
}

TEST_F(UnreadableRowsTest, BothTablesAreToldOnceEach) {
  Start(Letter());
  EXPECT_EQ(Feed({begin_, EnumMap('t'), EnumMap('u'), Insert('u', 1, 7), Insert('t', 2, 7),
                  Insert('u', 3, 8), commit_}),
            "[t][u]");
}

TEST_F(UnreadableRowsTest, WhatIsRolledBackIsNotTold) {
  Start(Letter());
  EXPECT_EQ(Feed({begin_, EnumMap('t'), Insert('t', 1, 7), QueryEventBytes("ROLLBACK")}), "");
  // What was seen of it before a savepoint counts on.
  EXPECT_EQ(Feed({begin_, EnumMap('t'), EnumMap('u'), Insert('t', 1, 7),
                  QueryEventBytes("SAVEPOINT s"), Insert('u', 2, 1), Insert('t', 3, 1),
                  QueryEventBytes("ROLLBACK TO s"), Insert('u', 4, 1), commit_}),
            "u4 [t]");
}

TEST_F(UnreadableRowsTest, TheOrdinalBehindATransactionWithEventsIsLeftUnused) {
  Start(Letter());
  Feed({begin_, EnumMap('t'), Insert('t', 1, 7), commit_});
  EXPECT_EQ(last_.ordinal, 1U);
  EXPECT_EQ(assembler_->last_ordinal(), 2U);
  EXPECT_EQ(change::LastOrdinalOf(last_), 2U);
  Feed({begin_, EnumMap('t'), Insert('t', 1, 1), commit_});
  EXPECT_EQ(last_.ordinal, 3U);
  EXPECT_EQ(assembler_->last_ordinal(), 3U);
}

TEST_F(UnreadableRowsTest, FramesThatAreWrongAreErrorsOfTheStream) {
  Start(Letter());
  EXPECT_STATUS(assembler_->Feed(Insert('t', 1, 1)), kCorruption);  // without a table map
  assembler_->BeginStream(false);
  std::string cut = EnumMap('t');
  cut.pop_back();
  EXPECT_STATUS(assembler_->Feed(cut), kCorruption);
}

TEST_F(UnreadableRowsTest, RowsAsTextWithinAnXaTransactionAreUnseenAtItsCommit) {
  Start(Letter());
  const auto prepare = [](char one_phase) {
    std::string body(1, one_phase);
    PutU32(&body, 1);
    PutU32(&body, 1);
    PutU32(&body, 0);
    body += "x";
    return MakeEvent(EventType::kXaPrepare, body);
  };
  const std::string start = QueryEventBytes("XA START X'78',X'',1");
  const std::string text = QueryEventBytes("INSERT INTO t VALUES (1, 'a')");
  EXPECT_EQ(Feed({start, text, QueryEventBytes("XA END X'78',X'',1"), prepare(1)}), "{t]");
  EXPECT_EQ(Feed({start, text, QueryEventBytes("XA END X'78',X'',1"), prepare(0)}), "");
  EXPECT_EQ(last_.prepared, nullptr);
  EXPECT_EQ(Feed({QueryEventBytes("XA COMMIT X'78',X'',1")}), "{]");
  EXPECT_EQ(last_.table_events[0].kind, Kind::kUnseenRows);
}

}  // namespace
}  // namespace binseek::binlog
