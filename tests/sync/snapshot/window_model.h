// A model of one table, its writers, the binlog's stream and a snapshot beside it, of one reader or two, small enough that every interleaving can be tried.
//
// The server and the index are a few lines each; every decision of the snapshot is made by the code that the product runs: snapshot/window_rules.h,
// snapshot/key_ranges.h, versions and ordinals of change/transaction.h. Rules that a case changes are faults, planted to see that the model finds them.
//
// What a server does in the model:
//  - a transaction is written to the binlog, and its reader may have it, before the server shows it to others;
//  - one that touches a key that another holds waits until that one is shown; a statement that changes the table waits for all, and all for it;
//  - MySQL shows independent transactions in any order (binlog_order_commits = OFF); MariaDB in the binlog's, but for XA COMMIT, which the binlog has done
//    before the engine, so that a consistent snapshot's position may lie behind one that its view lacks;
//  - one that is written keeps the table locked for LOCK TABLES until it is shown;
//  - an XA transaction may have been prepared before the stream began: of its rows the stream tells nothing, and the table is read again in place,
//    or once more, behind the reading that is under way;
//  - a write may be a foreign key's, of which the binlog tells nothing either: the document's key is pending, and read as a chunk of its own.
#ifndef BINSEEK_TESTS_SYNC_SNAPSHOT_WINDOW_MODEL_H_
#define BINSEEK_TESTS_SYNC_SNAPSHOT_WINDOW_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sync/change/position.h"

namespace binseek::snapshot {

inline constexpr int kMaxKeys = 3;
inline constexpr int kMaxReaders = 2;

struct ModelWrite {
  int key = 0;
  bool erase = false;
  bool cascaded =
      false;  // by a foreign key; that the parent was written is all that the stream has
};

// Row changes, or a statement that changes the table's shape and no row.
struct ModelTransaction {
  std::vector<ModelWrite> writes;
  bool xa = false;
  bool statement = false;
  bool unseen = false;  // an XA transaction that was prepared before the stream began
};

struct ModelScenario {
  change::Flavor flavor = change::Flavor::kMysql;
  int keys = 2;  // one chunk each
  std::vector<ModelTransaction> transactions;
  bool crashes = false;  // at most one, at any time
  bool gtids = true;     // MySQL; without them each view is opened under a lock
  int readers = 1;       // of ranges, which are cut down to one key where there are several
};

// As the product has them, unless a case says otherwise.
struct ModelRules {
  enum class Low : uint8_t {
    kStream,       // what the stream has handed out
    kWrittenEnd,   // SHOW BINARY LOG STATUS, gtid_binlog_pos
    kLastExecuted  // the greatest of gtid_executed, as if that were a prefix of the binlog
  };
  Low low = Low::kStream;
  bool low_before_read = true;
  bool waits_until_shown = true;
  bool knows_late_commits = true;
  bool knows_late_unseen_commits = true;
  bool locks_without_gtids = true;
  bool reads_once_more = true;  // where rows change unseen while the table is being read
  bool sweeps = true;           // what a table that was read again has no row of
  bool filters_chunks = true;   // of children that cascades changed behind their low watermark
  bool deletes_missing = true;  // of a key that was asked for and finds no row
  bool high_behind_read = true;
  bool waits_for_high = true;
  bool compares_versions = true;
  bool keeps_tombstones = true;
  bool captures_behind_written_end =
      true;  // of a table that a statement has changed; else behind the statement
  bool waits_for_statement = true;  // until the server shows it, before the schema is asked for
  bool drops_chunks_of_old_shape = true;
  // Of several readers:
  bool own_low_watermarks = true;    // else a chunk has the newest that any of them has taken
  bool heeds_all_windows = true;     // when tombstones are forgotten; else the newest alone
  bool waits_for_all_ranges = true;  // with the sweep, and with calling the table read
};

struct ModelOutcome {
  std::optional<std::string> violation;  // what went wrong, and the steps that lead there
  uint64_t states = 0;                   // different ones that were visited
};

// Tries all interleavings. What must hold: whenever the snapshot is complete, the index is what the table was behind the last transaction that the stream
// has handed out; every row was read in the shape that it has; and everything comes to its end.
ModelOutcome Explore(const ModelScenario& scenario, const ModelRules& rules);

std::string Describe(const ModelScenario& scenario);

}  // namespace binseek::snapshot

#endif  // BINSEEK_TESTS_SYNC_SNAPSHOT_WINDOW_MODEL_H_
