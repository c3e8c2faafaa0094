#include "sync/binlog/binlog_source.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/binlog/dump.h"
#include "sync/binlog/event.h"
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

bool IsHeartbeat(std::string_view event) {
  constexpr size_t kTypeOffset = 4;
  const auto type = event.size() > kTypeOffset
                        ? static_cast<EventType>(static_cast<uint8_t>(event[kTypeOffset]))
                        : EventType{};
  return type == EventType::kHeartbeat || type == EventType::kHeartbeatV2;
}

class BinlogSourceImpl final : public BinlogSource {
 public:
  explicit BinlogSourceImpl(BinlogSourceOptions options)
      : options_(std::move(options)),
        random_(std::random_device{}()),
        backoff_({options_.min_backoff, options_.max_backoff, options_.clash_memory}),
        stalls_([this] { return Connect(); }, options_.silence_limit / 2) {}

  Status Begin() {
    BINSEEK_ASSIGN_OR_RETURN(auto connection, Connect());
    server_ = connection->server();
    shown_.SetServer(server_);
    server_identity_ = options_.server.value_or(server_.Identity());
    last_ = options_.last;
    if (server_identity_ != server_.Identity()) {
      options_.start.binlog = change::BinlogPosition();
    }
    if (options_.start.flavor != server_.flavor) {
      const bool blank = options_.start.GtidText().empty() && options_.start.binlog.empty();
      if (!blank) {
        return Status::NotFound("the start position is of another kind of server than " +
                                server_.version_text);
      }
      options_.start.flavor = server_.flavor;
    }
    BINSEEK_ASSIGN_OR_RETURN(by_gtid_, StartsByGtid(connection.get(), &options_.start));
    AssemblerOptions assembler;
    assembler.source = options_.source;
    assembler.start = options_.start;
    assembler.next_ordinal = options_.next_ordinal;
    assembler.prepared = options_.prepared;
    assembler.use_gtids = by_gtid_;
    assembler.schema_provider = options_.schema_provider;
    assembler.captures_database = options_.captures_database;
    assembler.spill = options_.spill;
    assembler.max_event_bytes = options_.max_event_bytes;
    if (!options_.spill.folder.empty()) {
      BINSEEK_RETURN_IF_ERROR(SpillFile::PrepareFolder(options_.spill.folder));
    }
    assembler_.emplace(std::move(assembler));
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

  Status Renew() override {
    BINSEEK_RETURN_IF_ERROR(fatal_);
    Disconnect(Status::Unavailable("the connection is made anew"));
    Status started = ConnectAndStart();
    shown_.Publish(*assembler_);
    if (!started.ok() && !started.retryable()) {
      fatal_ = started;
    }
    return started;
  }

  void RequestRenewal() override { renewal_wanted_ = true; }

  change::SourcePosition read_position() const override { return shown_.position(); }
  StreamReach reach() const override { return shown_.reach(); }
  uint64_t last_ordinal() const override { return shown_.last_ordinal(); }
  BinlogSourceStatus status() const override { return shown_.status(options_.clash_memory); }
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
    connection.read_timeout = std::chrono::ceil<std::chrono::seconds>(options_.silence_limit);
    return mysql::Connection::Open(connection);
  }

  Status ConnectAndStart() {
    BINSEEK_ASSIGN_OR_RETURN(auto connection, Connect());
    return StartDump(std::move(connection));
  }

  Status StartDump(std::unique_ptr<mysql::Connection> connection) {
    const mysql::ServerInfo& now = connection->server();
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
    DumpOptions dump;
    dump.start = std::move(start.position);
    dump.by_gtid = start.by_gtid;
    dump.server_id = options_.server_id != 0 ? options_.server_id : RandomServerId();
    dump.heartbeat = options_.heartbeat;
    renewal_wanted_ = false;
    BINSEEK_ASSIGN_OR_RETURN(auto started, DumpConnection::Start(std::move(connection), dump));
    assembler_->BeginStream(started->checksums());
    if (start.again) {
      assembler_->ExpectAgain(last_, *start.again);
    }
    events_on_connection_ = 0;
    last_heard_ = steady_clock::now();
    backoff_.Connected(last_heard_);
    stalls_.Heard();
    shown_.Connected();
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

  // High numbers, where no server has been put by hand.
  uint32_t RandomServerId() { return static_cast<uint32_t>(0x40000000 + random_() % 0x80000000); }

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
      auto event = dump_->ReadEvent(std::clamp(left, milliseconds(0), options_.silence_limit));
      if (!event.ok()) {
        BINSEEK_RETURN_IF_ERROR(Lose(Explain(event.status())));
        continue;
      }
      if (event->has_value()) {
        Heard((*event)->size());
        if (!IsHeartbeat(**event)) {
          stalls_.Heard();
        }
        auto transaction = Feed(**event);
        if (!transaction.ok()) {
          BINSEEK_RETURN_IF_ERROR(Lose(transaction.status()));  // the disk has no room for its rows
          continue;
        }
        if (*transaction) {
          shown_.Count(**transaction);
          if ((*transaction)->begin < floor_) {
            (*transaction)->begin = change::BinlogPosition();
          }
          last_ = {(*transaction)->position.gtid, (*transaction)->begin,
                   (*transaction)->fingerprint};
          return transaction;
        }
        shown_.Publish(*assembler_);
      } else if (steady_clock::now() - last_heard_ > options_.silence_limit) {
        BINSEEK_RETURN_IF_ERROR(Lose(Status::Unavailable("no heartbeat within the silence limit")));
        continue;
      } else if (Status stalled = stalls_.Look(assembler_->position().binlog, server_);
                 !stalled.ok()) {
        BINSEEK_RETURN_IF_ERROR(Lose(stalled));
        continue;
      }
      if (steady_clock::now() >= deadline) {
        return std::optional<change::Transaction>();
      }
    }
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

  // A server that cannot give the last transaction: it may have purged that since it was asked for what it has, and so is asked once more.
  Status Explain(const Status& lost) {
    const HistoryCheck& check = assembler_->check();
    if (!IsHistoryLost(lost) || !check.pending()) {
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
    Disconnect(why);
    assembler_->BeginStream(true);  // what came of a transaction takes room, and comes again
    const auto now = steady_clock::now();
    if (clash) {
      shown_.Clashed(DescribeIdClash(options_.server_id, why));
    }
    const milliseconds pause = backoff_.Next(now, clash);
    next_attempt_ = now + pause;
    Log(LogLevel::kWarn, "binlog stream lost", {{"error", why}, {"retry_in_ms", pause.count()}});
    return Status::Ok();
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

  void Heard(size_t bytes) {
    last_heard_ = steady_clock::now();
    if (++events_on_connection_ == kEventsToTrust) {
      backoff_.Trust();
    }
    shown_.Heard(bytes);
  }

  // Of the thread that calls Next, or constant after Begin.
  BinlogSourceOptions options_;
  mysql::ServerInfo server_;
  bool by_gtid_ = true;
  // Whose places are held, here and by others; nothing: of none, after a move that failed.
  std::optional<std::string> server_identity_;
  LastTransaction last_;
  bool asked_twice_ = false;
  change::BinlogPosition floor_;  // see StreamStart
  std::optional<TransactionAssembler> assembler_;
  std::mt19937_64 random_;
  Status fatal_;
  ReconnectBackoff backoff_;
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
