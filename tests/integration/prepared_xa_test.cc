// Large XA transactions between XA PREPARE and their end: they lie in a file beside the checkpoint, outlive crashes, and are applied once or not at all.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/checkpoint.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/directory_files.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

constexpr int kRows = 100;
constexpr int kXaRows = 3000;  // of a kilobyte each

class PreparedXaTest : public PipelineFixture {
 protected:
  void SetUp() override {
    PipelineFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    CreateItems(kRows);
    Sql("CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES "
        "(0),(1),(2),(3),(4),(5),(6),(7),(8),(9)");
    auto session = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(session);
    session_ = std::move(*session);
  }
  void StartInSmallSteps() {
    StartWith([](pipeline::SupervisorOptions* options) {
      options->commit_interval = std::chrono::milliseconds(20);
    });
  }
  // Names are the server's, not the database's.
  std::string Xid(int number) const { return "'" + database_ + "-" + std::to_string(number) + "'"; }
  void Prepare(int number) {
    const std::string first = std::to_string(1'000'000 * (number + 1));
    for (const std::string& sql :
         {"XA START " + Xid(number),
          "INSERT INTO items (id, name, price, stock, note) SELECT " + first +
              " + a.d + 10 * b.d + 100 * c.d + 1000 * e.d, 'in XA', 1.00, 1, REPEAT('x', 1000) "
              "FROM digits a, digits b, digits c, digits e WHERE e.d < 3",
          "XA END " + Xid(number), "XA PREPARE " + Xid(number)}) {
      ASSERT_OK(session_->Execute(sql));
    }
  }
  size_t Attached() const { return engine_->Attached().size(); }
  bool AwaitAttached(size_t count) {
    return Await([&] { return Attached() == count; });
  }
  // What is written with every batch.
  size_t CheckpointBytes() const {
    return engine_->UserData(pipeline::CheckpointKey(change::SourceId{})).size();
  }
  void ExpectReadOnce() {
    EXPECT_EQ(Table("items").snapshot_rows, static_cast<uint64_t>(kRows)) << "read again";
    EXPECT_EQ(Table("items").stale_since_us, 0);
  }
  size_t FilesOnDisk() const { return ::binseek::test::FilesOf(*directory_, "attached-").size(); }

  std::unique_ptr<mysql::Connection> session_;
};

TEST_P(PreparedXaTest, ALargeOneLiesBesideTheCheckpointAndIsAppliedOnceBehindACrash) {
  StartInSmallSteps();
  AwaitLive();
  Prepare(0);
  ASSERT_TRUE(AwaitAttached(1));
  Sql("UPDATE items SET stock = 7 WHERE id = 1");  // behind it
  ASSERT_TRUE(
      Await([&] { return Documents("items").at("1").find("\"stock\":7") != std::string::npos; }));
  EXPECT_LT(CheckpointBytes(), 10'000U);
  ASSERT_OK(engine_->Commit());
  Crash();
  StartInSmallSteps();
  AwaitLive();
  EXPECT_EQ(Attached(), 1U);
  EXPECT_EQ(Documents("items").size(), static_cast<size_t>(kRows));
  ASSERT_OK(session_->Execute("XA COMMIT " + Xid(0)));
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), static_cast<size_t>(kRows + kXaRows));
  ASSERT_TRUE(AwaitAttached(0));
  ExpectReadOnce();
  Sql("UPDATE items SET stock = 9 WHERE id = 1");
  EXPECT_TRUE(Await([&] { return FilesOnDisk() == 0; })) << "somebody holds it";
  ASSERT_OK(engine_->Commit());
  Crash();
  StartInSmallSteps();
  AwaitLive();
  ExpectEqual();
  ExpectReadOnce();
  Sql("UPDATE items SET stock = 8 WHERE id = 1");
  ExpectEqual();
  Stop();
  EXPECT_EQ(FilesOnDisk(), 0U);
}

TEST_P(PreparedXaTest, OneThatIsRolledBackLeavesNothing) {
  StartInSmallSteps();
  AwaitLive();
  Prepare(0);
  ASSERT_TRUE(AwaitAttached(1));
  Stop();
  StartInSmallSteps();
  AwaitLive();
  ASSERT_OK(session_->Execute("XA ROLLBACK " + Xid(0)));
  ASSERT_TRUE(AwaitAttached(0));
  ExpectEqual();
  ExpectReadOnce();
  EXPECT_EQ(Documents("items").size(), static_cast<size_t>(kRows));
}

TEST_P(PreparedXaTest, WhateverCrashesWhenTheyEndAppliedOnceOrNotAtAll) {
  StartInSmallSteps();
  AwaitLive();
  std::mt19937 random(17);
  size_t expected = kRows;
  for (int round = 0; round < 6; ++round) {
    const bool commits = random() % 3 != 0;
    Prepare(round);
    if (random() % 2 == 0) {
      ASSERT_TRUE(AwaitAttached(1));
    }
    if (random() % 2 == 0) {
      ASSERT_OK(engine_->Commit());
    }
    Crash();
    StartInSmallSteps();
    if (random() % 2 == 0) {
      AwaitLive();
    }
    ASSERT_OK(session_->Execute((commits ? "XA COMMIT " : "XA ROLLBACK ") + Xid(round)));
    if (random() % 2 == 0) {
      ASSERT_TRUE(AwaitAttached(0));
    }
    Crash();
    StartInSmallSteps();
    AwaitLive();
    expected += commits ? kXaRows : 0;
    ExpectEqual();
    EXPECT_EQ(Documents("items").size(), expected) << "round " << round;
    ASSERT_TRUE(AwaitAttached(0));
    ExpectReadOnce();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, PreparedXaTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
