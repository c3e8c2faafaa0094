// Blocks of documents: a root and its children are written, moved and deleted as one; a child with a key takes column updates by itself.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kShirt{"shirt", "acme", 1999, 5};

class IndexBlocksTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    engine_ = MustOpen(directory_);
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
  }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }
  void Reopen() {
    ASSERT_OK(engine_->Commit());
    engine_.reset();
    directory_->DropUnsynced();
    engine_ = MustOpen(directory_);
  }
  // A product with variants; an empty key: a child that nobody asks for.
  Operation Block(const std::string& key, const std::vector<std::string>& variants) {
    Operation operation = Upsert(id_, key, kShirt);
    for (const std::string& variant : variants) {
      mapping::Document child = Product{"variant", "acme", 1000, 1}.ToDocument();
      child.child_key = variant;
      operation.document.children.push_back(std::move(child));
    }
    return operation;
  }
  std::optional<int64_t> Stock(const std::string& key) {
    const auto view = engine_->View();
    return NumberOf(*view->Find(id_), key, kStock);
  }
  uint64_t Live() {
    const auto view = engine_->View();
    return view->Find(id_)->live_docs();
  }

  std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
};

TEST_F(IndexBlocksTest, AChildWithAKeyIsUpdatedWithoutItsBlock) {
  MustApply(engine_.get(), {Block("p", {"red", "", "blue"})});
  EXPECT_EQ(Live(), 4u);
  EXPECT_EQ(MustApplyOne(engine_.get(), SetStock(id_, "blue", 7)), Outcome::kUpdated);
  EXPECT_EQ(Stock("blue"), 7);
  EXPECT_EQ(Stock("red"), 1);
  EXPECT_EQ(Stock("p"), 5);
  Reopen();
  EXPECT_EQ(MustApplyOne(engine_.get(), SetStock(id_, "red", 8)), Outcome::kUpdated);
  EXPECT_EQ(Stock("red"), 8);
  EXPECT_EQ(Stock("blue"), 7);
  EXPECT_EQ(Live(), 4u);
}

TEST_F(IndexBlocksTest, ABlockIsReplacedAndDeletedWhole) {
  MustApply(engine_.get(), {Block("p", {"red", "blue", ""}), Block("q", {"green"})});
  MustApply(engine_.get(), {Block("p", {"red"})});
  EXPECT_EQ(Live(), 4u);
  EXPECT_EQ(Stock("blue"), std::nullopt);
  EXPECT_EQ(MustApplyOne(engine_.get(), SetStock(id_, "blue", 7)), Outcome::kMissing);
  // In one batch, and in one segment.
  MustApply(engine_.get(), {Block("p", {"red", "blue"}), Block("p", {"black"}), Delete(id_, "q")});
  EXPECT_EQ(Live(), 2u);
  EXPECT_EQ(Stock("red"), std::nullopt);
  EXPECT_EQ(Stock("green"), std::nullopt);
  EXPECT_EQ(Stock("black"), 1);
  Reopen();
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id_, "p")), Outcome::kDeleted);
  EXPECT_EQ(Live(), 0u);
}

TEST_F(IndexBlocksTest, AChildMovesToTheBlockThatNamesItLast) {
  MustApply(engine_.get(), {Block("p", {"red", "blue"}), Block("q", {})});
  MustApply(engine_.get(), {Block("q", {"red"})});
  EXPECT_EQ(Live(), 4u);
  EXPECT_EQ(Stock("red"), 1);
  MustApply(engine_.get(), {Delete(id_, "p")});
  EXPECT_EQ(Stock("red"), 1);
  EXPECT_EQ(Stock("blue"), std::nullopt);
  EXPECT_EQ(Live(), 2u);
}

TEST_F(IndexBlocksTest, AKeyIsOfADocumentOrOfAChildAndNotOfBoth) {
  MustApply(engine_.get(), {Block("p", {"red"}), Block("q", {})});
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id_, "red", kShirt)), Outcome::kFailed);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id_, "red")), Outcome::kFailed);
  EXPECT_EQ(MustApplyOne(engine_.get(), Block("p", {"q"})), Outcome::kFailed);
  EXPECT_EQ(Live(), 3u);
}

TEST_F(IndexBlocksTest, AKeyIsThereOnceInABlock) {
  MustApply(engine_.get(), {Block("p", {"red", "blue"})});
  Operation deep = Block("q", {"green", "black"});
  deep.document.children[1].children = {deep.document.children[0]};
  for (Operation& refused :
       std::vector<Operation>{Block("q", {"q"}), Block("q", {"green", "", "green"}),
                              Block("p", {"red", "p"}), Block("p", {"red", "red"}), deep}) {
    const ApplyResult result = MustApply(engine_.get(), {refused});
    EXPECT_EQ(result.results[0].outcome, Outcome::kFailed) << refused.key;
    EXPECT_STATUS(result.results[0].status, kInvalidArgument);
    EXPECT_EQ(Live(), 3u) << "what was there stays, and nothing came";
  }
  EXPECT_EQ(Stock("q"), std::nullopt);
  Reopen();
  EXPECT_EQ(Stock("blue"), 1);
  EXPECT_EQ(MustApplyOne(engine_.get(), Block("q", {"green", "", "", "black"})), Outcome::kCreated)
      << "children without a key are as many as they are";
  EXPECT_EQ(Live(), 8u);
}

TEST_F(IndexBlocksTest, RandomBlocksAreWhole) {
  std::map<std::string, std::vector<std::string>> model;
  for (uint64_t i = 0; i < Iterations(300); ++i) {
    const std::string key = "p" + std::to_string(Uniform(8));
    if (OneIn(4)) {
      MustApply(engine_.get(), {Delete(id_, key)});
      model.erase(key);
    } else {
      std::vector<std::string> variants;
      for (uint64_t n = Uniform(4); n > 0; --n) {
        variants.push_back(OneIn(3) ? "" : key + "v" + std::to_string(n));
      }
      MustApply(engine_.get(), {Block(key, variants)});
      model[key] = variants;
    }
    if (OneIn(10)) {
      Reopen();
    }
    uint64_t expected = 0;
    for (const auto& [product, variants] : model) {
      expected += 1 + variants.size();
      for (const std::string& variant : variants) {
        EXPECT_TRUE(variant.empty() || Stock(variant).has_value()) << variant;
      }
    }
    ASSERT_EQ(Live(), expected);
  }
}

}  // namespace
}  // namespace binseek::index::test
