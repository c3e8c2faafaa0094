#include "api/node.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/base/log.h"
#include "sync/pipeline/source_ids.h"

namespace binseek::api {
namespace {

// A thread for each processor but the one of the search that they help.
std::unique_ptr<search::SearchPool> StartPool(size_t threads_per_search) {
  constexpr size_t kMost = 4;
  const size_t processors = std::max<size_t>(1, std::thread::hardware_concurrency());
  const size_t wanted =
      threads_per_search > 0 ? threads_per_search : std::clamp<size_t>(processors / 2, 1, kMost);
  if (wanted == 1) {
    return nullptr;
  }
  Result<std::unique_ptr<search::SearchPool>> pool = search::SearchPool::Start(
      {.threads = std::max(processors, wanted) - 1, .threads_per_search = wanted});
  if (!pool.ok()) {
    Log(LogLevel::kWarn, "each search has its own thread alone", {{"status", pool.status()}});
    return nullptr;
  }
  return *std::move(pool);
}

}  // namespace

Node::Node(index::Engine* engine, pipeline::StateStore* state, const SearchConfig& limits)
    : engine_(engine),
      state_(state),
      scrolls_({.max_open = static_cast<size_t>(limits.max_scrolls),
                .held_bytes = [engine] { return engine->held_bytes(); },
                .max_held_bytes = static_cast<size_t>(limits.max_scroll_memory)}),
      filters_(std::make_unique<search::FilterCache>(search::FilterCacheOptions{
          .max_bytes = static_cast<uint64_t>(limits.filter_cache_bytes)})),
      pool_(StartPool(static_cast<size_t>(limits.threads_per_search))),
      commits_(engine),
      max_result_window_(limits.max_result_window),
      default_timeout_ms_(limits.default_timeout_ms),
      max_buckets_(limits.max_buckets),
      max_response_bytes_(limits.max_response_bytes) {
  Result<AliasTable> stored = AliasTable::FromJson(engine->UserData(kAliasKey));
  if (!stored.ok()) {
    Log(LogLevel::kError, "aliases are lost", {{"status", stored.status()}});
  }
  const MutexLock lock(&alias_mutex_);
  aliases_ = std::make_shared<const AliasTable>(stored.ok() ? *std::move(stored) : AliasTable());
}

std::shared_ptr<const AliasTable> Node::aliases() const {
  const MutexLock lock(&alias_mutex_);
  return aliases_;
}

// Indices are made before an alias names them, and dropped after (DropIndices).
Names Node::names() const {
  Names names;
  for (std::shared_ptr<const AliasTable> before = aliases(); names.aliases != before;
       before = aliases()) {
    names = {before, engine_->View()};
  }
  return names;
}

Status Node::SetAliases(AliasTable aliases) {
  index::Batch batch;
  batch.user_data[std::string(kAliasKey)] = aliases.ToJson();
  BINSEEK_RETURN_IF_ERROR(engine_->Apply(batch).status());
  const MutexLock lock(&alias_mutex_);
  aliases_ = std::make_shared<const AliasTable>(std::move(aliases));
  return Status::Ok();
}

bool Node::IsSynced(const index::IndexView& index) const {
  return index.mapping->synced() || IsOwned(index.name);
}

bool Node::IsLeftBehind(std::string_view index) const {
  const auto followed = sources();
  return followed->owners != nullptr && !followed->owners->IsFollowed(index) && !IsOwned(index);
}

bool Node::IsOwned(std::string_view index) const {
  const auto followed = sources();
  return std::any_of(followed->list.begin(), followed->list.end(),
                     [&](const auto& source) { return source.sync->OwnsIndex(index); });
}

std::shared_ptr<const FollowedSources> Node::sources() const {
  const MutexLock lock(&sources_mutex_);
  return sources_;
}

void Node::SetSources(FollowedSources sources) {
  auto made = std::make_shared<const FollowedSources>(std::move(sources));
  const MutexLock lock(&sources_mutex_);
  sources_ = std::move(made);
}

void Node::set_sync(pipeline::Supervisor* sync) {
  FollowedSources sources;
  if (sync != nullptr) {
    sources.list.push_back({std::string(pipeline::kDefaultSource), change::SourceId{1}, sync});
  }
  SetSources(std::move(sources));
}

void Node::SetLimits(const SearchConfig& limits) {
  max_result_window_.store(limits.max_result_window, std::memory_order_relaxed);
  default_timeout_ms_.store(limits.default_timeout_ms, std::memory_order_relaxed);
  max_buckets_.store(limits.max_buckets, std::memory_order_relaxed);
  max_response_bytes_.store(limits.max_response_bytes, std::memory_order_relaxed);
}

search::SearchOptions Node::search_options() const {
  static const analysis::AnalysisRegistry kAnalysis;
  search::SearchOptions options;
  options.analysis = &kAnalysis;
  options.cancel = &cancel_;
  options.max_buckets = static_cast<uint32_t>(max_buckets_.load(std::memory_order_relaxed));
  options.max_result_window =
      static_cast<uint64_t>(max_result_window_.load(std::memory_order_relaxed));
  options.filters = filters_.get();
  options.pool = pool_.get();
  return options;
}

}  // namespace binseek::api
