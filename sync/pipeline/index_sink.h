// IndexSink: where the applier writes. The embedded engine is one; another search cluster can be
// one later.
//
// A sink declares what it can do, and the applier makes up for what it cannot: without
// `atomic_epoch` a transaction may be seen half (and status says so); without `stages` one that is
// larger than memory is, as it comes in several batches; without `holds_checkpoint`
// the checkpoint is kept in the pipeline's own database and replays are made harmless by versions (checkpoint_beside.h);
// without `partial_update` there are no column updates, but whole documents.
//
// A sink keeps the version of every document, and of every deleted key until ForgetTombstones, over restarts: a write with a version
// that is not greater (kExternal; for kExternalGte: lower) is kStale, and so is one that was made before a crash and comes again.
//
// Single-threaded: the applier; Commit, Checkpoint and ForgetTombstones beside it. Apply is called in commit order; errors of kUnavailable are retried
// by the applier.
#ifndef BINSEEK_SYNC_PIPELINE_INDEX_SINK_H_
#define BINSEEK_SYNC_PIPELINE_INDEX_SINK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"

namespace binseek::pipeline {

struct SinkCapabilities {
  bool atomic_epoch = false;      // all operations of one Apply become visible in one step
  bool holds_checkpoint = false;  // batch.user_data becomes durable with the operations
  bool partial_update = false;    // kUpdateColumns
  bool stages = false;            // Stage
  bool generations = false;       // MakeGeneration, DropGenerations, batch.takeovers
};

// A batch that is given bit by bit, of which nothing is seen before Finish and nothing is left without.
// As the sink; while it lives its indices are written in no other way.
class StagedSink {
 public:
  StagedSink() = default;
  virtual ~StagedSink() = default;
  StagedSink(const StagedSink&) = delete;
  StagedSink& operator=(const StagedSink&) = delete;

  // Operations are as those of Apply, and borrowed until it returns. After an error the batch is lost.
  [[nodiscard]] virtual Result<std::vector<index::OpResult>> Add(
      std::span<const index::Operation> operations) = 0;
  // All becomes visible with `user_data`, in one step. Once, and last.
  [[nodiscard]] virtual Status Finish(std::map<std::string, std::string> user_data) = 0;
};

// Keys of documents, piece by piece. All are of the time when it was made.
class KeyCursor {
 public:
  virtual ~KeyCursor() = default;
  // At most `most` further keys; none: the end. kCorruption.
  [[nodiscard]] virtual Result<std::vector<std::string>> Next(size_t most) = 0;
};

// A document, borrowed for the length of one call.
struct NumberedDocument {
  std::string_view key;
  int64_t value = 0;  // that it was found by
  // Of another numeric field; nullopt: it has none.
  std::function<std::optional<int64_t>(mapping::FieldId)> number;
};
// False: no more of them.
using NumberedVisit = std::function<bool(const NumberedDocument&)>;

class IndexSink {
 public:
  virtual ~IndexSink() = default;
  virtual SinkCapabilities capabilities() const = 0;
  // Finds or makes the index; an existing one's mapping is extended (kInvalidArgument where a
  // field's type differs).
  [[nodiscard]] virtual Result<index::IndexId> EnsureIndex(const std::string& name,
                                                           const mapping::Mapping& mapping) = 0;
  // Drops the index if it is there and, where `id` is given, is that one. A foreign one (see below) is left alone.
  [[nodiscard]] virtual Status DropIndexNamed(const std::string& name,
                                              std::optional<index::IndexId> id) = 0;
  // An index that nobody finds until a batch gives it the name of another (index::Takeover). It is there behind a crash like any other.
  // REQUIRES, with the next: capabilities().generations.
  [[nodiscard]] virtual Result<index::IndexId> MakeGeneration(const std::string& /*of*/,
                                                              const mapping::Mapping& /*mapping*/) {
    return Status::Internal("this sink has no generations");
  }
  // Drops all that were to take over this name, but for `keep`.
  [[nodiscard]] virtual Status DropGenerations(const std::string& /*of*/,
                                               std::optional<index::IndexId> /*keep*/) {
    return Status::Ok();
  }
  // With the ids of its fields; null: there is no such index.
  virtual std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId index) const = 0;
  // Whether the index exists and holds documents that come from elsewhere.
  virtual bool IsForeign(const std::string& name) const = 0;
  [[nodiscard]] virtual Result<index::ApplyResult> Apply(const index::Batch& batch) = 0;
  // Begins a batch over these indices that is larger than memory. REQUIRES: capabilities().stages.
  [[nodiscard]] virtual Result<std::unique_ptr<StagedSink>> Stage(
      const std::vector<index::IndexId>& /*indices*/) {
    return Status::Internal("this sink stages nothing");
  }
  // Calls `visit` with the key of every document of the index that comes from this table (index::Operation::source_table).
  [[nodiscard]] virtual Status VisitKeys(
      index::IndexId index, std::string_view source_table,
      const std::function<void(std::string_view)>& visit) const = 0;
  // Of the documents of the index that come from this table and whose version is below `version`.
  virtual std::unique_ptr<KeyCursor> KeysBelow(index::IndexId index, std::string_view source_table,
                                               int64_t version) const = 0;
  // Visits the documents of this table whose numeric field has one of `values` (ascending), as of what is applied. False: the sink cannot tell.
  [[nodiscard]] virtual Result<bool> VisitByNumber(index::IndexId /*index*/,
                                                   mapping::FieldId /*field*/,
                                                   std::span<const int64_t> /*values*/,
                                                   std::string_view /*source_table*/,
                                                   const NumberedVisit& /*visit*/) const {
    return false;
  }
  // Makes everything applied durable.
  [[nodiscard]] virtual Status Commit() = 0;
  // What was applied last under this key of user data (after a start: what the last commit holds); empty: nothing. From any thread;
  // takes leaf locks only.
  virtual std::string Checkpoint(std::string_view key) const = 0;
  // No write older than `version` can come any more. From any thread; what is staged at the time is passed over, until it is told again.
  virtual void ForgetTombstones(index::IndexId index, int64_t below_version) = 0;
  // The same of this source's keys alone, which begin with `key_prefix`: other sources, which count their own versions, write to the index too.
  virtual void ForgetTombstonesOf(index::IndexId /*index*/, std::string_view /*key_prefix*/,
                                  int64_t /*below_version*/) {}
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_INDEX_SINK_H_
