// ThreadPool: a fixed number of named threads that run tasks from a bounded queue, first come first served.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto pool, ThreadPool::Start({.name = "analysis", .threads = 2, .queue_limit = 64}));
//   BINSEEK_RETURN_IF_ERROR(pool->Submit([row = std::move(row)](std::stop_token stop) { ... }));
//
// Thread-safe. Tasks must not throw; long ones look at their stop token. Whoever waits for a task must be told by it, and must
// hold nothing that only a run task would give back: tasks that have not begun when the pool stops are destroyed unrun.
// Errors: kAborted once Stop was called, kResourceExhausted from TrySubmit (queue full) and Start (no more threads).
#ifndef BINSEEK_ENGINE_BASE_THREAD_POOL_H_
#define BINSEEK_ENGINE_BASE_THREAD_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"

namespace binseek {

struct ThreadPoolOptions {
  std::string name;  // threads are called name-0, name-1, ... (the system shows the first 15 bytes)
  size_t threads = 1;       // at least 1
  size_t queue_limit = 64;  // tasks that wait to begin; at least 1
};

class ThreadPool {
 public:
  using Task = std::function<void(std::stop_token)>;

  [[nodiscard]] static Result<std::unique_ptr<ThreadPool>> Start(ThreadPoolOptions options);
  ~ThreadPool();  // as Stop
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Blocks while the queue is full: that is how load is pushed back. A task must not call it on its own pool (a pool whose
  // threads all wait for room makes none); TrySubmit is for them.
  [[nodiscard]] Status Submit(Task task) BINSEEK_EXCLUDES(mutex_);
  [[nodiscard]] Status TrySubmit(Task task) BINSEEK_EXCLUDES(mutex_);
  // Returns once nothing runs and nothing waits, or the pool was stopped. REQUIRES: not called by a task of this pool.
  void WaitUntilIdle() BINSEEK_EXCLUDES(mutex_);
  // Asks running tasks to stop, destroys waiting ones, and returns when all threads have ended. May be called again.
  // REQUIRES: not called by a task of this pool.
  void Stop() BINSEEK_EXCLUDES(mutex_, join_mutex_);

  size_t queued() const BINSEEK_EXCLUDES(mutex_);

 private:
  explicit ThreadPool(ThreadPoolOptions options);
  Status Push(Task task, bool wait);
  void Run();

  // Constant after construction.
  const ThreadPoolOptions options_;

  // Self-synchronised.
  std::stop_source stop_;

  mutable Mutex mutex_;
  CondVar not_empty_;
  CondVar not_full_;
  CondVar idle_;
  bool stopped_ BINSEEK_GUARDED_BY(mutex_) = false;
  size_t running_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::deque<Task> queue_ BINSEEK_GUARDED_BY(mutex_);

  Mutex join_mutex_;  // held while threads end; taken before mutex_
  std::vector<std::thread> threads_ BINSEEK_GUARDED_BY(join_mutex_);
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_THREAD_POOL_H_
