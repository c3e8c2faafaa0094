#include "engine/search/scroll.h"

#include <algorithm>
#include <random>
#include <utility>

namespace binseek::search {
namespace {

constexpr std::string_view kScrollSetting = "search.max_open_scroll_context";

std::string NewScrollId() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device source;
  std::string id;
  for (int part = 0; part < 4; ++part) {
    const uint32_t bits = source();
    for (int digit = 0; digit < 8; ++digit) {
      id.push_back(kDigits[bits >> (4 * digit) & 0xF]);
    }
  }
  return id;
}

Status NoSuchScroll(std::string_view id) {
  return Status::NotFound("No search context found for id [" + std::string(id.substr(0, 200)) +
                          "]");
}

// A page must not be cut short: hits that the search has not come to would lie before its cursor, and never be shown.
Result<SearchResult> SearchInTime(const index::EngineView& view,
                                  const std::vector<const index::IndexView*>& indices,
                                  const SearchRequest& request, const SearchOptions& options) {
  BINSEEK_ASSIGN_OR_RETURN(SearchResult result, Search(view, indices, request, options));
  if (result.timed_out) {
    return Status::Aborted("The page of the scroll was not complete within [" +
                           std::to_string(request.timeout_ms) + "ms]");
  }
  return result;
}

}  // namespace

struct ScrollRegistry::Scroll {
  // Constant after construction.
  std::shared_ptr<const index::EngineView> view;
  std::vector<const index::IndexView*> indices;
  SearchOptions options;
  std::shared_ptr<const void> context;
  QueryPtr restriction;  // of a point in time
  bool is_point_in_time = false;

  // Guarded by the registry.
  int64_t keep_alive_ms = 0;
  int64_t expires_micros = 0;
  int pages_being_served = 0;  // does not expire meanwhile

  // One page at a time.
  Mutex mutex;
  SearchRequest request BINSEEK_GUARDED_BY(mutex);
  std::optional<TotalHits> total BINSEEK_GUARDED_BY(mutex);
  std::optional<float> max_score BINSEEK_GUARDED_BY(mutex);
  bool at_end BINSEEK_GUARDED_BY(mutex) = false;
};

ScrollRegistry::ScrollRegistry(ScrollOptions options) : options_(std::move(options)) {}

ScrollRegistry::~ScrollRegistry() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stopping_cv_.NotifyAll();
  if (sweeper_.joinable()) {
    sweeper_.join();
  }
}

void ScrollRegistry::StartSweeping(std::chrono::milliseconds interval) {
  sweeper_ = std::jthread([this, interval] {
    while (true) {
      {
        const auto until = std::chrono::steady_clock::now() + interval;
        const MutexLock lock(&mutex_);
        while (!stopping_ && stopping_cv_.WaitUntil(&mutex_, until)) {
        }
        if (stopping_) {
          return;
        }
      }
      Sweep();
    }
  });
}

void ScrollRegistry::Sweep() {
  {
    const MutexLock lock(&mutex_);
    DropExpired();
  }
  while (options_.held_bytes && options_.held_bytes() > options_.max_held_bytes && DropOldest()) {
  }
}

bool ScrollRegistry::DropOldest() {
  std::shared_ptr<Scroll> dropped;  // its view goes without the lock
  const MutexLock lock(&mutex_);
  auto oldest = scrolls_.end();
  for (auto it = scrolls_.begin(); it != scrolls_.end(); ++it) {
    if (it->second->pages_being_served == 0 &&
        (oldest == scrolls_.end() || it->second->view->epoch() < oldest->second->view->epoch())) {
      oldest = it;
    }
  }
  if (oldest == scrolls_.end()) {
    return false;
  }
  dropped = std::move(oldest->second);
  scrolls_.erase(oldest);
  return true;
}

void ScrollRegistry::DropExpired() {
  const int64_t now = options_.clock->MonotonicMicros();
  std::erase_if(scrolls_, [now](const auto& entry) {
    return entry.second->expires_micros <= now && entry.second->pages_being_served == 0;
  });
}

Status ScrollRegistry::CheckRoom(std::string_view kind, std::string_view setting) {
  DropExpired();
  if (scrolls_.size() < options_.max_open) {
    return Status::Ok();
  }
  return Status::ResourceExhausted(
      "Trying to create too many " + std::string(kind) +
      " contexts. Must be less than or equal to: [" + std::to_string(options_.max_open) +
      "]. This limit can be set by changing the [" + std::string(setting) + "] setting.");
}

Status ScrollRegistry::CheckKeepAlive(int64_t keep_alive_ms) const {
  if (keep_alive_ms <= options_.max_keep_alive_ms) {
    return Status::Ok();
  }
  return Status::InvalidArgument("Keep alive for request (" + std::to_string(keep_alive_ms) +
                                 "ms) is too large. It must be less than (" +
                                 std::to_string(options_.max_keep_alive_ms) +
                                 "ms). This limit can be set by changing the "
                                 "[search.max_keep_alive] cluster level setting.");
}

Result<ScrollPage> ScrollRegistry::Open(std::shared_ptr<const index::EngineView> view,
                                        std::vector<const index::IndexView*> indices,
                                        SearchRequest request, SearchOptions options,
                                        int64_t keep_alive_ms,
                                        std::shared_ptr<const void> context) {
  if (request.from > 0) {
    return Status::InvalidArgument("using [from] is not allowed in a scroll context");
  }
  if (request.size == 0) {
    return Status::InvalidArgument("[size] cannot be [0] in a scroll context");
  }
  BINSEEK_RETURN_IF_ERROR(CheckKeepAlive(keep_alive_ms));
  {
    MutexLock lock(&mutex_);
    BINSEEK_RETURN_IF_ERROR(CheckRoom("scroll", kScrollSetting));
  }
  ScrollPage page;
  BINSEEK_ASSIGN_OR_RETURN(page.result, SearchInTime(*view, indices, request, options));
  auto scroll = std::make_shared<Scroll>();
  scroll->view = std::move(view);
  scroll->indices = std::move(indices);
  scroll->options = options;
  scroll->options.cancel = nullptr;
  scroll->context = std::move(context);
  scroll->keep_alive_ms = keep_alive_ms;
  scroll->expires_micros = options_.clock->MonotonicMicros() + keep_alive_ms * 1000;
  page.view = scroll->view;
  page.context = scroll->context;
  page.id = NewScrollId();
  {
    MutexLock lock(&scroll->mutex);
    scroll->total = page.result.total;
    scroll->max_score = page.result.max_score;
    scroll->at_end = page.result.cursor == nullptr;
    scroll->request = std::move(request);
    scroll->request.after = page.result.cursor;
    scroll->request.search_after.reset();
    scroll->request.aggregations.clear();
    scroll->request.track_total_hits = SearchRequest::kCountNone;
    scroll->request.terminate_after = 0;
  }
  MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(CheckRoom("scroll", kScrollSetting));  // others may have been faster
  scrolls_.emplace(page.id, std::move(scroll));
  return page;
}

Result<ScrollPage> ScrollRegistry::Next(std::string_view id, int64_t keep_alive_ms) {
  BINSEEK_RETURN_IF_ERROR(CheckKeepAlive(keep_alive_ms));
  std::shared_ptr<Scroll> scroll;
  {
    MutexLock lock(&mutex_);
    DropExpired();
    const auto it = scrolls_.find(id);
    if (it == scrolls_.end() || it->second->is_point_in_time) {
      return NoSuchScroll(id);
    }
    scroll = it->second;
    if (keep_alive_ms > 0) {
      scroll->keep_alive_ms = keep_alive_ms;
    }
    ++scroll->pages_being_served;
  }
  Result<ScrollPage> page = ServePage(scroll.get());
  MutexLock lock(&mutex_);
  --scroll->pages_being_served;
  scroll->expires_micros = options_.clock->MonotonicMicros() + scroll->keep_alive_ms * 1000;
  if (page.ok()) {
    page->id = id;
  }
  return page;
}

Result<ScrollPage> ScrollRegistry::ServePage(Scroll* scroll) {
  ScrollPage page;
  page.view = scroll->view;
  page.context = scroll->context;
  MutexLock lock(&scroll->mutex);
  if (!scroll->at_end) {
    BINSEEK_ASSIGN_OR_RETURN(page.result, SearchInTime(*scroll->view, scroll->indices,
                                                       scroll->request, scroll->options));
    scroll->at_end = page.result.cursor == nullptr;
    if (page.result.cursor != nullptr) {
      scroll->request.after = page.result.cursor;
    }
  }
  page.result.shards = static_cast<uint32_t>(scroll->indices.size());
  page.result.total = scroll->total;
  page.result.max_score = scroll->max_score;
  return page;
}

bool ScrollRegistry::Erase(std::string_view id, bool point_in_time) {
  std::shared_ptr<Scroll> erased;  // its view goes without the lock
  const MutexLock lock(&mutex_);
  DropExpired();
  const auto it = scrolls_.find(id);
  if (it == scrolls_.end() || it->second->is_point_in_time != point_in_time) {
    return false;
  }
  erased = std::move(it->second);
  scrolls_.erase(it);
  return true;
}

size_t ScrollRegistry::EraseAll(bool point_in_time) {
  const MutexLock lock(&mutex_);
  DropExpired();
  return std::erase_if(scrolls_, [point_in_time](const auto& entry) {
    return entry.second->is_point_in_time == point_in_time;
  });
}

bool ScrollRegistry::Close(std::string_view id) { return Erase(id, false); }
size_t ScrollRegistry::CloseAll() { return EraseAll(false); }
bool ScrollRegistry::ClosePointInTime(std::string_view id) { return Erase(id, true); }
size_t ScrollRegistry::CloseAllPointsInTime() { return EraseAll(true); }

Result<std::string> ScrollRegistry::OpenPointInTime(std::shared_ptr<const index::EngineView> view,
                                                    std::vector<const index::IndexView*> indices,
                                                    int64_t keep_alive_ms, QueryPtr restriction) {
  BINSEEK_RETURN_IF_ERROR(CheckKeepAlive(keep_alive_ms));
  auto held = std::make_shared<Scroll>();
  held->view = std::move(view);
  held->indices = std::move(indices);
  held->restriction = std::move(restriction);
  held->is_point_in_time = true;
  held->keep_alive_ms = keep_alive_ms;
  held->expires_micros = options_.clock->MonotonicMicros() + Micros(keep_alive_ms);
  std::string id = NewScrollId();
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(CheckRoom("Point In Time", "search.max_open_pit_context"));
  scrolls_.emplace(id, std::move(held));
  return id;
}

Result<PointInTime> ScrollRegistry::UsePointInTime(std::string_view id, int64_t keep_alive_ms) {
  BINSEEK_RETURN_IF_ERROR(CheckKeepAlive(keep_alive_ms));
  const MutexLock lock(&mutex_);
  DropExpired();
  const auto it = scrolls_.find(id);
  if (it == scrolls_.end() || !it->second->is_point_in_time) {
    return NoSuchScroll(id);
  }
  Scroll& held = *it->second;
  if (keep_alive_ms > 0) {
    held.keep_alive_ms = keep_alive_ms;
  }
  held.expires_micros = options_.clock->MonotonicMicros() + Micros(held.keep_alive_ms);
  return PointInTime{held.view, held.indices, held.restriction};
}

size_t ScrollRegistry::open() const {
  MutexLock lock(&mutex_);
  return scrolls_.size();
}

}  // namespace binseek::search
