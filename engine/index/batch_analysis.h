// BatchAnalysis: the documents of a batch become terms on several threads, ahead of the one thread that applies them in order.
//
//   const auto analysis = BatchAnalysis::Begin(pool, 1, operations, [&](IndexId id) { return MappingOf(id); });   // null: not worth it
//   for (const Operation& operation : operations) { ... analysis->Take(operation) ... }
//
// The documents are cut into chunks. Helpers take chunks from the front, a few ahead of the applying thread and no further, so that memory is bounded by
// the window and not by the batch. The applying thread never waits for a chunk that nobody has begun: it does that itself, and where a helper is at the one that it
// needs it does another meanwhile. So a pool that is busy elsewhere costs nothing but speed. What comes out does not depend on who did what: Analyze is a
// pure function.
//
// Take and the destructor belong to one thread. Operations and mappings are borrowed until the destructor has returned.
#ifndef BINSEEK_ENGINE_INDEX_BATCH_ANALYSIS_H_
#define BINSEEK_ENGINE_INDEX_BATCH_ANALYSIS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "engine/base/result.h"
#include "engine/base/thread_pool.h"
#include "engine/codec/analyzed_document.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

// The threads that help, started when there is something to do for the first time. Thread-safe.
class AnalysisPool {
 public:
  explicit AnalysisPool(size_t threads);  // SIZE_MAX: one less than there are cores
  // Null where there are to be none, or none can be started.
  ThreadPool* Get() BINSEEK_EXCLUDES(mutex_);
  size_t threads() const { return threads_; }

 private:
  const size_t threads_;
  Mutex mutex_;
  bool tried_ BINSEEK_GUARDED_BY(mutex_) = false;
  std::unique_ptr<ThreadPool> pool_ BINSEEK_GUARDED_BY(mutex_);
};

class BatchAnalysis {
 public:
  using MappingOf = std::function<const mapping::Mapping*(IndexId)>;  // null: no such index

  // Null where the batch has too little text: waking a thread costs more than it saves.
  static std::unique_ptr<BatchAnalysis> Begin(AnalysisPool* pool,
                                              std::span<const Operation> operations,
                                              MappingOf mapping_of);
  ~BatchAnalysis();
  BatchAnalysis(const BatchAnalysis&) = delete;
  BatchAnalysis& operator=(const BatchAnalysis&) = delete;

  // True: Take can give the operation's document.
  bool Has(const Operation& operation) const;
  // What Analyze says of the operation's document. REQUIRES: Has(operation); operations in the batch's order, each once at most.
  [[nodiscard]] Result<codec::AnalyzedDocument> Take(const Operation& operation);

 private:
  struct State;
  explicit BatchAnalysis(std::shared_ptr<State> state) : state_(std::move(state)) {}

  const std::shared_ptr<State> state_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_BATCH_ANALYSIS_H_
