// The rules of a window: when a chunk may be read, which version its rows get, when they are applied, which tombstones they may still meet.
//
// A window is what happens between a chunk's low watermark and its high one. These rules alone decide whether a row that was read beside a running stream
// can bring something old back. They know no clock and no connection: the snapshot runs them against servers, and
// tests/sync/snapshot/window_model_test.cc against every interleaving of writers, stream and reader.
//
//   1. The low watermark is taken, and the window opened (OpenWindows), before anything is asked of the server.
//   2. The SELECT's view is opened once the server shows all of the low watermark (ShowsAll); what a server shows, it shows for good.
//   3. The high watermark is the written end of the binlog, asked for behind the last row.
//   4. The rows enter when the stream has come there (MayApply), with the version change::ChunkVersionOf(low ordinal): above all that the SELECT must
//      have seen, below all else.
//   5. Tombstones live for as long as a window is open that they may lie in (OpenWindows::Settled).
//
// Several readers may have windows open at the same time, over keys of the same table: each has a low watermark of its own, and their rows enter in any order.
//
// Thread-compatible.
#ifndef BINSEEK_SYNC_SNAPSHOT_WINDOW_RULES_H_
#define BINSEEK_SYNC_SNAPSHOT_WINDOW_RULES_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sync/change/position.h"

namespace binseek::snapshot {

// A place in our own stream. Every transaction up to it must be seen by the SELECT.
struct LowWatermark {
  uint64_t ordinal = 0;             // of the last transaction that the stream handed out
  change::SourcePosition position;  // at or behind that transaction's end; read after the ordinal
  bool at_start =
      false;  // the stream has handed nothing out yet: what came before it began can be seen since long
  std::vector<std::string> late{};  // see binlog::LateCommits; read with the ordinal or before
};

// What a session of the server says of the view that its next SELECT reads. Each is asked for before that view is opened, but `snapshot`, which is the view's own.
struct Shown {
  change::Flavor flavor = change::Flavor::kMysql;
  change::GtidSet executed;  // MySQL: @@gtid_executed, which grows behind the engine's commit
  bool locked = false;       // MySQL: the view was opened while a lock kept the table's writers out
  std::set<std::string>
      unfinished;  // where binlog::LogsXaCommitsEarly: XA RECOVER, names as binlog::XaName's
  change::BinlogPosition snapshot;  // MariaDB: of a consistent snapshot
};

// Whether nothing up to `low` is missing from the view. A written position (SHOW BINARY LOG STATUS, gtid_binlog_pos) could not tell: the binlog is
// written before engines commit. MySQL without GTIDs and without a lock shows nothing.
bool ShowsAll(const LowWatermark& low, const Shown& shown);

// Whether a chunk with this high watermark enters now that the stream has handed out, and the index has taken, all up to `reached`.
bool MayApply(const change::BinlogPosition& high, const change::BinlogPosition& reached);

// Windows that are open, of chunks that are being read, wait, or are being applied; they close in any order.
class OpenWindows {
 public:
  void Open(uint64_t low_ordinal) { low_ordinals_.insert(low_ordinal); }
  // REQUIRES: such a one is open.
  void Close(uint64_t low_ordinal);
  // Deletes of transactions up to this ordinal can meet no row of any window any more, as the stream's last ordinal is `last`: one that opens later
  // begins at the stream's place then.
  uint64_t Settled(uint64_t last) const;

 private:
  std::multiset<uint64_t> low_ordinals_;
};

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_WINDOW_RULES_H_
