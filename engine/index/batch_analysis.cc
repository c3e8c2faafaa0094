#include "engine/index/batch_analysis.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "engine/base/mutex.h"

namespace binseek::index {
namespace {

// Estimated, not measured: analysing this much takes a millisecond or two, waking a thread and handing over what it has made some ten microseconds.
constexpr size_t kLeastBytes = 64u << 10;
constexpr size_t kChunkBytes = 16u << 10;  // of texts: long enough to be worth a lock
constexpr size_t kWindow = 8;              // chunks, from the one that is being applied on
constexpr size_t kMostThreads = 16;        // more than one applying thread can keep busy

using Analyzed = std::optional<Result<codec::AnalyzedDocument>>;

size_t TextBytes(const mapping::Document& document) {
  constexpr size_t kEach = 16;  // a text costs something however short it is
  size_t bytes = 0;
  for (const mapping::TextValue& value : document.texts) {
    bytes += value.text.size() + kEach;
  }
  for (const mapping::Document& child : document.children) {
    bytes += TextBytes(child);
  }
  return bytes;
}

bool HasDocument(const Operation& operation) {
  return operation.kind == OpKind::kUpsert || operation.kind == OpKind::kCreate;
}

}  // namespace

AnalysisPool::AnalysisPool(size_t threads)
    : threads_(threads != SIZE_MAX
                   ? threads
                   : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostThreads) - 1) {
}

ThreadPool* AnalysisPool::Get() {
  const MutexLock lock(&mutex_);
  if (!tried_ && threads_ > 0) {
    auto pool = ThreadPool::Start({.name = "analysis", .threads = threads_});
    if (pool.ok()) {
      pool_ = std::move(pool).value();
    } else {
      Log(LogLevel::kWarn, "batches are analysed on one thread",
          {{"error", pool.status().ToString()}});
    }
  }
  tried_ = true;
  return pool_.get();
}

struct BatchAnalysis::State {
  State(std::span<const Operation> given, MappingOf given_mapping_of)
      : operations(given), mapping_of(std::move(given_mapping_of)) {}

  // Constant once helpers are asked for.
  const std::span<const Operation> operations;
  const MappingOf mapping_of;
  std::vector<size_t> starts;  // of chunks, and the end

  Mutex mutex;
  CondVar changed;
  bool closed BINSEEK_GUARDED_BY(mutex) = false;
  size_t helping BINSEEK_GUARDED_BY(mutex) = 0;  // helpers that may look at operations
  size_t applied BINSEEK_GUARDED_BY(mutex) = 0;  // chunk that is being applied
  size_t next BINSEEK_GUARDED_BY(mutex) = 0;     // first chunk that nobody has begun
  std::vector<std::vector<Analyzed>> done BINSEEK_GUARDED_BY(mutex);  // empty: not yet, or over

  // Of the applying thread.
  size_t current = SIZE_MAX;
  std::vector<Analyzed> documents;  // of the current chunk

  size_t chunks() const { return starts.size() - 1; }

  std::vector<Analyzed> AnalyzeChunk(size_t chunk) const {
    std::vector<Analyzed> out(starts[chunk + 1] - starts[chunk]);
    for (size_t i = 0; i < out.size(); ++i) {
      const Operation& operation = operations[starts[chunk] + i];
      const mapping::Mapping* const mapping =
          HasDocument(operation) ? mapping_of(operation.index) : nullptr;
      if (mapping != nullptr) {
        out[i] = codec::Analyze(*mapping, operation.document);
      }
    }
    return out;
  }

  // Takes the next chunk that nobody has begun, analyses it, and leaves it to be found. False: there is none within the window.
  bool Help() BINSEEK_REQUIRES(mutex) {
    if (next >= std::min(chunks(), applied + kWindow)) {
      return false;
    }
    const size_t chunk = next++;
    mutex.Unlock();
    std::vector<Analyzed> out = AnalyzeChunk(chunk);
    mutex.Lock();
    if (chunk >= applied) {  // else nobody wants it any more
      done[chunk] = std::move(out);
    }
    changed.NotifyAll();
    return true;
  }

  void HelpUntilClosed() BINSEEK_EXCLUDES(mutex) {
    const MutexLock lock(&mutex);
    ++helping;
    while (!closed && next < chunks()) {
      if (!Help()) {
        changed.Wait(&mutex);
      }
    }
    --helping;
    changed.NotifyAll();
  }

  void GoTo(size_t chunk) BINSEEK_EXCLUDES(mutex) {
    const MutexLock lock(&mutex);
    for (; applied < chunk; ++applied) {
      done[applied].clear();
    }
    next = std::max(next, chunk);
    changed.NotifyAll();
    while (done[chunk].empty()) {
      if (!Help()) {
        changed.Wait(&mutex);
      }
    }
    documents = std::move(done[chunk]);
    done[chunk].clear();
    current = chunk;
  }
};

std::unique_ptr<BatchAnalysis> BatchAnalysis::Begin(AnalysisPool* pool,
                                                    std::span<const Operation> operations,
                                                    MappingOf mapping_of) {
  constexpr size_t kLeastOperations = 8;
  if (pool == nullptr || pool->threads() == 0 || operations.size() < kLeastOperations) {
    return nullptr;
  }
  auto state = std::make_shared<State>(operations, std::move(mapping_of));
  size_t bytes = 0;
  size_t total = 0;
  state->starts.push_back(0);
  for (size_t i = 0; i < operations.size(); ++i) {
    const size_t more = HasDocument(operations[i]) ? TextBytes(operations[i].document) : 0;
    bytes += more;
    total += more;
    if (bytes >= kChunkBytes || i + 1 == operations.size()) {
      state->starts.push_back(i + 1);
      bytes = 0;
    }
  }
  ThreadPool* const threads = total < kLeastBytes ? nullptr : pool->Get();
  if (threads == nullptr) {
    return nullptr;
  }
  {
    const MutexLock lock(&state->mutex);
    state->done.resize(state->chunks());
  }
  for (size_t i = 0; i < std::min(pool->threads(), state->chunks() - 1); ++i) {
    const Status submitted =
        threads->TrySubmit([state](const std::stop_token&) { state->HelpUntilClosed(); });
    if (!submitted.ok()) {
      break;  // they have enough to do
    }
  }
  return std::unique_ptr<BatchAnalysis>(new BatchAnalysis(std::move(state)));
}

BatchAnalysis::~BatchAnalysis() {
  const MutexLock lock(&state_->mutex);
  state_->closed = true;
  state_->changed.NotifyAll();
  while (state_->helping > 0) {
    state_->changed.Wait(&state_->mutex);
  }
}

bool BatchAnalysis::Has(const Operation& operation) const {
  const std::span<const Operation> operations = state_->operations;
  return HasDocument(operation) && &operation >= operations.data() &&
         &operation < operations.data() + operations.size();
}

Result<codec::AnalyzedDocument> BatchAnalysis::Take(const Operation& operation) {
  const auto at = static_cast<size_t>(&operation - state_->operations.data());
  const auto after = std::upper_bound(state_->starts.begin(), state_->starts.end(), at);
  const auto chunk = static_cast<size_t>(after - state_->starts.begin()) - 1;
  if (chunk != state_->current) {
    state_->GoTo(chunk);
  }
  Analyzed& document = state_->documents[at - state_->starts[chunk]];
  BINSEEK_CHECK(document.has_value(), "an operation without an analysed document");
  Result<codec::AnalyzedDocument> taken = std::move(*document);
  document.reset();
  return taken;
}

}  // namespace binseek::index
