// Watermarks: what makes a chunk that was read beside a running stream fit into it; window_rules.h has the rules.
//
// The low watermark is a place in our own stream of which every transaction can be seen by the SELECT. The stream tells where it is before
// the read begins; a server's binlog is read by us before its engine shows the commit to others, so the read waits until that
// place can be seen:
//   MySQL      @@gtid_executed, which grows after the engine's commit, holds all of the stream's GTIDs
//   MariaDB    a consistent snapshot whose own Binlog_snapshot position lies at or behind the stream's, opened when XA RECOVER lists none of the
//              XA transactions that the stream has committed of late
//   MySQL without GTIDs, where that is allowed: a view that is opened under a lock of the table (brief_lock.h)
// The high watermark is the written end of the binlog after the last row was fetched: nothing that the SELECT saw lies behind it.
// A chunk is applied once the stream has reached the high watermark, as upserts with the version of the low one (change::ChunkVersionOf).
//
// Thread-compatible. Errors: those of the connection; kUnavailable also while the server is another than the stream's;
// kAborted where it has no GTIDs (MySQL) and may not be locked.
#ifndef BINSEEK_SYNC_SNAPSHOT_WATERMARK_H_
#define BINSEEK_SYNC_SNAPSHOT_WATERMARK_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/mysql/connection.h"
#include "sync/snapshot/chunk_reader.h"
#include "sync/snapshot/window_rules.h"

namespace binseek::snapshot {

struct WindowAccess {
  mysql::ServerInfo stream_server;  // whom the stream comes from
  bool brief_lock = false;  // MySQL without GTIDs: each window may begin with a lock of its table
  // Borrowed; set once the table itself is asked for a lock or its rows: what fails before that would fail for any table.
  bool* reads_table = nullptr;
};

struct Chunk {
  ChunkRows content;
  uint64_t low_ordinal = 0;
  change::BinlogPosition high;
  std::chrono::steady_clock::duration
      reading{};  // of its SELECT alone, without what was waited for before
};

// Blocks until every transaction of `position`'s MySQL GTIDs can be seen on the connection: commits and statements reach a reader of the binlog
// first. kUnavailable where that takes 12 s, kAborted where stopped. MariaDB: does not wait.
[[nodiscard]] Status AwaitShown(mysql::Connection* connection,
                                const change::SourcePosition& position,
                                const std::stop_token& stop);

// Reads the first chunk of the range between watermarks. kAborted also where `stop` was asked for.
[[nodiscard]] Result<Chunk> ReadChunk(mysql::Connection* connection, const WindowAccess& access,
                                      const ChunkReader& reader, const KeyRange& range,
                                      uint32_t limit, const LowWatermark& low,
                                      const std::stop_token& stop);

// The same for the rows of some keys (ChunkReader::ReadKeys). What made a key worth reading must lie at or before `low`.
[[nodiscard]] Result<Chunk> ReadKeysChunk(mysql::Connection* connection, const WindowAccess& access,
                                          const ChunkReader& reader, std::span<const KeyCells> keys,
                                          const LowWatermark& low, const std::stop_token& stop);

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_WATERMARK_H_
