#include "sync/binlog/binlog_source.h"

#include <algorithm>
#include <random>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/binlog/dump.h"
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
      : options_(std::move(options)), random_(std::random_device{}()) {}

  Status Begin() {
    BINSEEK_ASSIGN_OR_RETURN(auto connection, Connect());
    server_ = connection->server();
    if (options_.start.flavor != server_.flavor) {
      const bool blank = options_.start.GtidText().empty() && options_.start.binlog.empty();
      if (!blank) {
        return Status::Aborted("the start position is of another kind of server than " +
                               server_.version_text);
      }
      options_.start.flavor = server_.flavor;
    }
    BINSEEK_RETURN_IF_ERROR(ChooseMode(connection.get()));
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
    Publish();
    return Status::Ok();
  }

  Result<std::optional<change::Transaction>> Next(milliseconds timeout) override {
    if (!fatal_.ok()) {
      return fatal_;
    }
    auto outcome = NextUntil(steady_clock::now() + timeout);
    Publish();
    if (!outcome.ok()) {
      fatal_ = outcome.status();
      Disconnect(fatal_);
    }
    return outcome;
  }

  change::SourcePosition read_position() const override {
    MutexLock lock(&mutex_);
    return position_;
  }
  uint64_t last_ordinal() const override {
    MutexLock lock(&mutex_);
    return last_ordinal_;
  }
  BinlogSourceStatus status() const override {
    MutexLock lock(&mutex_);
    return status_;
  }
  mysql::ServerInfo server() const override {
    MutexLock lock(&mutex_);
    return server_;
  }

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

  // By GTID where the start has them, or where there is no start at all; else by file and offset. MariaDB can translate.
  Status ChooseMode(mysql::Connection* connection) {
    change::SourcePosition& start = options_.start;
    by_gtid_ = !start.GtidText().empty();
    if (by_gtid_) {
      return Status::Ok();
    }
    if (server_.is_mariadb()) {
      if (start.binlog.empty()) {
        by_gtid_ = true;
        return Status::Ok();
      }
      BINSEEK_ASSIGN_OR_RETURN(
          const auto gtids,
          connection->QueryCell("SELECT BINLOG_GTID_POS(" + mysql::Quote(start.binlog.file) + ", " +
                                std::to_string(start.binlog.offset) + ")"));
      if (gtids) {
        BINSEEK_ASSIGN_OR_RETURN(start.mariadb_gtids, change::MariadbGtidPosition::Parse(*gtids));
        by_gtid_ = true;
      }
      return Status::Ok();
    }
    // With GTIDs on, an empty set is a set: of a server that has executed nothing yet.
    BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
    by_gtid_ = mode == "ON";
    return Status::Ok();
  }

  Status StartDump(std::unique_ptr<mysql::Connection> connection) {
    const mysql::ServerInfo& now = connection->server();
    if (now.flavor != server_.flavor) {
      return Status::Aborted("the server became another kind: " + now.version_text);
    }
    if (!by_gtid_ &&
        (now.server_uuid != server_.server_uuid || now.server_id != server_.server_id)) {
      return Status::Aborted("another server answers, and file and offset mean nothing to it");
    }
    if (now.server_uuid != server_.server_uuid || now.server_id != server_.server_id) {
      assembler_->ForgetPlace();
      MutexLock lock(&mutex_);
      server_ = now;
    }
    DumpOptions dump;
    dump.start = assembler_->position();
    dump.by_gtid = by_gtid_;
    dump.server_id = options_.server_id != 0 ? options_.server_id : RandomServerId();
    dump.heartbeat = options_.heartbeat;
    if (by_gtid_ && !now.is_mariadb()) {
      BINSEEK_RETURN_IF_ERROR(CheckHistory(connection.get()));
    }
    BINSEEK_ASSIGN_OR_RETURN(auto started, DumpConnection::Start(std::move(connection), dump));
    assembler_->BeginStream(started->checksums());
    events_on_connection_ = 0;
    last_heard_ = steady_clock::now();
    MutexLock lock(&mutex_);
    dump_ = std::move(started);
    status_.connected = true;
    if (stopped_) {
      dump_->Stop();
    }
    return Status::Ok();
  }

  // A server that lacks what was handed out has another history: to go on would keep rows that it does not have. What it has just
  // logged, it may not count as executed yet.
  Status CheckHistory(mysql::Connection* connection) {
    constexpr auto kCountsWithin = std::chrono::seconds(10);
    const auto deadline = steady_clock::now() + kCountsWithin;
    for (;;) {
      BINSEEK_ASSIGN_OR_RETURN(const auto text,
                               connection->QueryCell("SELECT @@global.gtid_executed"));
      BINSEEK_ASSIGN_OR_RETURN(const auto executed, change::GtidSet::Parse(text.value_or("")));
      const change::GtidSet lacking = assembler_->position().gtids.Subtract(executed);
      if (lacking.empty()) {
        return Status::Ok();
      }
      if (steady_clock::now() >= deadline) {
        return Status::Aborted("the server lacks transactions that were read already (" +
                               lacking.ToString() +
                               "): its history is another one; start with an empty data folder");
      }
      if (!WaitUntil(steady_clock::now() + milliseconds(100))) {
        return Status::Aborted("the binlog source was stopped");
      }
    }
  }

  // High numbers, where no server has been put by hand.
  uint32_t RandomServerId() { return static_cast<uint32_t>(0x40000000 + random_() % 0x80000000); }

  Result<std::optional<change::Transaction>> NextUntil(steady_clock::time_point deadline) {
    for (;;) {
      if (Stopped()) {
        return Status::Aborted("the binlog source was stopped");
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
        BINSEEK_RETURN_IF_ERROR(Lose(event.status()));
        continue;
      }
      if (event->has_value()) {
        Heard((*event)->size());
        auto transaction = assembler_->Feed(**event);
        if (!transaction.ok()) {
          BINSEEK_RETURN_IF_ERROR(Lose(transaction.status()));  // the disk has no room for its rows
          continue;
        }
        if (*transaction) {
          Count(**transaction);
          return transaction;
        }
        Publish();
      } else if (steady_clock::now() - last_heard_ > options_.silence_limit) {
        BINSEEK_RETURN_IF_ERROR(Lose(Status::Unavailable("no heartbeat within the silence limit")));
        continue;
      }
      if (steady_clock::now() >= deadline) {
        return std::optional<change::Transaction>();
      }
    }
  }

  // True once connected; false where the deadline came first.
  Result<bool> Reconnect(steady_clock::time_point deadline) {
    if (!WaitUntil(std::min(deadline, next_attempt_)) || steady_clock::now() < next_attempt_) {
      return false;
    }
    auto connection = Connect();
    const Status started =
        connection.ok() ? StartDump(std::move(connection).value()) : connection.status();
    if (started.ok()) {
      Log(LogLevel::kInfo, "binlog stream resumed",
          {{"position", assembler_->position().binlog.ToString()}});
      MutexLock lock(&mutex_);
      ++status_.reconnects;
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
    Disconnect(why);
    assembler_->BeginStream(true);  // what came of a transaction takes room, and comes again
    backoff_ = std::clamp(backoff_ * 2, options_.min_backoff, options_.max_backoff);
    // Between half and all of it, so that many that lost one server do not come back as one.
    const auto jitter = milliseconds(
        static_cast<int64_t>(random_() % static_cast<uint64_t>(backoff_.count() / 2 + 1)));
    next_attempt_ = steady_clock::now() + backoff_ - jitter;
    Log(LogLevel::kWarn, "binlog stream lost",
        {{"error", why}, {"retry_in_ms", (backoff_ - jitter).count()}});
    return Status::Ok();
  }

  void Disconnect(const Status& why) {
    std::unique_ptr<DumpConnection> lost;
    MutexLock lock(&mutex_);
    status_.connected = false;
    status_.last_error = why.message();
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
      backoff_ = milliseconds(0);
    }
    const int64_t now = Clock::Real()->NowMicros();
    MutexLock lock(&mutex_);
    status_.last_event_time_us = now;
    status_.bytes += bytes;
  }

  void Count(const change::Transaction& transaction) {
    MutexLock lock(&mutex_);
    ++status_.transactions;
    status_.rows += transaction.rows->size();
  }

  // Makes what the assembler has reached visible to other threads.
  void Publish() {
    const change::SourcePosition& reached = assembler_->position();
    MutexLock lock(&mutex_);
    status_.open_rows = assembler_->open_rows();
    status_.open_bytes = assembler_->open_bytes();
    if (last_ordinal_ == assembler_->last_ordinal()) {
      position_.binlog = reached.binlog;  // sets are large: copied only where a transaction came
    } else {
      position_ = reached;
    }
    if (!published_) {
      position_ = reached;
      published_ = true;
    }
    last_ordinal_ = assembler_->last_ordinal();
  }

  // Of the thread that calls Next, or constant after Begin.
  BinlogSourceOptions options_;
  mysql::ServerInfo server_;  // written under the mutex, too
  bool by_gtid_ = true;
  std::optional<TransactionAssembler> assembler_;
  std::mt19937_64 random_;
  Status fatal_;
  milliseconds backoff_{0};
  steady_clock::time_point next_attempt_{};
  steady_clock::time_point last_heard_{};
  int events_on_connection_ = 0;
  bool published_ = false;
  // Written by that thread under the mutex, read by it without: others may only Stop() it.
  std::unique_ptr<DumpConnection> dump_;

  mutable Mutex mutex_;
  CondVar stop_;
  bool stopped_ BINSEEK_GUARDED_BY(mutex_) = false;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t last_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  BinlogSourceStatus status_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<BinlogSource>> BinlogSource::Open(BinlogSourceOptions options) {
  auto source = std::make_unique<BinlogSourceImpl>(std::move(options));
  BINSEEK_RETURN_IF_ERROR(source->Begin());
  return source;
}

}  // namespace binseek::binlog
