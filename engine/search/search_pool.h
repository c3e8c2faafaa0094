// SearchPool: threads that join in searches which take long, so that one search goes over several segments at the same time.
//
// No search is handed over, and none waits: the thread that runs one works itself, to its end, and threads that are idle at a moment join in what is left then. Searches and
// helpers together are never more than the pool's threads and one, so that where many searches run, each is alone.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto pool, SearchPool::Start({.threads = 3, .threads_per_search = 2}));   // SearchOptions::pool
//
//   SearchCrew crew(pool.get(), [&] { WorkUntilNothingIsLeft(); });
//   while (...) {
//     crew.CallHelp();   // for whom there is enough left to do
//   }
//   crew.Close();        // what helpers have done is seen from here on
//
// Thread-safe; a SearchCrew is its search's thread's alone. The pool outlives the searches that it is given to. Errors of Start: kResourceExhausted.
#ifndef BINSEEK_ENGINE_SEARCH_SEARCH_POOL_H_
#define BINSEEK_ENGINE_SEARCH_SEARCH_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/thread_pool.h"

namespace binseek::search {

struct SearchPoolOptions {
  size_t threads = 1;             // those that help
  size_t threads_per_search = 2;  // its own included
  // A search calls for help once it has run so long: to wake a thread takes tens of microseconds, and most searches are over soon after.
  int64_t patience_micros = 200;
  // And where segments that nobody has begun have so many documents.
  uint64_t least_docs = 50'000;
};

class SearchPool {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SearchPool>> Start(const SearchPoolOptions& options);
  ~SearchPool() = default;  // once those that help are through
  SearchPool(const SearchPool&) = delete;
  SearchPool& operator=(const SearchPool&) = delete;

  const SearchPoolOptions& options() const { return options_; }
  // More searches and helpers than threads and one: who helps does better to leave.
  bool crowded() const;
  // Threads that help, or are about to.
  size_t busy() const { return busy_.load(std::memory_order_relaxed); }
  // How many searches were helped.
  uint64_t helped() const { return helped_.load(std::memory_order_relaxed); }

 private:
  friend class SearchCrew;

  explicit SearchPool(const SearchPoolOptions& options) : options_(options) {}
  // How many threads, `most` at most, may help one search; they count as busy from here on.
  size_t Reserve(size_t most);

  // Constant after construction.
  const SearchPoolOptions options_;

  // Self-synchronised. Numbers alone: nothing is read by what they say.
  std::atomic<size_t> searches_{0};  // that run, helped or not
  std::atomic<size_t> busy_{0};  // threads that help, or are about to; never more than there are
  std::atomic<uint64_t> helped_{0};

  std::unique_ptr<ThreadPool> threads_;  // goes first: its threads use what is above
};

// The threads at one search. While it lives, the search counts as running.
class SearchCrew {
 public:
  // `work` is run by each that joins, all at the same time.
  SearchCrew(SearchPool* pool, std::function<void()> work);
  ~SearchCrew();  // as Close
  SearchCrew(const SearchCrew&) = delete;
  SearchCrew& operator=(const SearchCrew&) = delete;

  // Has threads that are idle join, `most` at most; false: none is. Cost: some microseconds for each of them. REQUIRES: it gave false before.
  bool CallHelp(size_t most = SIZE_MAX);
  // From now on nobody joins; returns when those that have joined are through. May be called again.
  void Close();

 private:
  // Threads that come late still look at it, whatever has become of the search.
  struct Gate {
    Mutex mutex;
    CondVar left;
    bool closed BINSEEK_GUARDED_BY(mutex) = false;
    size_t inside BINSEEK_GUARDED_BY(mutex) = 0;
  };
  static bool Enter(Gate* gate);
  static void Leave(Gate* gate);

  SearchPool* const pool_;
  const std::function<void()> work_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SEARCH_POOL_H_
