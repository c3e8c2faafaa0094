#include "engine/base/thread_pool.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "engine/base/check.h"

namespace binseek {
namespace {

constexpr size_t kMaxThreadName = 15;  // Linux's limit

void NameThisThread(const std::string& pool, size_t number) {
  const std::string suffix = "-" + std::to_string(number);
  const std::string name = pool.substr(0, kMaxThreadName - suffix.size()) + suffix;
  ::pthread_setname_np(::pthread_self(), name.c_str());
}

}  // namespace

ThreadPool::ThreadPool(ThreadPoolOptions options) : options_(std::move(options)) {
  BINSEEK_CHECK(options_.threads > 0 && options_.queue_limit > 0,
                "a pool needs a thread and room for a task");
}

ThreadPool::~ThreadPool() { Stop(); }

Result<std::unique_ptr<ThreadPool>> ThreadPool::Start(ThreadPoolOptions options) {
  std::unique_ptr<ThreadPool> pool(new ThreadPool(std::move(options)));
  const MutexLock lock(&pool->join_mutex_);
  for (size_t number = 0; number < pool->options_.threads; ++number) {
    try {
      pool->threads_.emplace_back([raw = pool.get(), number] {
        NameThisThread(raw->options_.name, number);
        raw->Run();
      });
    } catch (const std::system_error& error) {
      return Status::ResourceExhausted("thread pool " + pool->options_.name + ": " + error.what());
    }
  }
  return pool;
}

Status ThreadPool::Submit(Task task) { return Push(std::move(task), /*wait=*/true); }

Status ThreadPool::TrySubmit(Task task) { return Push(std::move(task), /*wait=*/false); }

Status ThreadPool::Push(Task task, bool wait) {
  const MutexLock lock(&mutex_);
  while (wait && !stopped_ && queue_.size() >= options_.queue_limit) {
    not_full_.Wait(&mutex_);
  }
  if (stopped_) {
    return Status::Aborted("thread pool " + options_.name + " has stopped");
  }
  if (queue_.size() >= options_.queue_limit) {
    return Status::ResourceExhausted("thread pool " + options_.name + ": " +
                                     std::to_string(queue_.size()) + " tasks wait already");
  }
  queue_.push_back(std::move(task));
  not_empty_.NotifyOne();
  return Status::Ok();
}

void ThreadPool::Run() {
  while (true) {
    Task task;
    {
      const MutexLock lock(&mutex_);
      while (!stopped_ && queue_.empty()) {
        not_empty_.Wait(&mutex_);
      }
      if (stopped_) {
        return;
      }
      task = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
      not_full_.NotifyOne();
    }
    task(stop_.get_token());
    task = nullptr;  // what it holds goes before it counts as done
    const MutexLock lock(&mutex_);
    --running_;
    if (running_ == 0 && queue_.empty()) {
      idle_.NotifyAll();
    }
  }
}

void ThreadPool::WaitUntilIdle() {
  const MutexLock lock(&mutex_);
  while (!stopped_ && (running_ > 0 || !queue_.empty())) {
    idle_.Wait(&mutex_);
  }
}

void ThreadPool::Stop() {
  const MutexLock join_lock(&join_mutex_);
  std::deque<Task> unrun;  // destroyed without a lock held: a task may own anything
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    unrun.swap(queue_);
    not_empty_.NotifyAll();
    not_full_.NotifyAll();
    idle_.NotifyAll();
  }
  stop_.request_stop();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

size_t ThreadPool::queued() const {
  const MutexLock lock(&mutex_);
  return queue_.size();
}

}  // namespace binseek
