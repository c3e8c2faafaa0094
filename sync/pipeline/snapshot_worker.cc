#include "sync/pipeline/snapshot_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/log.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/current_position.h"
#include "sync/pipeline/source_checks.h"

namespace binseek::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxWaitingChunks = 2;
constexpr milliseconds kReadGoal{500};
// The stream waits meanwhile.
constexpr milliseconds kApplyGoal{100};
constexpr uint32_t kMinChunkRows = 100;
constexpr uint32_t kMaxChunkRows = 20'000;
constexpr size_t kMaxKeysAtOnce = 500;
constexpr milliseconds kStreamPoll{5};
constexpr milliseconds kStopPoll{50};
constexpr milliseconds kRetryPause{1000};
// An address of several servers leads elsewhere now and then; one that does so again and again has moved.
constexpr int kElsewhereForGood = 3;

}  // namespace

SnapshotWorker::SnapshotWorker(mysql::ConnectionOptions connection, uint32_t chunk_rows,
                               FollowedTables* tables, binlog::BinlogSource* stream,
                               bool brief_lock)
    : options_(WithoutDatabase(std::move(connection))),
      tables_(tables),
      stream_(stream),
      first_ordinal_(stream->last_ordinal()),
      brief_lock_(brief_lock),
      chunk_rows_(chunk_rows),
      keys_at_once_(kMaxKeysAtOnce) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

SnapshotWorker::~SnapshotWorker() {
  thread_.request_stop();
  {
    const MutexLock lock(&mutex_);
    if (interruptible_ != nullptr) {
      interruptible_->Interrupt();  // its SELECT may wait for a lock
    }
  }
  thread_.join();
}

std::optional<ReadyChunk> SnapshotWorker::TakeReady(const binlog::StreamReach& reach) {
  const MutexLock lock(&mutex_);
  if (chunks_.empty()) {
    return std::nullopt;
  }
  const ReadyChunk& oldest = chunks_.front();
  if (oldest.server == reach.server.Identity() &&
      !snapshot::MayApply(oldest.chunk.high, reach.position.binlog)) {
    return std::nullopt;
  }
  std::optional<ReadyChunk> ready(std::move(chunks_.front()));
  chunks_.pop_front();
  taken_rows_ = ready->chunk.content.rows->size();
  taken_at_ = steady_clock::now();
  changed_.NotifyAll();
  return ready;
}

uint64_t SnapshotWorker::RowsToApply() const {
  const MutexLock lock(&mutex_);
  const auto goal = static_cast<double>(microseconds(kApplyGoal).count());
  return apply_us_a_row_ * kMaxChunkRows <= goal ? kMaxChunkRows
                                                 : static_cast<uint64_t>(goal / apply_us_a_row_);
}

void SnapshotWorker::ChunkDone() {
  const MutexLock lock(&mutex_);
  open_.CloseOldest();
  // A table's last rows, and rows by their keys, say little about a chunk.
  if (taken_rows_ >= kMinChunkRows) {
    apply_us_a_row_ =
        static_cast<double>(
            std::chrono::duration_cast<microseconds>(steady_clock::now() - taken_at_).count()) /
        static_cast<double>(taken_rows_);
  }
}

uint64_t SnapshotWorker::SettledOrdinal() const {
  const MutexLock lock(&mutex_);
  return open_.Settled(stream_->last_ordinal());
}

binlog::StreamReach SnapshotWorker::OpenWindow() {
  const MutexLock lock(&mutex_);
  binlog::StreamReach low = stream_->reach();
  open_.Open(low.ordinal);
  return low;
}

void SnapshotWorker::CloseNewestWindow() {
  const MutexLock lock(&mutex_);
  open_.CloseNewest();
}

bool SnapshotWorker::Push(ReadyChunk chunk, const std::stop_token& stop) {
  const MutexLock lock(&mutex_);
  while (chunks_.size() >= kMaxWaitingChunks && !stop.stop_requested()) {
    changed_.WaitFor(&mutex_, kStopPoll);
  }
  chunks_.push_back(std::move(chunk));
  return !stop.stop_requested();
}

Status SnapshotWorker::AwaitStream(const change::BinlogPosition& position, const SnapshotTask& task,
                                   const std::stop_token& stop) const {
  // Nothing has come from a server that the stream has just gone to.
  for (;;) {
    const change::BinlogPosition reached = stream_->read_position().binlog;
    if (!reached.empty() && !(reached < position)) {
      return Status::Ok();
    }
    if (stop.stop_requested() || !tables_->IsCurrent(task.table, task.generation)) {
      return Status::Aborted("stopped");
    }
    std::this_thread::sleep_for(kStreamPoll);
  }
}

void SnapshotWorker::Disconnect() {
  SetInterruptible(nullptr);
  connection_.reset();
}

Status SnapshotWorker::Connect(const mysql::ServerInfo& stream_server) {
  if (connection_ != nullptr && connection_->server().Identity() != stream_server.Identity()) {
    Disconnect();
  }
  if (connection_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(connection_, mysql::Connection::OpenAnother(options_));
    SetInterruptible(connection_.get());
    BINSEEK_RETURN_IF_ERROR(
        connection_->Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
    const bool elsewhere = connection_->server().Identity() != stream_server.Identity();
    elsewhere_ = elsewhere ? elsewhere_ + 1 : 0;
    if (elsewhere_ >= kElsewhereForGood) {
      elsewhere_ = 0;
      stream_->RequestRenewal();
    }
  }
  return Status::Ok();
}

template <class Read>
Result<snapshot::Chunk> SnapshotWorker::ReadInWindow(std::string* server, Read read) {
  const binlog::StreamReach reach = OpenWindow();
  *server = reach.server.Identity();
  Result<snapshot::Chunk> chunk = ReadFrom(reach, read);
  if (!chunk.ok()) {
    CloseNewestWindow();
  }
  if (!chunk.ok() || chunk->content.cut) {
    Disconnect();  // whatever state the session is in
  }
  return chunk;
}

template <class Read>
Result<snapshot::Chunk> SnapshotWorker::ReadFrom(const binlog::StreamReach& reach, Read read) {
  BINSEEK_RETURN_IF_ERROR(Connect(reach.server));
  if (reach.position.binlog.empty()) {
    return Status::Unavailable("nothing has come from the server that the stream has gone to");
  }
  // A server that took another's place tells first where its file begins, and what was handed out before lies further on in it. Once it has
  // told anything, it has agreed that it has all of that.
  if (floor_moves_ != reach.moves) {
    BINSEEK_ASSIGN_OR_RETURN(const auto end, mysql::CurrentPosition(connection_.get()));
    if (connection_->server().Identity() == reach.server.Identity()) {
      floor_ = end.binlog;
      floor_moves_ = reach.moves;
    }
  }
  snapshot::LowWatermark low{reach.ordinal, reach.position, reach.ordinal == first_ordinal_,
                             reach.late};
  low.position.binlog = std::max(low.position.binlog, floor_);
  return read({reach.server, brief_lock_}, low);
}

Result<snapshot::Chunk> SnapshotWorker::ReadChunk(const snapshot::ChunkReader& reader,
                                                  const snapshot::KeyCells& after,
                                                  const std::stop_token& stop,
                                                  std::string* server) {
  auto began = steady_clock::now();
  auto chunk = ReadInWindow(server, [&](const snapshot::WindowAccess& access,
                                        const snapshot::LowWatermark& low) {
    began = steady_clock::now();
    return snapshot::ReadChunk(connection_.get(), access, reader, after, chunk_rows_, low, stop);
  });
  if (!chunk.ok()) {
    return chunk;
  }
  if (chunk->content.cut) {
    chunk_rows_ = std::clamp(static_cast<uint32_t>(chunk->content.rows->size()), 1U, chunk_rows_);
    return chunk;
  }
  const auto took = std::max(std::chrono::duration_cast<milliseconds>(steady_clock::now() - began),
                             milliseconds(1));
  if (chunk->content.rows->size() == chunk_rows_) {
    const auto wanted =
        std::min(static_cast<uint64_t>(chunk_rows_) * static_cast<uint64_t>(kReadGoal.count()) /
                     static_cast<uint64_t>(took.count()),
                 RowsToApply());
    // At most doubled or halved at once: one slow read says little.
    chunk_rows_ = static_cast<uint32_t>(std::clamp<uint64_t>(
        std::clamp<uint64_t>(wanted, chunk_rows_ / 2, uint64_t{chunk_rows_} * 2), kMinChunkRows,
        kMaxChunkRows));
  }
  return chunk;
}

void SnapshotWorker::SetInterruptible(mysql::Connection* connection) {
  const MutexLock lock(&mutex_);
  interruptible_ = connection;
}

// True where the table is another, or gone, once the stream has come to where the binlog ends now.
bool SnapshotWorker::AwaitStatements(const SnapshotTask& task, const std::stop_token& stop) {
  const mysql::ServerInfo server = stream_->server();
  if (Connect(server).ok() && connection_->server().Identity() == server.Identity()) {
    const auto end = mysql::CurrentPosition(connection_.get());
    if (end.ok()) {
      AwaitStream(end->binlog, task, stop).IgnoreError();
    }
  }
  return !tables_->IsCurrent(task.table, task.generation);
}

void SnapshotWorker::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto task = tables_->AwaitTask(keys_at_once_, stop);
    if (!task) {
      return;
    }
    if (!task->keys.empty()) {
      ReadKeys(*task, stop);
    } else if (AwaitStream(task->captured_from, *task, stop).ok()) {
      ReadTable(*task, stop);
    }
  }
}

void SnapshotWorker::ReadTable(const SnapshotTask& task, const std::stop_token& stop) {
  const snapshot::ChunkReader reader(task.schema);
  snapshot::KeyCells after = task.after;
  while (!stop.stop_requested() && tables_->IsCurrent(task.table, task.generation)) {
    if (const auto keys = tables_->TakeKeys(keys_at_once_)) {
      ReadKeys(*keys, stop);
    }
    std::string server;
    auto chunk = ReadChunk(reader, after, stop, &server);
    if (stop.stop_requested()) {
      return;
    }
    if (!chunk.ok()) {
      if (!TryAgain(task, chunk.status(), stop)) {
        return;
      }
      continue;
    }
    after = chunk->content.last_key;
    const bool last = chunk->content.last;
    if (last) {
      tables_->ReadToEnd(task.table, task.generation);
    }
    ReadyChunk ready{task.table, task.generation, std::move(server), std::move(chunk).value(), {}};
    if (!Push(std::move(ready), stop) || last) {
      return;
    }
  }
}

// One chunk. The keys were taken before its window opens, so that whatever made them pending lies at or before the low watermark; one that
// becomes pending later stays so.
void SnapshotWorker::ReadKeys(const SnapshotTask& task, const std::stop_token& stop) {
  if (!AwaitStream(task.captured_from, task, stop).ok()) {
    tables_->ReleaseKeys(task);
    return;
  }
  const snapshot::ChunkReader reader(task.schema);
  std::vector<snapshot::KeyCells> cells;
  for (const PendingKey& key : task.keys) {
    cells.push_back(key.cells);
  }
  std::string server;
  auto chunk = ReadInWindow(
      &server, [&](const snapshot::WindowAccess& access, const snapshot::LowWatermark& low) {
        return snapshot::ReadKeysChunk(connection_.get(), access, reader, cells, low, stop);
      });
  if (stop.stop_requested()) {
    return;
  }
  if (!chunk.ok()) {
    TryAgain(task, chunk.status(), stop);
    tables_->ReleaseKeys(task);
    return;
  }
  if (chunk->content.cut && cells.size() > 1) {
    // Which keys the rows behind the cut have, only the server can tell.
    keys_at_once_ = std::clamp<size_t>(chunk->content.rows->size(), 1, cells.size() / 2);
    CloseNewestWindow();
    tables_->ReleaseKeys(task);
    return;
  }
  if (chunk->content.cut && cells[0].size() < task.schema->key.size()) {
    // More rows begin with these cells than fit a chunk.
    CloseNewestWindow();
    tables_->AddPending({{task.table, {}}});
    return;
  }
  keys_at_once_ = std::min(kMaxKeysAtOnce, keys_at_once_ * 2);
  Push({task.table, task.generation, std::move(server), std::move(chunk).value(), task.keys}, stop);
}

bool SnapshotWorker::TryAgain(const SnapshotTask& task, const Status& failed,
                              const std::stop_token& stop) {
  if (failed.retryable()) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kWarn, "snapshot waits for the server",
              {{"table", task.table}, {"error", failed}});
    std::this_thread::sleep_for(kRetryPause);
    return true;
  }
  if (!AwaitStatements(task, stop)) {  // else the stream has met a statement that explains it
    Log(LogLevel::kError, "table stopped", {{"table", task.table}, {"error", failed}});
    tables_->FailSnapshot(task, "its snapshot failed: " + failed.message(),
                          "once that is mended, ALTER TABLE " +
                              mysql::QuoteIdentifier(task.schema->table) +
                              " FORCE, or binseek resync, has it followed again");
  }
  return false;
}

}  // namespace binseek::pipeline
