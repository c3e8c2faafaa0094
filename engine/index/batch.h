// Batch: operations over any number of indices that become visible in one step.
//
// Plain value types. A batch is what one source transaction, one snapshot chunk or one HTTP request turns into.
#ifndef BINSEEK_ENGINE_INDEX_BATCH_H_
#define BINSEEK_ENGINE_INDEX_BATCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/attached_file.h"
#include "engine/mapping/document.h"

namespace binseek::index {

// An index within its engine; stays the same over a change of its name, is never reused.
enum class IndexId : uint32_t {};
using Epoch = uint64_t;

enum class OpKind : uint8_t {
  kUpsert,         // the document replaces whatever has the key
  kCreate,         // as kUpsert, but kConflict where the key exists
  kUpdateColumns,  // sets numbers of the document; the rest of it stays
  kDelete,
};

enum class VersionType : uint8_t {
  // The engine counts: version of the stored document or tombstone + 1; 1 where there is neither. kConflict where none is higher.
  kInternal,
  kExternal,     // applied only where greater than the stored version or tombstone
  kExternalGte,  // applied where greater or equal
};

// A number of a document. Entries of one field that stand side by side are all of its values, in any order; a null among them adds none, so that a
// single null leaves the field without a value. Several are for fields that take several (Field::several), and for fields that are not updated in place:
// those of a document that came as JSON, whose _source then shows the new values in the place of the old ones (PatchSource).
struct ColumnUpdate {
  mapping::FieldId field{};
  std::optional<int64_t> value;  // nullopt: null
};

struct Operation {
  OpKind kind = OpKind::kUpsert;
  IndexId index{};
  std::string key;  // the document's _id
  VersionType version_type = VersionType::kInternal;
  int64_t version = 0;  // external types only
  std::optional<int64_t> if_seq_no;
  mapping::Document document;         // kUpsert, kCreate
  std::vector<ColumnUpdate> columns;  // kUpdateColumns
  // kDelete by an external version: no older write of the key can come any more, so that no tombstone is left.
  bool is_settled = false;
  // Of the source row as the document is behind this operation; 0 = unknown, which a column update too leaves behind in place of the one before.
  uint64_t row_hash = 0;
  // Of what kUpsert, kCreate and if_missing write: the source and table that the document comes from, see VisitKeysOfTable. Empty: none. A
  // delete may name it for its sender's own use.
  std::string source_table;
  // kUpdateColumns on a key that is not in the index (not yet loaded by a snapshot): makes the whole document instead. Without it
  // the outcome is kMissing. Called during Apply, on its thread; must not call the engine.
  std::function<Result<mapping::Document>()> if_missing;
};

// When a batch outlives a crash.
enum class Durability : uint8_t {
  kCommit,  // from the next commit on; until then its source has it
  kLogged,  // from the translog's next sync on (EngineOptions::translog_sync_interval)
  kSynced,  // when Apply returns
};

// A generation (Engine::CreateGeneration) takes the name, settings and time of creation of an index, which is dropped.
struct Takeover {
  IndexId generation{};
  IndexId of{};
};

struct Batch {
  std::vector<Operation> operations;  // applied in this order; later ones see earlier ones
  // Replaces these keys of the engine's user data with the same commit that makes the operations durable. One key per source.
  std::map<std::string, std::string> user_data;
  // The same for files; null: it is no longer attached. The translog does not hold them, so that a batch with some is durable with a commit only, which Apply
  // makes where it has to.
  Attachments attached{};
  // Behind the operations, in the same epoch, by a commit as well. REQUIRES: no operation is on an index that is dropped so.
  std::vector<Takeover> takeovers{};
  Durability durability = Durability::kCommit;
};

enum class Outcome : uint8_t { kCreated, kUpdated, kDeleted, kMissing, kStale, kConflict, kFailed };

struct OpResult {
  Outcome outcome = Outcome::kFailed;
  int64_t version = 0;
  int64_t seq_no = 0;  // no other write of the index gets it, even where a crash takes this one
  Status status;       // kFailed and kConflict: why
};

struct ApplyResult {
  Epoch epoch = 0;                // under which the batch is visible
  std::vector<OpResult> results;  // one per operation, in order
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_BATCH_H_
