// The assembler on streams of real servers, whole, cut short, and out of order.
#include "sync/binlog/transaction_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sync/binlog/event_decoder.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/binlog/captured_stream.h"

namespace binseek::binlog {
namespace {

using change::DebugString;
using change::RowChange;
using change::RowChangeKind;

class CapturedStreamTest : public ::testing::TestWithParam<bool> {
 protected:
  bool mariadb() const { return GetParam(); }

  std::vector<change::Transaction> AssembleAll() {
    CapturedTables tables(mariadb());
    TransactionAssembler assembler(tables.Options());
    assembler.BeginStream(true);
    std::vector<change::Transaction> transactions;
    for (const CapturedEvent& event : events_) {
      auto transaction = assembler.Feed(event.bytes);
      EXPECT_OK(transaction) << event.name;
      if (transaction.ok() && transaction->has_value()) {
        tables.See(**transaction);
        transactions.push_back(*std::move(*transaction));
      }
    }
    return transactions;
  }

  static std::vector<RowChange> RowsOf(const change::Transaction& transaction) {
    std::vector<RowChange> rows;
    const auto cursor = transaction.rows->Open();
    for (auto row = cursor->Next(); row.ok() && *row != nullptr; row = cursor->Next()) {
      rows.push_back(**row);
    }
    return rows;
  }

  static std::string Print(const change::RowImage& image) {
    std::string text;
    for (const change::Value& value : image) {
      text += (text.empty() ? "" : " ") + DebugString(value);
    }
    return text;
  }

  const std::vector<CapturedEvent> events_ = ReadCaptured(GetParam());
};

TEST_P(CapturedStreamTest, RowsAreWhatTheStatementsWrote) {
  const auto transactions = AssembleAll();
  const auto inserted = std::find_if(transactions.begin(), transactions.end(),
                                     [](const auto& t) { return t.rows->size() > 0; });
  ASSERT_NE(inserted, transactions.end());
  auto rows = RowsOf(*inserted);
  ASSERT_EQ(rows.size(), 2U);
  // MySQL keeps members by the length of their names.
  const std::string attrs = mariadb() ? R"({"a":1,"color":"red","tags":["x","y"]})"
                                      : R"({"a":1,"tags":["x","y"],"color":"red"})";
  const std::string tail =
      mariadb() ? " x'123e4567e89b12d3a456426614174000' x'00000000000000000000000000000001'"
                : " x'0000803f000000400000404000008040'";
  EXPECT_EQ(Print(rows[0].after),
            "1 \"A1\" \"Ph\xC3\xB6ne\" 9.99 5 \"a\" \"x,y\" " + attrs + " 1767323045678000" + tail);
  EXPECT_EQ(Print(rows[1].after), "2 \"A2\" NULL NULL NULL NULL NULL NULL NULL" +
                                      std::string(mariadb() ? " NULL NULL" : " NULL"));
  EXPECT_TRUE(rows[0].before.empty());
  rows = RowsOf(*(inserted + 1));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].kind, RowChangeKind::kUpdate);
  EXPECT_EQ(DebugString(rows[0].before[4]), "5");
  EXPECT_EQ(DebugString(rows[0].after[4]), "6");
}

TEST_P(CapturedStreamTest, CompressedRowsSavepointsAndMinimalImagesAreUnderstood) {
  size_t of_two_hundred = 0;
  size_t with_absent = 0;
  for (const change::Transaction& transaction : AssembleAll()) {
    const auto rows = RowsOf(transaction);
    of_two_hundred += rows.size() == 200 ? 1 : 0;
    for (const RowChange& row : rows) {
      with_absent += row.kind == RowChangeKind::kUpdate && row.after[1].is_absent() &&
                             !row.after[5].is_absent()
                         ? 1
                         : 0;
      if (!row.after.empty() && !row.after[1].is_absent() &&
          DebugString(row.after[1]) == "\"M1\"") {
        EXPECT_EQ(rows.size(), 1U);  // its update and its deletion were rolled back
      }
    }
  }
  EXPECT_EQ(of_two_hundred, 1U);
  EXPECT_EQ(with_absent, 1U);
}

TEST_P(CapturedStreamTest, EveryTransactionHasItsGtidEndAndOrdinal) {
  const auto transactions = AssembleAll();
  EXPECT_GE(transactions.size(), 15U);
  change::BinlogPosition last;
  uint64_t ordinal = 0;
  for (size_t i = 0; i < transactions.size(); ++i) {
    EXPECT_EQ(transactions[i].ordinal, ordinal + 1);
    ordinal = transactions[i].ordinal + (transactions[i].table_events.empty() ? 0 : 1);
    EXPECT_EQ(change::LastOrdinalOf(transactions[i]), ordinal);
    EXPECT_FALSE(transactions[i].position.gtid.empty());
    EXPECT_LT(last, transactions[i].position.end);
    EXPECT_GT(transactions[i].commit_time_us, 0);
    EXPECT_GT(transactions[i].fingerprint.length, 0U);
    last = transactions[i].position.end;
  }
  const bool special = std::any_of(transactions.begin(), transactions.end(), [&](const auto& t) {
    return mariadb() ? t.position.gtid.starts_with("7-")
                     : t.position.gtid.find(":batch:1") != std::string::npos;
  });
  EXPECT_TRUE(special);
}

TEST_P(CapturedStreamTest, AReplayFromAnyTransactionGivesTheSameOrdinalsAndFingerprints) {
  const auto first = AssembleAll();
  const auto second = AssembleAll();
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].fingerprint, second[i].fingerprint);
    EXPECT_EQ(first[i].position.gtid, second[i].position.gtid);
  }
}

TEST_P(CapturedStreamTest, DifferencesOfJsonAreApplied) {
  std::vector<std::string> documents;
  for (const change::Transaction& transaction : AssembleAll()) {
    for (const RowChange& row : RowsOf(transaction)) {
      // Column 7 until a column is added before it.
      if (row.kind == RowChangeKind::kUpdate && row.after.size() <= 11 &&
          !(row.before[7] == row.after[7])) {
        documents.push_back(DebugString(row.before[7]) + " -> " + DebugString(row.after[7]));
      }
    }
  }
  const std::vector<std::string> wanted = {
      R"({"a":1,"tags":["x","y"],"color":"red"} -> {"a":1,"tags":["x","y"],"color":"blue"})",
      R"({"a":1,"tags":["x","y"],"color":"blue"} -> {"a":1,"tags":["y"],"color":"blue"})"};
  EXPECT_EQ(documents, mariadb() ? std::vector<std::string>() : wanted);
}

TEST_P(CapturedStreamTest, EventsCutAtAnyByteAreCorruption) {
  CapturedTables tables(mariadb());
  TransactionAssembler assembler(tables.Options());
  assembler.BeginStream(true);
  for (const CapturedEvent& event : events_) {
    for (size_t size = 0; size < event.bytes.size(); ++size) {
      EXPECT_FALSE(assembler.Feed(std::string_view(event.bytes).substr(0, size)).ok());
    }
    auto transaction = assembler.Feed(event.bytes);
    if (transaction.ok() && transaction->has_value()) {
      tables.See(**transaction);
    }
  }
}

TEST_P(CapturedStreamTest, BodiesCutAtAnyByteNeverCrash) {
  // Frames that are right around bodies that are not: no checksum stands before the decoders.
  for (size_t last = 0; last < events_.size(); ++last) {
    for (size_t cut = 1; cut < events_[last].bytes.size() - kEventHeaderBytes; ++cut) {
      std::string bytes = events_[last].bytes.substr(0, events_[last].bytes.size() - cut);
      const auto size = static_cast<uint32_t>(bytes.size());
      for (int i = 0; i < 4; ++i) {
        bytes[9 + static_cast<size_t>(i)] = static_cast<char>(size >> (8 * i));
      }
      const auto event = SplitEvent(bytes, false);
      ASSERT_OK(event);
      (void)DecodeFormatDescription(event->body).ok();
      (void)DecodeQuery(event->body, false).ok();
      (void)DecodeGtid(event->body).ok();
      (void)DecodeGtidTagged(event->body).ok();
      (void)DecodeMariadbGtid(event->body).ok();
      (void)DecodeTableMap(event->body, 6, mariadb()).ok();
      CapturedTables tables(mariadb());
      TransactionAssembler assembler(tables.Options());
      assembler.BeginStream(false);
      (void)assembler.Feed(bytes).ok();
    }
  }
}

TEST_P(CapturedStreamTest, AFlippedBitIsCaughtByTheChecksum) {
  for (const CapturedEvent& event : events_) {
    for (size_t at : {size_t{0}, kEventHeaderBytes, event.bytes.size() - 1}) {
      std::string bytes = event.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      EXPECT_STATUS(SplitEvent(bytes, true), kCorruption);
    }
  }
}

TEST_P(CapturedStreamTest, ATransactionCutOffByANewStreamIsDropped) {
  CapturedTables tables(mariadb());
  TransactionAssembler assembler(tables.Options());
  assembler.BeginStream(true);
  const auto row = std::find_if(events_.begin(), events_.end(),
                                [](const auto& e) { return e.name.starts_with("WRITE_ROWS"); });
  ASSERT_NE(row, events_.end());
  for (auto event = events_.begin(); event <= row; ++event) {
    ASSERT_OK(assembler.Feed(event->bytes));
  }
  const uint64_t ordinal = assembler.last_ordinal();
  assembler.BeginStream(true);
  ASSERT_OK(assembler.Feed(events_[0].bytes));
  ASSERT_OK(assembler.Feed(events_[1].bytes));
  EXPECT_EQ(assembler.last_ordinal(), ordinal);
  EXPECT_STATUS(assembler.Feed(row->bytes),
                kCorruption);  // its table map belongs to the stream before
}

INSTANTIATE_TEST_SUITE_P(Servers, CapturedStreamTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace binseek::binlog
