// Checkpoint: where a source stands, as it travels inside the engine's commit.
//
// Holds what a restart needs to go on as if nothing had happened: the position and ordinal of the last applied transaction, and per table its
// index, the schema that rows behind that position are decoded by, and how far its snapshot has come.
// Plain value type. Bytes (version 5; layout beside Encode): Decode gives kCorruption with the offset, kFormatTooNew.
#ifndef BINSEEK_SYNC_PIPELINE_CHECKPOINT_H_
#define BINSEEK_SYNC_PIPELINE_CHECKPOINT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/position.h"
#include "sync/change/prepared_set.h"
#include "sync/change/stop_code.h"
#include "sync/change/table_schema.h"
#include "sync/change/transaction.h"
#include "sync/snapshot/key_ranges.h"

namespace binseek::pipeline {

// The generation of a table's index that answers while another is built beside it.
struct OldGeneration {
  index::IndexId id{};  // 0: there is none
  // The stream goes on to it, so that it is equal to the table. Otherwise it is as it was when the other was begun.
  bool is_fed = false;
  uint64_t ordinal = 0;  // where the building began; nothing was written under it
  int64_t since_us = 0;
  std::string why;

  explicit operator bool() const { return id != index::IndexId{}; }
  bool operator==(const OldGeneration&) const = default;
};

struct TableCheckpoint {
  std::shared_ptr<const change::TableSchema> schema;
  std::string index;
  // Another index of that name is not the one that this speaks of (a commit fell between a table's change and its transaction's end).
  index::IndexId index_id{};
  // Rows of transactions that end before this are not taken: the snapshot will have them. Empty: all are.
  change::BinlogPosition captured_from;
  bool snapshot_done = false;
  // What the snapshot has left, where it is not done; none: all of the table. How many read them is nobody's business here.
  std::vector<snapshot::KeyRange> ranges;
  uint64_t snapshot_rows = 0;
  // The table is read again into the index that it has, which is searched meanwhile: once it is read to the end, the documents that neither
  // a chunk nor the stream wrote since, whose versions are below this ordinal's, have no row any more. 0: it is not read again.
  uint64_t sweep_below = 0;
  // Since when, and why, the index may differ from the table. 0: it does not.
  int64_t stale_since_us = 0;
  std::string stale_why;
  // Keys of rows that the stream told of without all that a document needs: each is read from the table by itself. One without cells: the
  // whole table is to be read again (PendingKeys). A table that is begun anew has none: every row comes with its snapshot.
  std::vector<snapshot::KeyCells> pending_keys;
  // Set: the index that all of this speaks of is a new generation, which takes this one's place once it is built.
  OldGeneration old;
  // By which rules its documents were made (mapper::TableLayout::fingerprint); 0: by none. Under others the table is built anew.
  uint64_t mapping = 0;

  // Why it is stopped, and what mends that; empty: it is not. Its documents stay as they were, and a restart says the same.
  std::string stopped;
  change::StopCode stop_code = change::StopCode::kNone;  // beside `stopped`
  // That it had more of than this: a start with fewer, or with a limit above them, reads it again. 0: it is not stopped by that.
  uint64_t dead_letter_limit = 0;

  // That is searched.
  index::IndexId answering() const { return old ? old.id : index_id; }
  bool operator==(const TableCheckpoint&) const = default;
};

// Where a source stands behind the last transaction that was taken.
struct StreamPlace {
  change::SourcePosition position;
  // Whose files `position.binlog`, `last_begin` and every table's `captured_from` are in (mysql::ServerInfo::Identity); empty: not known.
  std::string server;
  uint64_t ordinal = 0;
  // The last transaction: a server that gives another under its GTID or place has another history. Empty: there was none.
  std::string last_gtid;
  change::BinlogPosition last_begin;
  change::Fingerprint fingerprint;
  uint64_t writes = 0;  // of checkpoints: no two are the same

  // The stream goes on with this server: what lies in the files of another is forgotten.
  void MoveTo(std::string_view to_server);

  bool operator==(const StreamPlace& other) const = default;
};

struct Checkpoint {
  StreamPlace place;
  // Never null behind Decode, of which what is kept elsewhere has its name alone.
  std::shared_ptr<const change::PreparedSet> prepared;
  std::map<std::string, TableCheckpoint> tables;  // by qualified name
};

// The parts of tables and of prepared transactions change rarely and are large, the rest with every transaction: so they are encoded
// apart and joined.
std::string EncodePrepared(const change::PreparedSet& prepared);
std::string EncodeTables(const std::map<std::string, TableCheckpoint>& tables);
std::string EncodeCheckpoint(const StreamPlace& place, std::string_view encoded_prepared,
                             std::string_view encoded_tables);
Result<Checkpoint> DecodeCheckpoint(std::string_view bytes);

// The key under which a source's checkpoint lies in the engine's user data: "source/0".
std::string CheckpointKey(change::SourceId source);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CHECKPOINT_H_
