// Mutex, MutexLock, CondVar: the standard ones, annotated for clang's thread-safety analysis, which
// then refuses to compile an access to a BINSEEK_GUARDED_BY member without its mutex.
//
//   class Queue {
//     void Push(int item) BINSEEK_EXCLUDES(mutex_) {
//       MutexLock lock(&mutex_);
//       items_.push_back(item);
//       not_empty_.NotifyOne();
//     }
//     int Pop() BINSEEK_EXCLUDES(mutex_) {
//       MutexLock lock(&mutex_);
//       while (items_.empty()) {        // a loop, not a predicate lambda: the analysis sees it
//         not_empty_.Wait(&mutex_);
//       }
//       ...
//     }
//     Mutex mutex_;
//     CondVar not_empty_;
//     std::deque<int> items_ BINSEEK_GUARDED_BY(mutex_);
//   };
//
// Not recursive. The order in which locks may be taken is the table in engine/ARCHITECTURE.md.
#ifndef BINSEEK_ENGINE_BASE_MUTEX_H_
#define BINSEEK_ENGINE_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define BINSEEK_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define BINSEEK_THREAD_ANNOTATION_(x)
#endif

// Members: may be touched (or, PT_, what they point to) only while the mutex is held.
#define BINSEEK_GUARDED_BY(mutex) BINSEEK_THREAD_ANNOTATION_(guarded_by(mutex))
#define BINSEEK_PT_GUARDED_BY(mutex) BINSEEK_THREAD_ANNOTATION_(pt_guarded_by(mutex))
// Functions: the caller must hold, must not hold the mutexes.
#define BINSEEK_REQUIRES(...) BINSEEK_THREAD_ANNOTATION_(requires_capability(__VA_ARGS__))
#define BINSEEK_EXCLUDES(...) BINSEEK_THREAD_ANNOTATION_(locks_excluded(__VA_ARGS__))
// Functions that take or drop a mutex themselves.
#define BINSEEK_ACQUIRE(...) BINSEEK_THREAD_ANNOTATION_(acquire_capability(__VA_ARGS__))
#define BINSEEK_RELEASE(...) BINSEEK_THREAD_ANNOTATION_(release_capability(__VA_ARGS__))
#define BINSEEK_TRY_ACQUIRE(...) BINSEEK_THREAD_ANNOTATION_(try_acquire_capability(__VA_ARGS__))
#define BINSEEK_CAPABILITY(name) BINSEEK_THREAD_ANNOTATION_(capability(name))
#define BINSEEK_SCOPED_CAPABILITY BINSEEK_THREAD_ANNOTATION_(scoped_lockable)
// For the rare function that is right in a way which the analysis cannot see; say why beside it.
#define BINSEEK_NO_THREAD_SAFETY_ANALYSIS BINSEEK_THREAD_ANNOTATION_(no_thread_safety_analysis)

namespace binseek {

class BINSEEK_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  ~Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() BINSEEK_ACQUIRE() { mutex_.lock(); }
  void Unlock() BINSEEK_RELEASE() { mutex_.unlock(); }
  [[nodiscard]] bool TryLock() BINSEEK_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds `mutex`, which is borrowed, for its own life.
class BINSEEK_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) BINSEEK_ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() BINSEEK_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// Waits may return early; always loop over the condition.
class CondVar {
 public:
  CondVar() = default;
  ~CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Releases `mutex`, waits, takes it again.
  void Wait(Mutex* mutex) BINSEEK_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // As Wait; false once `timeout` has passed without a notification.
  template <class Rep, class Period>
  bool WaitFor(Mutex* mutex, std::chrono::duration<Rep, Period> timeout) BINSEEK_REQUIRES(mutex) {
    return WaitUntil(mutex, std::chrono::steady_clock::now() +
                                std::chrono::duration_cast<std::chrono::nanoseconds>(timeout));
  }

  // As WaitFor; the form for loops, where the time that was waited already must count.
  bool WaitUntil(Mutex* mutex, std::chrono::steady_clock::time_point deadline)
      BINSEEK_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const std::cv_status outcome = condition_.wait_until(lock, deadline);
    lock.release();
    return outcome == std::cv_status::no_timeout;
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_MUTEX_H_
