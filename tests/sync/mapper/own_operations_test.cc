// What a transaction's earlier operations make of a document.
#include "sync/mapper/own_operations.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using index::Operation;
using index::OpKind;

class OwnOperationsTest : public ::testing::Test {
 protected:
  OwnOperationsTest() { plan_.index = index::IndexId{3}; }

  void Add(OpKind kind, const std::string& key) {
    Operation& operation = operations_.emplace_back();
    operation.kind = kind;
    operation.index = plan_.index;
    operation.key = key;
  }

  TablePlan plan_;
  NoStoredRows stored_;
  std::vector<Operation> operations_;
  OwnOperations own_{&operations_, &stored_};
};

TEST_F(OwnOperationsTest, TheLastOperationThatTellsSaysWhetherThereIsADocument) {
  EXPECT_FALSE(own_.Contains(plan_, "1"));
  Add(OpKind::kUpsert, "1");
  Add(OpKind::kUpdateColumns, "1");
  EXPECT_TRUE(own_.Contains(plan_, "1"));
  EXPECT_FALSE(own_.Contains(plan_, "2"));
  Add(OpKind::kDelete, "1");
  EXPECT_FALSE(own_.Contains(plan_, "1"));
  Add(OpKind::kUpdateColumns, "1");
  operations_.back().if_missing = [] { return mapping::Document(); };
  EXPECT_TRUE(own_.Contains(plan_, "1"));
  own_.Forget();
  operations_.clear();
  EXPECT_FALSE(own_.Contains(plan_, "1"));
}

// A counter that one transaction raises row by row under MINIMAL. Were each row to look at all before it, that would take minutes.
TEST_F(OwnOperationsTest, ManyUpdatesOfOneRowCostNoMoreEachThanFew) {
  constexpr size_t kUpdates = 200'000;
  constexpr auto kAllowed = std::chrono::seconds(5);
  operations_.reserve(kUpdates + 1);
  Add(OpKind::kUpsert, "1");
  const auto begun = std::chrono::steady_clock::now();
  for (size_t i = 0; i < kUpdates; ++i) {
    Add(OpKind::kUpdateColumns, "1");
    ASSERT_TRUE(own_.Contains(plan_, "1"));
    ASSERT_LT(std::chrono::steady_clock::now() - begun, kAllowed) << "by update " << i;
  }
}

}  // namespace
}  // namespace binseek::mapper
