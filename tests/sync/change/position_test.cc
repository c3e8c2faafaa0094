#include "sync/change/position.h"

#include <gtest/gtest.h>

#include "sync/change/transaction.h"
#include "tests/support/status_matchers.h"

namespace binseek::change {
namespace {

TEST(BinlogPositionTest, OrdersByTheNumberOfTheFile) {
  const BinlogPosition a{"binlog.999999", 900};
  const BinlogPosition b{"binlog.1000000", 4};
  EXPECT_LT(a, b);
  EXPECT_LT((BinlogPosition{"binlog.000009", 4}), (BinlogPosition{"binlog.000010", 4}));
  EXPECT_LT((BinlogPosition{"binlog.000010", 4}),
            (BinlogPosition{"binlog.000010", uint64_t{1} << 33}));
  EXPECT_LT(BinlogPosition(), a);
  EXPECT_EQ(a.ToString(), "binlog.999999:900");
}

TEST(SourcePositionTest, TextFormReadsBack) {
  for (const char* text :
       {"mysql - -", "mariadb - -", "mysql 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:batch:1 -",
        "mysql - binlog.000007:5000000000", "mariadb 0-1011-15,7-1011-1 my-bin.log.000001:4"}) {
    const auto position = SourcePosition::Parse(text);
    ASSERT_OK(position) << text;
    EXPECT_EQ(position->Encode(), text);
  }
  for (const char* bad :
       {"", "mysql", "mysql -", "oracle - -", "mysql x -", "mysql - binlog",
        "mysql - binlog.1:", "mysql - binlog.1:12x", "mysql - :4", "mariadb 0-1 -"}) {
    EXPECT_STATUS(SourcePosition::Parse(bad), kCorruption) << bad;
  }
}

TEST(SourcePositionTest, AdvancesByGtidAndEnd) {
  SourcePosition position;
  EXPECT_OK(position.Advance({"3e11fa47-71ca-11e1-9e33-c80aa9429562:1", {"binlog.000001", 100}}));
  EXPECT_OK(position.Advance({"3e11fa47-71ca-11e1-9e33-c80aa9429562:2", {"binlog.000001", 200}}));
  EXPECT_OK(position.Advance({"", {"binlog.000002", 4}}));
  EXPECT_EQ(position.Encode(), "mysql 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-2 binlog.000002:4");
  EXPECT_STATUS(position.Advance({"0-1-1", {}}), kCorruption);
}

TEST(VersionTest, RowsOfATransactionLieBelowTheNextOne) {
  EXPECT_LT(VersionOf(1, (1 << kRowBits) - 1), VersionOf(2, 0));
  EXPECT_EQ(OrdinalsTaken(0), 1U);
  EXPECT_EQ(OrdinalsTaken((1 << kRowBits) - 1), 1U);
  EXPECT_EQ(OrdinalsTaken(1 << kRowBits), 2U);
  const uint64_t rows = 3'000'000;
  EXPECT_LT(VersionOf(7, rows - 1), VersionOf(7 + OrdinalsTaken(rows), 0));
}

TEST(VersionTest, AChunkLiesBetweenItsLowWatermarkAndTheNextTransaction) {
  EXPECT_GE(ChunkVersionOf(7), VersionOf(7, (1 << kRowBits) - 1));
  EXPECT_LT(ChunkVersionOf(7), VersionOf(8, 0));
  EXPECT_GE(ChunkVersionOf(0), 0);
}

}  // namespace
}  // namespace binseek::change
