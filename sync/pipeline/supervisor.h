// Supervisor: keeps the indices of one source equal to its tables, from the first snapshot on, for
// as long as it runs.
//
//   // Returns at once; work goes on in its threads.
//   BINSEEK_ASSIGN_OR_RETURN(auto supervisor, Supervisor::Start(options));
//   supervisor->status();  // from any thread
//   supervisor->Stop();    // commits what is applied, joins
//
// States: connecting -> snapshot (until all of it is durable) -> catching_up -> live, and back to connecting whenever the server
// is away, and to snapshot where tables are read again because changes of theirs were not seen: the indices stay, and
// each table's `stale_since_us` says from when on they may differ. Halted where nobody but the operator can mend it (the reason and
// what mends it are in `error`), searches go on over what is there. A table that cannot be followed (no key, unknown
// column type, name clash, rows that cannot be read) is stopped alone and says why; the others go on. What is applied becomes
// durable by a commit every `commit_interval`, together with the position; a restart goes on from
// there.
//
// Thread-safe. Threads: one that reads and applies the stream, some that read snapshot chunks, one
// that commits; Stop joins all.
#ifndef BINSEEK_SYNC_PIPELINE_SUPERVISOR_H_
#define BINSEEK_SYNC_PIPELINE_SUPERVISOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "sync/binlog/row_spill.h"
#include "sync/change/position.h"
#include "sync/change/stop_code.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/awaited_position.h"
#include "sync/pipeline/load_gate.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

class IndexOwners;
class IndexSink;

// A sink that is not the engine.
struct OtherSinkOptions {
  IndexSink* sink = nullptr;    // borrowed
  std::string checkpoint_file;  // of SQLite, where the sink does not hold the checkpoint
  // What is stored in it, as of now; documents of versions below those of `stale` are not shown.
  std::function<std::unique_ptr<mapper::StoredRows>(
      std::shared_ptr<const std::map<index::IndexId, int64_t>> stale)>
      rows;
};

struct SupervisorOptions {
  mysql::ConnectionOptions connection;  // `database` names the database that is followed
  change::SourceId source{};
  std::string source_name;  // of it, for messages
  std::string
      log_name;  // source=... in each line of the log; empty: not told, where it is the only one
  // Shared by all supervisors of the engine; null: there is no other.
  std::shared_ptr<IndexOwners> owners;
  index::Engine* engine = nullptr;   // borrowed; must outlive the supervisor
  StateStore* state = nullptr;       // borrowed, likewise
  std::vector<std::string> include;  // table names, '*' for anything; empty: all
  std::vector<std::string> exclude;
  std::map<std::string, std::string> rename;  // table -> index, instead of the lower-cased name
  mapper::MapperOptions mapping;              // how rows become documents
  uint32_t server_id = 0;                     // 0: the one that `state` keeps
  uint32_t chunk_rows = 2000;                 // of a snapshot's first SELECT; see SnapshotReader
  uint32_t parallel_ranges = 1;               // of tables that are read at the same time
  LoadLimits load_limits;                     // of the server, above which no chunk is read
  bool brief_lock = false;  // MySQL without GTIDs: see snapshot/brief_lock.h; else it is refused
  // Rows of a transaction that memory does not hold go to its folder; likewise, operations of more memory than this are given to the engine in pieces.
  binlog::SpillOptions spill;
  std::chrono::milliseconds commit_interval{1000};
  uint64_t dead_letter_limit = 10'000;  // rows of one table, beyond which it is stopped; 0: none
  size_t max_waiters = 1024;            // in AwaitApplied at the same time
  OtherSinkOptions other_sink;          // instead of the engine
};

enum class SyncState : uint8_t { kConnecting, kSnapshot, kCatchingUp, kLive, kHalted, kStopped };
// "connecting", "snapshot", "catching_up", "live", "halted", "stopped".
std::string_view SyncStateName(SyncState state);

// kRebuilding: a new generation of its index is read, or waits to be, while the old one answers.
enum class TableState : uint8_t { kPending, kSnapshot, kLive, kStopped, kRebuilding };
// "pending", "snapshot", "live", "stopped", "rebuilding".
std::string_view TableStateName(TableState state);

struct TableStatus {
  std::string table;
  std::string index;  // empty where there is none
  TableState state = TableState::kPending;
  uint64_t snapshot_rows = 0;   // read so far
  uint64_t estimated_rows = 0;  // the server's guess; never below snapshot_rows
  double rows_per_second = 0;   // of the snapshot, over the last seconds
  int64_t stale_since_us =
      0;  // of the source's changes from then on some may be missing; 0: none is
  std::string stale_why;
  // Rows that the stream told of without all that their documents need, which are yet to be read: their documents may be old.
  uint64_t pending_keys = 0;
  uint64_t dead_letters = 0;  // rows that could not become documents
  // kRebuilding: since when, and why. Where the stream is not fed to the generation that answers, `stale_since_us` says so as well.
  int64_t rebuilding_since_us = 0;
  std::string rebuilding_why;
  // kStopped: why, and what mends it; kLive: why its last rebuild was given up; else why its reading waits.
  std::string error;
  change::StopCode code = change::StopCode::kNone;  // of it
  // The foreign keys that may change its rows without the binlog telling, each with how they are kept up.
  std::vector<std::string> foreign_keys;
  uint64_t cascaded_rows = 0;  // that were found to be changed by these, since start
};

// A transaction on its way; all 0: there is none.
struct TransactionProgress {
  uint64_t rows = 0;        // come so far; all, where it is being applied
  uint64_t operations = 0;  // made of them so far
  uint64_t bytes =
      0;  // of memory that these take, or would: of operations where it is being applied, else of rows
};

struct SyncStatus {
  SyncState state = SyncState::kConnecting;
  std::string source;  // URL without password
  std::string server_version;
  std::string time_zone;             // whose wall clock DATETIME columns are
  change::SourcePosition position;   // applied and searchable
  uint64_t ordinal = 0;              // of the last applied transaction
  change::SourcePosition committed;  // durable
  int64_t lag_ms = 0;  // of the newest applied change behind its commit; 0 where nothing is waiting
  uint64_t transactions = 0;  // since start
  uint64_t rows = 0;
  uint64_t reconnects = 0;
  uint64_t dead_letters = 0;
  uint64_t zero_dates = 0;       // and partial ones, met since start
  TransactionProgress incoming;  // of which a part has come from the server; explains a lag
  TransactionProgress applying;  // that is being applied, likewise
  uint64_t pending_keys = 0;     // of all tables
  std::string error;             // the last one, or why it is halted
  change::StopCode code = change::StopCode::kNone;  // of it
  change::StopCounts stops;                         // of the source and its tables, since the start
  std::vector<std::string> warnings;  // of the server's settings: what is given up by them
  std::vector<TableStatus> tables;    // by name
};

struct Resync {
  std::string table;  // "database.table"
  bool beside =
      false;  // a new generation is built beside the one that answers; else the rows are read again into the index as it is
  bool is_fed = false;  // and the one that answers stays equal to the table meanwhile
};

struct RetriedLetters {
  uint64_t retried = 0;      // rows that will be read
  uint64_t not_retried = 0;  // keys by which no row can be asked for; logged
};

class Supervisor {
 public:
  // kInvalidArgument for options that cannot work; a server that is away is no error.
  [[nodiscard]] static Result<std::unique_ptr<Supervisor>> Start(SupervisorOptions options);
  virtual ~Supervisor() = default;  // stops

  virtual SyncStatus status() const = 0;
  // Whether documents of the index come from this source, so that nobody else may write them.
  virtual bool OwnsIndex(std::string_view index) const = 0;
  // Why the index, though this source's, may lack changes that the stream has passed: its table is stopped, or is read again. Empty: it
  // does not.
  virtual std::string WhyBehind(std::string_view index) const = 0;
  // Blocks until all rows of the index's tables come from the stream: no snapshot of them runs, and no row is pending; or until the deadline
  // comes. Gives what is missing then, in words; empty: nothing. kResourceExhausted: max_waiters.
  [[nodiscard]] virtual Result<std::string> AwaitRead(
      std::string_view index, std::chrono::steady_clock::time_point deadline) = 0;
  // Blocks until the snapshot is done and the stream is live (true), or it is halted, stopped, or
  // the time is over (false).
  virtual bool WaitUntilLive(std::chrono::milliseconds timeout) const = 0;
  // Blocks until what is awaited is applied and published (true), or the deadline comes (false). A view of the engine that is taken then
  // shows it, but for rows that are read otherwise (AwaitRead). A transaction without rows for any index counts as well. Ends at
  // once where the source halts or is stopped. Errors: as AppliedPosition::Await. Cost: a lock where it is applied already.
  [[nodiscard]] virtual Result<bool> AwaitApplied(
      const AwaitedPosition& awaited, std::chrono::steady_clock::time_point deadline) = 0;
  // Has rows that are among the dead letters read from their table once more. Those that make documents, because they have been mended where
  // the stream does not tell, or because this release can make more of them, leave the dead letters; the others are met once more. Returns
  // before they are read. Keys that are not among the letters are passed over. kInvalidArgument: the table is not followed, or is stopped.
  [[nodiscard]] virtual Result<RetriedLetters> RetryDeadLetters(
      const std::string& table, const std::vector<std::string>& keys) = 0;
  // Has all documents of a table made anew from its rows; table_catalog.h says how. `table`: with or without its database. Returns when that has
  // begun, durably: a crash goes on with it. kNotFound: the table is not followed; kAborted: it is being read already; kUnavailable: the stream does not get on, and
  // nothing has begun; kInvalidArgument: why the table cannot be followed.
  [[nodiscard]] virtual Result<Resync> ResyncTable(
      const std::string& table, std::chrono::steady_clock::time_point deadline) = 0;
  virtual void Stop() = 0;  // idempotent
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SUPERVISOR_H_
