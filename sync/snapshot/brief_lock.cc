#include "sync/snapshot/brief_lock.h"

#include <chrono>
#include <memory>
#include <string>

#include "sync/snapshot/stoppable_pause.h"

namespace binseek::snapshot {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Servers that do not let writers pass a lock that waits have them wait so long at most.
constexpr const char* kLockWait = "SET SESSION lock_wait_timeout = 1";
// Three attempts; then it is other tables' turn (pipeline/snapshot_reader), and this one's again with growing pauses.
constexpr milliseconds kGivenWithin{3'000};
constexpr milliseconds kFirstPause{500};
constexpr const char* kStatementWait = "SET SESSION lock_wait_timeout = 10";

std::string NameOf(std::string_view database, std::string_view table) {
  return mysql::QuoteIdentifier(database) + "." + mysql::QuoteIdentifier(table);
}

}  // namespace

Status OpenViewUnderLock(mysql::Connection* connection, const change::TableSchema& table,
                         const std::stop_token& stop) {
  BINSEEK_ASSIGN_OR_RETURN(const auto locking,
                           mysql::Connection::OpenAnother(connection->options()));
  if (locking->server().Identity() != connection->server().Identity()) {
    return Status::Unavailable("the lock's connection leads to another server than the SELECT's");
  }
  BINSEEK_RETURN_IF_ERROR(locking->Execute(kLockWait));
  const std::string name = NameOf(table.database, table.table);
  const auto deadline = steady_clock::now() + kGivenWithin;
  for (milliseconds pause = kFirstPause;; pause *= 2) {
    const Status locked = locking->Execute("LOCK TABLES " + name + " READ");
    if (locked.ok()) {
      break;
    }
    if (!locked.retryable() || steady_clock::now() >= deadline) {
      return locked.WithContext("snapshot.lock: brief needs a lock of " + name +
                                ", that every transaction with rows of it be over (who keeps it "
                                "open: performance_schema.metadata_locks), and the privilege LOCK "
                                "TABLES; with gtid_mode = ON nothing is locked");
    }
    if (!Pause(stop, pause)) {
      return Status::Aborted("the snapshot was stopped");
    }
  }
  BINSEEK_RETURN_IF_ERROR(connection->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
  return locking->Execute("UNLOCK TABLES");
}

Status AwaitStatementsOn(mysql::Connection* connection, std::string_view database,
                         std::string_view table) {
  BINSEEK_RETURN_IF_ERROR(connection->Execute(kStatementWait));
  const Status opened =
      connection->Execute("SELECT 1 FROM " + NameOf(database, table) + " LIMIT 0");
  return opened.retryable() ? opened : Status::Ok();
}

}  // namespace binseek::snapshot
