#include "engine/base/thread_pool.h"

#include <pthread.h>

#include <atomic>
#include <latch>
#include <set>

#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

std::unique_ptr<ThreadPool> MakePool(size_t threads, size_t queue_limit) {
  auto pool = ThreadPool::Start({.name = "test", .threads = threads, .queue_limit = queue_limit});
  return std::move(pool).value();
}

TEST(ThreadPoolTest, RunsEveryTask) {
  const auto pool = MakePool(3, 4);
  std::atomic<int> sum = 0;
  for (int i = 1; i <= 200; ++i) {
    ASSERT_OK(pool->Submit([&sum, i](const std::stop_token&) { sum += i; }));
  }
  pool->WaitUntilIdle();
  EXPECT_EQ(sum, 200 * 201 / 2);
}

TEST(ThreadPoolTest, ThreadsAreNamed) {
  const auto pool =
      ThreadPool::Start({.name = "a-rather-long-name", .threads = 1, .queue_limit = 1});
  ASSERT_OK(pool);
  char name[16] = {};
  ASSERT_OK((*pool)->Submit(
      [&](const std::stop_token&) { ::pthread_getname_np(::pthread_self(), name, sizeof(name)); }));
  (*pool)->WaitUntilIdle();
  EXPECT_STREQ(name, "a-rather-long-0");
}

TEST(ThreadPoolTest, AFullQueueRefusesATryAndHoldsBackASubmit) {
  const auto pool = MakePool(1, 1);
  std::latch started(1);
  std::latch go_on(1);
  ASSERT_OK(pool->Submit([&](const std::stop_token&) {
    started.count_down();
    go_on.wait();
  }));
  started.wait();
  ASSERT_OK(pool->TrySubmit([](const std::stop_token&) {}));
  EXPECT_EQ(pool->queued(), 1u);
  EXPECT_STATUS(pool->TrySubmit([](const std::stop_token&) {}), kResourceExhausted);
  std::atomic<bool> submitted = false;
  std::thread submitter([&] {
    EXPECT_OK(pool->Submit([](const std::stop_token&) {}));
    submitted = true;
  });
  EXPECT_FALSE(submitted);  // there is no room before go_on
  go_on.count_down();
  submitter.join();
  pool->WaitUntilIdle();
  EXPECT_TRUE(submitted);
  EXPECT_EQ(pool->queued(), 0u);
}

TEST(ThreadPoolTest, StopReachesRunningTasksAndDropsWaitingOnes) {
  const auto pool = MakePool(1, 8);
  std::latch started(1);
  std::atomic<bool> saw_stop = false;
  std::atomic<bool> ran = false;
  const auto held = std::make_shared<int>(1);
  ASSERT_OK(pool->Submit([&](const std::stop_token& stop) {
    started.count_down();
    while (!stop.stop_requested()) {
      std::this_thread::yield();
    }
    saw_stop = true;
  }));
  started.wait();
  ASSERT_OK(pool->Submit([&ran, held](const std::stop_token&) { ran = true; }));
  pool->Stop();
  EXPECT_TRUE(saw_stop);
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1) << "a dropped task is destroyed";
  EXPECT_STATUS(pool->Submit([](const std::stop_token&) {}), kAborted);
  EXPECT_STATUS(pool->TrySubmit([](const std::stop_token&) {}), kAborted);
  pool->Stop();
}

TEST(ThreadPoolTest, StopFreesThoseThatWaitForRoom) {
  const auto pool = MakePool(1, 1);
  std::latch started(1);
  ASSERT_OK(pool->Submit([&](const std::stop_token& stop) {
    started.count_down();
    while (!stop.stop_requested()) {
      std::this_thread::yield();
    }
  }));
  started.wait();
  ASSERT_OK(pool->Submit([](const std::stop_token&) {}));
  std::thread submitter(
      [&] { EXPECT_STATUS(pool->Submit([](const std::stop_token&) {}), kAborted); });
  pool->Stop();
  submitter.join();
}

}  // namespace
}  // namespace binseek
