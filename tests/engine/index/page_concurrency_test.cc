// One writer that publishes, readers that pin, check what they see, and unpin. Meant for ThreadSanitizer.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/index/live_pages.h"
#include "engine/index/number_pages.h"
#include "engine/index/system_pages.h"
#include "tests/support/seeded_test.h"

namespace binseek::index::test {
namespace {

constexpr uint32_t kDocs = 10'000;
constexpr int64_t kStart = 1000;

// Every state: the numbers sum up to kDocs * kStart, and rows of version v were last written in epoch v.
struct State {
  Epoch epoch = 1;
  NumberPages numbers{nullptr, kDocs};
  SystemPages system{{}, kDocs};
  LivePages live{kDocs};
};

class PageConcurrencyTest : public ::binseek::test::SeededTest {
 protected:
  State Acquire() {
    MutexLock lock(&mutex_);
    reclaimer_.Pin(newest_.epoch);
    return newest_;
  }
  void Publish(const State& next) {
    MutexLock lock(&mutex_);
    reclaimer_.Pin(next.epoch);
    reclaimer_.Unpin(newest_.epoch);
    newest_ = next;
  }
  template <class Change>
  void Step(const Change& change) {
    State next = newest_;
    ++next.epoch;
    PageEdit edit(next.epoch, &pool_);
    change(&next, &edit);
    edit.Seal(next.epoch);
    Publish(next);
    edit.Retire(&reclaimer_);
  }
  static void Check(const State& state) {
    std::vector<int64_t> values(kDocs);
    std::vector<uint64_t> present((kDocs + 63) / 64);
    state.numbers.Read(0, kDocs, values.data(), present.data());
    ASSERT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}), kDocs * kStart);
    uint32_t live = 0;
    for (DocId doc = 0; doc < kDocs; doc += 64) {
      live += static_cast<uint32_t>(__builtin_popcountll(state.live.Word(doc)));
    }
    ASSERT_EQ(live, state.live.count());
    // The newest change of the system rows carries the epoch of the view.
    state.system.Read(SystemColumn::kVersion, 0, kDocs, values.data(), present.data());
    ASSERT_EQ(*std::max_element(values.begin(), values.end()), static_cast<int64_t>(state.epoch));
    state.numbers.VisitChangedSince(state.epoch, [](uint32_t) { FAIL(); });
  }

  PagePool pool_;
  EpochReclaimer reclaimer_{&pool_};
  Mutex mutex_;
  State newest_;  // written under mutex_ by the one writer
};

TEST_F(PageConcurrencyTest, ReadersSeeWholeStatesWhileTheWriterPublishes) {
  reclaimer_.Pin(newest_.epoch);
  Step([](State* state, PageEdit* edit) {
    for (DocId doc = 0; doc < kDocs; ++doc) {
      state->numbers.Set(doc, kStart, edit);
    }
    state->system.Set(0, {.version = 2, .seq_no = {}, .row_hash = {}}, edit);
  });
  std::atomic<bool> done{false};
  std::atomic<int> checks{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done.load()) {
        const State held = Acquire();
        Check(held);
        const State newer = Acquire();
        Check(newer);
        reclaimer_.Unpin(newer.epoch);
        Check(held);
        reclaimer_.Unpin(held.epoch);
        ++checks;
      }
    });
  }
  for (uint64_t i = 0; i < Iterations(500) || checks.load() < 30; ++i) {
    Step([&](State* state, PageEdit* edit) {
      for (int transfer = 0; transfer < 5; ++transfer) {
        const auto from = static_cast<DocId>(Uniform(kDocs));
        const auto to = static_cast<DocId>(Uniform(kDocs));
        const auto amount = static_cast<int64_t>(Uniform(100'000));
        state->numbers.Set(from, *state->numbers.Get(from) - amount, edit);
        state->numbers.Set(to, *state->numbers.Get(to) + amount, edit);
        state->system.Set(
            from, {.version = static_cast<int64_t>(state->epoch), .seq_no = 1, .row_hash = {}},
            edit);
      }
      state->live.Delete(static_cast<DocId>(Uniform(kDocs)), edit);
    });
  }
  done = true;
  readers.clear();

  Check(newest_);
  EXPECT_EQ(reclaimer_.waiting(), 0u);
  newest_.numbers.FreeAll(&pool_);
  newest_.system.FreeAll(&pool_);
  newest_.live.FreeAll(&pool_);
  reclaimer_.Unpin(newest_.epoch);
  EXPECT_EQ(pool_.used_bytes(), 0u);
}

}  // namespace
}  // namespace binseek::index::test
