#include "sync/pipeline/snapshot_reader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/log_scope.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/current_position.h"
#include "sync/pipeline/source_checks.h"
#include "sync/snapshot/stoppable_pause.h"

namespace binseek::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxKeysAtOnce = 500;
constexpr int kKeyChunksInARow = 20;
constexpr milliseconds kStreamPoll{5};
constexpr milliseconds kRetryPause{1000};
constexpr milliseconds kGatePause{1000};
// Of a lock on a table. Longer, and other tables would wait for it too; what asks for no more than this is still in the queue for it once a second or so.
constexpr const char* kLockWait = "SET SESSION lock_wait_timeout = 1";
// An address of several servers leads elsewhere now and then; one that does so again and again has moved.
constexpr int kElsewhereForGood = 3;
// Pieces that a range is cut into: as many for each reader at least, where the table is large enough, so that none waits long for the last. The server
// walks over a piece's keys to find its end: a tenth of a second for the largest, in which a statement that changes the table waits.
constexpr uint64_t kPiecesOfEach = 4;
constexpr uint64_t kMaxPieceRows = 100'000;
constexpr uint64_t kChunksOfAPiece = 5;
// Readers share what one alone may have in memory; a chunk of less would be of few rows.
constexpr uint64_t kMinChunkBytes = uint64_t{4} << 20;

uint64_t PieceRows(const SnapshotReaderOptions& options, uint64_t estimated_rows) {
  const uint64_t least = std::min(kChunksOfAPiece * options.chunk_rows, kMaxPieceRows);
  return std::clamp(estimated_rows / (kPiecesOfEach * options.readers), least, kMaxPieceRows);
}

}  // namespace

SnapshotReader::SnapshotReader(SnapshotReaderOptions options)
    : options_(std::move(options)),
      chunk_bytes_(std::max(snapshot::kMaxChunkBytes / options_.readers, kMinChunkBytes)),
      chunk_size_(options_.chunk_rows),
      keys_at_once_(kMaxKeysAtOnce) {
  thread_ = std::jthread([this, outer = LogScope::Current()](const std::stop_token& stop) {
    const LogScope of(outer);
    Run(stop);
  });
}

SnapshotReader::~SnapshotReader() {
  RequestStop();
  thread_.join();
}

void SnapshotReader::RequestStop() {
  thread_.request_stop();
  const MutexLock lock(&mutex_);
  if (interruptible_ != nullptr) {
    interruptible_->Interrupt();  // its SELECT may wait for a lock
  }
}

bool SnapshotReader::AwaitPlace(const SnapshotTask& task, const std::stop_token& stop) const {
  while (options_.stream->read_position().binlog.empty()) {
    if (stop.stop_requested() || !options_.tables->IsCurrent(task.table, task.generation)) {
      return false;
    }
    std::this_thread::sleep_for(kStreamPoll);
  }
  return true;
}

void SnapshotReader::Disconnect() {
  SetInterruptible(nullptr);
  connection_.reset();
}

Status SnapshotReader::Connect(const mysql::ServerInfo& stream_server) {
  if (connection_ != nullptr && connection_->server().Identity() != stream_server.Identity()) {
    Disconnect();
  }
  if (connection_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(connection_, mysql::Connection::OpenAnother(options_.connection));
    SetInterruptible(connection_.get());
    if (Status set_up = SetUpSession(); !set_up.ok()) {
      Disconnect();  // nothing may be read by half of it
      return set_up;
    }
    const bool elsewhere = connection_->server().Identity() != stream_server.Identity();
    elsewhere_ = elsewhere ? elsewhere_ + 1 : 0;
    if (elsewhere_ >= kElsewhereForGood) {
      elsewhere_ = 0;
      options_.stream->RequestRenewal();
    }
  }
  return Status::Ok();
}

Status SnapshotReader::SetUpSession() {
  BINSEEK_RETURN_IF_ERROR(
      connection_->Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
  return connection_->Execute(kLockWait);
}

template <class Read>
Result<snapshot::Chunk> SnapshotReader::ReadInWindow(std::string* server, Read read) {
  reads_table_ = false;
  const binlog::StreamReach reach = options_.queue->OpenWindow();
  *server = reach.server.Identity();
  Result<snapshot::Chunk> chunk = ReadFrom(reach, read);
  if (!chunk.ok()) {
    options_.queue->CloseWindow(reach.ordinal);
  }
  if (!chunk.ok() || chunk->content.cut) {
    Disconnect();  // whatever state the session is in
  }
  return chunk;
}

template <class Read>
Result<snapshot::Chunk> SnapshotReader::ReadFrom(const binlog::StreamReach& reach, Read read) {
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
  snapshot::LowWatermark low{reach.ordinal, reach.position, reach.ordinal == options_.first_ordinal,
                             reach.late};
  low.position.binlog = std::max(low.position.binlog, floor_);
  return read({reach.server, options_.brief_lock, &reads_table_}, low);
}

Result<snapshot::Chunk> SnapshotReader::ReadChunk(const snapshot::ChunkReader& reader,
                                                  const snapshot::KeyRange& range,
                                                  const std::stop_token& stop,
                                                  std::string* server) {
  auto chunk = ReadInWindow(
      server, [&](const snapshot::WindowAccess& access, const snapshot::LowWatermark& low) {
        return snapshot::ReadChunk(connection_.get(), access, reader, range, chunk_size_.rows(),
                                   low, stop);
      });
  if (!chunk.ok()) {
    return chunk;
  }
  const auto took =
      std::max(std::chrono::duration_cast<milliseconds>(chunk->reading), milliseconds(1));
  if (options_.gate != nullptr) {
    rest_until_ = steady_clock::now() + RestBehind(took, options_.gate->limits().time_share);
  }
  if (chunk->content.cut) {
    chunk_size_.Cut(chunk->content.rows->size());
  } else if (chunk->content.rows->size() == chunk_size_.rows()) {
    chunk_size_.Took(took, options_.queue->RowsToApply(ChunkSize::kMost));
  }
  return chunk;
}

void SnapshotReader::SetInterruptible(mysql::Connection* connection) {
  const MutexLock lock(&mutex_);
  interruptible_ = connection;
}

Result<change::BinlogPosition> SnapshotReader::WrittenEnd() {
  const mysql::ServerInfo server = options_.stream->server();
  BINSEEK_RETURN_IF_ERROR(Connect(server));
  if (connection_->server().Identity() != server.Identity()) {
    return Status::Unavailable("the stream goes to another server");
  }
  BINSEEK_ASSIGN_OR_RETURN(auto end, mysql::CurrentPosition(connection_.get()));
  return end.binlog;
}

void SnapshotReader::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool failed = std::exchange(has_failed_, false);
    const auto task = options_.tables->AwaitTask(keys_at_once_, stop, /*others_first=*/failed);
    if (!task) {
      return;
    }
    if (!task->keys.empty()) {
      ReadKeys(*task, stop);
    } else if (AwaitPlace(*task, stop)) {
      ReadRange(*task, stop);
    }
  }
}

Status SnapshotReader::CutRange(const snapshot::ChunkReader& reader, const SnapshotTask& task,
                                snapshot::KeyRange* range) {
  reads_table_ = false;
  const mysql::ServerInfo server = options_.stream->server();
  BINSEEK_RETURN_IF_ERROR(Connect(server));
  reads_table_ = connection_->server().Identity() == server.Identity();
  auto border = reader.KeyAt(connection_.get(), *range, PieceRows(options_, task.estimated_rows));
  if (!border.ok()) {
    Disconnect();  // whatever state the session is in
    uncut_table_ = reads_table_ ? task.table : "";
    return border.status();
  }
  if (*border) {
    options_.tables->CutRange(task, **border);
    range->up_to = **std::move(border);
  }
  return Status::Ok();
}

Result<std::string> SnapshotReader::LookAtGate() {
  const LoadLimits& limits = options_.gate->limits();
  auto why = options_.gate->Look([&]() -> Result<mysql::ServerLoad> {
    BINSEEK_RETURN_IF_ERROR(Connect(options_.stream->server()));
    return mysql::ReadServerLoad(connection_.get(), limits.max_threads_running != 0,
                                 limits.max_replica_lag.count() != 0);
  });
  if (!why.ok()) {
    Disconnect();  // whatever state the session is in
  }
  return why;
}

bool SnapshotReader::PauseWithin(const SnapshotTask& task, milliseconds most,
                                 const std::stop_token& stop) const {
  return snapshot::Pause(stop, std::min(most, kGatePause)) &&
         options_.tables->IsCurrent(task.table, task.generation);
}

Status SnapshotReader::AwaitTurn(const SnapshotTask& task, const std::stop_token& stop) {
  reads_table_ = false;
  for (;;) {
    // Keys do not wait for a gate; but as many as come may not keep the range waiting.
    for (int i = 0; i < kKeyChunksInARow && !stop.stop_requested(); ++i) {
      const auto keys = options_.tables->TakeKeys(keys_at_once_);
      if (!keys) {
        break;
      }
      ReadKeys(*keys, stop);
    }
    milliseconds pause = std::chrono::ceil<milliseconds>(rest_until_ - steady_clock::now());
    if (pause.count() <= 0) {
      if (options_.gate == nullptr || !options_.gate->limits().asks()) {
        return Status::Ok();
      }
      BINSEEK_ASSIGN_OR_RETURN(std::string why, LookAtGate());
      if (why.empty()) {
        options_.tables->NoteTurn(task);
        return Status::Ok();
      }
      options_.tables->NoteWaiting(task, {change::StopCode::kSnapshotPaced, std::move(why)});
      pause = kGatePause;
    }
    if (!PauseWithin(task, pause, stop)) {
      return Status::Aborted("stopped");
    }
  }
}

void SnapshotReader::ReadRange(const SnapshotTask& task, const std::stop_token& stop) {
  const snapshot::ChunkReader reader(task.schema, chunk_bytes_);
  snapshot::KeyRange left = task.range.range;
  bool is_cut = options_.readers == 1 || uncut_table_ == task.table;
  chunk_size_.Begin(task.table);
  for (bool first = true;
       !stop.stop_requested() && options_.tables->IsCurrent(task.table, task.generation);
       first = false) {
    Status prepared = AwaitTurn(task, stop);
    if (prepared.code() == StatusCode::kAborted) {
      return;
    }
    // Each attempt at those has a chunk of this one before it.
    if (!first && options_.tables->AnotherIsDue(task)) {
      options_.tables->GiveBack(task, left.after);
      return;
    }
    const auto began = steady_clock::now();
    if (prepared.ok() && !is_cut) {
      prepared = CutRange(reader, task, &left);
      is_cut = prepared.ok();
    }
    std::string server;
    auto chunk =
        prepared.ok() ? ReadChunk(reader, left, stop, &server) : Result<snapshot::Chunk>(prepared);
    if (stop.stop_requested()) {
      return;
    }
    if (!chunk.ok()) {
      if (!TryAgain(task, left.after, chunk.status(), began, stop)) {
        return;
      }
      continue;
    }
    left.after = chunk->content.last_key;
    const bool last = chunk->content.last;
    ReadyChunk ready{task.table, task.generation, std::move(server), std::move(chunk).value(),
                     {},         task.range.id};
    if (!options_.queue->Push(std::move(ready), stop) || last) {
      return;
    }
  }
}

// One chunk. The keys were taken before its window opens, so that whatever made them pending lies at or before the low watermark; one that
// becomes pending later stays so.
void SnapshotReader::ReadKeys(const SnapshotTask& task, const std::stop_token& stop) {
  if (!AwaitPlace(task, stop)) {
    options_.tables->ReleaseKeys(task);
    return;
  }
  const auto began = steady_clock::now();
  const snapshot::ChunkReader reader(task.schema, chunk_bytes_);
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
    if (TryAgain(task, {}, chunk.status(), began, stop)) {
      options_.tables->ReleaseKeys(task);
    }
    return;
  }
  if (chunk->content.cut && cells.size() > 1) {
    // Which keys the rows behind the cut have, only the server can tell.
    keys_at_once_ = std::clamp<size_t>(chunk->content.rows->size(), 1, cells.size() / 2);
    options_.queue->CloseWindow(chunk->low_ordinal);
    options_.tables->ReleaseKeys(task);
    return;
  }
  if (chunk->content.cut && cells[0].size() < task.schema->key.size()) {
    // More rows begin with these cells than fit a chunk.
    options_.queue->CloseWindow(chunk->low_ordinal);
    options_.tables->AddPending({{task.table, {}}});
    return;
  }
  keys_at_once_ = std::min(kMaxKeysAtOnce, keys_at_once_ * 2);
  options_.queue->Push(
      {task.table, task.generation, std::move(server), std::move(chunk).value(), task.keys}, stop);
}

bool SnapshotReader::TryAgain(const SnapshotTask& task, const snapshot::KeyCells& read_up_to,
                              const Status& failed, steady_clock::time_point began,
                              const std::stop_token& stop) {
  constexpr auto kWaits = change::StopCode::kSnapshotWaits;
  static LogEvery every(std::chrono::seconds(10));
  if (failed.retryable() && !reads_table_) {
    every.Log(LogLevel::kWarn, "snapshot waits for the server",
              {{"table", task.table}, {"code", StopCodeName(kWaits)}, {"error", failed}});
    options_.tables->NoteWaiting(task, {kWaits, "its reading waits: " + failed.message()});
    snapshot::Pause(stop, kRetryPause);
    return true;
  }
  has_failed_ = true;
  const auto took = std::chrono::duration_cast<microseconds>(steady_clock::now() - began);
  const auto written = failed.retryable() ? Result<change::BinlogPosition>(failed) : WrittenEnd();
  if (written.ok()) {
    options_.tables->Refuse(task, *written, failed.message(),
                            "once that is mended, ALTER TABLE " +
                                mysql::QuoteIdentifier(task.schema->table) +
                                " FORCE, or binseek resync, has it followed again");
    return false;
  }
  every.Log(LogLevel::kWarn, "snapshot puts a table off",
            {{"table", task.table}, {"code", StopCodeName(kWaits)}, {"error", failed}});
  if (task.keys.empty()) {
    chunk_size_.Failed();
  } else {
    keys_at_once_ = std::max<size_t>(keys_at_once_ / 2, 1);
  }
  options_.tables->PutOff(task, read_up_to, took,
                          {kWaits, "its reading waits, and is tried again: " + failed.message()});
  return false;
}

}  // namespace binseek::pipeline
