#include "sync/pipeline/state_store.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/fault_point.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/pipeline/dead_letter_keys.h"
#include "sync/pipeline/dead_letter_table.h"
#include "sync/pipeline/sqlite_database.h"
#include "sync/pipeline/state_schema.h"

namespace binseek::pipeline {
namespace {

// More than this many additions are written before the commit asks for it: memory is bounded, and early is harmless.
constexpr size_t kMaxPending = 65'536;
// How long a commit waits for a write that it holds. That takes microseconds; beyond, the commit fails and is tried again.
constexpr std::chrono::seconds kWriteEnds{10};

Status CheckPages(const SqliteDatabase& database) {
  BINSEEK_ASSIGN_OR_RETURN(const auto check, database.Prepare("PRAGMA quick_check(1)"));
  BINSEEK_ASSIGN_OR_RETURN(const bool row, check->Step());
  const std::string verdict = row ? check->Text(0) : "no answer";
  return verdict == "ok" ? Status::Ok() : Status::Corruption(database.file() + ": " + verdict);
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
    BINSEEK_ASSIGN_OR_RETURN(table_, DeadLetterTable::Open(database_.get()));
    BINSEEK_ASSIGN_OR_RETURN(counts_, table_->CountBySource());
    return table_->VisitKeys([this](const DeadLetterTable::Key& row) {
      keys_.Note(row.source, row.table, row.key, row.version, row.listed);
    });
  }

  void AddDeadLetters(change::SourceId source,
                      const std::vector<mapper::RejectedRow>& rows) override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const int64_t now_ms = Clock::Real()->NowMicros() / 1000;
    for (const mapper::RejectedRow& row : rows) {
      const auto [it, added] =
          pending_.try_emplace(Id{source, row.table, row.key, PositionText(row.position)});
      Pending& pending = it->second;
      if (added) {
        pending.letter.first_seen_ms = now_ms;
        pending.order = ++last_order_;
        pending.is_new = !IsStored(it->first);
        counts_[source] += pending.is_new ? 1 : 0;
      }
      pending.letter.reason = row.reason;
      pending.letter.last_seen_ms = now_ms;
      ++pending.letter.count;
      pending.letter.version = std::max(pending.letter.version, row.version);
      keys_.Note(source, row.table, row.key, row.version);
    }
    FlushIfMany();
  }

  void ForgetDeadLetters(change::SourceId source, const std::string& table) override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    ErasePending(source, table, std::nullopt);
    if (forgotten_.insert({source, table}).second) {
      counts_[source] -= CountStored(source, table, std::nullopt);
    }
    keys_.Forget(source, table);
  }

  void SettleDeadLetters(change::SourceId source, const std::string& table, std::string_view key,
                         int64_t version) override BINSEEK_EXCLUDES(mutex_) {
    const std::optional<int64_t> refused = keys_.VersionOf(source, table, key);
    if (!refused || *refused > version) {
      return;
    }
    MutexLock lock(&mutex_);
    const std::string owned(key);
    ErasePending(source, table, owned);
    if (!IsForgotten(source, table, owned)) {
      counts_[source] -= CountStored(source, table, owned);
      forgotten_keys_.emplace(source, table, owned);
    }
    keys_.Forget(source, table, owned);
    FlushIfMany();
  }

  Result<uint64_t> DiscardDeadLetters(const DeadLetterFilter& filter) override
      BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    BINSEEK_CHECK(filter.table.has_value(), "letters are discarded by their table");
    BINSEEK_RETURN_IF_ERROR(FlushLocked());
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t discarded, table_->Count(filter));
    BINSEEK_RETURN_IF_ERROR(
        InTransaction([&]() BINSEEK_REQUIRES(mutex_) { return table_->Discard(filter); }));
    BINSEEK_ASSIGN_OR_RETURN(counts_, table_->CountBySource());
    keys_.Discard(filter.source, *filter.table, filter.key);
    return discarded;
  }

  bool HasDeadLetter(change::SourceId source, const std::string& table,
                     std::string_view key) const override {
    return keys_.IsListed(source, table, key);
  }

  bool AnyRejected() const override { return !keys_.empty(); }

  bool WasRejected(change::SourceId source, const std::string& table,
                   std::string_view key) const override {
    return keys_.VersionOf(source, table, key).has_value();
  }

  std::vector<RejectedKey> RejectedRows(change::SourceId source, const std::string& table,
                                        size_t most) const override {
    return keys_.KeysOf(source, table, most);
  }

  uint64_t DeadRows(change::SourceId source, const std::string& table) const override {
    return keys_.CountOf(source, table);
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

  Result<ReplicaIdentity> Replica(change::SourceId source) override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return KeepReplicaIdentity(*database_, source);
  }

  Status Flush() override BINSEEK_EXCLUDES(mutex_, writes_mutex_) {
    BINSEEK_RETURN_IF_ERROR(AwaitAppliedWrites());
    MutexLock lock(&mutex_);
    return FlushLocked();
  }

  Result<DeadLetterPage> FindDeadLetters(const DeadLetterFilter& filter, size_t from,
                                         size_t size) const override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    // What waits is written for the length of the question and taken back: nothing becomes durable before its time.
    const bool waits = Waits();
    if (waits) {
      BINSEEK_RETURN_IF_ERROR(database_->Run("BEGIN IMMEDIATE"));
    }
    Status written = waits ? WritePending() : Status::Ok();
    auto page = written.ok() ? table_->Select(filter, from, size)
                             : Result<DeadLetterPage>(std::move(written));
    if (waits) {
      database_->Rollback();
    }
    return page;
  }

  uint64_t dead_letter_count() const override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    uint64_t all = 0;
    for (const auto& [source, count] : counts_) {
      all += count;
    }
    return all;
  }

  uint64_t dead_letter_count(change::SourceId source) const override BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const auto count = counts_.find(source);
    return count == counts_.end() ? 0 : count->second;
  }

 private:
  using Id = DeadLetterTable::Id;
  using TableId = std::pair<change::SourceId, std::string>;
  using KeyId = std::tuple<change::SourceId, std::string, std::string>;
  struct Pending {
    DeadLetterTable::Addition letter;
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

  bool IsForgotten(change::SourceId source, const std::string& table, const std::string& key) const
      BINSEEK_REQUIRES(mutex_) {
    return forgotten_.count({source, table}) != 0 ||
           forgotten_keys_.count({source, table, key}) != 0;
  }

  // A read that fails counts as a miss: the count is for show, and Flush will meet the error.
  bool IsStored(const Id& id) const BINSEEK_REQUIRES(mutex_) {
    return !IsForgotten(id.source, id.table, id.key) && table_->Contains(id).value_or(false);
  }

  // What is stored, those that are forgotten by their keys already not counted; as above.
  uint64_t CountStored(change::SourceId source, const std::string& table,
                       const std::optional<std::string>& key) const BINSEEK_REQUIRES(mutex_) {
    uint64_t count = table_->CountOf(source, table, key).value_or(0);
    if (!key) {
      for (auto it = forgotten_keys_.lower_bound({source, table, ""});
           it != forgotten_keys_.end() && std::get<0>(*it) == source && std::get<1>(*it) == table;
           ++it) {
        count -= std::min(count, table_->CountOf(source, table, std::get<2>(*it)).value_or(0));
      }
    }
    return count;
  }

  // Of the table, or of one key of it.
  void ErasePending(change::SourceId source, const std::string& table,
                    const std::optional<std::string>& key) BINSEEK_REQUIRES(mutex_) {
    for (auto it = pending_.lower_bound({source, table, key.value_or(""), ""});
         it != pending_.end() && it->first.source == source && it->first.table == table &&
         (!key || it->first.key == *key);) {
      counts_[source] -= it->second.is_new ? 1 : 0;
      it = pending_.erase(it);
    }
  }

  bool Waits() const BINSEEK_REQUIRES(mutex_) {
    return !pending_.empty() || !forgotten_.empty() || !forgotten_keys_.empty();
  }

  void FlushIfMany() BINSEEK_REQUIRES(mutex_) {
    if (pending_.size() + forgotten_keys_.size() <= kMaxPending) {
      return;
    }
    // What fails here is kept, and Flush will say so.
    if (const Status status = FlushLocked(); !status.ok()) {
      Log(LogLevel::kWarn, "dead letters wait for the next commit", {{"error", status}});
    }
  }

  Status InTransaction(const std::function<Status()>& write) const BINSEEK_REQUIRES(mutex_) {
    BINSEEK_RETURN_IF_ERROR(database_->Run("BEGIN IMMEDIATE"));
    Status status = write();
    if (status.ok()) {
      status = database_->Run("COMMIT");
    }
    if (!status.ok()) {
      database_->Rollback();
    }
    return status;
  }

  Status FlushLocked() BINSEEK_REQUIRES(mutex_) {
    if (!Waits()) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(
        InTransaction([this]() BINSEEK_REQUIRES(mutex_) { return WritePending(); }));
    pending_.clear();
    forgotten_.clear();
    forgotten_keys_.clear();
    return Status::Ok();
  }

  // REQUIRES: a transaction is open.
  Status WritePending() const BINSEEK_REQUIRES(mutex_) {
    for (const auto& [source, table] : forgotten_) {
      BINSEEK_RETURN_IF_ERROR(table_->Delete(source, table, std::nullopt));
    }
    for (const auto& [source, table, key] : forgotten_keys_) {
      BINSEEK_RETURN_IF_ERROR(table_->Delete(source, table, key));
    }
    std::vector<const std::pair<const Id, Pending>*> in_order;
    in_order.reserve(pending_.size());
    for (const auto& entry : pending_) {
      in_order.push_back(&entry);
    }
    std::sort(in_order.begin(), in_order.end(),
              [](const auto* a, const auto* b) { return a->second.order < b->second.order; });
    for (const auto* entry : in_order) {
      BINSEEK_RETURN_IF_ERROR(table_->Add(entry->first, entry->second.letter));
    }
    return Status::Ok();
  }

  Mutex writes_mutex_;  // never with mutex_
  CondVar write_ended_;
  std::map<uint64_t, std::function<bool()>> writes_ BINSEEK_GUARDED_BY(writes_mutex_);
  uint64_t last_write_ BINSEEK_GUARDED_BY(writes_mutex_) = 0;

  mutable Mutex mutex_;
  const std::unique_ptr<SqliteDatabase> database_ BINSEEK_PT_GUARDED_BY(mutex_);
  std::unique_ptr<DeadLetterTable> table_
      BINSEEK_PT_GUARDED_BY(mutex_);  // dies before its database
  std::map<Id, Pending> pending_ BINSEEK_GUARDED_BY(mutex_);
  // Before what is pending.
  std::set<TableId> forgotten_ BINSEEK_GUARDED_BY(mutex_);
  std::set<KeyId> forgotten_keys_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t last_order_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::map<change::SourceId, uint64_t> counts_ BINSEEK_GUARDED_BY(mutex_);

  DeadLetterKeys keys_;  // changed under mutex_, and read without
};

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::Open(const std::string& file) {
  BINSEEK_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(file));
  // WAL with full syncs: a commit is durable when it returns, and readers of the file never wait.
  BINSEEK_RETURN_IF_ERROR(database->Run("PRAGMA journal_mode=WAL"));
  BINSEEK_RETURN_IF_ERROR(database->Run("PRAGMA synchronous=FULL"));
  BINSEEK_RETURN_IF_ERROR(CheckPages(*database));
  BINSEEK_RETURN_IF_ERROR(MigrateState(*database));
  auto store = std::make_unique<SqliteStateStore>(std::move(database));
  BINSEEK_RETURN_IF_ERROR(store->Prepare());
  return std::unique_ptr<StateStore>(std::move(store));
}

}  // namespace binseek::pipeline
