// Positions in a source's stream: a binlog file and offset, a transaction's own identity, and the resumable whole.
//
// A transaction names itself by its own GTID and by the place where it ends; a SourcePosition is everything read so
// far, which is what a restart hands back to the server. Text forms are stable: they are stored in checkpoints, shown
// in status and accepted by `wait_for_gtid`.
#ifndef BINSEEK_SYNC_CHANGE_POSITION_H_
#define BINSEEK_SYNC_CHANGE_POSITION_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/gtid_set.h"

namespace binseek::change {

enum class Flavor : uint8_t { kMysql, kMariadb };

// A place in a server's binlog. Offsets are counted in 64 bits by the reader: the wire's 32-bit log_pos wraps.
struct BinlogPosition {
  std::string file;
  uint64_t offset = 0;

  bool empty() const { return file.empty(); }
  std::string ToString() const;  // "binlog.000007:1234"
  // Files order by their number (the digits behind the last '.'), so binlog.1000000 comes after binlog.999999.
  std::strong_ordering operator<=>(const BinlogPosition& other) const;
  bool operator==(const BinlogPosition& other) const = default;
};

// What one transaction adds to the position.
struct TransactionPosition {
  std::string gtid;    // "uuid:7", "uuid:tag:7", "0-1011-15"; empty without GTIDs
  BinlogPosition end;  // just behind its last event
};

// Everything up to and including some transaction.
struct SourcePosition {
  Flavor flavor = Flavor::kMysql;
  GtidSet gtids;                      // MySQL: executed set
  MariadbGtidPosition mariadb_gtids;  // MariaDB: last GTID per domain
  BinlogPosition binlog;              // end of the last transaction

  // Takes a finished transaction in. kCorruption where its GTID cannot be parsed.
  Status Advance(const TransactionPosition& transaction);
  std::string GtidText() const;  // the flavour's own text form; empty without GTIDs
  // One line, stable: "mysql <gtid set> <file>:<offset>"; Parse is its inverse (kCorruption otherwise).
  std::string Encode() const;
  static Result<SourcePosition> Parse(std::string_view text);

  bool operator==(const SourcePosition& other) const = default;
};

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_POSITION_H_
