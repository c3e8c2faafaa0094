#include "engine/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace binseek {
namespace {

TEST(MutexTest, OneHolderAtATime) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const MutexLock lock(&mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(count, 4000);
}

TEST(MutexTest, TryLockFailsWhileHeld) {
  Mutex mutex;
  mutex.Lock();
  bool got_it = true;
  std::thread([&] {
    if (mutex.TryLock()) {
      mutex.Unlock();
    } else {
      got_it = false;
    }
  }).join();
  EXPECT_FALSE(got_it);
  mutex.Unlock();
  if (mutex.TryLock()) {
    mutex.Unlock();
  } else {
    ADD_FAILURE() << "it is free again";
  }
}

TEST(CondVarTest, WaitEndsWhenNotified) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread other([&] {
    const MutexLock lock(&mutex);
    ready = true;
    changed.NotifyAll();
  });
  {
    const MutexLock lock(&mutex);
    while (!ready) {
      changed.Wait(&mutex);
    }
    EXPECT_TRUE(ready);
  }
  other.join();
}

TEST(CondVarTest, WaitUntilGivesUpAtItsDeadline) {
  Mutex mutex;
  CondVar never;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
  const MutexLock lock(&mutex);
  while (never.WaitUntil(&mutex, deadline)) {
  }
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

}  // namespace
}  // namespace binseek
