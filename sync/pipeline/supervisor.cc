#include "sync/pipeline/supervisor.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "engine/base/clock.h"
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
#include "sync/pipeline/table_catalog.h"

namespace binseek::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the stream is listened to while chunks wait for it to get on, and otherwise.
constexpr milliseconds kPollWithSnapshot{2};
constexpr milliseconds kPoll{100};
constexpr milliseconds kRetryPause{1000};
// Behind by more than this: catching up.
constexpr int64_t kLiveLagMs = 1000;

class SupervisorImpl final : public Supervisor {
 public:
  explicit SupervisorImpl(SupervisorOptions options)
      : options_(std::move(options)),
        sink_(options_.engine),
        catalog_(options_, &sink_, &tables_, &mapper_),
        applied_(options_.max_waiters),
        commits_({&sink_, &tables_, options_.commit_interval, [this] { return Place(); }}) {}
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
    const bool snapshot_done = tables_.snapshot_done() && commits_.snapshot_durable();
    const MutexLock lock(&mutex_);
    status.position = position_;
    status.ordinal = ordinal_;
    status.transactions = transactions_;
    status.rows = rows_;
    status.server_version = server_version_;
    status.error = error_;
    status.state = State(snapshot_done);
    status.lag_ms = lag_ms_;
    if (source_ != nullptr) {
      const auto source = source_->status();
      status.reconnects = source.reconnects;
      if (!source.connected && status.state != SyncState::kHalted &&
          status.state != SyncState::kStopped) {
        status.state = SyncState::kConnecting;
        status.error = source.last_error;
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
      const MutexLock lock(&mutex_);
      if (steady_clock::now() >= deadline) {
        return false;
      }
      changed_.WaitFor(&mutex_, kPoll);
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
    const MutexLock lock(&mutex_);
    source_.reset();
    phase_ = phase_ == Phase::kHalted ? phase_ : Phase::kStopped;
  }

 private:
  enum class Phase : uint8_t { kConnecting, kRunning, kHalted, kStopped };

  SyncState State(bool snapshot_done) const BINSEEK_REQUIRES(mutex_) {
    if (phase_ != Phase::kRunning) {
      return phase_ == Phase::kConnecting ? SyncState::kConnecting
             : phase_ == Phase::kHalted   ? SyncState::kHalted
                                          : SyncState::kStopped;
    }
    if (!snapshot_done) {
      return SyncState::kSnapshot;
    }
    return caught_up_ ? SyncState::kLive : SyncState::kCatchingUp;
  }

  // The thread of the stream.
  void RunStream(const std::stop_token& stop) {
    Status status = OpenWithRetries(stop);
    if (status.ok()) {
      status = Follow(stop);
    }
    worker_.reset();
    if (stop.stop_requested()) {
      return;
    }
    Log(LogLevel::kError, "sync halted", {{"error", status}});
    applied_.End("the source is not followed any more: " + status.message());
    const MutexLock lock(&mutex_);
    phase_ = Phase::kHalted;
    error_ = status.message();
    changed_.NotifyAll();
  }

  // A pause that ends early when stopped; false then.
  bool Pause(const std::stop_token& stop, milliseconds duration) {
    const auto until = steady_clock::now() + duration;
    const MutexLock lock(&mutex_);
    while (!stop.stop_requested() && steady_clock::now() < until) {
      changed_.WaitFor(&mutex_, std::min(duration, milliseconds(50)));
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
      {
        static LogEvery every(std::chrono::seconds(10));
        every.Log(LogLevel::kWarn, "source is away",
                  {{"source", mysql::DisplayUrl(options_.connection)}, {"error", status}});
        const MutexLock lock(&mutex_);
        error_ = status.message();
      }
      if (!Pause(stop, kRetryPause)) {
        return Status::Aborted("stopped");
      }
    }
  }

  Status OpenWithRetries(const std::stop_token& stop) {
    return Retry(stop, [&] { return Open(); });
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
    } else {
      BINSEEK_ASSIGN_OR_RETURN(checkpoint, DecodeCheckpoint(stored));
    }
    BINSEEK_RETURN_IF_ERROR(catalog_.Restore(checkpoint, connection.get()));
    BINSEEK_RETURN_IF_ERROR(OpenSource(checkpoint));
    applier_.emplace(
        ApplierOptions{options_.source, &sink_, &mapper_, &tables_, options_.state,
                       [this] { return std::make_unique<EngineRows>(options_.engine->View()); },
                       options_.dead_letter_limit},
        checkpoint);
    BINSEEK_RETURN_IF_ERROR(applier_->ApplyCheckpoint());
    applied_.Set(checkpoint.place.position);
    {
      const MutexLock lock(&mutex_);
      server_version_ = connection->server().version_text;
      position_ = checkpoint.place.position;
      ordinal_ = checkpoint.place.ordinal;
    }
    commits_.Resume(stored.empty() ? std::nullopt : std::make_optional(checkpoint.place.position));
    return Status::Ok();
  }

  Status OpenSource(const Checkpoint& checkpoint) {
    binlog::BinlogSourceOptions source;
    source.connection = options_.connection;
    source.source = options_.source;
    source.start = checkpoint.place.position;
    source.next_ordinal = checkpoint.place.ordinal + 1;
    source.prepared = checkpoint.prepared;
    source.server_id = options_.server_id;
    source.max_transaction_bytes = options_.max_transaction_bytes;
    source.schema_provider = [this](std::string_view database, std::string_view table) {
      return tables_.SchemaFor(database, table, Reached());
    };
    source.captures_database = [this](std::string_view database) {
      return catalog_.IsFollowed(database);
    };
    BINSEEK_ASSIGN_OR_RETURN(auto opened, binlog::BinlogSource::Open(std::move(source)));
    const MutexLock lock(&mutex_);
    source_ = std::move(opened);
    return Status::Ok();
  }

  // How far the stream has been handed out.
  change::BinlogPosition Reached() const {
    return source_ == nullptr ? change::BinlogPosition() : source_->read_position().binlog;
  }

  Status Follow(const std::stop_token& stop) {
    worker_.emplace(options_.connection, options_.chunk_rows, &tables_, source_.get());
    {
      const MutexLock lock(&mutex_);
      phase_ = Phase::kRunning;
      error_.clear();
      changed_.NotifyAll();
    }
    while (!stop.stop_requested()) {
      BINSEEK_ASSIGN_OR_RETURN(auto transaction,
                               source_->Next(tables_.has_work() ? kPollWithSnapshot : kPoll));
      if (transaction) {
        BINSEEK_RETURN_IF_ERROR(TakeTransaction(&*transaction, stop));
      }
      BINSEEK_RETURN_IF_ERROR(TakeChunks(stop));
      BINSEEK_RETURN_IF_ERROR(ReadTableAgain(stop));
      NotePlace(transaction);
    }
    return Status::Aborted("stopped");
  }

  Status TakeTransaction(change::Transaction* transaction, const std::stop_token& stop) {
    for (change::TableEvent& event : transaction->table_events) {
      catalog_.FoldNames(&event);
      if (catalog_.Concerns(event)) {
        const auto take = [&] { return catalog_.TakeEvent(event, transaction->position, stop); };
        BINSEEK_RETURN_IF_ERROR(Retry(stop, take));
      }
    }
    BINSEEK_RETURN_IF_ERROR(Retry(stop, [&] { return applier_->Apply(*transaction); }));
    applied_.Set(applier_->place().position);  // at once: clients wait for it
    return Status::Ok();
  }

  Status TakeChunks(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto chunk = worker_->TakeReady(Reached());
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
    BINSEEK_RETURN_IF_ERROR(Retry(stop, [&] { return catalog_.ReadAgain(table, stop); }));
    return Retry(stop, [&] { return applier_->ApplyCheckpoint(); });
  }

  void NotePlace(const std::optional<change::Transaction>& transaction) {
    const bool connected = source_->status().connected;
    const uint64_t settled = worker_->SettledOrdinal();
    tables_.Passed(Reached());
    {
      const MutexLock lock(&mutex_);
      settled_ordinal_ = settled;
      if (transaction) {
        ++transactions_;
        rows_ += transaction->rows->size();
        position_ = applier_->place().position;
        ordinal_ = applier_->place().ordinal;
        lag_ms_ = LagOf(*transaction);
        caught_up_ = lag_ms_ <= kLiveLagMs;
      } else if (connected) {
        position_.binlog = std::max(position_.binlog, Reached());
        applied_.SetBinlog(position_.binlog);
        lag_ms_ = 0;  // nothing came within the poll: there is nothing that we do not have
        caught_up_ = true;
      }
      changed_.NotifyAll();
    }
    commits_.NoteProgress();
  }

  // Called by the thread of the commits.
  CommitPlace Place() const {
    const MutexLock lock(&mutex_);
    return {position_, settled_ordinal_};
  }

  // Constant after construction.
  const SupervisorOptions options_;

  // Self-synchronised, or of the thread of the stream.
  EngineSink sink_;
  FollowedTables tables_;
  mapper::TableMapper mapper_;
  TableCatalog catalog_;
  AppliedPosition applied_;
  std::optional<Applier> applier_;
  std::optional<SnapshotWorker> worker_;
  // Made by the thread of the stream under the mutex, and read by it without: it stays until that thread has ended.
  std::unique_ptr<binlog::BinlogSource> source_;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  Phase phase_ BINSEEK_GUARDED_BY(mutex_) = Phase::kConnecting;
  bool caught_up_ BINSEEK_GUARDED_BY(mutex_) = false;
  int64_t lag_ms_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t rows_ BINSEEK_GUARDED_BY(mutex_) = 0;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t settled_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::string server_version_ BINSEEK_GUARDED_BY(mutex_);
  std::string error_ BINSEEK_GUARDED_BY(mutex_);

  Mutex stop_mutex_;  // before mutex_
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
