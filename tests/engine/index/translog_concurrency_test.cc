// Many threads that append, sync, roll and delete at once: group commit, and one order for all. Meant for ThreadSanitizer too.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/index/translog.h"
#include "engine/index/translog_replay.h"
#include "tests/engine/index/translog_disk.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using TranslogConcurrencyTest = binseek::test::SeededTest;

// Holds every sync back until it is opened.
class Gate {
 public:
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void AwaitArrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ > 0; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

Status WriteOne(Translog* translog, std::string payload) {
  BINSEEK_ASSIGN_OR_RETURN(auto prepared, translog->Prepare(std::move(payload)));
  BINSEEK_ASSIGN_OR_RETURN(const TranslogLocation location, translog->Append(std::move(prepared)));
  return translog->Sync(location);
}

TEST_F(TranslogConcurrencyTest, OneSyncServesAllThatCameDuringTheOneBefore) {
  constexpr int kRequests = 20;
  TranslogDisk disk;
  const auto translog = *Translog::Open(&disk, {});
  const uint64_t before = disk.syncs();
  Gate gate;
  disk.OnSync([&] { gate.Pass(); });
  std::vector<std::thread> threads;
  threads.emplace_back([&] { EXPECT_OK(WriteOne(translog.get(), "first")); });
  gate.AwaitArrival();
  for (int i = 0; i < kRequests; ++i) {
    threads.emplace_back([&] { EXPECT_OK(WriteOne(translog.get(), "other")); });
  }
  while (translog->stats().records < 1 + kRequests) {
    std::this_thread::yield();
  }
  gate.Open();
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(disk.syncs() - before, 2U);
  EXPECT_EQ(translog->stats().syncs, disk.syncs());
}

TEST_F(TranslogConcurrencyTest, AFailedSyncFailsAllThatWaitForIt) {
  constexpr int kRequests = 8;
  TranslogDisk disk;
  const auto translog = *Translog::Open(&disk, {});
  Gate gate;
  disk.OnSync([&] {
    gate.Pass();
    disk.FailSyncs(true);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kRequests; ++i) {
    threads.emplace_back([&] {
      const Status status = WriteOne(translog.get(), "record");
      EXPECT_EQ(status.code(), StatusCode::kIoError);
    });
  }
  gate.AwaitArrival();
  gate.Open();
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto replay = ReplayTranslog(
      disk, {1, 0}, [](std::string_view, const TranslogLocation&) { return Status::Ok(); });
  EXPECT_OK(replay);
}

TEST_F(TranslogConcurrencyTest, EveryRecordIsThereOnceAndInOrderWhileGenerationsChange) {
  constexpr uint64_t kThreads = 6;
  const uint64_t each = Iterations(400);
  TranslogDisk disk;
  auto translog = *Translog::Open(&disk, {}, {.buffer_bytes = 300});
  Mutex order;  // the engine's publish lock
  std::vector<std::string> appended;
  std::atomic<bool> done{false};
  std::thread committer([&] {
    while (!done) {
      translog->Roll();
      EXPECT_OK(translog->SyncAll());
      EXPECT_GT(translog->stats().kept_bytes, 0U);
    }
  });
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < each; ++i) {
        const std::string payload = std::to_string(t) + ":" + std::to_string(i);
        auto prepared = translog->Prepare(payload);
        ASSERT_OK(prepared);
        TranslogLocation location;
        {
          const MutexLock lock(&order);
          appended.push_back(payload);
          auto appended_at = translog->Append(*std::move(prepared));
          ASSERT_OK(appended_at);
          location = *appended_at;
        }
        if (i % 4 != t % 4) {
          ASSERT_OK(translog->Sync(location));
          EXPECT_FALSE(translog->tail() < location);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  done = true;
  committer.join();
  ASSERT_OK(translog->Close());
  std::vector<std::string> replayed;
  ASSERT_OK(ReplayTranslog(disk, {1, 0}, [&](std::string_view payload, const TranslogLocation&) {
    replayed.emplace_back(payload);
    return Status::Ok();
  }));
  EXPECT_EQ(replayed, appended);
}

}  // namespace
}  // namespace binseek::index::test
