#include "sync/pipeline/state_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"

namespace binseek::pipeline {
namespace {

// "bsek": what file(1) and a misdirected path are told apart by.
constexpr int64_t kApplicationId = 0x6273656b;
// Version of the schema, in the file's user_version. A change adds a step to Migrate.
constexpr int64_t kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 5'000;
// More than this many additions are written before the commit asks for it: memory is bounded, and early is harmless.
constexpr size_t kMaxPending = 65'536;

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

// By SQLite's primary result code; what it adds to it says no more than the detail does.
Status SqliteError(const std::string& file, int code, std::string_view detail) {
  const std::string message = file + ": " + std::string(detail);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Status::Corruption(message);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return Status::ResourceExhausted(message);
    default:
      return Status::IoError(message);
  }
}

// One prepared statement in use; finalised with it. Thread-compatible, as its connection.
class Statement {
 public:
  static Result<std::unique_ptr<Statement>> Prepare(sqlite3* db, const std::string& file,
                                                    std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) {
      return SqliteError(file, code, sqlite3_errmsg(db));
    }
    return std::unique_ptr<Statement>(new Statement(db, &file, statement));
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The text must live until the next Reset.
  void Bind(int at, std::string_view text) {
    sqlite3_bind_text64(statement_, at, text.data() == nullptr ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  void Bind(int at, int64_t number) { sqlite3_bind_int64(statement_, at, number); }

  // True where there is a row.
  Result<bool> Step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      return SqliteError(*file_, code, sqlite3_errmsg(db_));
    }
    return code == SQLITE_ROW;
  }
  Status Run() { return Step().status(); }
  void Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr
               ? std::string()
               : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  Statement(sqlite3* db, const std::string* file, sqlite3_stmt* statement)
      : db_(db), file_(file), statement_(statement) {}

  sqlite3* const db_;
  const std::string* const file_;
  sqlite3_stmt* const statement_;
};

// An open file: statements by text, and errors that name it. Thread-compatible.
class Database {
 public:
  static Result<std::unique_ptr<Database>> Open(const std::string& file) {
    sqlite3* db = nullptr;
    const int code =
        sqlite3_open_v2(file.c_str(), &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(
        new Database(file, db));  // also what failed to open must be closed
    if (code != SQLITE_OK) {
      return SqliteError(file, code, db == nullptr ? "out of memory" : sqlite3_errmsg(db));
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, kBusyTimeoutMs);
    return database;
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<std::unique_ptr<Statement>> Prepare(std::string_view sql) const {
    return Statement::Prepare(db_, file_, sql);
  }
  Status Run(std::string_view sql) const {
    BINSEEK_ASSIGN_OR_RETURN(const auto statement, Prepare(sql));
    return statement->Run();
  }
  Result<int64_t> Number(std::string_view sql) const {
    BINSEEK_ASSIGN_OR_RETURN(const auto statement, Prepare(sql));
    BINSEEK_ASSIGN_OR_RETURN(const bool row, statement->Step());
    return row ? statement->Int(0) : 0;
  }
  // After a failure the transaction may be gone already, which is as well.
  void Rollback() const { Run("ROLLBACK").IgnoreError(); }

  const std::string& file() const { return file_; }

 private:
  Database(std::string file, sqlite3* db) : file_(std::move(file)), db_(db) {}

  const std::string file_;
  sqlite3* const db_;
};

Status CheckPages(const Database& database) {
  BINSEEK_ASSIGN_OR_RETURN(const auto check, database.Prepare("PRAGMA quick_check(1)"));
  BINSEEK_ASSIGN_OR_RETURN(const bool row, check->Step());
  const std::string verdict = row ? check->Text(0) : "no answer";
  return verdict == "ok" ? Status::Ok() : Status::Corruption(database.file() + ": " + verdict);
}

Status Migrate(const Database& database) {
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
  explicit SqliteStateStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Status Prepare() BINSEEK_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    BINSEEK_ASSIGN_OR_RETURN(const int64_t count,
                             database_->Number("SELECT count(*) FROM dead_letters"));
    count_ = static_cast<uint64_t>(count);
    BINSEEK_ASSIGN_OR_RETURN(
        find_, database_->Prepare(
                   "SELECT 1 FROM dead_letters WHERE source=? AND tbl=? AND key=? AND position=?"));
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

  Status Flush() override BINSEEK_EXCLUDES(mutex_) {
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

  mutable Mutex mutex_;
  const std::unique_ptr<Database> database_ BINSEEK_PT_GUARDED_BY(mutex_);
  std::unique_ptr<Statement> find_ BINSEEK_GUARDED_BY(mutex_);  // dies before its database
  std::map<Id, Pending> pending_ BINSEEK_GUARDED_BY(mutex_);
  std::set<TableId> forgotten_ BINSEEK_GUARDED_BY(mutex_);  // before what is pending
  uint64_t last_order_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t count_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::Open(const std::string& file) {
  BINSEEK_ASSIGN_OR_RETURN(auto database, Database::Open(file));
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
