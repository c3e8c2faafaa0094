// Transactions larger than the memory that is given to them, from a real server to documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/store/posix_directory.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::test {
namespace {

constexpr uint64_t kMb = 1 << 20;
constexpr int kRows = 100'000;
constexpr int kManyRows = 300'000;

// The largest that this process has been since ResetPeak; 0: not told.
uint64_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      uint64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes << 10;
    }
  }
  return 0;
}

void ResetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

class HugeTransactionTest : public PipelineFixture {
 protected:
  void SetUp() override {
    PipelineFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto disk = store::OpenPosixDirectory(folder_.path());
    ASSERT_OK(disk);
    disk_ = std::move(*disk);
    engine_memory_bytes_ = 4 * kMb;
    Sql("CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES "
        "(0),(1),(2),(3),(4),(5),(6),(7),(8),(9)");
  }
  void TearDown() override {
    PipelineFixture::TearDown();
    disk_.reset();
  }

  void StartLittle() {
    StartWith([](pipeline::SupervisorOptions* options) {
      options->spill.memory_bytes = kMb;
      options->exclude = {"digits"};
    });
    AwaitLive();
  }

  // So many rows more. REQUIRES: whole hundred thousands, at most ten.
  void InsertMany(int rows = kRows) {
    Sql("INSERT INTO items (name, price, stock, note) SELECT CONCAT('item ', n), n / 100, n % 50, "
        "IF(n % 3 = 0, NULL, 'a note of some length, as notes are') FROM (SELECT a.d + 10 * b.d + "
        "100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d AS n FROM digits a, digits b, digits "
        "c, digits d, digits e, digits f WHERE f.d < " +
        std::to_string(rows / 100'000) + ") numbers");
  }

  size_t Count() const {
    const auto view = engine_->View();
    const index::IndexView* index = view->Find("items");
    return index == nullptr ? 0 : index->live_docs();
  }

  // Runs `change`; all counts that are seen from before it until the index has `rows` documents.
  std::set<size_t> CountsUntil(size_t rows, const std::function<void()>& change) {
    std::set<size_t> seen;
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      while (!stop) {
        seen.insert(Count());
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
    change();
    EXPECT_TRUE(Await([&] { return Count() == rows; })) << supervisor_->status().error;
    stop = true;
    reader.join();
    seen.insert(Count());  // it may have gone to sleep before
    return seen;
  }

  const TempFolder folder_;
};

TEST_P(HugeTransactionTest, IsSeenWholeOrNotAtAllAndTakesLittleMemory) {
  CreateItems(10);
  StartLittle();
  ResetPeak();
  const uint64_t before = PeakBytes();
  EXPECT_EQ(CountsUntil(10 + kManyRows, [&] { InsertMany(kManyRows); }),
            (std::set<size_t>{10, 10 + kManyRows}));
  const uint64_t grown = PeakBytes() - before;
  RecordProperty("grown_mb", static_cast<int>(grown / kMb));
  EXPECT_LT(grown, 64 * kMb);
  ExpectEqual();
  // One in which rows change in every way.
  Sql("BEGIN; UPDATE items SET price = price + 1, stock = stock + 1; UPDATE items SET name = "
      "CONCAT('new ', name) WHERE id % 10 = 0; DELETE FROM items WHERE id % 5 = 1; COMMIT");
  const size_t rows = std::stoul(Sql("SELECT COUNT(*) FROM items"));
  ASSERT_TRUE(Await([&] { return Count() == rows; })) << supervisor_->status().error;
  ExpectEqual();
  EXPECT_EQ(CountsUntil(0, [&] { Sql("TRUNCATE TABLE items"); }), (std::set<size_t>{0, rows}));
  Sql("INSERT INTO items (name, price, stock) VALUES ('after', 1.00, 1)");
  ExpectEqual();
  EXPECT_EQ(supervisor_->status().dead_letters, 0U);
}

TEST_P(HugeTransactionTest, ACrashAmidItLeavesNothingOfItAndItComesAgain) {
  CreateItems(10);
  StartLittle();
  InsertMany();
  ASSERT_TRUE(Await([&] {
    const auto status = supervisor_->status();
    return status.applying.operations > 20'000 || Count() > 10;
  }));
  // As a crash: no commit of an orderly end.
  power_ = false;
  supervisor_.reset();
  engine_.reset();
  power_ = true;
  StartLittle();
  ASSERT_TRUE(Await([&] { return Count() == 10 + kRows; }));
  ExpectEqual();
}

TEST_P(HugeTransactionTest, WhileItComesStatusTellsHowFarItIs) {
  CreateItems(10);
  StartLittle();
  std::thread writer([&] { InsertMany(kManyRows); });
  uint64_t incoming = 0;
  uint64_t operations = 0;
  EXPECT_TRUE(Await([&] {
    const auto status = supervisor_->status();
    incoming = std::max(incoming, status.incoming.rows);
    operations = std::max(operations, status.applying.operations);
    return Count() > 10;
  }));
  writer.join();
  EXPECT_GT(incoming, 1000U);
  EXPECT_GT(operations, 1000U);
  EXPECT_EQ(supervisor_->status().incoming.rows, 0U);
}

// More events than the checkpoint keeps of what is prepared.
TEST_P(HugeTransactionTest, OfALargeXaTransactionTheTablesAreReadAgainWhenItIsCommitted) {
  CreateItems(10);
  Sql("CREATE TABLE boxes LIKE items");
  StartLittle();
  const auto prepare = [&](const std::string& xid) {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(connection);
    for (const std::string& sql : std::vector<std::string>{
             "XA START '" + xid + "'",
             "INSERT INTO items (name, price, stock, note) SELECT 'x', 1, 1, REPEAT('note ', "
             "12000) FROM digits a, digits b, digits c WHERE c.d < 4",
             "UPDATE items SET stock = 7 WHERE id < 5", "XA END '" + xid + "'",
             "XA PREPARE '" + xid + "'"}) {
      ASSERT_OK((*connection)->Execute(sql));
    }
  };
  const std::string rolled_back = database_ + "-a";
  const std::string committed = database_ + "-b";
  prepare(rolled_back);
  Sql("XA ROLLBACK '" + rolled_back + "'");
  prepare(committed);
  Sql("INSERT INTO boxes (name, price, stock) VALUES ('beside', 1.00, 1)");
  ExpectEqual("boxes", "boxes");
  EXPECT_EQ(Count(), 10U);
  // The checkpoint that is gone on from has it.
  Stop();
  StartLittle();
  EXPECT_EQ(Count(), 10U);
  Sql("XA COMMIT '" + committed + "'");
  ASSERT_TRUE(Await([&] { return Count() == 410U; })) << supervisor_->status().error;
  AwaitLive();
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
}

INSTANTIATE_TEST_SUITE_P(Servers, HugeTransactionTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
