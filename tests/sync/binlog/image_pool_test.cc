// Rows that are decoded into memory of others before them.
#include "sync/change/image_pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/binlog/transaction_assembler.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/binlog/captured_stream.h"

namespace binseek::change {
namespace {

using Rows = std::vector<std::pair<RowImage, RowImage>>;

Rows RowsOf(const Transaction& transaction) {
  Rows rows;
  const auto cursor = transaction.rows->Open();
  for (;;) {
    const auto row = cursor->Next();
    EXPECT_OK(row);
    if (!row.ok() || *row == nullptr) {
      return rows;
    }
    rows.emplace_back((*row)->before, (*row)->after);
  }
}

// The captured stream, so many times one after the other. Where transactions are kept, no image is used again.
std::vector<Rows> Read(bool mariadb, int times, bool keep) {
  const auto events = binlog::ReadCaptured(mariadb);
  binlog::CapturedTables tables(mariadb);
  binlog::TransactionAssembler assembler(tables.Options());
  std::vector<Rows> all;
  std::vector<Transaction> kept;
  for (int i = 0; i < times; ++i) {
    assembler.BeginStream(true);
    for (const binlog::CapturedEvent& event : events) {
      auto transaction = assembler.Feed(event.bytes);
      EXPECT_OK(transaction);
      if (transaction.ok() && *transaction) {
        tables.See(**transaction);
        all.push_back(RowsOf(**transaction));
        if (keep) {
          kept.push_back(*std::move(*transaction));
        }
      }
    }
  }
  return all;
}

TEST(ImagePoolTest, RowsInMemoryOfOthersAreTheSameRows) {
  for (const bool mariadb : {false, true}) {
    const std::vector<Rows> fresh = Read(mariadb, 3, /*keep=*/true);
    const std::vector<Rows> again = Read(mariadb, 3, /*keep=*/false);
    ASSERT_FALSE(fresh.empty());
    ASSERT_EQ(fresh.size(), again.size());
    for (size_t i = 0; i < fresh.size(); ++i) {
      ASSERT_EQ(fresh[i], again[i]) << "transaction " << i;
    }
  }
}

std::vector<RowChange> OneRow(size_t text_bytes) {
  RowImage image = {Value::Bytes(ValueKind::kText, std::string(text_bytes, 'x'))};
  return {{RowChangeKind::kInsert, nullptr, {}, std::move(image)}};
}

TEST(ImagePoolTest, GivesBackWhatItGotAndHoldsNoMoreThanItMay) {
  ImagePool pool;
  EXPECT_TRUE(pool.Take().empty());
  std::vector<RowChange> rows = OneRow(100);
  pool.Give(&rows);
  rows = OneRow(ImagePool::kMostBytes);
  pool.Give(&rows);
  EXPECT_EQ(pool.Take().size(), 1U);
  EXPECT_TRUE(pool.Take().empty()) << "the large one was kept";
}

TEST(ImagePoolTest, ATransactionsRowsGoThereWithIt) {
  const auto pool = std::make_shared<ImagePool>();
  auto rows = std::make_unique<RowVector>(OneRow(100), pool);
  EXPECT_TRUE(pool->Take().empty());
  rows.reset();
  EXPECT_EQ(pool->Take().size(), 1U);
}

}  // namespace
}  // namespace binseek::change
