#include "sync/pipeline/supervisor.h"

#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/log_scope.h"
#include "engine/base/mutex.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/applied_position.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/chosen_sink.h"
#include "sync/pipeline/commit_loop.h"
#include "sync/pipeline/dead_letter_retry.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/rebuilds.h"
#include "sync/pipeline/snapshot_worker.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/source_retry.h"
#include "sync/pipeline/stream_health.h"
#include "sync/pipeline/sync_progress.h"
#include "sync/pipeline/table_catalog.h"
#include "sync/pipeline/transaction_group.h"

namespace binseek::pipeline {
namespace {

using change::StopCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long the stream is listened to while chunks wait for it to get on, and otherwise.
constexpr milliseconds kPollWithSnapshot{2};
constexpr milliseconds kPoll{100};

class SupervisorImpl final : public Supervisor {
 public:
  SupervisorImpl(SupervisorOptions options, std::unique_ptr<ChosenSink> sink)
      : options_(std::move(options)),
        chosen_(std::move(sink)),
        sink_(chosen_->sink()),
        mapper_(/*whole_documents=*/!sink_->capabilities().partial_update),
        catalog_(options_, sink_, &tables_, &mapper_),
        applied_(options_.max_waiters),
        gate_(options_.load_limits),
        retry_(mysql::DisplayUrl(options_.connection), &place_),
        rebuilds_(options_.connection, &tables_, &catalog_, &retry_),
        commits_({sink_, &tables_, options_.commit_interval, [this] { return place_.Place(); },
                  [this](std::string_view index) {
                    return options_.owners->KeyPrefixOf(options_.source, index);
                  }}) {}
  ~SupervisorImpl() override { Stop(); }
  SupervisorImpl(const SupervisorImpl&) = delete;
  SupervisorImpl& operator=(const SupervisorImpl&) = delete;

  void Begin() {
    const LogScope of("source", options_.log_name);
    stream_ = std::jthread([this](const std::stop_token& stop) { RunStream(stop); });
    commits_.Start();
  }

  SyncStatus status() const override {
    SyncStatus status;
    status.source = mysql::DisplayUrl(options_.connection);
    status.time_zone = options_.mapping.ZoneName();
    status.tables = tables_.Status();
    status.stops = tables_.stops();
    for (TableStatus& table : status.tables) {
      status.pending_keys += table.pending_keys;
      table.dead_letters = options_.state->DeadRows(options_.source, table.table);
    }
    status.dead_letters = options_.state->dead_letter_count(options_.source);
    status.zero_dates = options_.mapping.ZeroDatesMet();
    status.committed = commits_.committed();
    status.applying = {progress_.rows, progress_.operations, progress_.bytes};
    const bool snapshot_done = tables_.snapshot_done() && commits_.snapshot_durable();
    place_.Tell(snapshot_done, &status);
    gate_.Warn(&status.warnings);
    const MutexLock lock(&mutex_);
    status.stops += earlier_losses_;
    if (source_ != nullptr) {
      TellStream(source_->status(), &status);
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
    const LogScope of("source", options_.log_name);
    return pipeline::RetryDeadLetters(options_, table, keys, &tables_);
  }

  Result<std::string> AwaitRead(std::string_view index,
                                steady_clock::time_point deadline) override {
    return tables_.AwaitRead(index, deadline, options_.max_waiters);
  }

  Result<Resync> ResyncTable(const std::string& table, steady_clock::time_point deadline) override {
    const bool qualified = tables_.Find(table).has_value();
    BINSEEK_ASSIGN_OR_RETURN(
        Resync begun,
        rebuilds_.Ask(qualified ? table : options_.connection.database + "." + table, deadline));
    // A sink that does not hold the checkpoint is committed by one thread alone, soon.
    BINSEEK_RETURN_IF_ERROR(sink_->capabilities().holds_checkpoint ? sink_->Commit()
                                                                   : Status::Ok());
    return begun;
  }

  bool WaitUntilLive(milliseconds timeout) const override {
    return place_.WaitUntilLive([this] { return status().state; }, timeout);
  }

  void Stop() override {
    const MutexLock stopping(&stop_mutex_);
    if (stopped_) {
      return;
    }
    stopped_ = true;
    applied_.End("the source is not followed any more: binseek is stopping");
    rebuilds_.End("binseek is stopping");
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
    const LogScope of("source", options_.log_name);
    Status status = retry_.Run(stop, [&] { return Open(); });
    for (;;) {
      status = status.ok() ? Follow(stop) : status;
      worker_.reset();
      if (!binlog::IsHistoryLost(status) || !losses_.MayBeginAnew()) {
        break;
      }
      place_.Connecting({StopCode::kPositionLost, status.message()});
      status = retry_.Run(stop, [&, why = status.message()] { return BeginAnew(why); });
    }
    if (stop.stop_requested()) {
      return;
    }
    const StopCode code = binlog::IsHistoryLost(status) ? StopCode::kPositionLostAgain
                                                        : StopCodeOf(status, StopCode::kUnexpected);
    Log(LogLevel::kError, "sync halted",
        {{"source", options_.source_name}, {"code", StopCodeName(code)}, {"error", status}});
    applied_.End("the source is not followed any more: " + status.message());
    rebuilds_.End("the source is not followed any more: " + status.message());
    place_.Halted({code, status.message()});
  }

  Status Open() {
    BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                             mysql::Connection::Open(WithoutDatabase(options_.connection)));
    BINSEEK_RETURN_IF_ERROR(CheckServer(connection.get(), options_));
    BINSEEK_ASSIGN_OR_RETURN(const auto stored, chosen_->Resume(options_.source));
    Checkpoint checkpoint = stored.value_or(Checkpoint());
    if (!stored) {
      // Before any schema is read: a statement that changes one after this comes by the stream.
      BINSEEK_ASSIGN_OR_RETURN(checkpoint.place.position, StartPosition(connection.get()));
      checkpoint.place.server = connection->server().Identity();
    }
    BINSEEK_RETURN_IF_ERROR(catalog_.Restore(&checkpoint, connection.get()));
    commits_.Resume(stored ? std::make_optional(checkpoint.place.position) : std::nullopt);
    return GoOnFrom(checkpoint, *connection);
  }

  // The server has no history that goes on from where the applier stands.
  Status BeginAnew(const std::string& why) {
    BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                             mysql::Connection::Open(WithoutDatabase(options_.connection)));
    BINSEEK_RETURN_IF_ERROR(CheckServer(connection.get(), options_));
    BINSEEK_ASSIGN_OR_RETURN(const Checkpoint anew,
                             catalog_.BeginAnew(applier_->PlaceOfLoss(), why, connection.get()));
    return GoOnFrom(anew, *connection);
  }

  Status GoOnFrom(const Checkpoint& checkpoint, const mysql::Connection& connection) {
    applier_.emplace(
        ApplierOptions{.source = options_.source,
                       .sink = sink_,
                       .mapper = &mapper_,
                       .tables = &tables_,
                       .state = options_.state,
                       .stored_rows = [this] { return chosen_->Rows(tables_.Stale()); },
                       .settled_ordinal = [this] { return worker_->SettledOrdinal(); },
                       .progress = &progress_,
                       .piece_bytes = options_.spill.memory_bytes,
                       .dead_letter_limit = options_.dead_letter_limit,
                       .swapped = [this](const std::string& table) { catalog_.Swapped(table); },
                       .cascades = &catalog_.cascades(),
                       .mapping = options_.mapping},
        checkpoint);
    // Tables that begin now have their places on this connection's server, the others on the checkpoint's.
    const bool same_server = connection.server().Identity() == checkpoint.place.server;
    BINSEEK_RETURN_IF_ERROR(OpenSource(checkpoint, same_server));
    applier_->MoveTo(source_->server().Identity());
    BINSEEK_RETURN_IF_ERROR(Because(StopCode::kIndexWriteFailed, applier_->Begin()));
    BINSEEK_RETURN_IF_ERROR(rebuilds_.LetGoOfMissing(&*applier_, source_.get()));
    applied_.Set(applier_->place().position);
    place_.StandsAt(applier_->place(), source_->server().version_text);
    return Status::Ok();
  }

  Status OpenSource(const Checkpoint& checkpoint, bool same_server) {
    BINSEEK_ASSIGN_OR_RETURN(auto source,
                             SourceOptionsOf(options_, checkpoint, chosen_->files(), same_server));
    source.connected = [this](mysql::Connection* connection) {
      return TakeTerms(connection, options_.connection.database, &place_);
    };
    source.moved = [this](mysql::Connection* connection) { return MoveTo(connection); };
    source.schema_provider = [this](std::string_view database, std::string_view table) {
      return tables_.SchemaFor(database, table, Reached());
    };
    source.captures_database = [this](std::string_view database) {
      return catalog_.IsFollowed(database);
    };
    source.cascades_from = catalog_.cascade_filter();
    BINSEEK_ASSIGN_OR_RETURN(auto opened, binlog::BinlogSource::Open(std::move(source)));
    const MutexLock lock(&mutex_);
    std::swap(source_, opened);  // the one of before ends without the lock
    earlier_losses_ += opened == nullptr ? change::StopCounts() : opened->status().losses;
    return Status::Ok();
  }

  // The stream is about to go on with another server. Until that has succeeded no place is of any, and nothing that was read before counts.
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
    worker_.emplace(options_.connection,
                    SnapshotWorkerOptions{options_.chunk_rows, options_.parallel_ranges,
                                          options_.brief_lock, &gate_},
                    &tables_, source_.get());
    place_.Running();
    while (!stop.stop_requested()) {
      auto next = source_->Next(tables_.has_work() ? kPollWithSnapshot : kPoll);
      if (!next.ok()) {
        return Because(CodeOfEnd(next.status()), next.status());
      }
      TransactionGroup group;
      if (*next) {
        group = Gather(**std::move(next), source_.get(), GroupLimits());
        BINSEEK_RETURN_IF_ERROR(TakeGroup(&group, stop));
      }
      BINSEEK_RETURN_IF_ERROR(TakeChunk(stop));
      BINSEEK_RETURN_IF_ERROR(rebuilds_.Step(&*applier_, source_.get(), stop));
      NotePlace(group);
    }
    return Status::Aborted("stopped");
  }

  // Only the last one may have table events.
  Status TakeGroup(TransactionGroup* group, const std::stop_token& stop) {
    const bool changes_tables = !group->back().table_events.empty();
    const auto plain = std::span(*group).first(group->size() - (changes_tables ? 1 : 0));
    for (size_t taken = 0; taken < plain.size();) {
      BINSEEK_RETURN_IF_ERROR(retry_.Write(stop, [&]() -> Status {
        BINSEEK_ASSIGN_OR_RETURN(const size_t more,
                                 applier_->ApplyGroup(plain.subspan(taken), stop));
        taken += more;
        return Status::Ok();
      }));
      applied_.Set(applier_->place().position);  // at once: clients wait for it
    }
    return changes_tables ? TakeTransaction(&group->back(), stop) : Status::Ok();
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
        BINSEEK_RETURN_IF_ERROR(retry_.Run(stop, take));
      }
    }
    if (applier_->place().server != server) {  // the stream went along: it lies in no file of it
      transaction->position.end = change::BinlogPosition();
      transaction->begin = change::BinlogPosition();
    }
    BINSEEK_RETURN_IF_ERROR(
        retry_.Write(stop, [&] { return applier_->Apply(*transaction, stop); }));
    applied_.Set(applier_->place().position);
    return Status::Ok();
  }

  // One at most: transactions that have come meanwhile do not wait for the next.
  Status TakeChunk(const std::stop_token& stop) {
    const auto chunk = worker_->TakeReady(source_->reach());
    if (chunk) {
      BINSEEK_RETURN_IF_ERROR(retry_.Write(stop, [&] { return applier_->ApplyChunk(*chunk); }));
      worker_->ChunkDone();
    }
    return Status::Ok();
  }

  // `group`: what was applied; empty: nothing came.
  void NotePlace(const TransactionGroup& group) {
    const bool at_rest = source_->status().at_rest;
    const uint64_t settled = worker_->SettledOrdinal();
    tables_.Passed(Reached());
    applier_->Settled(settled);
    chosen_->LetGoOfFiles(applier_->prepared());
    if (!group.empty()) {
      place_.Applied(group, applier_->place(), settled);
    } else if (at_rest) {
      applied_.SetBinlog(place_.Idle(Reached(), settled));
    } else {
      place_.Waits(settled);
    }
    commits_.NoteProgress();
  }

  // Constant after construction.
  const SupervisorOptions options_;
  // Self-synchronised, or of the thread of the stream.
  const std::unique_ptr<ChosenSink> chosen_;
  IndexSink* const sink_;
  FollowedTables tables_;
  GenerationMapper mapper_;
  TableCatalog catalog_;
  SyncProgress place_;
  ApplyProgress progress_;
  AppliedPosition applied_;
  LoadGate gate_;
  SourceRetry retry_;
  Rebuilds rebuilds_;
  std::optional<Applier> applier_;
  std::optional<SnapshotWorker> worker_;
  HistoryLosses losses_;
  // Made by the thread of the stream under the mutex, and read by it without; replaced while there is no worker.
  std::unique_ptr<binlog::BinlogSource> source_;
  mutable Mutex mutex_;                                           // of source_, for other threads
  change::StopCounts earlier_losses_ BINSEEK_GUARDED_BY(mutex_);  // of those before it
  Mutex stop_mutex_;                                              // before mutex_
  bool stopped_ BINSEEK_GUARDED_BY(stop_mutex_) = false;
  CommitLoop commits_;
  std::jthread stream_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::Start(SupervisorOptions options) {
  BINSEEK_RETURN_IF_ERROR(CheckOptions(options));
  if (options.owners == nullptr) {
    options.owners = std::make_shared<IndexOwners>();
  }
  BINSEEK_ASSIGN_OR_RETURN(auto sink, ChosenSink::Open(options));
  auto supervisor = std::make_unique<SupervisorImpl>(std::move(options), std::move(sink));
  supervisor->Begin();
  return std::unique_ptr<Supervisor>(std::move(supervisor));
}

}  // namespace binseek::pipeline
