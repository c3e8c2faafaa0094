#include "sync/pipeline/supervisor.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/applied_position.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/commit_loop.h"
#include "sync/pipeline/dead_letter_retry.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/snapshot_worker.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/stream_health.h"
#include "sync/pipeline/sync_progress.h"
#include "sync/pipeline/table_catalog.h"

namespace binseek::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the stream is listened to while chunks wait for it to get on, and otherwise.
constexpr milliseconds kPollWithSnapshot{2};
constexpr milliseconds kPoll{100};
constexpr milliseconds kRetryPause{1000};

class SupervisorImpl final : public Supervisor {
 public:
  explicit SupervisorImpl(SupervisorOptions options)
      : options_(std::move(options)),
        sink_(options_.engine),
        catalog_(options_, &sink_, &tables_, &mapper_),
        applied_(options_.max_waiters),
        commits_({&sink_, &tables_, options_.commit_interval, [this] { return place_.Place(); }}) {}
  SupervisorImpl(const SupervisorImpl&) = delete;
  SupervisorImpl& operator=(const SupervisorImpl&) = delete;

  ~SupervisorImpl() override { Stop(); }

  void Begin() {
    stream_ = std::jthread([this](const std::stop_token& stop) { RunStream(stop); });
    commits_.Start();
  }

  SyncStatus status() const override {
    SyncStatus status;
    status.source = mysql::DisplayUrl(options_.connection);
    status.tables = tables_.Status();
    for (const TableStatus& table : status.tables) {
      status.pending_keys += table.pending_keys;
    }
    status.dead_letters = options_.state->dead_letter_count();
    status.committed = commits_.committed();
    status.applying = {progress_.rows, progress_.operations, progress_.bytes};
    const bool snapshot_done = tables_.snapshot_done() && commits_.snapshot_durable();
    place_.Tell(snapshot_done, &status);
    const MutexLock lock(&mutex_);
    if (source_ != nullptr) {
      const auto source = source_->status();
      status.reconnects = source.reconnects;
      status.incoming = {source.open_rows, 0, source.open_bytes};
      const bool ended = status.state == SyncState::kHalted || status.state == SyncState::kStopped;
      if (!source.connected && !ended) {
        status.state = SyncState::kConnecting;
        status.error = source.last_error;
      }
      if (!source.id_clash.empty() && !ended) {
        status.error = source.id_clash;
      }
    }
    return status;
  }

  bool OwnsIndex(std::string_view index) const override {
    return !tables_.TableOfIndex(index).empty();
  }

  std::string WhyBehind(std::string_view index) const override { return tables_.WhyBehind(index); }

  Result<bool> AwaitApplied(const AwaitedPosition& awaited,
                            steady_clock::time_point deadline) override {
    return applied_.Await(awaited, deadline);
  }

  Result<RetriedLetters> RetryDeadLetters(const std::string& table,
                                          const std::vector<std::string>& keys) override {
    return pipeline::RetryDeadLetters(options_.source, table, keys, *options_.state, &tables_);
  }

  bool WaitUntilLive(milliseconds timeout) const override {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
      const SyncState state = status().state;
      if (state == SyncState::kLive || state == SyncState::kHalted ||
          state == SyncState::kStopped) {
        return state == SyncState::kLive;
      }
      if (steady_clock::now() >= deadline) {
        return false;
      }
      place_.AwaitChange(kPoll);
    }
  }

  void Stop() override {
    const MutexLock stopping(&stop_mutex_);
    if (stopped_) {
      return;
    }
    stopped_ = true;
    applied_.End("the source is not followed any more: binseek is stopping");
    stream_.request_stop();
    {
      const MutexLock lock(&mutex_);
      if (source_ != nullptr) {
        source_->Stop();
      }
    }
    stream_.join();
    commits_.Stop();
    place_.Stopped();
    const MutexLock lock(&mutex_);
    source_.reset();
  }

 private:
  // The thread of the stream.
  void RunStream(const std::stop_token& stop) {
    Status status = Retry(stop, [&] { return Open(); });
    for (;;) {
      status = status.ok() ? Follow(stop) : status;
      worker_.reset();
      if (!binlog::IsHistoryLost(status) || !losses_.MayBeginAnew()) {
        break;
      }
      status = Retry(stop, [&, why = status.message()] { return BeginAnew(why); });
    }
    if (stop.stop_requested()) {
      return;
    }
    Log(LogLevel::kError, "sync halted", {{"error", status}});
    applied_.End("the source is not followed any more: " + status.message());
    place_.Halted(status.message());
  }

  // A pause that ends early when stopped; false then.
  bool Pause(const std::stop_token& stop, milliseconds duration) {
    const auto until = steady_clock::now() + duration;
    while (!stop.stop_requested() && steady_clock::now() < until) {
      place_.AwaitChange(std::min(duration, milliseconds(50)));
    }
    return !stop.stop_requested();
  }

  // Runs `step`, which may fail because the server is away, until it does not.
  template <class Step>
  Status Retry(const std::stop_token& stop, Step step) {
    for (;;) {
      Status status = step();
      if (!status.retryable()) {
        return status;
      }
      static LogEvery every(std::chrono::seconds(10));
      every.Log(LogLevel::kWarn, "source is away",
                {{"source", mysql::DisplayUrl(options_.connection)}, {"error", status}});
      place_.Failing(status.message());
      if (!Pause(stop, kRetryPause)) {
        return Status::Aborted("stopped");
      }
    }
  }

  Status Open() {
    BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                             mysql::Connection::Open(WithoutDatabase(options_.connection)));
    BINSEEK_RETURN_IF_ERROR(CheckServer(connection.get(), options_.connection.database));
    Checkpoint checkpoint;
    const std::string stored = sink_.Checkpoint(CheckpointKey(options_.source));
    if (stored.empty()) {
      // Before any schema is read: a statement that changes one after this comes by the stream.
      BINSEEK_ASSIGN_OR_RETURN(checkpoint.place.position, mysql::CurrentPosition(connection.get()));
      checkpoint.place.server = connection->server().Identity();
    } else {
      BINSEEK_ASSIGN_OR_RETURN(checkpoint, DecodeCheckpoint(stored));
    }
    BINSEEK_RETURN_IF_ERROR(catalog_.Restore(checkpoint, connection.get()));
    commits_.Resume(stored.empty() ? std::nullopt : std::make_optional(checkpoint.place.position));
    return GoOnFrom(checkpoint, *connection);
  }

  // The server has no history that goes on from where the applier stands.
  Status BeginAnew(const std::string& why) {
    place_.Connecting(why);
    BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                             mysql::Connection::Open(WithoutDatabase(options_.connection)));
    BINSEEK_RETURN_IF_ERROR(CheckServer(connection.get(), options_.connection.database));
    BINSEEK_ASSIGN_OR_RETURN(const Checkpoint anew,
                             catalog_.BeginAnew(applier_->place(), why, connection.get()));
    return GoOnFrom(anew, *connection);
  }

  Status GoOnFrom(const Checkpoint& checkpoint, const mysql::Connection& connection) {
    const auto stored_rows = [this] {
      return std::make_unique<EngineRows>(options_.engine->View(), tables_.Stale());
    };
    applier_.emplace(ApplierOptions{.source = options_.source,
                                    .sink = &sink_,
                                    .mapper = &mapper_,
                                    .tables = &tables_,
                                    .state = options_.state,
                                    .stored_rows = stored_rows,
                                    .progress = &progress_,
                                    .piece_bytes = options_.spill.memory_bytes,
                                    .dead_letter_limit = options_.dead_letter_limit},
                     checkpoint);
    // Tables that begin now have their places on the server of this connection, the others on the checkpoint's.
    const bool same_server = connection.server().Identity() == checkpoint.place.server;
    BINSEEK_RETURN_IF_ERROR(OpenSource(checkpoint, same_server));
    applier_->MoveTo(source_->server().Identity());
    BINSEEK_RETURN_IF_ERROR(applier_->ApplyCheckpoint());
    applied_.Set(applier_->place().position);
    place_.StandsAt(applier_->place(), source_->server().version_text);
    return Status::Ok();
  }

  Status OpenSource(const Checkpoint& checkpoint, bool same_server) {
    const StreamPlace& place = checkpoint.place;
    binlog::BinlogSourceOptions source;
    source.connection = options_.connection;
    source.source = options_.source;
    source.start = place.position;
    source.server = same_server ? place.server : std::string();
    source.last = {place.last_gtid, place.last_begin, place.fingerprint};
    source.moved = [this](mysql::Connection* connection) { return MoveTo(connection); };
    source.next_ordinal = checkpoint.place.ordinal + 1;
    source.prepared = checkpoint.prepared;
    source.server_id = options_.server_id;
    source.spill = options_.spill;
    source.schema_provider = [this](std::string_view database, std::string_view table) {
      return tables_.SchemaFor(database, table, Reached());
    };
    source.captures_database = [this](std::string_view database) {
      return catalog_.IsFollowed(database);
    };
    BINSEEK_ASSIGN_OR_RETURN(auto opened, binlog::BinlogSource::Open(std::move(source)));
    const MutexLock lock(&mutex_);
    std::swap(source_, opened);  // the one of before ends without the lock
    return Status::Ok();
  }

  // The stream is about to go on with another server. Until that has succeeded the places are no server's, and nothing that was read from
  // the one before counts.
  Status MoveTo(mysql::Connection* connection) {
    tables_.DropChunks();
    applied_.MoveTo();
    if (applier_) {
      applier_->MoveTo("");
    }
    BINSEEK_RETURN_IF_ERROR(catalog_.MoveTo(connection));
    if (applier_) {
      applier_->MoveTo(connection->server().Identity());
    }
    place_.MovesTo(connection->server().version_text);
    return Status::Ok();
  }

  // How far the stream has been handed out.
  change::BinlogPosition Reached() const {
    return source_ == nullptr ? change::BinlogPosition() : source_->read_position().binlog;
  }

  Status Follow(const std::stop_token& stop) {
    worker_.emplace(options_.connection, options_.chunk_rows, &tables_, source_.get());
    place_.Running();
    while (!stop.stop_requested()) {
      BINSEEK_ASSIGN_OR_RETURN(auto transaction,
                               source_->Next(tables_.has_work() ? kPollWithSnapshot : kPoll));
      if (transaction) {
        BINSEEK_RETURN_IF_ERROR(TakeTransaction(&*transaction, stop));
      }
      BINSEEK_RETURN_IF_ERROR(TakeChunks(stop));
      BINSEEK_RETURN_IF_ERROR(Retry(stop, [&] { return applier_->Sweep(); }));
      BINSEEK_RETURN_IF_ERROR(ReadTableAgain(stop));
      NotePlace(transaction);
    }
    return Status::Aborted("stopped");
  }

  Status TakeTransaction(change::Transaction* transaction, const std::stop_token& stop) {
    const std::string server = applier_->place().server;
    for (change::TableEvent& event : transaction->table_events) {
      catalog_.FoldNames(&event);
      if (catalog_.Concerns(event)) {
        const auto take = [&]() -> Status {
          BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                                   ConnectToServerOf(source_.get(), options_.connection));
          return catalog_.TakeEvent(event, *transaction, connection.get(), stop);
        };
        BINSEEK_RETURN_IF_ERROR(Retry(stop, take));
      }
    }
    if (applier_->place().server !=
        server) {  // the stream went along: it lies in no file of this one
      transaction->position.end = change::BinlogPosition();
      transaction->begin = change::BinlogPosition();
    }
    BINSEEK_RETURN_IF_ERROR(Retry(stop, [&] { return applier_->Apply(*transaction, stop); }));
    applied_.Set(applier_->place().position);  // at once: clients wait for it
    return Status::Ok();
  }

  Status TakeChunks(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto chunk = worker_->TakeReady(source_->reach());
      if (!chunk) {
        return Status::Ok();
      }
      BINSEEK_RETURN_IF_ERROR(Retry(stop, [&] { return applier_->ApplyChunk(*chunk); }));
      worker_->ChunkDone();
    }
    return Status::Ok();
  }

  // Reads are begun anew one table at a time; the others' turn comes with the next round.
  Status ReadTableAgain(const std::stop_token& stop) {
    const std::string table = tables_.TableToReadAgain();
    if (table.empty()) {
      return Status::Ok();
    }
    const auto read_again = [&]() -> Status {
      BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                               ConnectToServerOf(source_.get(), options_.connection));
      return catalog_.ReadPendingAgain(table, applier_->place().ordinal, connection.get());
    };
    BINSEEK_RETURN_IF_ERROR(Retry(stop, read_again));
    return Retry(stop, [&] { return applier_->ApplyCheckpoint(); });
  }

  void NotePlace(const std::optional<change::Transaction>& transaction) {
    const bool connected = source_->status().connected;
    const uint64_t settled = worker_->SettledOrdinal();
    tables_.Passed(Reached());
    if (transaction) {
      place_.Applied(*transaction, applier_->place(), settled);
    } else if (connected) {
      applied_.SetBinlog(place_.Idle(Reached(), settled));
    } else {
      place_.Waits(settled);
    }
    commits_.NoteProgress();
  }

  // Constant after construction.
  const SupervisorOptions options_;

  // Self-synchronised, or of the thread of the stream.
  EngineSink sink_;
  FollowedTables tables_;
  mapper::TableMapper mapper_;
  TableCatalog catalog_;
  SyncProgress place_;
  ApplyProgress progress_;
  AppliedPosition applied_;
  std::optional<Applier> applier_;
  std::optional<SnapshotWorker> worker_;
  HistoryLosses losses_;
  // Made by the thread of the stream under the mutex, and read by it without; replaced while there is no worker.
  std::unique_ptr<binlog::BinlogSource> source_;

  mutable Mutex mutex_;  // of source_, for other threads
  Mutex stop_mutex_;     // before mutex_
  bool stopped_ BINSEEK_GUARDED_BY(stop_mutex_) = false;

  CommitLoop commits_;
  std::jthread stream_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::Start(SupervisorOptions options) {
  BINSEEK_RETURN_IF_ERROR(CheckOptions(options));
  auto supervisor = std::make_unique<SupervisorImpl>(std::move(options));
  supervisor->Begin();
  return std::unique_ptr<Supervisor>(std::move(supervisor));
}

}  // namespace binseek::pipeline
