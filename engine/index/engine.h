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
// Thread-safe; locks are in engine/ARCHITECTURE.md. A view may outlive the engine.
// Errors: kIoError and kCorruption name the file; kInvalidArgument names the index; kUnavailable where another process has the directory.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/index/attached_file.h"
#include "engine/index/batch.h"
#include "engine/index/engine_view.h"
#include "engine/index/field_change.h"
#include "engine/index/keyword_writer.h"
#include "engine/index/pinned_commit.h"
#include "engine/index/seq_no_ceilings.h"
#include "engine/index/staged_batch.h"
#include "engine/mapping/mapping.h"
#include "engine/store/directory.h"

namespace binseek::index {

struct EngineOptions {
  static constexpr size_t kAsManyAsHelp = SIZE_MAX;  // one less than there are cores

  std::shared_ptr<store::Directory> directory;
  // Memory segments larger than this in all are committed to disk by the next Apply, or by the commit that runs already; Apply
  // waits for that at twice the limit.
  size_t memory_limit_bytes = 128u << 20;
  // Of EngineMemory::used(); 0: no limit. Above it Apply makes room first: it commits, then writes segments anew whose columns have changed, and where
  // that does not help it fails with kResourceExhausted and the batch has had no effect.
  size_t total_memory_limit_bytes = 0;
  // Called by Commit before the manifest is renamed; what it fails on fails the commit. For stores that must be at least as
  // new as the index. It must not wait for a batch, which may be waiting for this commit.
  std::function<Status()> before_commit;
  // How long a batch of Durability::kLogged may be without a sync; and the size of the translog from which on the engine commits by itself.
  std::chrono::milliseconds translog_sync_interval{5000};
  uint64_t translog_flush_bytes = 512u << 20;
  // How long versions of deleted keys are kept in an index that is not synced from a source; in one that is, ForgetTombstones says. Elasticsearch's
  // index.gc_deletes. They go with a later batch on the index, and at the total memory limit with one on any.
  std::chrono::milliseconds tombstone_age{60'000};
  const Clock* clock = Clock::Real();
  // Threads that analyse the documents of large batches beside the one that applies them. They are started when they are first needed.
  size_t analysis_threads = kAsManyAsHelp;
  // Threads that merge files; 0: half as many as there are processors, at most four. What they hold together is bounded by half of `memory_limit_bytes`.
  size_t merge_threads = 0;
  // Merges of files adapt their rate to what is due, from 5 MB/s on up to this; those of fewer bytes, and those that somebody asked for, are not slowed down.
  uint64_t merge_max_bytes_per_second = uint64_t{1} << 30;
  uint64_t merge_unthrottled_bytes = uint64_t{16} << 20;
  // Above these an index holds no values of a keyword field in memory, and counts them segment by segment.
  KeywordLimits keyword_limits{};
  // How many sequence numbers of each index a commit puts by for the writes up to the next one (seq_no_ceilings.h); as many operations a batch may have.
  int64_t seq_nos_reserved = kSeqNosReserved;
  bool background_merges = true;  // false: the number of segments is kept small by Apply itself
};

struct CommitStats {
  uint64_t generation = 0;
  Epoch epoch = 0;
  uint64_t merged_docs = 0;
  int64_t micros = 0;
};

// What an engine holds in memory itself, in bytes; mapped files, and what a batch needs while it is applied, are not among it.
struct EngineMemory {
  size_t segments = 0;  // documents that are not on disk yet
  size_t pages =
      0;  // columns, versions and deletions that have changed since their segment was written
  size_t held_pages = 0;  // of these, what only older views still need
  size_t idle_pages = 0;  // memory of pages that waits for reuse
  size_t keys = 0;        // from a key to its document
  size_t tombstones = 0;  // versions of deleted keys
  size_t keywords = 0;    // values of keyword fields, with their ids and their order
  size_t used() const { return segments + pages + keys + tombstones + keywords; }
  size_t total() const { return used() + idle_pages; }
};

class Engine {
 public:
  // Opens the newest commit, or an empty engine. Takes the directory's lock.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> Open(EngineOptions options);
  virtual ~Engine() =
      default;  // does not commit: what was not committed is replayed from its source

  // Names: Elasticsearch's rules (lower case, no \ / * ? " < > | space , # :, not starting with - _ +, at most 255 bytes).
  // The mapping's index sort stays as it is for the index's life; kInvalidArgument, naming the field, where that cannot be one.
  [[nodiscard]] virtual Result<IndexId> CreateIndex(const std::string& name,
                                                    mapping::Mapping mapping,
                                                    const std::string& settings_json) = 0;
  // An index that no name finds, to be filled and then given the name of another by a batch (Batch::takeovers), or dropped. It survives restarts as any index does. `of`: the
  // name that it is to take, which need not be there.
  [[nodiscard]] virtual Result<IndexId> CreateGeneration(const std::string& of,
                                                         mapping::Mapping mapping) = 0;
  [[nodiscard]] virtual Status DropIndex(IndexId index) = 0;  // kNotFound
  // Replaces the mapping by one that extends it, or lacks fields that were dropped (Mapping::DropField); documents already there are not touched.
  [[nodiscard]] virtual Status UpdateMapping(IndexId index, mapping::Mapping mapping,
                                             Durability durability = Durability::kCommit) = 0;

  // Gives a field another type (field_change.h); returns when that is durable, or with a reason why it is not: then the field is as it was, unless only the last
  // commit failed (kIoError), which the next one makes good. Writers
  // and readers go on. kNotFound, kInvalidArgument (no such field, no such change, bad values), kUnavailable (another one is going on in the
  // index), kAborted (cancelled, or the index or the field was dropped).
  [[nodiscard]] virtual Status ChangeField(IndexId index, const FieldChange& change,
                                           FieldChangeReport* report) = 0;

  // Applies the batch and publishes it. Fails as a whole only for I/O; an operation that cannot be applied says so in its result.
  // A batch that is to be logged fails with kUnavailable from a failure of the translog to the next commit; where its sync fails
  // it is applied, but nobody may be told so. kInvalidArgument: more operations than sequence numbers can be had for at a time (2^24), or a takeover by
  // what is no generation. kNotFound: an index of a takeover is not there.
  [[nodiscard]] virtual Result<ApplyResult> Apply(const Batch& batch) = 0;
  // Begins a batch that is larger than memory. Waits for other writers of its indices, and commits. kNotFound.
  [[nodiscard]] virtual Result<std::unique_ptr<StagedBatch>> Stage(
      std::vector<IndexId> indices) = 0;
  // Newest published view; never null.
  [[nodiscard]] virtual std::shared_ptr<const EngineView> View() const = 0;

  // Shows what was applied to an index whose refresh is manual. kNotFound.
  [[nodiscard]] virtual Status Refresh(IndexId index) = 0;
  // Everything applied, whether shown or not: for realtime reads of single documents.
  [[nodiscard]] virtual std::shared_ptr<const EngineView> AppliedView() const = 0;

  // Makes everything applied so far durable. Returns after the manifest's rename is synced.
  [[nodiscard]] virtual Result<CommitStats> Commit() = 0;
  // Merges the index's files to at most `max_segments`; with 1, deleted documents go for good. What is in memory only waits for a commit.
  [[nodiscard]] virtual Status ForceMerge(IndexId index, uint64_t max_segments) = 0;
  // Writes anew the index's files of which more than a tenth is dead.
  [[nodiscard]] virtual Status ExpungeDeletes(IndexId index) = 0;
  // Makes durable what has been logged so far (Durability::kLogged), by a commit where its index had changes that are not logged; many callers
  // share a sync.
  [[nodiscard]] virtual Status SyncLog() = 0;
  // User data as last applied (as committed, right after Open); empty where there is none under that key.
  virtual std::string UserData(std::string_view key) const = 0;

  // Begins a file to be attached by a batch: attached_file.h.
  [[nodiscard]] virtual Result<std::unique_ptr<AttachedFileWriter>> CreateAttachedFile() = 0;
  // As last applied (as committed, right after Open).
  virtual Attachments Attached() const = 0;
  // Keeps the files of the newest commit for as long as this is held: pinned_commit.h.
  virtual std::shared_ptr<const PinnedCommit> PinCommit() = 0;

  // Versions of deleted keys are kept, over restarts too, until told that no older write can come any more: forgets those below
  // `version`. Only indices that have seen an external version have them. Forgotten is forgotten from the next commit on.
  virtual void ForgetTombstones(IndexId index, int64_t below_version) = 0;
  // The same of keys that begin with `key_prefix`, in an index whose versions are counted by several writers, each with a prefix of its own.
  virtual void ForgetTombstonesOf(IndexId index, std::string_view key_prefix,
                                  int64_t below_version) = 0;
  virtual size_t tombstones() const = 0;
  virtual EngineMemory memory() const = 0;
  virtual size_t memory_bytes() const = 0;  // of segments not yet on disk
  // Of pages: what columns hold beside their segments, older versions that views still need included.
  virtual size_t page_bytes() const = 0;
  virtual size_t held_bytes() const = 0;  // of those that only older views need
};

// Why `name` cannot be an index's name, or OK.
Status CheckIndexName(std::string_view name);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_H_
