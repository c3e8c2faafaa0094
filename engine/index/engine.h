// Engine: every index of one data directory, one epoch counter, one writer, one commit.
//
// A batch over any number of indices becomes visible in one step and durable in one commit, together with the user data
// (checkpoints) that came with it. Readers take a View() and are never blocked; batches are applied one at a time.
//
//   auto engine = Engine::Open({.directory = dir});
//   auto id = engine->CreateIndex("products", std::move(mapping), "{}");
//   engine->Apply(batch);                       // searchable when this returns
//   auto view = engine->View();                 // immutable, for as long as it is held
//   engine->Commit();                           // durable when this returns
//
// Thread-safe. Lock order: commit_mutex_, apply_mutex_, view_mutex_ (engine/ARCHITECTURE.md, "Locks").
// Errors: kIoError and kCorruption name the file; kInvalidArgument names the index; kUnavailable where another process has the directory.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/mapping.h"
#include "engine/store/directory.h"

namespace binseek::index {

struct EngineOptions {
  std::shared_ptr<store::Directory> directory;
  // Memory segments larger than this in all are committed to disk by the next Apply, or by the commit that runs already; Apply
  // waits for that at twice the limit.
  size_t memory_limit_bytes = 128u << 20;
  // Called by Commit before the manifest is renamed; what it fails on fails the commit. For stores that must be at least as
  // new as the index.
  std::function<Status()> before_commit;
};

struct CommitStats {
  uint64_t generation = 0;
  Epoch epoch = 0;
  uint64_t merged_docs = 0;
  int64_t micros = 0;
};

class Engine {
 public:
  // Opens the newest commit, or an empty engine. Takes the directory's lock.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> Open(EngineOptions options);
  virtual ~Engine() =
      default;  // does not commit: what was not committed is replayed from its source

  // Names: Elasticsearch's rules (lower case, no \ / * ? " < > | space , # :, not starting with - _ +, at most 255 bytes).
  [[nodiscard]] virtual Result<IndexId> CreateIndex(const std::string& name,
                                                    mapping::Mapping mapping,
                                                    const std::string& settings_json) = 0;
  [[nodiscard]] virtual Status DropIndex(IndexId index) = 0;  // kNotFound
  // Replaces the mapping by one that extends it; documents already there are not touched.
  [[nodiscard]] virtual Status UpdateMapping(IndexId index, mapping::Mapping mapping) = 0;

  // Applies the batch and publishes it. Fails as a whole only for I/O; an operation that cannot be applied says so in its result.
  [[nodiscard]] virtual Result<ApplyResult> Apply(const Batch& batch) = 0;
  // Newest published view; never null.
  [[nodiscard]] virtual std::shared_ptr<const EngineView> View() const = 0;

  // Makes everything applied so far durable. Returns after the manifest's rename is synced.
  [[nodiscard]] virtual Result<CommitStats> Commit() = 0;
  // User data as last applied (as committed, right after Open); empty where there is none under that key.
  virtual std::string UserData(std::string_view key) const = 0;

  // Versions of deleted keys are kept, over restarts too, until told that no older write can come any more: forgets those below
  // `version`. Only deletes with an external version leave one.
  virtual void ForgetTombstones(IndexId index, int64_t below_version) = 0;
  virtual size_t tombstones() const = 0;
  virtual size_t memory_bytes() const = 0;  // of segments not yet on disk
};

// Why `name` cannot be an index's name, or OK.
Status CheckIndexName(std::string_view name);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_H_
