#include "engine/index/page_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "tests/engine/index/page_history.h"
#include "tests/support/seeded_test.h"

namespace binseek::index::test {
namespace {

struct NumberedPage : NodeHeader {
  uint64_t number;
};

// A tree of pages that hold one number each.
class NumberedTree {
 public:
  explicit NumberedTree(uint32_t pages) : tree(pages) {}
  std::optional<uint64_t> Get(uint32_t page) const {
    const auto* node = static_cast<const NumberedPage*>(tree.Get(page));
    return node == nullptr ? std::nullopt : std::optional<uint64_t>(node->number);
  }
  void Set(uint32_t page, uint64_t number, PageEdit* edit) {
    NodeHeader** const slot = tree.Slot(page, edit);
    if (*slot == nullptr) {
      *slot = edit->Make<NumberedPage>(sizeof(NumberedPage), 1);
    } else if (!edit->Owns(*slot)) {
      *slot = edit->Copy(static_cast<NumberedPage*>(*slot));
    }
    static_cast<NumberedPage*>(*slot)->number = number;
  }
  void FreeAll(PagePool* pool) {
    tree.FreeAll(pool, [](NodeHeader*) {});
  }

  PageTree tree;
};

struct Numbered {
  std::map<uint32_t, uint64_t> numbers;
  std::map<uint32_t, Epoch> changed;  // the epoch of a page's newest change
};

using History = PageHistory<NumberedTree, Numbered>;

void ExpectShows(const History::View& view, uint32_t pages) {
  for (uint32_t page = 0; page < pages; ++page) {
    const auto it = view.model.numbers.find(page);
    ASSERT_EQ(view.column.Get(page),
              it == view.model.numbers.end() ? std::nullopt : std::optional<uint64_t>(it->second))
        << "page " << page;
  }
}

std::vector<uint32_t> ChangedSince(const NumberedTree& tree, Epoch epoch) {
  std::vector<uint32_t> pages;
  tree.tree.VisitChangedSince(epoch, [&](uint32_t page, const NodeHeader* node) {
    EXPECT_EQ(tree.tree.Get(page), node);
    pages.push_back(page);
  });
  return pages;
}

class PageTreeTest : public ::binseek::test::SeededTest {};

TEST_F(PageTreeTest, TreeOfOnePageIsThatPage) {
  History history(NumberedTree(1), {});
  history.Publish([](NumberedTree* tree, Numbered*, PageEdit* edit) { tree->Set(0, 7, edit); });
  EXPECT_EQ(history.newest().column.Get(0), 7u);
  EXPECT_EQ(history.pool().used_bytes(), 64u);
  EXPECT_EQ(history.newest().column.tree.Run(0).size(), 1u);
}

TEST_F(PageTreeTest, UpdateOfALargeTreeCopiesItsPathOnly) {
  constexpr uint32_t kPages = 10'000'000 / 128;
  History history(NumberedTree(kPages), {});
  history.Publish([](NumberedTree* tree, Numbered*, PageEdit* edit) {
    for (uint32_t page = 0; page < kPages; ++page) {
      tree->Set(page, page, edit);
    }
  });
  history.Publish([](NumberedTree* tree, Numbered*, PageEdit* edit) {
    tree->Set(kPages / 2, 1, edit);
    EXPECT_EQ(edit->made(), 4u);  // three inner nodes and the page
    tree->Set(kPages / 2, 2, edit);
    EXPECT_EQ(edit->made(), 4u);
    EXPECT_EQ(edit->replaced(), 4u);
  });
  EXPECT_EQ(history.newest().column.Get(kPages / 2), 2u);
  EXPECT_EQ(history.newest().column.Get(kPages - 1), kPages - 1);
}

TEST_F(PageTreeTest, AbortLeavesNoTrace) {
  History history(NumberedTree(5000), {});
  const auto set = [](NumberedTree* tree, Numbered*, PageEdit* edit) {
    for (uint32_t page = 0; page < 5000; page += 7) {
      tree->Set(page, page, edit);
    }
  };
  history.Abort(set);
  EXPECT_EQ(history.pool().used_bytes(), 0u);
  history.Publish(set);
  const size_t bytes = history.pool().used_bytes();
  history.Abort([](NumberedTree* tree, Numbered*, PageEdit* edit) { tree->Set(7, 8, edit); });
  EXPECT_EQ(history.pool().used_bytes(), bytes);
  EXPECT_EQ(history.newest().column.Get(7), 7u);
}

TEST_F(PageTreeTest, DroppedNodeOfTheSameEditIsFreed) {
  PagePool pool;
  EpochReclaimer reclaimer(&pool);
  {
    PageEdit edit(1, &pool);
    auto* node = edit.Make<NumberedPage>(sizeof(NumberedPage), 1);
    edit.Drop(node);
    edit.Seal(1);
    edit.Retire(&reclaimer);
  }
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST_F(PageTreeTest, ShowsEveryPinnedStateAsItWas) {
  for (const uint32_t pages : {1u, 2u, 63u, 64u, 65u, 700u, 4097u}) {
    SCOPED_TRACE(pages);
    History history(NumberedTree(pages), {});
    const auto change = [&](NumberedTree* tree, Numbered* model, PageEdit* edit) {
      for (uint64_t n = Uniform(8); n > 0; --n) {
        const auto page = static_cast<uint32_t>(Uniform(pages));
        const uint64_t number = random()();
        tree->Set(page, number, edit);
        model->numbers[page] = number;
        model->changed[page] = history.newest().epoch + 1;
      }
    };
    for (uint64_t i = 0; i < Iterations(60); ++i) {
      if (OneIn(5)) {
        history.Abort(change);
      } else {
        history.Publish(change);
      }
      if (OneIn(3)) {
        history.Pin();
      }
      if (!history.views().empty() && OneIn(4)) {
        history.Unpin(Uniform(history.views().size()));
      }
      const Epoch since = Uniform(history.newest().epoch + 1);
      std::vector<uint32_t> expected;
      for (const auto& [page, changed] : history.newest().model.changed) {
        if (changed > since) {
          expected.push_back(page);
        }
      }
      ASSERT_EQ(ChangedSince(history.newest().column, since), expected);
    }
    for (const auto& view : history.views()) {
      ExpectShows(view, pages);
    }
    ExpectShows(history.newest(), pages);
  }
}

TEST_F(PageTreeTest, RunsCoverAllPagesInOrder) {
  for (const uint32_t pages : {1u, 5u, 64u, 130u, 5000u}) {
    History history(NumberedTree(pages), {});
    history.Publish([&](NumberedTree* tree, Numbered*, PageEdit* edit) {
      for (uint64_t n = 0; n < 10; ++n) {
        tree->Set(static_cast<uint32_t>(Uniform(pages)), n, edit);
      }
    });
    const PageTree& tree = history.newest().column.tree;
    for (uint32_t page = 0; page < pages;) {
      const auto run = tree.Run(page);
      ASSERT_FALSE(run.empty());
      for (const NodeHeader* node : run) {
        ASSERT_LT(page, pages);
        ASSERT_EQ(node, tree.Get(page++));
      }
    }
  }
}

}  // namespace
}  // namespace binseek::index::test
