#include "sync/pipeline/state_store.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/fault_point.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/pipeline/sqlite_database.h"

namespace binseek::pipeline {
namespace {

// "bsek": what file(1) and a misdirected path are told apart by.
constexpr int64_t kApplicationId = 0x6273656b;
// Version of the schema, in the file's user_version. A change adds a step to Migrate.
constexpr int64_t kSchemaVersion = 1;
// More than this many additions are written before the commit asks for it: memory is bounded, and early is harmless.
constexpr size_t kMaxPending = 65'536;
// How long a commit waits for a write that it holds. That takes microseconds; beyond, the commit fails and is tried again.
constexpr std::chrono::seconds kWriteEnds{10};

constexpr char kCreate[] =
    "CREATE TABLE dead_letters("
    " id INTEGER PRIMARY KEY,"
    " source INTEGER NOT NULL,"
    " tbl TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " position TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " first_seen_ms INTEGER NOT NULL,"
    " count INTEGER NOT NULL,"
    " UNIQUE(source, tbl, key, position)) STRICT";

Status CheckPages(const SqliteDatabase& database) {
  BINSEEK_ASSIGN_OR_RETURN(const auto check, database.Prepare("PRAGMA quick_check(1)"));
  BINSEEK_ASSIGN_OR_RETURN(const bool row, check->Step());
  const std::string verdict = row ? check->Text(0) : "no answer";
  return verdict == "ok" ? Status::Ok() : Status::Corruption(database.file() + ": " + verdict);
}

Status Migrate(const SqliteDatabase& database) {
  BINSEEK_ASSIGN_OR_RETURN(const int64_t version, database.Number("PRAGMA user_version"));
  BINSEEK_ASSIGN_OR_RETURN(const int64_t application, database.Number("PRAGMA application_id"));
  BINSEEK_ASSIGN_OR_RETURN(const int64_t tables,
                           database.Number("SELECT count(*) FROM sqlite_schema"));
  if (version > kSchemaVersion && application == kApplicationId) {
    return Status::FormatTooNew(database.file() + ": schema version " + std::to_string(version) +
                                " is of a later release; this one knows " +
                                std::to_string(kSchemaVersion));
  }
  if (application != kApplicationId && (version != 0 || application != 0 || tables != 0)) {
    return Status::Corruption(database.file() + ": a SQLite file of something else");
  }
  if (version == kSchemaVersion) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(database.Run("BEGIN IMMEDIATE"));
  Status status = database.Run(kCreate);
  for (const std::string& sql :
       {"PRAGMA application_id=" + std::to_string(kApplicationId),
        "PRAGMA user_version=" + std::to_string(kSchemaVersion), std::string("COMMIT")}) {
    if (status.ok()) {
      status = database.Run(sql);
    }
  }
  if (!status.ok()) {
    database.Rollback();
  }
  return status;
}

std::string PositionText(const change::TransactionPosition& position) {
  if (!position.gtid.empty()) {
    return position.gtid;
  }
  return position.end.empty() ? "snapshot" : position.end.ToString();
}

class SqliteStateStore final : public StateStore {
 public:
  explicit SqliteStateStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  Status Prepare() BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    BINSEEK_ASSIGN_OR_RETURN(const int64_t count,
                             database_->Number("SELECT count(*) FROM dead_letters"));
    count_ = static_cast<uint64_t>(count);
    BINSEEK_ASSIGN_OR_RETURN(
        find_, database_->Prepare(
                   "SELECT 1 FROM dead_letters WHERE source=? AND tbl=? AND key=? AND position=?"));
    BINSEEK_ASSIGN_OR_RETURN(
        find_key_, database_->Prepare(
                       "SELECT 1 FROM dead_letters WHERE source=? AND tbl=? AND key=? LIMIT 1"));
    return Status::Ok();
  }

  void AddDeadLetters(change::SourceId source,
                      const std::vector<mapper::RejectedRow>& rows) override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const int64_t now_ms = Clock::Real()->NowMicros() / 1000;
    for (const mapper::RejectedRow& row : rows) {
      Id id{static_cast<uint16_t>(source), row.table, row.key, PositionText(row.position)};
      const auto [it, added] = pending_.try_emplace(std::move(id));
      Pending& pending = it->second;
      if (added) {
        pending.first_seen_ms = now_ms;
        pending.order = ++last_order_;
        pending.is_new = !IsStored(it->first);
        count_ += pending.is_new ? 1 : 0;
      }
      pending.reason = row.reason;
      ++pending.count;
    }
    if (pending_.size() > kMaxPending) {
      // What fails here is kept, and Flush will say so.
      if (const Status status = FlushLocked(); !status.ok()) {
        Log(LogLevel::kWarn, "dead letters wait for the next commit", {{"error", status}});
      }
    }
  }

  bool HasDeadLetter(change::SourceId source, const std::string& table,
                     std::string_view key) const override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    if (count_ == 0) {
      return false;
    }
    const auto number = static_cast<uint16_t>(source);
    const auto it = pending_.lower_bound(Id{number, table, std::string(key), {}});
    if (it != pending_.end() && std::get<0>(it->first) == number &&
        std::get<1>(it->first) == table && std::get<2>(it->first) == key) {
      return true;
    }
    find_key_->Bind(1, int64_t{number});
    find_key_->Bind(2, table);
    find_key_->Bind(3, key);
    const bool stored = find_key_->Step().value_or(true);
    find_key_->Reset();
    return stored;
  }

  void ForgetDeadLetters(change::SourceId source, const std::string& table) override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const TableId id{static_cast<uint16_t>(source), table};
    for (auto it = pending_.lower_bound({id.first, table, "", ""});
         it != pending_.end() && std::get<0>(it->first) == id.first &&
         std::get<1>(it->first) == table;) {
      count_ -= it->second.is_new ? 1 : 0;
      it = pending_.erase(it);
    }
    if (forgotten_.insert(id).second) {
      count_ -= CountStored(id);
    }
  }

  uint64_t BeginWrite(std::function<bool()> is_applied) override BINSEEK_EXCLUDES(writes_mutex_) {
    MutexLock lock(&writes_mutex_);
    writes_.emplace(++last_write_, std::move(is_applied));
    return last_write_;
  }

  void EndWrite(uint64_t write) override BINSEEK_EXCLUDES(writes_mutex_) {
    MutexLock lock(&writes_mutex_);
    writes_.erase(write);
    write_ended_.NotifyAll();
  }

  Status Flush() override BINSEEK_EXCLUDES(mutex_, writes_mutex_) {
    BINSEEK_RETURN_IF_ERROR(AwaitAppliedWrites());
    MutexLock lock(&mutex_);
    return FlushLocked();
  }

  Result<std::vector<DeadLetter>> DeadLetters(size_t limit) const override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    // What waits is written for the length of the question and taken back: nothing becomes durable before its time.
    const bool waits = !pending_.empty() || !forgotten_.empty();
    if (waits) {
      BINSEEK_RETURN_IF_ERROR(database_->Run("BEGIN IMMEDIATE"));
    }
    Status written = waits ? WritePending() : Status::Ok();
    auto letters =
        written.ok() ? Select(limit) : Result<std::vector<DeadLetter>>(std::move(written));
    if (waits) {
      database_->Rollback();
    }
    return letters;
  }

  uint64_t dead_letter_count() const override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return count_;
  }

 private:
  using Id =
      std::tuple<uint16_t, std::string, std::string, std::string>;  // source, table, key, position
  using TableId = std::pair<uint16_t, std::string>;                 // source, table
  struct Pending {
    std::string reason;
    int64_t first_seen_ms = 0;
    int64_t count = 0;
    uint64_t order = 0;   // in which it was added
    bool is_new = false;  // no stored row has its id
  };

  // One that is not applied yet is in no commit that flushes now, and may itself wait for that commit: it is not waited for.
  Status AwaitAppliedWrites() BINSEEK_EXCLUDES(writes_mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + kWriteEnds;
    MutexLock lock(&writes_mutex_);
    std::vector<uint64_t> applied;
    for (const auto& [write, is_applied] : writes_) {
      if (is_applied()) {
        applied.push_back(write);
      }
    }
    for (const uint64_t write : applied) {
      BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("flush.awaits_write"));
      while (writes_.count(write) != 0) {
        if (!write_ended_.WaitUntil(&writes_mutex_, deadline) && writes_.count(write) != 0) {
          return Status::Unavailable("a write that the commit holds does not end");
        }
      }
    }
    return Status::Ok();
  }

  // A read that fails counts as a miss: the count is for show, and Flush will meet the error.
  bool IsStored(const Id& id) const BINSEEK_REQUIRES(mutex_) {
    const auto& [source, table, key, position] = id;
    if (forgotten_.count({source, table}) != 0) {
      return false;
    }
    find_->Bind(1, int64_t{source});
    find_->Bind(2, table);
    find_->Bind(3, key);
    find_->Bind(4, position);
    const bool stored = find_->Step().value_or(false);
    find_->Reset();
    return stored;
  }

  uint64_t CountStored(const TableId& id) const BINSEEK_REQUIRES(mutex_) {
    auto count = database_->Prepare("SELECT count(*) FROM dead_letters WHERE source=? AND tbl=?");
    if (!count.ok()) {
      return 0;
    }
    (*count)->Bind(1, int64_t{id.first});
    (*count)->Bind(2, id.second);
    return (*count)->Step().value_or(false) ? static_cast<uint64_t>((*count)->Int(0)) : 0;
  }

  Status FlushLocked() BINSEEK_REQUIRES(mutex_) {
    if (pending_.empty() && forgotten_.empty()) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(database_->Run("BEGIN IMMEDIATE"));
    Status status = WritePending();
    if (status.ok()) {
      status = database_->Run("COMMIT");
    }
    if (!status.ok()) {
      database_->Rollback();
      return status;
    }
    pending_.clear();
    forgotten_.clear();
    return Status::Ok();
  }

  // REQUIRES: a transaction is open.
  Status WritePending() const BINSEEK_REQUIRES(mutex_) {
    BINSEEK_ASSIGN_OR_RETURN(
        const auto forget, database_->Prepare("DELETE FROM dead_letters WHERE source=? AND tbl=?"));
    for (const auto& [source, table] : forgotten_) {
      forget->Bind(1, int64_t{source});
      forget->Bind(2, table);
      BINSEEK_RETURN_IF_ERROR(forget->Run());
      forget->Reset();
    }
    BINSEEK_ASSIGN_OR_RETURN(
        const auto add,
        database_->Prepare(
            "INSERT INTO dead_letters(source,tbl,key,position,reason,first_seen_ms,count)"
            " VALUES(?,?,?,?,?,?,?) ON CONFLICT(source,tbl,key,position)"
            " DO UPDATE SET reason=excluded.reason, count=count+excluded.count"));
    std::vector<const std::pair<const Id, Pending>*> in_order;
    in_order.reserve(pending_.size());
    for (const auto& entry : pending_) {
      in_order.push_back(&entry);
    }
    std::sort(in_order.begin(), in_order.end(),
              [](const auto* a, const auto* b) { return a->second.order < b->second.order; });
    for (const auto* entry : in_order) {
      const auto& [source, table, key, position] = entry->first;
      add->Bind(1, int64_t{source});
      add->Bind(2, table);
      add->Bind(3, key);
      add->Bind(4, position);
      add->Bind(5, entry->second.reason);
      add->Bind(6, entry->second.first_seen_ms);
      add->Bind(7, entry->second.count);
      BINSEEK_RETURN_IF_ERROR(add->Run());
      add->Reset();
    }
    return Status::Ok();
  }

  Result<std::vector<DeadLetter>> Select(size_t limit) const BINSEEK_REQUIRES(mutex_) {
    BINSEEK_ASSIGN_OR_RETURN(
        const auto select,
        database_->Prepare("SELECT tbl,key,position,reason,first_seen_ms,count FROM dead_letters"
                           " ORDER BY id DESC LIMIT ?"));
    select->Bind(
        1, static_cast<int64_t>(std::min<size_t>(limit, std::numeric_limits<int64_t>::max())));
    std::vector<DeadLetter> letters;
    for (;;) {
      BINSEEK_ASSIGN_OR_RETURN(const bool row, select->Step());
      if (!row) {
        return letters;
      }
      letters.push_back({select->Text(0), select->Text(1), select->Text(2), select->Text(3),
                         select->Int(4), static_cast<uint64_t>(select->Int(5))});
    }
  }

  Mutex writes_mutex_;  // never with mutex_
  CondVar write_ended_;
  std::map<uint64_t, std::function<bool()>> writes_ BINSEEK_GUARDED_BY(writes_mutex_);
  uint64_t last_write_ BINSEEK_GUARDED_BY(writes_mutex_) = 0;

  mutable Mutex mutex_;
  const std::unique_ptr<SqliteDatabase> database_ BINSEEK_PT_GUARDED_BY(mutex_);
  std::unique_ptr<SqliteStatement> find_ BINSEEK_GUARDED_BY(mutex_);  // dies before its database
  std::unique_ptr<SqliteStatement> find_key_ BINSEEK_GUARDED_BY(mutex_);
  std::map<Id, Pending> pending_ BINSEEK_GUARDED_BY(mutex_);
  std::set<TableId> forgotten_ BINSEEK_GUARDED_BY(mutex_);  // before what is pending
  uint64_t last_order_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t count_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::Open(const std::string& file) {
  BINSEEK_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(file));
  // WAL with full syncs: a commit is durable when it returns, and readers of the file never wait.
  BINSEEK_RETURN_IF_ERROR(database->Run("PRAGMA journal_mode=WAL"));
  BINSEEK_RETURN_IF_ERROR(database->Run("PRAGMA synchronous=FULL"));
  BINSEEK_RETURN_IF_ERROR(CheckPages(*database));
  BINSEEK_RETURN_IF_ERROR(Migrate(*database));
  auto store = std::make_unique<SqliteStateStore>(std::move(database));
  BINSEEK_RETURN_IF_ERROR(store->Prepare());
  return std::unique_ptr<StateStore>(std::move(store));
}

}  // namespace binseek::pipeline
