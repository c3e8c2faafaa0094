// Node: what the handlers work with: the engine, the supervisors of the sources, open scrolls, limits.
//
// Thread-safe as labelled. Borrows the engine, the state store and the supervisors, which must outlive the last request.
#ifndef BINSEEK_API_NODE_H_
#define BINSEEK_API_NODE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/alias_table.h"
#include "api/commit_gate.h"
#include "api/config.h"
#include "api/wait_slots.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/index/engine.h"
#include "engine/search/filter_cache.h"
#include "engine/search/scroll.h"
#include "engine/search/search_pool.h"
#include "engine/search/searcher.h"
#include "sync/change/table_schema.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::api {

struct FollowedSource {
  std::string name;
  change::SourceId id{};
  pipeline::Supervisor* sync = nullptr;
};

struct FollowedSources {
  bool named = false;  // the config has `sources`: answers tell which one they speak of
  std::vector<FollowedSource> list;
  std::shared_ptr<pipeline::IndexOwners>
      owners{};  // of all that were ever followed; null: not known
};

// What the names in a request are looked up in. Neither is null.
struct Names {
  std::shared_ptr<const AliasTable> aliases;
  std::shared_ptr<const index::EngineView> view;
};

class Node {
 public:
  // `state` may be null: then there are no dead letters.
  Node(index::Engine* engine, pipeline::StateStore* state, const SearchConfig& limits);

  index::Engine* engine() const { return engine_; }
  pipeline::StateStore* state() const { return state_; }
  search::ScrollRegistry* scrolls() { return &scrolls_; }
  CommitGate* commits() { return &commits_; }
  // Held from reading an index's mapping, or the aliases, to applying what follows from them, so that they grow one change at a time.
  Mutex* write_mutex() { return &write_mutex_; }
  // Never null. Who looks names up wants names() instead.
  std::shared_ptr<const AliasTable> aliases() const BINSEEK_EXCLUDES(alias_mutex_);
  // The newest view, and aliases that held while it was taken: whatever moves meanwhile, no index that they name is missing in it.
  Names names() const BINSEEK_EXCLUDES(alias_mutex_);
  // Durable with the next commit. REQUIRES: write_mutex() is held.
  Status SetAliases(AliasTable aliases) BINSEEK_EXCLUDES(alias_mutex_);

  // Never null; without any: there is none, or they are not started yet.
  std::shared_ptr<const FollowedSources> sources() const BINSEEK_EXCLUDES(sources_mutex_);
  void SetSources(FollowedSources sources) BINSEEK_EXCLUDES(sources_mutex_);
  // The only one, which needs no name; null: none.
  void set_sync(pipeline::Supervisor* sync);

  // Of requests that wait for any source.
  WaitSlots* wait_slots() const { return wait_slots_.get(); }

  // Told once, before requests come, where the config names a source: it may take its time to come up, and what it follows is known only
  // then.
  void set_source_configured() { source_configured_.store(true, std::memory_order_release); }
  bool source_configured() const { return source_configured_.load(std::memory_order_acquire); }

  // Whether the index is, or once was, written from a source, so that HTTP must not.
  bool IsSynced(const index::IndexView& index) const;
  // Whether no source of the config has the index, which one that was taken out has written. False until they have started.
  bool IsLeftBehind(std::string_view index) const;
  // Whether a source that runs writes an index of that name, be it there yet or not.
  bool IsOwned(std::string_view index) const;

  // Makes searches that run end soon, as aborted: for a shutdown that has waited for them long enough.
  void CancelSearches() { cancel_.store(true, std::memory_order_relaxed); }

  void SetLimits(
      const SearchConfig&
          limits);  // for SIGHUP; what memory scrolls and filters may take, and threads, stay as they were
  search::SearchOptions search_options() const;
  // How many searches went over several segments at the same time, since the start.
  uint64_t helped_searches() const { return pool_ == nullptr ? 0 : pool_->helped(); }
  // What a search's or multi get's answer may take.
  size_t max_response_bytes() const {
    return static_cast<size_t>(max_response_bytes_.load(std::memory_order_relaxed));
  }
  int64_t default_timeout_ms() const { return default_timeout_ms_.load(std::memory_order_relaxed); }

 private:
  // Constant after construction.
  index::Engine* const engine_;
  pipeline::StateStore* const state_;

  // Self-synchronised.
  search::ScrollRegistry scrolls_;
  const std::unique_ptr<search::FilterCache> filters_;
  const std::unique_ptr<search::SearchPool> pool_;  // null: each search has its own thread alone
  const std::unique_ptr<WaitSlots> wait_slots_ = std::make_unique<WaitSlots>();
  CommitGate commits_;
  Mutex write_mutex_;
  mutable Mutex alias_mutex_;  // a leaf
  std::shared_ptr<const AliasTable> aliases_ BINSEEK_GUARDED_BY(alias_mutex_);
  mutable Mutex sources_mutex_;  // a leaf
  std::shared_ptr<const FollowedSources> sources_ BINSEEK_GUARDED_BY(sources_mutex_) =
      std::make_shared<const FollowedSources>();
  std::atomic<bool> source_configured_{false};
  std::atomic<bool> cancel_{false};
  std::atomic<int64_t> max_result_window_;
  std::atomic<int64_t> default_timeout_ms_;
  std::atomic<int64_t> max_buckets_;
  std::atomic<int64_t> max_response_bytes_;
};

// What `GET /` and `binseek version` say.
std::string_view BinseekVersion();  // "0.1.0 (a1b2c3d)"
inline constexpr std::string_view kReportedVersion =
    "8.17.0";  // of Elasticsearch, whose API this is

}  // namespace binseek::api

#endif  // BINSEEK_API_NODE_H_
