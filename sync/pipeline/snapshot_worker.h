// SnapshotWorker: reads the tables that have something left to read, chunk by chunk, beside the stream.
//
// Its own thread reads; the thread of the stream takes the chunks whose high watermark it has passed and applies them. Few chunks wait at a
// time: a stream that does not get on holds the reading back. Chunks grow and shrink towards half a second of reading, and no
// more than a tenth of a second of applying, which is the time from TakeReady to ChunkDone: the stream waits for that.
// Rows that are to be read by their keys alone (FollowedTables::TakeKeys) come before and between the chunks of a snapshot, in chunks
// of their own. A table that cannot be read (refused, unknown type) is stopped alone; a server that is away is waited for.
// Thread-safe.
#ifndef BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_
#define BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "sync/binlog/binlog_source.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {

struct ReadyChunk {
  std::string table;
  uint64_t generation = 0;
  std::string server;  // that it was read from, in whose binlog its high watermark is
  snapshot::Chunk chunk;
  std::vector<PendingKey> keys;  // not empty: the chunk is what these found
};

class SnapshotWorker {
 public:
  // All are borrowed and must outlive this. Starts the thread. REQUIRES: `stream` has handed nothing out yet.
  // `brief_lock`: see snapshot::WindowAccess.
  SnapshotWorker(mysql::ConnectionOptions connection, uint32_t chunk_rows, FollowedTables* tables,
                 binlog::BinlogSource* stream, bool brief_lock = false);
  ~SnapshotWorker();  // stops and joins
  SnapshotWorker(const SnapshotWorker&) = delete;
  SnapshotWorker& operator=(const SnapshotWorker&) = delete;

  // The oldest chunk, where the stream has reached its high watermark, or comes from another server than the chunk: the chunk's generation
  // is not current then. Its window stays open until ChunkDone.
  std::optional<ReadyChunk> TakeReady(const binlog::StreamReach& reach) BINSEEK_EXCLUDES(mutex_);
  void ChunkDone() BINSEEK_EXCLUDES(mutex_);
  // Writes of transactions up to this ordinal can come from no open window any more.
  uint64_t SettledOrdinal() const BINSEEK_EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop);
  void ReadTable(const SnapshotTask& task, const std::stop_token& stop);
  void ReadKeys(const SnapshotTask& task, const std::stop_token& stop);
  // What is to be done about a read that failed. False: the task is over.
  bool TryAgain(const SnapshotTask& task, const Status& failed, const std::stop_token& stop);
  // OK once the stream has reached `position`; kAborted where stopped, and where the task does not count any more.
  Status AwaitStream(const change::BinlogPosition& position, const SnapshotTask& task,
                     const std::stop_token& stop) const;
  Result<snapshot::Chunk> ReadChunk(const snapshot::ChunkReader& reader,
                                    const snapshot::KeyCells& after, const std::stop_token& stop,
                                    std::string* server);
  // A window, and in it what `read` reads with the connection, the stream's server and the low watermark. *server: whose binlog the high one is in.
  template <class Read>
  Result<snapshot::Chunk> ReadInWindow(std::string* server, Read read);
  template <class Read>
  Result<snapshot::Chunk> ReadFrom(const binlog::StreamReach& reach, Read read);
  // Makes the connection one to the server that the stream comes from.
  Status Connect(const mysql::ServerInfo& stream_server);
  void Disconnect();
  void SetInterruptible(mysql::Connection* connection) BINSEEK_EXCLUDES(mutex_);
  bool AwaitStatements(const SnapshotTask& task, const std::stop_token& stop);
  binlog::StreamReach OpenWindow() BINSEEK_EXCLUDES(mutex_);
  void CloseNewestWindow() BINSEEK_EXCLUDES(mutex_);
  // False where stopped.
  bool Push(ReadyChunk chunk, const std::stop_token& stop) BINSEEK_EXCLUDES(mutex_);
  // How many are applied within the goal, as far as is known.
  uint64_t RowsToApply() const BINSEEK_EXCLUDES(mutex_);

  // Constant after construction.
  const mysql::ConnectionOptions options_;
  FollowedTables* const tables_;
  binlog::BinlogSource* const stream_;
  const uint64_t first_ordinal_;
  const bool brief_lock_;

  // Of the thread.
  std::unique_ptr<mysql::Connection> connection_;
  int elsewhere_ = 0;  // new connections in a row that led to another server than the stream's
  // MariaDB: everything that the stream had handed out when it came to this server lies before this.
  std::optional<uint64_t> floor_moves_;  // StreamReach::moves then
  change::BinlogPosition floor_;
  uint32_t chunk_rows_;
  size_t keys_at_once_;

  mutable Mutex mutex_;
  CondVar changed_;
  mysql::Connection* interruptible_ BINSEEK_GUARDED_BY(mutex_) = nullptr;  // connection_
  std::deque<ReadyChunk> chunks_ BINSEEK_GUARDED_BY(mutex_);
  snapshot::OpenWindows open_ BINSEEK_GUARDED_BY(mutex_);
  size_t taken_rows_ BINSEEK_GUARDED_BY(mutex_) = 0;  // of the chunk that is being applied
  std::chrono::steady_clock::time_point taken_at_ BINSEEK_GUARDED_BY(mutex_);
  double apply_us_a_row_ BINSEEK_GUARDED_BY(mutex_) = 0;  // of the last chunk; 0: not known

  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SNAPSHOT_WORKER_H_
