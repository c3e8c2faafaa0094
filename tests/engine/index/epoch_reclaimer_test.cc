#include "engine/index/epoch_reclaimer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "tests/support/seeded_test.h"

namespace binseek::index {
namespace {

constexpr size_t kBytes = 64;

class EpochReclaimerTest : public ::binseek::test::SeededTest {
 protected:
  NodeHeader* MakeNode(Epoch born) {
    auto* node = static_cast<NodeHeader*>(pool_.Allocate(kBytes));
    *node = {.edit_id = 1, .born = born, .bytes = kBytes, .count = 0};
    return node;
  }
  void Retire(NodeHeader* node, Epoch died) {
    reclaimer_.Retire(std::array<NodeHeader*, 1>{node}, died);
  }
  size_t nodes() const { return pool_.used_bytes() / kBytes; }

  PagePool pool_;
  EpochReclaimer reclaimer_{&pool_};
};

TEST_F(EpochReclaimerTest, FreesAtOnceWhatNoViewReaches) {
  Retire(MakeNode(1), 2);
  EXPECT_EQ(nodes(), 0u);
  reclaimer_.Pin(5);
  Retire(MakeNode(1), 5);  // epoch 5 does not reach it
  Retire(MakeNode(6), 7);  // it came after epoch 5
  EXPECT_EQ(nodes(), 0u);
  reclaimer_.Unpin(5);
}

TEST_F(EpochReclaimerTest, KeepsANodeForTheViewsWithinItsLife) {
  for (const Epoch epoch : {3, 5, 8}) {
    reclaimer_.Pin(epoch);
  }
  Retire(MakeNode(3), 6);
  EXPECT_EQ(reclaimer_.waiting(), 1u);
  reclaimer_.Unpin(8);  // not its business
  EXPECT_EQ(nodes(), 1u);
  reclaimer_.Unpin(5);
  EXPECT_EQ(nodes(), 1u);  // epoch 3 still
  EXPECT_EQ(reclaimer_.oldest_pinned(), 3u);
  reclaimer_.Unpin(3);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(reclaimer_.waiting(), 0u);
  EXPECT_EQ(reclaimer_.oldest_pinned(), 0u);
}

TEST_F(EpochReclaimerTest, CountsPinsOfAnEpoch) {
  reclaimer_.Pin(1);
  reclaimer_.Pin(1);
  EXPECT_EQ(reclaimer_.pinned(), 1u);
  Retire(MakeNode(1), 2);
  reclaimer_.Unpin(1);
  EXPECT_EQ(nodes(), 1u);
  reclaimer_.Unpin(1);
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(EpochReclaimerTest, KeepsExactlyWhatPinsNeed) {
  struct Life {
    Epoch born;
    Epoch died;
  };
  std::map<Epoch, int> pins;
  std::vector<Life> lives;
  Epoch newest = 1;
  for (uint64_t i = 0; i < Iterations(5000); ++i) {
    if (OneIn(3)) {
      ++newest;
    }
    switch (Uniform(3)) {
      case 0:
        reclaimer_.Pin(newest);
        ++pins[newest];
        break;
      case 1:
        if (!pins.empty()) {
          auto pin = std::next(pins.begin(), static_cast<int64_t>(Uniform(pins.size())));
          reclaimer_.Unpin(pin->first);
          if (--pin->second == 0) {
            pins.erase(pin);
          }
        }
        break;
      default: {
        // A node of some epoch before the newest, replaced by that.
        const Life life{newest - Uniform(std::min<Epoch>(newest, 20)), newest};
        if (life.born < life.died) {
          Retire(MakeNode(life.born), life.died);
          lives.push_back(life);
        }
      }
    }
    std::erase_if(lives, [&](const Life& life) {
      const auto pin = pins.lower_bound(life.born);
      return pin == pins.end() || pin->first >= life.died;
    });
    ASSERT_EQ(nodes(), lives.size());
    ASSERT_EQ(reclaimer_.waiting(), lives.size());
  }
  for (const auto& [epoch, count] : pins) {
    for (int i = 0; i < count; ++i) {
      reclaimer_.Unpin(epoch);
    }
  }
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(EpochReclaimerTest, PoolCountsWhatIsOutAndKeepsSomeForReuse) {
  std::vector<void*> out;
  for (size_t bytes = 1; bytes <= 20'000; bytes += 999) {
    out.push_back(pool_.Allocate(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(out.back()) % 64, 0u);
  }
  EXPECT_GE(pool_.used_bytes(), 20'000u * 20 / 2);
  for (size_t bytes = 1, i = 0; bytes <= 20'000; bytes += 999, ++i) {
    pool_.Free(out[i], bytes);
  }
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_LE(pool_.idle_bytes(), 16u << 20);
}

// Nodes of all classes come and go in any order: none overlaps another, and each keeps what was written to it.
TEST_F(EpochReclaimerTest, PoolGivesEachNodeMemoryOfItsOwn) {
  struct Node {
    unsigned char* bytes;
    size_t size;
    unsigned char mark;
  };
  std::vector<Node> out;
  size_t most = 0;
  const auto free_at = [&](size_t at) {
    const Node node = out[at];
    ASSERT_TRUE(std::all_of(node.bytes, node.bytes + node.size,
                            [&](unsigned char byte) { return byte == node.mark; }));
    pool_.Free(node.bytes, node.size);
    out[at] = out.back();
    out.pop_back();
  };
  for (uint64_t round = 0; round < Iterations(20'000); ++round) {
    const bool growing = round / 5'000 % 2 == 0;
    if (out.empty() || OneIn(3) != growing) {
      // Many of one class, so that it fills slabs and empties them, and some of every other.
      const size_t size = OneIn(2) ? 1152 : 1 + Uniform(9000);
      auto* const bytes = static_cast<unsigned char*>(pool_.Allocate(size));
      ASSERT_EQ(reinterpret_cast<uintptr_t>(bytes) % 64, 0u);
      const auto mark = static_cast<unsigned char>(Uniform(256));
      std::fill_n(bytes, size, mark);
      out.push_back({bytes, size, mark});
      most = std::max(most, pool_.used_bytes());
    } else {
      free_at(Uniform(out.size()));
    }
  }
  while (!out.empty()) {
    free_at(Uniform(out.size()));
  }
  EXPECT_EQ(pool_.used_bytes(), 0u);
  EXPECT_LE(pool_.idle_bytes(), 16u << 20);
}

}  // namespace
}  // namespace binseek::index
