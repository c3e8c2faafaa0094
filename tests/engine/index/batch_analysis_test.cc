// Documents that are analysed ahead, on other threads: the same comes out, and never more than a window of it waits.
#include "engine/index/batch_analysis.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

std::unique_ptr<Engine> OpenWith(size_t analysis_threads) {
  EngineOptions options;
  options.directory = std::make_shared<store::RamDirectory>();
  options.analysis_threads = analysis_threads;
  options.background_merges = false;
  auto engine = Engine::Open(std::move(options));
  EXPECT_OK(engine);
  return engine.ok() ? std::move(engine).value() : nullptr;
}

// Words, so many that a batch of a few hundred such titles is a large one.
std::string LongTitle(size_t seed) {
  std::string title;
  for (size_t i = 0; i < 60; ++i) {
    title += "word" + std::to_string((seed * 31 + i * i) % 997) + " ";
  }
  return title;
}

std::vector<Operation> LargeBatch(IndexId id) {
  std::vector<Operation> operations;
  for (size_t i = 0; i < 600; ++i) {
    const std::string key = std::to_string(i % 450);
    operations.push_back(Upsert(id, key, {LongTitle(i), "acme", 100, 5}));
    if (i % 7 == 0) {
      operations.push_back(SetStock(id, key, 9));
    }
    if (i % 50 == 49) {
      operations.push_back(Delete(id, key));
    }
    if (i % 90 == 1) {
      operations.back().document.texts.push_back(
          {mapping::FieldId{99}, "a field that is not there"});
    }
  }
  operations.push_back(Upsert(IndexId{77}, "1", {LongTitle(1), "acme", 100, 5}));
  return operations;
}

TEST(BatchAnalysisTest, WhatComesOutDoesNotDependOnTheThreads) {
  std::string wanted;
  for (const size_t threads : {0, 1, 4}) {
    const auto engine = OpenWith(threads);
    const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
    std::string got;
    for (const OpResult& result : MustApply(engine.get(), LargeBatch(id)).results) {
      got += std::to_string(static_cast<int>(result.outcome)) + "/" +
             std::to_string(result.version) + "/" + std::to_string(result.seq_no) + "/" +
             result.status.ToString() + "\n";
    }
    const auto view = engine->View();
    ASSERT_EQ(view->Find(id)->segments.size(), 1u);
    got += view->Find(id)->segments[0]->segment().bytes();
    if (threads == 0) {
      wanted = got;
      EXPECT_NE(wanted.find("field id 99"), std::string::npos) << "bad documents fail alone";
    }
    EXPECT_TRUE(got == wanted) << threads;
  }
}

TEST(BatchAnalysisTest, StagedBatchesAreAnalysedAheadToo) {
  const auto engine = OpenWith(2);
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  auto staged = engine->Stage({id});
  ASSERT_OK(staged);
  ASSERT_OK((*staged)->Add(LargeBatch(id)));
  ASSERT_OK((*staged)->Finish({}, {}));
  const auto view = engine->View();
  EXPECT_EQ(view->Find(id)->live_docs(), 437u) << "of 450, some deleted and some bad";
  EXPECT_EQ(SourceOf(*view->Find(id), "2"), (Product{LongTitle(452), "acme", 100, 5}.ToSource()));
}

TEST(BatchAnalysisTest, SmallBatchesStayWithTheCaller) {
  AnalysisPool pool(2);
  const mapping::Mapping mapping = ShopMapping();
  const auto mapping_of = [&](IndexId) { return &mapping; };
  std::vector<Operation> operations(1, Upsert(IndexId{1}, "1", {LongTitle(1), "acme", 1, 1}));
  EXPECT_EQ(BatchAnalysis::Begin(&pool, operations, mapping_of), nullptr);
  operations.assign(1000, Delete(IndexId{1}, "1"));
  EXPECT_EQ(BatchAnalysis::Begin(&pool, operations, mapping_of), nullptr) << "there is no text";
  operations.assign(1000, Upsert(IndexId{1}, "1", {LongTitle(1), "acme", 1, 1}));
  AnalysisPool none(0);
  EXPECT_EQ(BatchAnalysis::Begin(&none, operations, mapping_of), nullptr);
  EXPECT_EQ(BatchAnalysis::Begin(nullptr, operations, mapping_of), nullptr);
  EXPECT_NE(BatchAnalysis::Begin(&pool, operations, mapping_of), nullptr);
}

// Every operation names an index of its own, so that whoever asks for its mapping says which one is analysed; each is a chunk.
TEST(BatchAnalysisTest, NoMoreThanAWindowIsAhead) {
  constexpr size_t kOperations = 200;
  constexpr size_t kWindow = 8;
  AnalysisPool pool(3);
  const mapping::Mapping mapping = ShopMapping();
  std::string title;
  for (size_t i = 0; title.size() < (17u << 10); ++i) {
    title += "w" + std::to_string(i) + " ";
  }
  std::vector<Operation> operations;
  for (uint32_t i = 0; i < kOperations; ++i) {
    operations.push_back(Upsert(IndexId{i}, "1", {title, "acme", 1, 1}));
  }
  std::atomic<size_t> applied{0};
  std::atomic<size_t> analysed{0};
  std::atomic<bool> too_far{false};
  auto analysis = BatchAnalysis::Begin(&pool, operations, [&](IndexId id) {
    too_far = too_far || static_cast<size_t>(id) >= applied + kWindow;
    ++analysed;
    return &mapping;
  });
  ASSERT_NE(analysis, nullptr);
  for (size_t i = 0; i < kOperations; i += i < 50 ? 1 : 3) {  // some are never asked for
    applied = i;
    const auto document = analysis->Take(operations[i]);
    ASSERT_OK(document);
    EXPECT_EQ(document->runs.size(), 2u);
  }
  EXPECT_FALSE(too_far);
  EXPECT_LE(analysed, kOperations);
  analysis.reset();
  // Ended in the middle, with helpers at work.
  applied = 0;
  analysis = BatchAnalysis::Begin(&pool, operations, [&](IndexId) { return &mapping; });
  ASSERT_OK(analysis->Take(operations[0]));
  analysis.reset();
  operations.clear();
}

}  // namespace
}  // namespace binseek::index::test
