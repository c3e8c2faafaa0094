// Rows in the forms that no captured stream has, and XA transactions: fragments, columns that are packed, differences without the
// document before, prepared rows over restarts. Events are built by hand, or cut out of the captured streams.
#include "sync/binlog/row_event_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/coding.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/transaction_assembler.h"
#include "tests/support/full_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/sync/binlog/captured_stream.h"
#include "tests/sync/binlog/made_events.h"

namespace binseek::binlog {
namespace {

class RowEventTest : public ::testing::Test {
 protected:
  void Start(bool mariadb, const std::vector<change::Column>& columns) {
    auto table = std::make_shared<change::TableSchema>();
    table->database = "shop";
    table->table = "t";
    table->columns = columns;
    table->key = {0};
    AssemblerOptions options;
    options.start.flavor = mariadb ? change::Flavor::kMariadb : change::Flavor::kMysql;
    options.schema_provider = [table](std::string_view database, std::string_view name) {
      return database == "shop" && name == "t" ? table : nullptr;
    };
    options.captures_database = captures_database_;
    options.cascades_from = cascades_from_;
    options.max_prepared_bytes = max_prepared_bytes_;
    options.spill.memory_bytes = 1 << 20;
    options.max_event_bytes = 1 << 20;
    assembler_.emplace(options);
    assembler_->BeginStream(false);
  }

  // Of the rows of the transaction that these events make up; nothing where they fail. Its table events are in `told_`.
  std::string Rows(const std::vector<std::string>& events) {
    std::string text;
    told_.clear();
    for (const std::string& event : events) {
      const auto fed = assembler_->Feed(event);
      status_ = fed.status();
      if (!fed.ok()) {
        return "";
      }
      if (!fed->has_value()) {
        continue;
      }
      told_ = std::move((*fed)->table_events);
      const auto cursor = (*fed)->rows->Open();
      for (auto row = cursor->Next(); row.ok() && *row != nullptr; row = cursor->Next()) {
        for (const change::Value& value : (*row)->after) {
          text += (text.empty() ? "" : " ") + change::DebugString(value);
        }
      }
    }
    return text;
  }

  DatabaseFilter captures_database_;
  CascadeFilter cascades_from_;
  uint64_t max_prepared_bytes_ = 1 << 20;
  const std::string begin_ = QueryEventBytes("BEGIN");
  const std::string commit_ = MakeEvent(EventType::kXid, std::string(8, '\0'));
  std::optional<TransactionAssembler> assembler_;
  Status status_;
  std::vector<change::TableEvent> told_;
};

// Rows of an XA transaction that is committed in one phase, with a savepoint on either side of the place where there are too many to be kept.
TEST_F(RowEventTest, AnXaTransactionOfOnePhaseMayBeLargerThanWhatIsKeptOfPreparedOnes) {
  const std::string xa_start = QueryEventBytes("XA START X'78',X'',1");
  const std::string savepoint = QueryEventBytes("SAVEPOINT s");
  const std::string back = QueryEventBytes("ROLLBACK TO s");
  const std::string xa_end = QueryEventBytes("XA END X'78',X'',1");
  const std::string one_phase =
      MakeEvent(EventType::kXaPrepare, "\x01\x01\0\0\0\x01\0\0\0\0\0\0\0x"s);
  const std::string map = TableMapEvent("\x03", "");
  const auto insert = [](char id) { return InsertEvent(1, id + "\0\0\0"s); };
  for (const uint64_t kept : {uint64_t{1}, uint64_t{70}, uint64_t{110}, uint64_t{1000}}) {
    max_prepared_bytes_ = kept;
    Start(false, {MakeColumn("id", ColumnType::kInt)});
    EXPECT_EQ(Rows({xa_start, map, insert(1), savepoint, map, insert(2), map, insert(3), back, map,
                    insert(4), xa_end, one_phase}),
              "1 4")
        << kept << " bytes kept: " << status_.ToString();
  }
}

TEST_F(RowEventTest, ARowOfDefaultsAloneComesWithoutAColumn) {
  Start(true, {MakeColumn("id", ColumnType::kInt), MakeColumn("c", ColumnType::kInt)});
  const std::string map = TableMapEvent("\x03\x03", "");
  const auto rows = [](EventType type, std::string_view images) {
    return MakeEvent(type, "t\0\0\0\0\0\x01\0\x02"s.append(images));
  };
  const std::string_view none("\0", 1);
  EXPECT_EQ(Rows({begin_, map, rows(EventType::kWriteRowsV1, none), commit_}), "<absent> <absent>");
  EXPECT_EQ(
      Rows({begin_, map, InsertEvent(2, "\1\0\0\0\2\0\0\0"s), rows(EventType::kWriteRowsV1, none),
            map, InsertEvent(2, "\3\0\0\0\4\0\0\0"s), commit_}),
      "1 2 <absent> <absent> 3 4");
  // Of what is no new row nothing is made.
  EXPECT_EQ(Rows({begin_, map, rows(EventType::kDeleteRowsV1, none), commit_}), "");
  EXPECT_TRUE(told_.empty()) << "no rows are none";
  // Bytes that no column has are no rows.
  EXPECT_EQ(Rows({begin_, map, rows(EventType::kWriteRowsV1, {"\0x", 2}), commit_}), "");
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnreadableRows);
}

// Of a rows event of that size.
std::string Fragment(uint32_t number, uint32_t count, uint64_t size, std::string_view bytes) {
  std::string body;
  PutU32(&body, count);
  PutU32(&body, number);
  PutU8(&body, number == 1 ? 1 : 0);
  if (number == 1) {
    PutU64(&body, size);
  }
  body += bytes;
  return MakeEvent(EventType::kMariadbPartialRowData, body);
}

// Not seen from a server: MariaDB writes fragments from 12.3 on.
TEST_F(RowEventTest, FragmentsOfARowsEventAreJoined) {
  Start(true, {MakeColumn("id", ColumnType::kInt), MakeColumn("v", ColumnType::kVarchar)});
  const std::string map = TableMapEvent("\x03\x0f", "\x50\0"s);
  const std::string insert = InsertEvent(2, "\x2a\0\0\0\x05hello"s);
  const auto fragment = [&](uint32_t number, uint32_t count, std::string_view bytes) {
    return Fragment(number, count, insert.size(), bytes);
  };
  const std::string one = fragment(1, 3, insert.substr(0, 10));
  const std::string two = fragment(2, 3, insert.substr(10, 15));
  const std::string three = fragment(3, 3, insert.substr(25));
  EXPECT_EQ(Rows({begin_, map, one, two, three, commit_}), "42 \"hello\"");
  for (const auto& wrong : std::vector<std::vector<std::string>>{
           {two}, {one, three}, {one, one}, {one, fragment(2, 4, "x")}, {one, insert}}) {
    assembler_->BeginStream(false);
    std::vector<std::string> events = {begin_, map};
    events.insert(events.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(Rows(events), "");
    EXPECT_STATUS(status_, kCorruption);
  }
  // A new stream forgets what came of an event.
  assembler_->BeginStream(false);
  EXPECT_EQ(Rows({begin_, map, one}), "");
  assembler_->BeginStream(false);
  EXPECT_EQ(Rows({begin_, map, one, two, three, commit_}), "42 \"hello\"");
}

// Not seen from a server.
TEST_F(RowEventTest, FragmentsOfAnUnwantedTableAreLeftOutOfAnXaTransaction) {
  const auto fragments = [](const std::string& event) {
    return std::vector{Fragment(1, 2, event.size(), event.substr(0, 30)),
                       Fragment(2, 2, event.size(), event.substr(30))};
  };
  const auto wanted = fragments(InsertEvent(1, "\1\0\0\0"s));
  const auto unwanted = fragments(InsertEvent(1, "\2\0\0\0"s, 'v'));
  const std::string map = TableMapEvent("\x03", "");
  const std::string map_of_v = TableMapEvent("\x03", "", 'v');
  const std::vector<std::string> events = {QueryEventBytes("XA START X'78',X'',1"),
                                           map,
                                           map_of_v,
                                           unwanted[0],
                                           unwanted[1],
                                           wanted[0],
                                           wanted[1],
                                           unwanted[0],
                                           unwanted[1],
                                           QueryEventBytes("XA END X'78',X'',1")};
  const auto prepare = [](char one_phase) {
    return MakeEvent(EventType::kXaPrepare, one_phase + "\x01\0\0\0\x01\0\0\0\0\0\0\0x"s);
  };
  // What is kept, and what is read at once, because it is too large to be kept.
  for (const uint64_t kept : {uint64_t{1000}, uint64_t{1}}) {
    max_prepared_bytes_ = kept;
    Start(true, {MakeColumn("id", ColumnType::kInt)});
    std::vector<std::string> one_phase = events;
    one_phase.push_back(prepare(1));
    EXPECT_EQ(Rows(one_phase), "1") << status_.ToString();
  }
  max_prepared_bytes_ = 1000;
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  std::vector<std::string> prepared = events;
  prepared.push_back(prepare(0));
  EXPECT_EQ(Rows(prepared), "");
  EXPECT_EQ(Rows({QueryEventBytes("XA COMMIT X'78',X'',1")}), "1") << status_.ToString();
}

TEST_F(RowEventTest, CompressedColumnsAreUnpacked) {
  Start(true, {MakeColumn("a", ColumnType::kVarchar), MakeColumn("b", ColumnType::kBlob)});
  const std::string map = TableMapEvent("\x8d\x8c", "\x50\0\x02"s);
  EXPECT_EQ(Rows({begin_, map, InsertEvent(2, "\x03\0ab\x02\0\0\xff"s), commit_}),
            "\"ab\" x'ff'");  // as they are, behind a header of 0
  EXPECT_EQ(Rows({begin_, map, InsertEvent(2, "\0\0\0"s), commit_}), "\"\" x''");
  // 'x' times 20, raw deflate
  const std::string packed = "\x89\x14\xab\xa8\xc0\x04\0"s;
  EXPECT_EQ(Rows({begin_, map, InsertEvent(2, "\x07" + packed + "\0\0"s), commit_}),
            "\"" + std::string(20, 'x') + "\" x''");
  for (size_t cut = 1; cut < packed.size(); ++cut) {
    assembler_->BeginStream(false);
    const std::string shorter(1, static_cast<char>(packed.size() - cut));
    Rows({begin_, map, InsertEvent(2, shorter + packed.substr(0, packed.size() - cut) + "\0\0"s),
          commit_});
    EXPECT_OK(status_) << cut;
    ASSERT_EQ(told_.size(), 1U) << cut;
    EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnreadableRows);
  }
}

TEST_F(RowEventTest, ADifferenceWithoutTheDocumentBeforeIsAnUnknownValue) {
  Start(false, {MakeColumn("id", ColumnType::kInt), MakeColumn("doc", ColumnType::kJson)});
  const std::string map = TableMapEvent("\x03\xf5", "\x04"s);
  // The image before has the key alone; the one after a removal of $.a.
  const std::string difference = "\x02\x03$.a"s;
  std::string body =
      "t\0\0\0\0\0\x01\0\x02\0"s + "\x02\x01\x03"s + "\0\x01\0\0\0"s + "\x01\x01\0\x01\0\0\0"s;
  PutU32(&body, static_cast<uint32_t>(difference.size()));
  body += difference;
  EXPECT_EQ(Rows({begin_, map, MakeEvent(EventType::kPartialUpdateRows, body), commit_}),
            "1 <unknown>");
  EXPECT_OK(status_);
}

TEST_F(RowEventTest, ADifferenceThatDoesNotFitIsAnUnknownValue) {
  Start(false, {MakeColumn("id", ColumnType::kInt), MakeColumn("doc", ColumnType::kJson)});
  const std::string map = TableMapEvent("\x03\xf5", "\x04"s);
  // The image before has the key and 17 as the document, of which the one after removes $.a.
  const std::string document = "\x05\x11\0"s;
  const std::string difference = "\x02\x03$.a"s;
  std::string body = "t\0\0\0\0\0\x01\0\x02\0"s + "\x02\x03\x03"s + "\0\x01\0\0\0"s;
  PutU32(&body, static_cast<uint32_t>(document.size()));
  body += document + "\x01\x01\0\x01\0\0\0"s;
  PutU32(&body, static_cast<uint32_t>(difference.size()));
  body += difference;
  EXPECT_EQ(Rows({begin_, map, MakeEvent(EventType::kPartialUpdateRows, body), commit_}),
            "1 <unknown>");
  EXPECT_OK(status_);
  EXPECT_TRUE(told_.empty());
}

TEST_F(RowEventTest, StatementsAreReadAsTheirSessionMeantThem) {
  Start(false, {MakeColumn("id", ColumnType::kInt)});
  const auto tables = [&](const std::string& event) {
    std::string text;
    const auto fed = assembler_->Feed(event);
    EXPECT_OK(fed);
    if (fed.ok() && fed->has_value()) {
      for (const change::TableEvent& table : (*fed)->table_events) {
        text += table.table + " ";
      }
    }
    return text;
  };
  const std::string no_escapes = "\x01\0\0\x10\0\0\0\0\0"s;
  const std::string ansi = "\x01\x04\0\0\0\0\0\0\0"s;
  const std::string in_gbk = "\x04\x1c\0\x1c\0\x2d\0"s;
  const std::string renames = "ALTER TABLE x COMMENT 'back\\', RENAME TO t";
  EXPECT_EQ(tables(QueryEventBytes(renames)), "");
  EXPECT_EQ(tables(QueryEventBytes(renames, no_escapes)), "t ");
  EXPECT_EQ(tables(QueryEventBytes("DROP TABLE \"t\"", ansi)), "t ");
  // Of gbk's character 0x815c, the second byte is the backslash's.
  EXPECT_EQ(tables(QueryEventBytes("ALTER TABLE x COMMENT '\x81\\', RENAME TO t", in_gbk)), "t ");
}

TEST_F(RowEventTest, RowsAsTextAreUnseenWhereAFollowedDatabaseMayChange) {
  // Sessions' own database is shop, as it is in all of these events.
  const auto fed = [&](std::string_view followed, std::string_view sql) -> std::string {
    captures_database_ = [followed](std::string_view database) { return database == followed; };
    Start(false, {MakeColumn("id", ColumnType::kInt)});
    Rows({QueryEventBytes(sql)});
    EXPECT_OK(status_);
    if (told_.empty()) {
      return "";
    }
    EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnseenRows);
    EXPECT_EQ(told_[0].database, followed);
    return told_[0].why.substr(told_[0].why.find("binlog_format"), 17);
  };
  for (const std::string_view sql :
       {"WITH c AS (SELECT 1) DELETE FROM x.t", "WITH c AS (SELECT 1) UPDATE x.t SET v=1",
        "UPDATE (a JOIN x.b) SET v=1", "UPDATE other.a JOIN x.b SET b.v=1",
        "DELETE b FROM other.a a JOIN x.b b", "DELETE FROM b USING other.a JOIN x.b"}) {
    EXPECT_EQ(fed("x", sql), "binlog_format=ROW") << sql;
    EXPECT_EQ(fed("y", sql), "") << sql;
  }
  EXPECT_EQ(fed("shop", "UPDATE other.a JOIN b SET b.v=1"), "binlog_format=ROW");
  EXPECT_EQ(fed("shop", "UPDATE other.a SET v=1"), "");
}

TEST_F(RowEventTest, RowsThatARoutineChangesAreUnseenWhereverItIs) {
  for (const std::string_view sql :
       {"SELECT `other`.`f`()", "DO other.f()", "INSERT INTO other.log VALUES (f())"}) {
    captures_database_ = [](std::string_view database) { return database == "shop"; };
    Start(false, {MakeColumn("id", ColumnType::kInt)});
    Rows({QueryEventBytes(sql)});
    EXPECT_OK(status_);
    ASSERT_EQ(told_.size(), 1U) << sql;
    EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnseenRows);
    EXPECT_EQ(told_[0].database + told_[0].table, "");
  }
}

TEST_F(RowEventTest, RowsAsTextThatCascadeFromAnotherDatabaseAreUnseen) {
  captures_database_ = [](std::string_view database) { return database == "shop"; };
  cascades_from_ = [](std::string_view database, std::string_view table) {
    return database == "other" && table == "parent";
  };
  const auto told = [&](std::string_view sql) {
    Start(false, {MakeColumn("id", ColumnType::kInt)});
    Rows({QueryEventBytes(sql)});
    EXPECT_OK(status_);
    return told_;
  };
  EXPECT_TRUE(told("DELETE FROM other.log").empty());
  const auto events = told("DELETE FROM other.parent");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(events[0].database + events[0].table, "") << "of all that is followed";
}

TEST_F(RowEventTest, StatementsThatMayChangeForeignKeysAreToldOfAnyDatabase) {
  captures_database_ = [](std::string_view database) { return database == "shop"; };
  cascades_from_ = [](std::string_view, std::string_view) { return false; };
  const auto told = [&](std::string_view sql) {
    Start(false, {MakeColumn("id", ColumnType::kInt)});
    Rows({QueryEventBytes(sql)});
    EXPECT_OK(status_);
    return told_.size();
  };
  EXPECT_EQ(told("ALTER TABLE other.mid ADD FOREIGN KEY (p) REFERENCES shop.t (id)"), 1U);
  EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kDdl);
  EXPECT_EQ(told_[0].database + "." + told_[0].table, "other.mid");
  EXPECT_EQ(told("RENAME TABLE other.mid TO other.middle"), 2U);
  EXPECT_EQ(told("ALTER TABLE other.mid ADD COLUMN a INT"), 0U);
  EXPECT_EQ(told("DROP TABLE other.mid"), 0U);
}

TEST_F(RowEventTest, EmptyingATemporaryTableEmptiesNoneOfItsName) {
  constexpr size_t kFlagsAt = 17;
  using Kind = change::TableEvent::Kind;
  const auto told = [&](std::string_view sql, char flags) {
    Start(true, {MakeColumn("id", ColumnType::kInt)});
    std::string event = QueryEventBytes(sql);
    event[kFlagsAt] = flags;
    Rows({event});
    EXPECT_OK(status_);
    return told_.size() == 1 ? told_[0].kind : Kind::kUnreadableRows;
  };
  EXPECT_EQ(told("TRUNCATE TABLE t", 0), Kind::kTruncate);
  EXPECT_EQ(told("TRUNCATE TABLE t", 4), Kind::kDdl);
  // MariaDB flags that of a database, too.
  EXPECT_EQ(told("DROP DATABASE shop", 4 + 8), Kind::kDrop);
}

TEST_F(RowEventTest, AFileThatIsLoadedAsTextComesInBlocksAndIsUnseen) {
  captures_database_ = [](std::string_view database) { return database == "shop"; };
  Start(false, {MakeColumn("id", ColumnType::kInt)});
  std::string load(8, '\0');
  load += "\x04\0\0\0\0"s + std::string(13, '\0') + "shop\0LOAD DATA INFILE 'f' INTO TABLE `t`"s;
  Rows({begin_, MakeEvent(EventType::kBeginLoadQuery, "\x01\0\0\0abc"s),
        MakeEvent(EventType::kAppendBlock, "\x01\0\0\0def"s),
        MakeEvent(EventType::kDeleteFile, "\x02\0\0\0"s),
        MakeEvent(EventType::kExecuteLoadQuery, load), commit_});
  EXPECT_OK(status_);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(told_[0].table, "t");
}

TEST_F(RowEventTest, RowsThatWereRolledBackDoNotCountForTheLimit) {
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  const std::string map = TableMapEvent("\x03", "");
  const std::string insert = InsertEvent(1, "\x2a\0\0\0"s);
  std::vector<std::string> events = {begin_, map, insert};
  for (int i = 0; i < 20'000; ++i) {  // some hundred bytes each time, of which none remain
    events.push_back(QueryEventBytes("SAVEPOINT s"));
    events.push_back(insert);
    events.push_back(QueryEventBytes("ROLLBACK TO s"));
  }
  events.push_back(commit_);
  EXPECT_EQ(Rows(events), "42") << status_;
}

TEST_F(RowEventTest, ATableOfMoreColumnsThanTheServersHaveIsRefused) {
  const auto map = [](size_t columns) {
    std::string body = "\x07\0\0\0\0\0\x01\0\x04shop\0\x01t\0\xfc"s;
    PutU16(&body, static_cast<uint16_t>(columns));
    body.append(columns, '\x03');
    PutU8(&body, 0);
    body.append((columns + 7) / 8, '\xff');
    return body;
  };
  EXPECT_OK(DecodeTableMap(map(4096), 6, false));
  EXPECT_STATUS(DecodeTableMap(map(4097), 6, false), kCorruption);
}

TEST_F(RowEventTest, WhatIsNotKnownStopsTheStreamUnlessItMayBeIgnored) {
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  const std::string map = TableMapEvent("\x03", "");
  const std::string insert = InsertEvent(1, "\x2a\0\0\0"s);
  constexpr auto kLater = static_cast<EventType>(99);
  // Within a transaction, which they leave as it is.
  EXPECT_EQ(
      Rows({begin_, map, MakeEvent(kLater, "?", kFlagIgnorable),
            MakeEvent(EventType::kTransactionContext, "?"), MakeEvent(EventType::kViewChange, "?"),
            MakeEvent(EventType::kMariadbStartEncryption, "?"), insert, commit_}),
      "42");
  EXPECT_EQ(Rows({begin_, map, MakeEvent(kLater, "?")}), "");
  EXPECT_STATUS(status_, kAborted);
  EXPECT_NE(status_.message().find("event type 99"), std::string::npos) << status_;
}

class IncidentTest : public RowEventTest {
 protected:
  void ExpectUnseenRows() const {
    EXPECT_OK(status_);
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_[0].kind, change::TableEvent::Kind::kUnseenRows);
    EXPECT_EQ(told_[0].table, "") << "any table";
    EXPECT_NE(told_[0].why.find("lost"), std::string::npos) << told_[0].why;
  }

  const std::string incident_ = MakeEvent(EventType::kIncident, "\x01\0\x04lost"s);
  const std::string map_ = TableMapEvent("\x03", "");
  const std::string insert_ = InsertEvent(1, "\x2a\0\0\0"s);
};

TEST_F(IncidentTest, SaysThatRowsOfAnyTableAreUnseen) {
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  EXPECT_EQ(Rows({incident_}), "");
  ExpectUnseenRows();
  EXPECT_EQ(Rows({begin_, map_, insert_, commit_}), "42");
  EXPECT_TRUE(told_.empty());
}

TEST_F(IncidentTest, WithinATransactionComesWithIt) {
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  EXPECT_EQ(Rows({begin_, map_, incident_, insert_, commit_}), "42");
  ExpectUnseenRows();
}

TEST_F(IncidentTest, WithinATransactionThatIsCutOffComesWithTheNextOne) {
  Start(true, {MakeColumn("id", ColumnType::kInt)});
  const std::string rotate = MakeEvent(EventType::kRotate, "\x04\0\0\0\0\0\0\0binlog.2"s);
  EXPECT_EQ(Rows({begin_, map_, incident_, rotate, begin_, map_, insert_, commit_}), "42");
  ExpectUnseenRows();
  EXPECT_EQ(Rows({begin_, map_, incident_}), "");
  assembler_->BeginStream(false);  // which brings it again
  EXPECT_EQ(Rows({begin_, map_, insert_, commit_}), "42");
  EXPECT_TRUE(told_.empty());
}

class XaTest : public ::testing::TestWithParam<bool> {
 protected:
  bool mariadb() const { return GetParam(); }

  // Feeds events[from, to), and gives the transactions.
  std::vector<change::Transaction> Feed(TransactionAssembler* assembler, CapturedTables* tables,
                                        size_t from, size_t to) {
    std::vector<change::Transaction> transactions;
    for (size_t i = from; i < to; ++i) {
      auto fed = assembler->Feed(events_[i].bytes);
      EXPECT_OK(fed) << events_[i].name;
      if (fed.ok() && fed->has_value()) {
        tables->See(**fed);
        transactions.push_back(*std::move(*fed));
      }
    }
    return transactions;
  }

  void SetUp() override {
    const auto prepare = std::find_if(events_.begin(), events_.end(),
                                      [](const auto& e) { return e.name == "XA_PREPARE"; });
    ASSERT_NE(prepare, events_.end());
    behind_prepare_ = static_cast<size_t>(prepare - events_.begin()) + 1;
  }

  static std::string FirstRow(const change::Transaction& transaction) {
    const auto cursor = transaction.rows->Open();
    const auto row = cursor->Next();
    return row.ok() && *row != nullptr ? change::DebugString((*row)->after[1]) : "none";
  }

  const std::vector<CapturedEvent> events_ = ReadCaptured(GetParam());
  size_t behind_prepare_ = 0;
};

TEST_P(XaTest, PreparedRowsComeWithTheirCommit) {
  CapturedTables tables(mariadb());
  TransactionAssembler assembler(tables.Options());
  assembler.BeginStream(true);
  const auto before = Feed(&assembler, &tables, 0, behind_prepare_);
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(before.back().rows->size(), 0U);
  ASSERT_NE(before.back().prepared, nullptr);
  EXPECT_EQ(before.back().prepared->count("1,786131,"), 1U);
  const auto commit = Feed(&assembler, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(FirstRow(commit[0]), "\"X1\"");
  EXPECT_EQ(commit[0].prepared, nullptr);
  EXPECT_TRUE(commit[0].table_events.empty());
}

TEST_P(XaTest, ACommitThatTheDiskHasNoRoomForIsNotForgotten) {
  const test::TempFolder folder;
  CapturedTables tables(mariadb());
  AssemblerOptions options = tables.Options();
  options.spill.folder = folder.path();
  options.spill.memory_bytes = 1;
  TransactionAssembler assembler(options);
  assembler.BeginStream(true);
  Feed(&assembler, &tables, 0, behind_prepare_);
  {
    const test::FullDisk disk(0);
    Status status;
    for (size_t i = behind_prepare_; i < behind_prepare_ + 2 && status.ok(); ++i) {
      status = assembler.Feed(events_[i].bytes).status();
    }
    EXPECT_STATUS(status, kUnavailable);
  }
  assembler.BeginStream(true);
  Feed(&assembler, &tables, 0, 2);
  const auto commit = Feed(&assembler, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(FirstRow(commit[0]), "\"X1\"");
  EXPECT_TRUE(commit[0].table_events.empty());
  EXPECT_EQ(commit[0].prepared, nullptr);
}

TEST_P(XaTest, PreparedRowsOutliveARestartByTheCheckpoint) {
  CapturedTables tables(mariadb());
  TransactionAssembler first(tables.Options());
  first.BeginStream(true);
  const auto before = Feed(&first, &tables, 0, behind_prepare_);
  AssemblerOptions options = tables.Options();
  options.prepared = before.back().prepared;
  options.next_ordinal = 100;
  TransactionAssembler second(options);
  second.BeginStream(true);
  Feed(&second, &tables, 0, 2);
  const auto commit = Feed(&second, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(commit[0].ordinal, 100U);
  EXPECT_EQ(FirstRow(commit[0]), "\"X1\"");
}

TEST_P(XaTest, ACommitOfWhatWasNeverSeenSaysSo) {
  CapturedTables tables(mariadb());
  TransactionAssembler assembler(tables.Options());
  assembler.BeginStream(true);
  Feed(&assembler, &tables, 0, 2);
  const auto commit = Feed(&assembler, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  ASSERT_EQ(commit[0].table_events.size(), 1U);
  EXPECT_EQ(commit[0].table_events[0].kind, change::TableEvent::Kind::kUnseenRows);
  // What is read again because of it has to wait until it is shown.
  EXPECT_EQ(commit[0].commits_xa, "1,786131,");
}

TEST_P(XaTest, OfWhatIsTooLargeForTheCheckpointOnlyTheTablesAreKept) {
  CapturedTables tables(mariadb());
  AssemblerOptions options = tables.Options();
  options.max_prepared_bytes = 40;
  TransactionAssembler first(options);
  first.BeginStream(true);
  const auto before = Feed(&first, &tables, 0, behind_prepare_);
  ASSERT_NE(before.back().prepared, nullptr);
  ASSERT_EQ(before.back().prepared->count("1,786131,"), 1U);
  EXPECT_LT(before.back().prepared->at("1,786131,")->bytes().size(), 40U);
  EXPECT_EQ(before.back().rows->size(), 0U);
  // They outlive a restart.
  options.prepared = before.back().prepared;
  TransactionAssembler second(options);
  second.BeginStream(true);
  Feed(&second, &tables, 0, 2);
  const auto commit = Feed(&second, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(commit[0].rows->size(), 0U);
  ASSERT_EQ(commit[0].table_events.size(), 1U);
  EXPECT_EQ(commit[0].table_events[0].kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(commit[0].table_events[0].database, "shop");
  EXPECT_EQ(commit[0].table_events[0].table, "product");
  EXPECT_EQ(commit[0].prepared, nullptr);
}

TEST_P(XaTest, WhatIsTooLargeForTheCheckpointIsKeptElsewhereAndComesWithItsCommit) {
  CapturedTables tables(mariadb());
  AssemblerOptions options = tables.Options();
  options.max_prepared_bytes = 40;
  options.keep_above_bytes = 20;
  std::vector<std::string> kept;
  bool is_full = true;
  options.keep_prepared =
      [&](std::string_view events) -> Result<std::shared_ptr<const change::PreparedEvents>> {
    if (std::exchange(is_full, false)) {
      return Status::Unavailable("no room");
    }
    kept.emplace_back(events);
    return std::make_shared<const change::PreparedEvents>(
        "file", [bytes = kept.back()]() -> Result<change::PreparedEvents::Bytes> {
          const auto owner = std::make_shared<const std::string>(bytes);
          return change::PreparedEvents::Bytes{owner, *owner};
        });
  };
  TransactionAssembler assembler(options);
  assembler.BeginStream(true);
  Feed(&assembler, &tables, 0, behind_prepare_ - 1);
  EXPECT_STATUS(assembler.Feed(events_[behind_prepare_ - 1].bytes), kUnavailable);
  assembler.BeginStream(true);
  const auto before = Feed(&assembler, &tables, 0, behind_prepare_);
  ASSERT_EQ(kept.size(), 1U);
  ASSERT_NE(before.back().prepared, nullptr);
  const change::PreparedEvents& events = *before.back().prepared->at("1,786131,");
  EXPECT_EQ(events.kept_as(), "file");
  EXPECT_EQ(events.size_here(), 4U);
  EXPECT_EQ(before.back().rows->size(), 0U);
  const auto commit = Feed(&assembler, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(FirstRow(commit[0]), "\"X1\"");
  EXPECT_EQ(commit[0].prepared, nullptr);
  EXPECT_TRUE(commit[0].table_events.empty());
}

TEST_P(XaTest, WhereNotEvenTheTablesHaveRoomTheCommitIsOneOfAnyTable) {
  CapturedTables tables(mariadb());
  AssemblerOptions options = tables.Options();
  options.max_prepared_bytes = 10;
  TransactionAssembler assembler(options);
  assembler.BeginStream(true);
  const auto before = Feed(&assembler, &tables, 0, behind_prepare_);
  EXPECT_EQ(before.back().prepared, nullptr);
  const auto commit = Feed(&assembler, &tables, behind_prepare_, behind_prepare_ + 2);
  ASSERT_EQ(commit.size(), 1U);
  ASSERT_EQ(commit[0].table_events.size(), 1U);
  EXPECT_EQ(commit[0].table_events[0].kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(commit[0].table_events[0].table, "");
}

TEST(XaTablesTest, ManyTablesAreAnyTable) {
  std::set<XaTable> tables;
  for (int i = 0; i < 100; ++i) {
    tables.emplace("shop", "t" + std::to_string(i));
  }
  auto decoded = DecodeXaTables(EncodeXaTables(tables));
  ASSERT_OK(decoded);
  ASSERT_TRUE(decoded->has_value());
  EXPECT_EQ(std::set<XaTable>((*decoded)->begin(), (*decoded)->end()), tables);
  tables.emplace("shop", "one more");
  decoded = DecodeXaTables(EncodeXaTables(tables));
  ASSERT_OK(decoded);
  ASSERT_TRUE(decoded->has_value());
  EXPECT_TRUE((*decoded)->empty());
  EXPECT_STATUS(DecodeXaTables(EncodeXaTables({{"shop", "t"}}).substr(0, 4)), kCorruption);
  EXPECT_EQ(*DecodeXaTables(""), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Servers, XaTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace binseek::binlog
