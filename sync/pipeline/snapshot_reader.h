// SnapshotReader: a thread that reads chunks over a connection of its own: ranges of tables that nobody else reads, and rows by their keys.
//
// Chunks grow and shrink towards half a second of reading, and no more than a tenth of a second of applying. Rows that are to be read by their keys alone
// (FollowedTables::TakeKeys) come before and between the chunks of a range, in chunks of their own. Where there are several readers, one that takes a range
// first cuts a piece off its front, of some ten thousand keys, and leaves the rest to the others (snapshot::KeyRanges).
//
// No table holds up the reading of others. One whose SELECT fails and may succeed later (a lock that somebody holds, a statement that is killed) is left, and tried again between the
// chunks of others, with growing pauses (FollowedTables::PutOff): a lock is waited for a second at a time. One that cannot be read (refused, unknown type) is stopped
// alone, once the stream has met no statement that explains it. A server that is away is waited for.
// Thread-safe.
#ifndef BINSEEK_SYNC_PIPELINE_SNAPSHOT_READER_H_
#define BINSEEK_SYNC_PIPELINE_SNAPSHOT_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/chunk_queue.h"
#include "sync/pipeline/chunk_size.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/load_gate.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {

struct SnapshotReaderOptions {
  mysql::ConnectionOptions connection;
  // All borrowed, and must outlive the reader.
  FollowedTables* tables = nullptr;
  binlog::BinlogSource* stream = nullptr;
  ChunkQueue* queue = nullptr;
  uint64_t first_ordinal = 0;  // the stream's last one before it handed anything out
  uint32_t chunk_rows = 2000;  // of the first chunk
  uint32_t readers = 1;      // this one and those beside it, which share what may be held in memory
  bool brief_lock = false;   // see snapshot::WindowAccess
  LoadGate* gate = nullptr;  // borrowed, likewise; null: nothing holds the reading of ranges back
};

class SnapshotReader {
 public:
  // Starts the thread.
  explicit SnapshotReader(SnapshotReaderOptions options);
  ~SnapshotReader();  // stops and joins
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  // It ends soon.
  void RequestStop() BINSEEK_EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop);
  void ReadRange(const SnapshotTask& task, const std::stop_token& stop);
  void ReadKeys(const SnapshotTask& task, const std::stop_token& stop);
  // Reads the keys that are to be read alone, rests, and looks at the gate: OK once that is open; kAborted where stopped, and where the task does not count
  // any more; errors of the connection.
  Status AwaitTurn(const SnapshotTask& task, const std::stop_token& stop);
  // False where the task is over.
  bool PauseWithin(const SnapshotTask& task, std::chrono::milliseconds most,
                   const std::stop_token& stop) const;
  Result<std::string> LookAtGate();
  // Leaves what lies behind the first keys of the range to others. *range: what is left.
  Status CutRange(const snapshot::ChunkReader& reader, const SnapshotTask& task,
                  snapshot::KeyRange* range);
  // What is to be done about a read that failed, which began then; of a range, so much had been read before. True: where the server was at fault, the task is to be tried
  // again now. False: it has gone back.
  bool TryAgain(const SnapshotTask& task, const snapshot::KeyCells& read_up_to,
                const Status& failed, std::chrono::steady_clock::time_point began,
                const std::stop_token& stop);
  // Nothing has come from a server that the stream has just gone to: false where there is nothing to wait for any more.
  bool AwaitPlace(const SnapshotTask& task, const std::stop_token& stop) const;
  Result<snapshot::Chunk> ReadChunk(const snapshot::ChunkReader& reader,
                                    const snapshot::KeyRange& range, const std::stop_token& stop,
                                    std::string* server);
  // A window, and in it what `read` reads with the connection, the stream's server and the low watermark. *server: whose binlog the high one is in.
  template <class Read>
  Result<snapshot::Chunk> ReadInWindow(std::string* server, Read read);
  template <class Read>
  Result<snapshot::Chunk> ReadFrom(const binlog::StreamReach& reach, Read read);
  // Makes the connection one to the server that the stream comes from.
  Status Connect(const mysql::ServerInfo& stream_server);
  Status SetUpSession();
  void Disconnect();
  void SetInterruptible(mysql::Connection* connection) BINSEEK_EXCLUDES(mutex_);
  // Where the binlog of the stream's server ends now.
  Result<change::BinlogPosition> WrittenEnd();

  // Constant after construction.
  const SnapshotReaderOptions options_;
  const uint64_t chunk_bytes_;

  // Of the thread.
  std::unique_ptr<mysql::Connection> connection_;
  std::chrono::steady_clock::time_point rest_until_{};  // see LoadLimits::time_share
  bool reads_table_ =
      false;  // the last read came to the table; else what failed before concerns all tables
  bool has_failed_ = false;  // the last task was put off: others come first
  int elsewhere_ = 0;  // new connections in a row that led to another server than the stream's
  // MariaDB: everything that the stream had handed out when it came to this server lies before this.
  std::optional<uint64_t> floor_moves_;  // StreamReach::moves then
  change::BinlogPosition floor_;
  ChunkSize chunk_size_;
  std::string uncut_table_;  // where its ranges could be cut, the server did not say in time
  size_t keys_at_once_;

  Mutex mutex_;
  mysql::Connection* interruptible_ BINSEEK_GUARDED_BY(mutex_) = nullptr;  // connection_

  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SNAPSHOT_READER_H_
