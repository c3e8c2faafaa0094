// A staged batch against the same operations applied at once; and what others see of it, which is nothing until its end.
#include "engine/index/staged_batch.h"

#include <algorithm>
#include <map>
#include <memory>
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

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class StagedBatchTest : public ::binseek::test::SeededTest {
 protected:
  struct Shop {
    std::shared_ptr<store::RamDirectory> directory = std::make_shared<store::RamDirectory>();
    std::unique_ptr<Engine> engine;
    IndexId id{};
    int64_t seq_nos_reserved;

    explicit Shop(size_t memory_limit_bytes, int64_t seq_nos = kSeqNosReserved)
        : seq_nos_reserved(seq_nos) {
      Open(memory_limit_bytes);
    }
    void Open(size_t memory_limit_bytes) {
      engine.reset();
      EngineOptions options;
      options.directory = directory;
      options.memory_limit_bytes = memory_limit_bytes;
      options.seq_nos_reserved = seq_nos_reserved;
      auto opened = Engine::Open(std::move(options));
      EXPECT_OK(opened);
      engine = std::move(*opened);
      const auto view = engine->View();
      if (view->Find("products") == nullptr) {
        id = *engine->CreateIndex("products", ShopMapping(), "{}");
        EXPECT_OK(engine->Commit());
      } else {
        id = view->Find("products")->id;
      }
    }
    // Key to source, with version and sequence number.
    std::map<std::string, std::string> Contents() const {
      const auto view = engine->View();
      return ContentsOf(*view->Find(id));
    }
  };

  std::vector<Operation> RandomOperations(IndexId id, int count) {
    std::vector<Operation> operations;
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(Uniform(40));
      const auto version = static_cast<int64_t>(Uniform(60)) + 1;
      switch (Uniform(4)) {
        case 0:
          operations.push_back(Delete(id, key, version));
          break;
        case 1:
          operations.push_back(SetStock(id, key, static_cast<int64_t>(Uniform(1000)), version));
          break;
        default:
          operations.push_back(Upsert(id, key, OneIn(2) ? kPhone : kCase, version));
      }
    }
    return operations;
  }
};

TEST_F(StagedBatchTest, DoesWhatApplyingItsOperationsAtOnceDoes) {
  for (uint64_t i = 0; i < Iterations(40) && !HasFailure(); ++i) {
    Shop at_once(128 << 20);
    Shop bit_by_bit(OneIn(3) ? 1 : 1 << 10,  // spills after every document, or after some
                    OneIn(2) ? 30 : kSeqNosReserved);
    const auto before = RandomOperations(at_once.id, 30);
    MustApply(at_once.engine.get(), before);
    MustApply(bit_by_bit.engine.get(), before);
    const auto operations = RandomOperations(at_once.id, 80);
    const auto expected = MustApply(at_once.engine.get(), operations);
    std::vector<OpResult> results;
    {
      auto staged = bit_by_bit.engine->Stage({bit_by_bit.id});
      ASSERT_OK(staged);
      for (size_t at = 0; at < operations.size();) {
        const size_t n = std::min<size_t>(operations.size() - at, 1 + Uniform(20));
        auto some = (*staged)->Add(std::span(operations).subspan(at, n));
        ASSERT_OK(some);
        std::move(some->begin(), some->end(), std::back_inserter(results));
        at += n;
        if (OneIn(3)) {
          ASSERT_OK(bit_by_bit.engine->Commit());  // of everything else
        }
      }
      ASSERT_OK((*staged)->Finish({{"shop", "here"}}, {}));
    }
    ASSERT_EQ(results.size(), expected.results.size());
    for (size_t r = 0; r < results.size(); ++r) {
      EXPECT_EQ(results[r].outcome, expected.results[r].outcome) << r;
      EXPECT_EQ(results[r].version, expected.results[r].version) << r;
      EXPECT_EQ(results[r].seq_no, expected.results[r].seq_no) << r;
    }
    EXPECT_EQ(bit_by_bit.Contents(), at_once.Contents());
    EXPECT_EQ(bit_by_bit.engine->tombstones(), at_once.engine->tombstones());
    EXPECT_EQ(bit_by_bit.engine->UserData("shop"), "here");
    // The writer's own state is right as well.
    const auto after = RandomOperations(at_once.id, 30);
    MustApply(at_once.engine.get(), after);
    MustApply(bit_by_bit.engine.get(), after);
    ASSERT_OK(bit_by_bit.engine->Commit());
    const auto wanted = at_once.Contents();
    EXPECT_EQ(bit_by_bit.Contents(), wanted);
    bit_by_bit.engine.reset();
    bit_by_bit.directory->DropUnsynced();
    bit_by_bit.Open(1 << 20);
    EXPECT_EQ(bit_by_bit.Contents(), wanted);
    bit_by_bit.engine.reset();
    ExpectSound(*bit_by_bit.directory);
  }
}

TEST_F(StagedBatchTest, HasMoreOperationsThanNumbersWerePutBy) {
  Shop shop(1 << 10, /*seq_nos=*/10);
  auto staged = shop.engine->Stage({shop.id});
  ASSERT_OK(staged);
  std::vector<Operation> operations;
  for (int i = 0; i < 50; ++i) {
    operations.push_back(Upsert(shop.id, "n" + std::to_string(i), kCase));
  }
  const auto results = (*staged)->Add(operations);
  ASSERT_OK(results);
  ASSERT_OK((*staged)->Finish({}, {}));
  staged->reset();
  EXPECT_EQ(shop.Contents().size(), 50u);
  // Nobody may find another write under one of its numbers, also where the end itself is lost.
  shop.engine.reset();
  shop.directory->DropUnsynced();
  shop.Open(1 << 10);
  EXPECT_EQ(shop.Contents().size(), 0u);
  Batch batch;
  batch.operations = {Upsert(shop.id, "late", kPhone)};
  const auto late = shop.engine->Apply(batch);
  ASSERT_OK(late);
  EXPECT_GT(late->results[0].seq_no, results->back().seq_no);
}

TEST_F(StagedBatchTest, IsNotSeenBeforeItsEndWhileOtherIndicesGoOn) {
  Shop shop(1 << 10);
  const IndexId other = *shop.engine->CreateIndex("other", ShopMapping(), "{}");
  MustApply(shop.engine.get(), {Upsert(shop.id, "1", kPhone)});
  auto staged = shop.engine->Stage({shop.id});
  ASSERT_OK(staged);
  std::vector<Operation> operations;
  for (int i = 0; i < 500; ++i) {
    operations.push_back(Upsert(shop.id, "n" + std::to_string(i), kCase));
  }
  operations.push_back(SetStock(shop.id, "1", 77));
  ASSERT_OK((*staged)->Add(operations));
  const auto before = shop.engine->View();
  EXPECT_EQ(before->Find(shop.id)->live_docs(), 1u);
  EXPECT_EQ(NumberOf(*before->Find(shop.id), "1", kStock), 5);
  MustApply(shop.engine.get(), {Upsert(other, "1", kPhone)});
  ASSERT_OK(shop.engine->Commit());
  EXPECT_EQ(shop.engine->View()->Find(other)->live_docs(), 1u);
  EXPECT_LT(shop.engine->memory_bytes(), 64u << 10);
  ASSERT_OK((*staged)->Finish({}, {}));
  const auto after = shop.engine->View();
  EXPECT_EQ(after->Find(shop.id)->live_docs(), 501u);
  EXPECT_EQ(NumberOf(*after->Find(shop.id), "1", kStock), 77);
  EXPECT_EQ(before->Find(shop.id)->live_docs(), 1u) << "a view never changes";
}

TEST_F(StagedBatchTest, GivenUpItLeavesNoTrace) {
  Shop shop(1);
  MustApply(shop.engine.get(), {Upsert(shop.id, "1", kPhone)});
  ASSERT_OK(shop.engine->Commit());
  const auto files = *shop.directory->List();
  const auto contents = shop.Contents();
  {
    auto staged = shop.engine->Stage({shop.id});
    ASSERT_OK(staged);
    ASSERT_OK((*staged)->Add(std::vector<Operation>{
        Upsert(shop.id, "2", kCase), SetStock(shop.id, "1", 1), Delete(shop.id, "1")}));
  }
  EXPECT_EQ(shop.Contents(), contents);
  MustApply(shop.engine.get(), {Upsert(shop.id, "2", kPhone)});
  ASSERT_OK(shop.engine->Commit());
  EXPECT_EQ(shop.Contents().size(), 2u);
  EXPECT_LE(shop.directory->List()->size(), files.size() + 1) << "its files are gone";
  EXPECT_STATUS(shop.engine->Stage({IndexId{77}}).status(), kNotFound);
}

}  // namespace
}  // namespace binseek::index::test
