#include "sync/binlog/binlog_source.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/binlog/dump.h"
#include "sync/binlog/dump_errors.h"
#include "sync/binlog/reconnect_backoff.h"
#include "sync/binlog/stall_watch.h"
#include "sync/binlog/stream_start.h"
#include "sync/binlog/stream_status.h"
#include "sync/binlog/transaction_assembler.h"

namespace binseek::binlog {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Events after which a connection counts as good: more than the opening of every stream.
constexpr int kEventsToTrust = 5;

class BinlogSourceImpl final : public BinlogSource {
 public:
  explicit BinlogSourceImpl(BinlogSourceOptions options)
      : options_(std::move(options)),
        backoff_({options_.min_backoff, options_.max_backoff, options_.clash_memory,
                  options_.silence_limit}),
        stalls_([this] { return Connect(); }) {}

  Status Begin() {
    BINSEEK_ASSIGN_OR_RETURN(auto connection, Connect());
    server_ = connection->server();
    BINSEEK_RETURN_IF_ERROR(shown_.Begin(connection.get(), options_.prepared.get()));
    server_identity_ = options_.server.value_or(server_.Identity());
    last_ = options_.last;
    if (server_identity_ != server_.Identity()) {
      options_.start.binlog = change::BinlogPosition();
    }
    BINSEEK_RETURN_IF_ERROR(TakeFlavor(server_, &options_.start));
    BINSEEK_ASSIGN_OR_RETURN(by_gtid_, StartsByGtid(connection.get(), &options_.start));
    if (!options_.spill.folder.empty()) {
      BINSEEK_RETURN_IF_ERROR(SpillFile::PrepareFolder(options_.spill.folder));
    }
    assembler_.emplace(AssemblerOptionsOf(&options_, by_gtid_));
    BINSEEK_RETURN_IF_ERROR(StartDump(std::move(connection)));
    shown_.Publish(*assembler_);
    return Status::Ok();
  }

  Result<std::optional<change::Transaction>> Next(milliseconds timeout) override {
    if (!fatal_.ok()) {
      return fatal_;
    }
    auto outcome = NextUntil(steady_clock::now() + timeout);
    shown_.Publish(*assembler_);
    if (!outcome.ok()) {
      fatal_ = outcome.status();
      Disconnect(fatal_);
    }
    return outcome;
  }

  std::optional<change::Transaction> NextWaiting(uint64_t most_bytes) override {
    if (!fatal_.ok() || dump_ == nullptr || renewal_wanted_ || Stopped()) {
      return std::nullopt;
    }
    auto transaction = TakeWaiting(most_bytes);
    shown_.Publish(*assembler_);
    return transaction;
  }

  uint64_t LeaveOrdinal() override {
    const uint64_t left = assembler_->LeaveOrdinal();
    shown_.Publish(*assembler_);
    return left;
  }

  Status Renew() override {
    BINSEEK_RETURN_IF_ERROR(fatal_);
    Disconnect(Status::Unavailable("the connection is made anew"));
    Status started = ConnectAndStart();
    shown_.Publish(*assembler_);
    fatal_ = started.retryable() ? Status::Ok() : started;
    return started;
  }

  void RequestRenewal() override { renewal_wanted_ = true; }

  change::SourcePosition read_position() const override { return shown_.position(); }
  StreamReach reach() const override { return shown_.reach(); }
  uint64_t last_ordinal() const override { return shown_.last_ordinal(); }
  BinlogSourceStatus status() const override { return shown_.status(options_); }
  mysql::ServerInfo server() const override { return shown_.server(); }

  void Stop() override {
    MutexLock lock(&mutex_);
    stopped_ = true;
    if (dump_ != nullptr) {
      dump_->Stop();
    }
    stop_.NotifyAll();
  }

 private:
  Result<std::unique_ptr<mysql::Connection>> Connect() {
    mysql::ConnectionOptions connection = options_.connection;
    connection.database.clear();
    // Later than silence is noticed here, where it is told from other losses.
    connection.read_timeout = std::chrono::ceil<std::chrono::seconds>(2 * backoff_.silence_limit());
    return mysql::Connection::Open(connection);
  }

  Status ConnectAndStart() {
    BINSEEK_ASSIGN_OR_RETURN(auto connection, Connect());
    return StartDump(std::move(connection));
  }

  Status StartDump(std::unique_ptr<mysql::Connection> connection) {
    const mysql::ServerInfo& now = connection->server();
    if (options_.connected) {
      BINSEEK_RETURN_IF_ERROR(options_.connected(connection.get()));
    }
    if (now.flavor != server_.flavor) {
      return Status::NotFound("the server became another kind: " + now.version_text);
    }
    const bool moves = server_identity_ != now.Identity();
    if (!by_gtid_ && moves) {
      return RewrittenHistory("another server answers, and file and offset mean nothing to it");
    }
    if (by_gtid_ && (moves || last_.begin.empty() || !now.is_mariadb())) {
      BINSEEK_RETURN_IF_ERROR(
          AwaitHistory(connection.get(), assembler_->position(),
                       [&](milliseconds pause) { return WaitUntil(steady_clock::now() + pause); }));
    }
    if (moves) {
      BINSEEK_RETURN_IF_ERROR(MoveTo(connection.get()));
    }
    BINSEEK_ASSIGN_OR_RETURN(
        StreamStart start,
        ChooseStreamStart(connection.get(), assembler_->position(), by_gtid_, last_));
    floor_ = start.floor;
    renewal_wanted_ = false;
    BINSEEK_ASSIGN_OR_RETURN(
        auto started,
        DumpConnection::Start(std::move(connection), DumpOptionsOf(options_, start, id_is_held_)));
    assembler_->BeginStream(started->checksums());
    if (start.again) {
      assembler_->ExpectAgain(last_, *start.again);
    }
    events_on_connection_ = 0;
    last_heard_ = steady_clock::now();
    backoff_.Connected(last_heard_);
    stalls_.Begin(backoff_.silence_limit() / 2);
    shown_.Connected(start.end);
    MutexLock lock(&mutex_);
    dump_ = std::move(started);
    if (stopped_) {
      dump_->Stop();
    }
    return Status::Ok();
  }

  // Places of the server before mean nothing from here on; whoever else holds some is told.
  Status MoveTo(mysql::Connection* connection) {
    Log(LogLevel::kInfo, "binlog stream goes on with another server",
        {{"server", connection->server().Identity()}, {"before", server_identity_.value_or("")}});
    server_identity_.reset();
    assembler_->ForgetPlace();
    last_.begin = change::BinlogPosition();
    server_ = connection->server();
    shown_.MoveTo(server_);
    if (options_.moved) {
      BINSEEK_RETURN_IF_ERROR(options_.moved(connection));
    }
    server_identity_ = connection->server().Identity();
    return Status::Ok();
  }

  Result<std::optional<change::Transaction>> NextUntil(steady_clock::time_point deadline) {
    for (;;) {
      if (Stopped()) {
        return Status::Aborted("the binlog source was stopped");
      }
      if (renewal_wanted_.exchange(false)) {
        Disconnect(Status::Unavailable("the connection is made anew"));
      }
      if (dump_ == nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(const bool connected, Reconnect(deadline));
        if (!connected) {
          return std::optional<change::Transaction>();
        }
      }
      const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
      auto event = dump_->ReadEvent(std::clamp(left, milliseconds(0), backoff_.silence_limit()));
      if (!event.ok()) {
        BINSEEK_RETURN_IF_ERROR(Lose(Explain(event.status())));
        continue;
      }
      if (event->has_value()) {
        auto transaction = TakeEvent(**event);
        if (!transaction.ok()) {
          BINSEEK_RETURN_IF_ERROR(Lose(transaction.status()));  // the disk has no room for its rows
          continue;
        }
        if (*transaction) {
          return transaction;
        }
        shown_.Publish(*assembler_);
      } else if (steady_clock::now() - last_heard_ > backoff_.silence_limit()) {
        BINSEEK_RETURN_IF_ERROR(
            LoseSilent(Status::Unavailable("no heartbeat within the silence limit")));
        continue;
      } else if (Status stalled = stalls_.Look(assembler_->position().binlog, server_);
                 !stalled.ok()) {
        BINSEEK_RETURN_IF_ERROR(LoseSilent(stalled));
      }
      if (steady_clock::now() >= deadline) {
        return std::optional<change::Transaction>();
      }
    }
  }

  Result<std::optional<change::Transaction>> TakeEvent(std::string_view event) {
    last_heard_ = steady_clock::now();
    if (++events_on_connection_ == kEventsToTrust) {
      backoff_.Trust();
    }
    shown_.Heard(event);
    stalls_.Heard(event);
    BINSEEK_ASSIGN_OR_RETURN(auto transaction, Feed(event));
    if (transaction) {
      shown_.Count(*transaction);
      if (transaction->begin < floor_) {
        transaction->begin = change::BinlogPosition();
      }
      last_ = {transaction->position.gtid, transaction->begin, transaction->fingerprint};
    }
    return transaction;
  }

  std::optional<change::Transaction> TakeWaiting(uint64_t most_bytes) {
    while (assembler_->open_bytes() <= most_bytes) {
      const auto event = dump_->ReadEvent(milliseconds(0));
      if (!event.ok() || !event->has_value()) {
        return std::nullopt;  // an error comes again
      }
      auto transaction = TakeEvent(**event);
      if (!transaction.ok()) {
        fatal_ = Lose(transaction.status());
        return std::nullopt;
      }
      if (*transaction) {
        return *std::move(transaction);
      }
    }
    return std::nullopt;
  }

  // Where no event lies, bytes that are none are read.
  Result<std::optional<change::Transaction>> Feed(std::string_view event) {
    const bool awaits_place = assembler_->check().awaits_place();
    auto transaction = assembler_->Feed(event);
    if (!transaction.ok() && awaits_place && !IsHistoryLost(transaction.status())) {
      return RewrittenHistory(transaction.status().message());
    }
    asked_twice_ = asked_twice_ && assembler_->check().pending();
    return transaction;
  }

  // A server that cannot give the last transaction, or reads no event at its place: it may just have purged that, and so is asked once more.
  Status Explain(const Status& lost) {
    const HistoryCheck& check = assembler_->check();
    if (!check.pending() || (!IsHistoryLost(lost) && !dump_->cannot_be_read())) {
      return lost;
    }
    if (!std::exchange(asked_twice_, true)) {
      return Status::Unavailable(lost.message());
    }
    return check.awaits_place() ? RewrittenHistory(lost.message()) : lost;
  }

  // True once connected; false where the deadline came first.
  Result<bool> Reconnect(steady_clock::time_point deadline) {
    if (!WaitUntil(std::min(deadline, next_attempt_)) || steady_clock::now() < next_attempt_) {
      return false;
    }
    const Status started = ConnectAndStart();
    if (started.ok()) {
      Log(LogLevel::kInfo, "binlog stream resumed",
          {{"position", assembler_->position().binlog.ToString()}});
      shown_.Resumed();
      return true;
    }
    BINSEEK_RETURN_IF_ERROR(Lose(started));
    return false;
  }

  // False where the source was stopped meanwhile.
  bool WaitUntil(steady_clock::time_point moment) {
    MutexLock lock(&mutex_);
    while (!stopped_ && steady_clock::now() < moment) {
      stop_.WaitUntil(&mutex_, moment);
    }
    return !stopped_;
  }

  // A connection ended, or did not come about. OK where another try may help.
  Status Lose(const Status& why) {
    if (Stopped()) {
      return Status::Aborted("the binlog source was stopped");
    }
    if (!why.retryable()) {
      return why;
    }
    const bool clash = dump_ != nullptr && dump_->lost_to_same_id();
    if (dump_ != nullptr && dump_->cannot_be_read()) {
      BINSEEK_RETURN_IF_ERROR(
          failures_.Take(assembler_->last_ordinal(), assembler_->position().binlog, why));
    }
    Disconnect(why);
    assembler_->BeginStream(true);  // what came of a transaction takes room, and comes again
    const auto now = steady_clock::now();
    if (clash) {
      shown_.Clashed(DescribeIdClash(options_.server_id, why));
    }
    const milliseconds pause = backoff_.Next(now, clash);
    next_attempt_ = now + pause;
    shown_.Lost(why, pause);
    return Status::Ok();
  }

  // MariaDB begins a stream only when the one before under the same id has ended. Where that one's connection is dead without the server's
  // knowing, it may write to it for ten minutes; another id waits for nobody.
  Status LoseSilent(const Status& why) {
    if (events_on_connection_ == 0 && options_.server_id != 0 &&
        !std::exchange(id_is_held_, true)) {
      Log(LogLevel::kWarn, "the server answers nothing under our id: another is taken",
          {{"server_id", options_.server_id}});
    }
    backoff_.Silent();
    return Lose(why);
  }

  void Disconnect(const Status& why) {
    std::unique_ptr<DumpConnection> lost;
    shown_.Disconnected(why);
    MutexLock lock(&mutex_);
    lost = std::move(dump_);
    if (lost != nullptr) {
      lost->Stop();  // its end is waited for as `lost` goes, which no other thread can see any more
    }
  }

  bool Stopped() const {
    MutexLock lock(&mutex_);
    return stopped_;
  }

  // Of the thread that calls Next, or constant after Begin.
  BinlogSourceOptions options_;
  mysql::ServerInfo server_;
  bool by_gtid_ = true;
  // Whose places are held, here and by others; nothing: of none, after a move that failed.
  std::optional<std::string> server_identity_;
  LastTransaction last_;
  bool asked_twice_ = false;
  bool id_is_held_ = false;  // by a connection of ours that the server does not know to be dead
  change::BinlogPosition floor_;  // see StreamStart
  std::optional<TransactionAssembler> assembler_;
  Status fatal_;
  ReconnectBackoff backoff_;
  DumpFailures failures_;
  StallWatch stalls_;
  steady_clock::time_point next_attempt_{};
  steady_clock::time_point last_heard_{};
  int events_on_connection_ = 0;
  // Written by that thread under the mutex, read by it without: others may only Stop() it.
  std::unique_ptr<DumpConnection> dump_;

  StreamStatus shown_;
  std::atomic<bool> renewal_wanted_{false};
  mutable Mutex mutex_;
  CondVar stop_;
  bool stopped_ BINSEEK_GUARDED_BY(mutex_) = false;
};

}  // namespace

Result<std::unique_ptr<BinlogSource>> BinlogSource::Open(BinlogSourceOptions options) {
  auto source = std::make_unique<BinlogSourceImpl>(std::move(options));
  BINSEEK_RETURN_IF_ERROR(source->Begin());
  return source;
}

}  // namespace binseek::binlog
