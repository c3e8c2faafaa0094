// Indices with a sort: whatever is written, deleted, updated and merged, each segment's blocks stand in the order of plain comparisons of their rows, and are whole.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/index/sort_values.h"
#include "engine/mapping/index_sort.h"
#include "tests/engine/index/hook_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using mapping::IndexSortKey;

constexpr mapping::FieldId kRanks{20};  // long, several, not updated in place
constexpr mapping::FieldId kTags{21};   // keyword, several

mapping::Mapping SortedMapping(const mapping::IndexSort& sort) {
  mapping::Mapping mapping = ShopMapping();
  mapping::Field ranks = MakeField("ranks", mapping::FieldKind::kLong);
  ranks.in_place = false;
  EXPECT_EQ(*mapping.AddField(ranks), kRanks);
  EXPECT_EQ(*mapping.AddField(MakeField("tags", mapping::FieldKind::kKeyword)), kTags);
  mapping.set_index_sort(sort);
  return mapping;
}

struct Row {
  std::vector<int64_t> ranks{};
  std::vector<std::string> tags{};
  std::optional<int64_t> stock{};
  std::vector<std::string> children{};  // their keys

  mapping::Document ToDocument() const {
    mapping::Document document = Product{"a title", "acme", 100, stock}.ToDocument();
    for (const int64_t rank : ranks) {
      document.numbers.push_back({kRanks, rank});
    }
    for (const std::string& tag : tags) {
      document.texts.push_back({kTags, tag});
    }
    return document;
  }
};

// -1, 0, 1; written without a look at how the engine does it.
template <class T>
int Compare(const std::vector<T>& a, const std::vector<T>& b, const IndexSortKey& key) {
  if (a.empty() || b.empty()) {
    if (a.empty() && b.empty()) {
      return 0;
    }
    return a.empty() == key.missing_first ? -1 : 1;
  }
  const auto pick = [&](const std::vector<T>& all) {
    return key.greatest ? *std::max_element(all.begin(), all.end())
                        : *std::min_element(all.begin(), all.end());
  };
  const T x = pick(a);
  const T y = pick(b);
  if (x == y) {
    return 0;
  }
  return (x < y) != key.descending ? -1 : 1;
}

class IndexSortTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    for (const mapping::FieldId field : {OneIn(2) ? kRanks : kTags, OneIn(2) ? kRanks : kTags}) {
      sort_.keys.push_back({.field = field,
                            .descending = OneIn(2),
                            .missing_first = OneIn(2),
                            .greatest = OneIn(2)});
    }
    Open();
    id_ = *engine_->CreateIndex("products", SortedMapping(sort_), "{}");
  }
  void TearDown() override {
    directory_->hook = nullptr;
    if (engine_ != nullptr) {
      EXPECT_OK(engine_->Commit());
    }
    engine_.reset();
    ExpectSound(*directory_);
  }
  void Open() { engine_ = MustOpen(directory_, /*background_merges=*/false); }

  Row RandomRow(const std::string& key) {
    Row row;
    for (uint64_t n = Uniform(3); n > 0; --n) {
      row.ranks.push_back(static_cast<int64_t>(Uniform(6)) - 3);
    }
    for (uint64_t n = Uniform(3); n > 0; --n) {
      row.tags.push_back("tag" + std::to_string(Uniform(12)));
    }
    row.stock = static_cast<int64_t>(Uniform(100));
    for (uint64_t n = OneIn(2) ? Uniform(3) : 0; n > 0; --n) {
      row.children.push_back(key + "c" + std::to_string(n));
    }
    return row;
  }
  Operation UpsertOf(const std::string& key, const Row& row) {
    Operation operation = Upsert(id_, key, {});
    operation.document = row.ToDocument();
    for (const std::string& child_key : row.children) {
      mapping::Document child = RandomRow("").ToDocument();  // says nothing about the order
      child.child_key = child_key;
      operation.document.children.push_back(std::move(child));
    }
    return operation;
  }
  Operation RandomOperation() {
    const std::string key = "k" + std::to_string(Uniform(60));
    const auto found = model_.find(key);
    if (found != model_.end() && OneIn(4)) {
      model_.erase(found);
      return Delete(id_, key);
    }
    if (found != model_.end() && OneIn(2)) {
      found->second.stock = OneIn(4) ? std::nullopt : std::optional<int64_t>(Uniform(100));
      return SetStock(id_, key, found->second.stock);
    }
    return UpsertOf(key, model_[key] = RandomRow(key));
  }
  std::vector<Operation> RandomBatch() {
    std::vector<Operation> batch;
    for (uint64_t n = 1 + Uniform(12); n > 0; --n) {
      batch.push_back(RandomOperation());
    }
    return batch;
  }

  bool OutOfOrder(const Row& a, const Row& b) const {
    for (const IndexSortKey& key : sort_.keys) {
      const int order =
          key.field == kRanks ? Compare(a.ranks, b.ranks, key) : Compare(a.tags, b.tags, key);
      if (order != 0) {
        return order > 0;
      }
    }
    return false;
  }

  void ExpectModel() {
    const auto view = engine_->View();
    const IndexView& index = *view->Find(id_);
    size_t roots = 0;
    for (const auto& segment : index.segments) {
      const Row* before = nullptr;
      std::vector<std::string> children;
      for (DocId doc = 0; doc < segment->max_doc(); ++doc) {
        if (!segment->IsLive(doc)) {
          continue;
        }
        const std::string key(segment->segment().Key(doc));
        if (!segment->segment().IsRoot(doc)) {
          children.push_back(key);
          continue;
        }
        ++roots;
        const auto row = model_.find(key);
        ASSERT_NE(row, model_.end()) << key;
        EXPECT_EQ(std::exchange(children, {}), row->second.children) << key;
        EXPECT_EQ(NumberOf(index, key, kStock), row->second.stock) << key;
        ASSERT_FALSE(before != nullptr && OutOfOrder(*before, row->second)) << key;
        before = &row->second;
      }
    }
    EXPECT_EQ(roots, model_.size());
  }

  const std::shared_ptr<HookDirectory> directory_ = std::make_shared<HookDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
  mapping::IndexSort sort_;
  std::map<std::string, Row> model_;
};

TEST_F(IndexSortTest, SegmentsAreInOrderWhateverHappens) {
  for (uint64_t i = 0; i < Iterations(120); ++i) {
    MustApply(engine_.get(), RandomBatch());
    if (OneIn(8)) {
      ASSERT_OK(engine_->Commit());
    }
    if (OneIn(12)) {
      directory_->hook = [this] { MustApply(engine_.get(), RandomBatch()); };
      ASSERT_OK(OneIn(2) ? engine_->ForceMerge(id_, 1) : engine_->Commit().status());
      directory_->hook = nullptr;
    }
    if (OneIn(20)) {
      ASSERT_OK(engine_->Commit());
      engine_.reset();
      Open();
      const auto view = engine_->View();
      EXPECT_EQ(view->Find(id_)->index_sort(), sort_);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectModel());
  }
}

TEST_F(IndexSortTest, WhatIsStagedIsInOrderToo) {
  MustApply(engine_.get(), RandomBatch());
  ASSERT_OK(engine_->Commit());
  engine_.reset();
  EngineOptions options;
  options.directory = directory_;
  options.memory_limit_bytes = 4'000;  // a quarter of it is written as a segment
  options.background_merges = false;
  engine_ = *Engine::Open(std::move(options));
  auto staged = engine_->Stage({id_});
  ASSERT_OK(staged);
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK((*staged)->Add(RandomBatch()));
  }
  ASSERT_OK((*staged)->Finish({}, {}));
  EXPECT_GT(engine_->View()->Find(id_)->segments.size(), 2u) << "nothing was written beside";
  ExpectModel();
}

// Ids are given as values come, so they are in no order; values beyond the limit make the field's later segments have ordinals.
TEST_F(IndexSortTest, SegmentsWithIdsAndWithOrdinalsMergeInOrder) {
  engine_.reset();
  EngineOptions options;
  options.directory = directory_;
  options.background_merges = false;
  options.keyword_limits.values = 12;
  engine_ = *Engine::Open(std::move(options));
  sort_.keys.resize(1);
  sort_.keys[0].field = kTags;
  id_ = *engine_->CreateIndex("tagged", SortedMapping(sort_), "{}");
  // A segment with all values from tag<first> on, `tags` of them.
  const auto write = [this](uint64_t first, uint64_t tags) {
    std::vector<Operation> batch;
    for (uint64_t i = 0; i < tags + 10; ++i) {
      const std::string key = "k" + std::to_string(model_.size());
      Row& row = model_[key];
      row.tags.push_back("tag" + std::to_string(first + i % tags));
      for (uint64_t n = Uniform(3); n > 0; --n) {
        row.tags.push_back("tag" + std::to_string(first + Uniform(tags)));
      }
      if (OneIn(5) && i >= tags) {
        row.tags.clear();
      }
      batch.push_back(UpsertOf(key, row));
    }
    MustApply(engine_.get(), std::move(batch));
    ASSERT_OK(engine_->Commit());
  };
  const auto with_ids = [this] {
    const auto view = engine_->View();
    std::vector<bool> ids;
    for (const auto& segment : view->Find(id_)->segments) {
      ids.push_back(segment->segment().KeywordIds(kTags) != nullptr);
      EXPECT_NE(segment->segment().AnyKeywords(kTags), nullptr);
    }
    return ids;
  };
  ASSERT_NO_FATAL_FAILURE(write(16, 4));
  ASSERT_NO_FATAL_FAILURE(write(12, 6));
  ASSERT_NO_FATAL_FAILURE(write(10, 8));
  ExpectModel();
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(with_ids(), std::vector<bool>{true});
  ExpectModel();
  ASSERT_NO_FATAL_FAILURE(write(10, 10));
  EXPECT_EQ(with_ids(), (std::vector<bool>{true, true}));
  ASSERT_NO_FATAL_FAILURE(write(40, 90));
  ASSERT_NO_FATAL_FAILURE(write(44, 90));
  ExpectModel();
  const std::vector<bool> mixed = with_ids();
  EXPECT_TRUE(std::count(mixed.begin(), mixed.end(), true) > 0 &&
              std::count(mixed.begin(), mixed.end(), false) > 0);
  ExpectSound(*directory_);
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(with_ids(), std::vector<bool>{false});
  ExpectModel();
}

TEST_F(IndexSortTest, AMappingThatGrowsKeepsTheSort) {
  MustApply(engine_.get(), RandomBatch());
  mapping::Mapping grown = SortedMapping({});
  ASSERT_OK(grown.AddField(MakeField("more", mapping::FieldKind::kKeyword)));
  ASSERT_OK(engine_->UpdateMapping(id_, grown));
  MustApply(engine_.get(), RandomBatch());
  EXPECT_EQ(engine_->View()->Find(id_)->index_sort(), sort_);
  ExpectModel();
}

TEST_F(IndexSortTest, WhatIsOutOfOrderIsFound) {
  for (int i = 0; i < 4; ++i) {
    model_["k" + std::to_string(i)] = {.ranks = {i}, .tags = {"t" + std::to_string(i)}};
    MustApply(engine_.get(), {UpsertOf("k" + std::to_string(i), model_["k" + std::to_string(i)])});
  }
  ASSERT_OK(engine_->Commit());
  const auto view = engine_->View();
  const codec::Segment& segment = view->Find(id_)->segments.front()->segment();
  const KeywordViews* const keywords = view->Find(id_)->keywords.get();
  ASSERT_EQ(segment.max_doc(), 4u);
  std::vector<std::string> problems;
  CheckSortOrder(segment, sort_, keywords, "segment-1", &problems);
  EXPECT_TRUE(problems.empty());
  mapping::IndexSort reverse = sort_;
  for (IndexSortKey& key : reverse.keys) {
    key.descending = !key.descending;
  }
  CheckSortOrder(segment, reverse, keywords, "segment-1", &problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].find("segment-1: document "), 0u);
}

TEST_F(IndexSortTest, ColumnsThatChangeInPlaceAreRefused) {
  const auto sort = MakeIndexSort({.fields = {"ranks", "stock"}}, SortedMapping({}));
  EXPECT_STATUS(sort, kInvalidArgument);
  EXPECT_NE(sort.status().message().find("index sort field:[stock]"), std::string::npos);
  const auto refused = engine_->CreateIndex(
      "others", SortedMapping({.keys = {{.field = kRanks}, {.field = kStock}}}), "{}");
  EXPECT_STATUS(refused, kInvalidArgument);
  EXPECT_NE(refused.status().message().find("[stock]"), std::string::npos);
  const auto text = MakeIndexSort({.fields = {"title"}}, SortedMapping({}));
  EXPECT_STATUS(text, kInvalidArgument);
  EXPECT_EQ(text.status().message(), "docvalues not found for index sort field:[title]");
}

TEST_F(IndexSortTest, WhatTheSortNeedsIsNotDropped) {
  mapping::Mapping mapping = *engine_->View()->Find(id_)->mapping;
  EXPECT_STATUS(mapping.DropField(sort_.keys[0].field == kRanks ? "ranks" : "tags"),
                kInvalidArgument);
  mapping.set_index_sort({});
  ASSERT_OK(mapping.DropField("ranks"));
  ASSERT_OK(mapping.DropField("tags"));
  EXPECT_STATUS(engine_->UpdateMapping(id_, mapping), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::index::test
