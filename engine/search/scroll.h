// ScrollRegistry: searches that are read page by page, all from the view that they began on.
//
// A point in time is a view that is held the same way, for searches of its own each time.
//
// A scroll keeps its view, and so the segments and column pages of that moment, alive until it is closed or its keep-alive has passed
// without a page being asked for. So their number is bounded, and expired ones are dropped at every call.
//
// Thread-safe; pages of one scroll are served one at a time. Ids are 128 random bits. A page costs a search over what is behind
// the last hit; ordered by `_doc`, or where all scores are equal, only its own documents.
// Errors: kNotFound (no such scroll, or expired), kResourceExhausted (too many open), kAborted (a page's deadline passed; an open scroll stays
// where it was), else those of Search.
#ifndef BINSEEK_ENGINE_SEARCH_SCROLL_H_
#define BINSEEK_ENGINE_SEARCH_SCROLL_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/searcher.h"

namespace binseek::search {

struct ScrollOptions {
  size_t max_open = 500;
  int64_t max_keep_alive_ms = int64_t{24} * 3600 * 1000;
  const Clock* clock = Clock::Real();
  // What older views keep of memory, and how much of it scrolls may: beyond it the oldest ones are closed by Sweep. Empty: no limit.
  std::function<size_t()> held_bytes{};
  size_t max_held_bytes = 0;
};

struct ScrollPage {
  std::string id;
  SearchResult result;                            // aggregations with the first page only
  std::shared_ptr<const index::EngineView> view;  // what the result borrows from
  std::shared_ptr<const void> context;            // as given to Open
};

struct PointInTime {
  std::shared_ptr<const index::EngineView> view;
  std::vector<const index::IndexView*> indices;  // of the view
  QueryPtr restriction;                          // SearchRequest's; null: none
};

class ScrollRegistry {
 public:
  explicit ScrollRegistry(ScrollOptions options);
  ScrollRegistry(const ScrollRegistry&) = delete;
  ScrollRegistry& operator=(const ScrollRegistry&) = delete;
  ~ScrollRegistry();

  // Runs the search and keeps it. `indices` must belong to `view`; `request.from` must be 0; `context` is whatever the caller needs
  // to render pages. `options.analysis` and `options.clock` must outlive the registry; its cancel flag is not kept.
  Result<ScrollPage> Open(std::shared_ptr<const index::EngineView> view,
                          std::vector<const index::IndexView*> indices, SearchRequest request,
                          SearchOptions options, int64_t keep_alive_ms,
                          std::shared_ptr<const void> context);
  // The next page; no hits at the end. keep_alive_ms 0 keeps the one from before.
  Result<ScrollPage> Next(std::string_view id, int64_t keep_alive_ms);
  bool Close(std::string_view id);
  size_t CloseAll();
  size_t open() const;

  // Holds a view until it is closed, or not used for so long. It counts among the scrolls, and is none: Next and Close do not find it.
  Result<std::string> OpenPointInTime(std::shared_ptr<const index::EngineView> view,
                                      std::vector<const index::IndexView*> indices,
                                      int64_t keep_alive_ms, QueryPtr restriction = nullptr);
  // keep_alive_ms 0 keeps the one from before. What is given out outlives the point in time.
  Result<PointInTime> UsePointInTime(std::string_view id, int64_t keep_alive_ms);
  bool ClosePointInTime(std::string_view id);
  size_t CloseAllPointsInTime();

  // Closes those that have expired, and the oldest ones while they hold too much. A closed one is not found any more.
  void Sweep() BINSEEK_EXCLUDES(mutex_);
  // Sweeps every interval on a thread of its own, until destroyed. Once.
  void StartSweeping(std::chrono::milliseconds interval);

 private:
  struct Scroll;

  void DropExpired() BINSEEK_REQUIRES(mutex_);
  bool DropOldest() BINSEEK_EXCLUDES(mutex_);  // false: there is none to drop
  Status CheckRoom(std::string_view kind, std::string_view setting)
      BINSEEK_REQUIRES(mutex_);  // kResourceExhausted
  Status CheckKeepAlive(int64_t keep_alive_ms) const;
  bool Erase(std::string_view id, bool point_in_time) BINSEEK_EXCLUDES(mutex_);
  size_t EraseAll(bool point_in_time) BINSEEK_EXCLUDES(mutex_);
  static int64_t Micros(int64_t keep_alive_ms) { return keep_alive_ms * 1000; }
  static Result<ScrollPage> ServePage(Scroll* scroll);

  // Constant after construction.
  const ScrollOptions options_;

  std::jthread sweeper_;  // touched by StartSweeping and the destructor alone

  mutable Mutex mutex_;
  CondVar stopping_cv_;
  bool stopping_ BINSEEK_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::shared_ptr<Scroll>, std::less<>> scrolls_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCROLL_H_
