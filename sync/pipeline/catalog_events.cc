// The part of TableCatalog that takes events of the stream.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/log.h"
#include "sync/binlog/statement.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/foreign_keys.h"
#include "sync/mysql/logged_changes.h"
#include "sync/pipeline/ddl.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/table_catalog.h"
#include "sync/pipeline/table_reread.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {
namespace {

constexpr size_t kShown = 120;  // of a statement

// Whether a statement that changes rows of the table changes those of no other. A view's are another table's, foreign keys change children, and a
// trigger may change any; it is shown to accounts with the TRIGGER privilege only, and without that may be there.
Result<bool> ChangesAlone(mysql::Connection* connection, const std::string& wanted,
                          const TableName& table) {
  const std::string of_table = "_SCHEMA = " + mysql::Quote(table.database) + " AND ";
  BINSEEK_ASSIGN_OR_RETURN(
      const auto alone,
      connection->QueryCell("SELECT TABLE_TYPE <> 'VIEW' AND " +
                            mysql::ShowsTriggers(table.database) +
                            " AND NOT EXISTS (SELECT 1 FROM "
                            "information_schema.TRIGGERS WHERE EVENT_OBJECT" +
                            of_table + "EVENT_OBJECT_TABLE = " + mysql::Quote(table.table) +
                            ") FROM information_schema.TABLES WHERE TABLE" + of_table +
                            "TABLE_NAME = " + mysql::Quote(table.table)));
  if (alone != "1") {
    return false;
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto databases, mysql::ReadDatabases(connection, wanted));
  BINSEEK_ASSIGN_OR_RETURN(const auto keys, mysql::ReadForeignKeys(connection, databases));
  return std::none_of(keys.begin(), keys.end(), [&](const mysql::ForeignKey& key) {
    return key.parent == table.Qualified();
  });
}

}  // namespace

bool TableCatalog::Concerns(const change::TableEvent& event) const {
  switch (event.kind) {
    case change::TableEvent::Kind::kUnseenRows:
      return event.table.empty() ||
             mysql::MatchesDatabase(options_.connection.database, event.database);
    case change::TableEvent::Kind::kTruncate: {
      const auto table = tables_->Find(event.database + "." + event.table);
      return table && !table->snapshot_done;
    }
    case change::TableEvent::Kind::kDdl:
      return IsWanted(event.database, event.table) || binlog::MayChangeForeignKeys(event.statement);
    default:
      return event.table.empty()
                 ? mysql::MatchesDatabase(options_.connection.database, event.database)
                 : IsWanted(event.database, event.table);
  }
}

Status TableCatalog::TakeEvent(const change::TableEvent& event,
                               const change::Transaction& transaction,
                               mysql::Connection* connection, const std::stop_token& stop) {
  change::SourcePosition until;
  if (!connection->server().is_mariadb() && !transaction.position.gtid.empty()) {
    BINSEEK_RETURN_IF_ERROR(until.gtids.AddGtid(transaction.position.gtid));
  }
  BINSEEK_RETURN_IF_ERROR(snapshot::AwaitShown(connection, until, stop));
  const bool keys_only =
      event.kind == change::TableEvent::Kind::kDdl && !IsWanted(event.database, event.table);
  if (!keys_only) {
    BINSEEK_RETURN_IF_ERROR(HandleEvent(
        event, {change::LastOrdinalOf(transaction), transaction.position.end, ""}, connection));
  }
  return event.kind == change::TableEvent::Kind::kDdl ? TakeCascades(event, connection)
                                                      : Status::Ok();
}

Status TableCatalog::ReadCascades(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto databases,
                           mysql::ReadDatabases(connection, options_.connection.database));
  BINSEEK_ASSIGN_OR_RETURN(auto keys, mysql::ReadForeignKeys(connection, databases));
  cascades_ = CascadeGraph(std::move(keys));
  tables_->SetForeignKeys(DescribeCascades(cascades_, *tables_, options_.mapping));
  return Status::Ok();
}

// The graph was read from the server as it was then, which may have been behind statements that the stream had yet to meet: what cascaded by
// keys that were dropped meanwhile went unseen, until now.
Status TableCatalog::TakeCascades(const change::TableEvent& event, mysql::Connection* connection) {
  const CascadeGraph before = cascades_;
  BINSEEK_RETURN_IF_ERROR(ReadCascades(connection));
  const bool by_words = binlog::MayChangeForeignKeys(event.statement);
  const std::string table = by_words ? event.database + "." + event.table : std::string();
  std::set<std::string> concerned = cascades_.Concerned(before, table);
  if (by_words) {
    concerned.insert(table);
  }
  for (const std::string& name : concerned) {
    const auto followed = tables_->Find(name);
    // One that begins behind this statement shows all that it did.
    if (followed && !followed->index.empty() && followed->captured_from.empty()) {
      tables_->AddPending({{name, {}}});
    }
  }
  return Status::Ok();
}

Result<Checkpoint> TableCatalog::BeginAnew(const StreamPlace& lost, const std::string& why,
                                           mysql::Connection* connection) {
  Log(LogLevel::kError, "the history behind the last position is gone: all tables are read again",
      {{"code", StopCodeName(change::StopCode::kPositionLost)},
       {"position", lost.position.Encode()},
       {"reason", why}});
  Checkpoint anew;
  // Before any schema is read: a statement that changes one after this comes by the stream.
  BINSEEK_ASSIGN_OR_RETURN(auto now, StartPosition(connection));
  anew.place = PlaceBehind(lost, std::move(now));
  anew.place.server = connection->server().Identity();
  BINSEEK_RETURN_IF_ERROR(RefreshAll({anew.place.ordinal, {}, why}, connection));
  BINSEEK_RETURN_IF_ERROR(ReadCascades(connection));
  return anew;
}

Status TableCatalog::HandleEvent(const change::TableEvent& event, Occasion occasion,
                                 mysql::Connection* connection) {
  using Kind = change::TableEvent::Kind;
  switch (event.kind) {
    case Kind::kUnseenRows:
      return HandleUnseenRows(event, occasion, connection);
    case Kind::kUnreadableRows:
      return HandleUnreadableRows(event, occasion, connection);
    case Kind::kDrop:
      return HandleDrop(event, occasion.ordinal);
    case Kind::kTruncate:
    case Kind::kDdl:
      break;
  }
  const auto followed = tables_->Find(event.database + "." + event.table);
  if (event.kind == Kind::kTruncate && followed && followed->old.is_fed) {
    return ReadHereAgain(*followed, occasion.ordinal, "it was truncated", /*old_goes_on=*/true,
                         connection);
  }
  if (event.kind == Kind::kTruncate || MayRewriteRows(event.statement)) {
    occasion.rewritten = "a statement has rewritten its rows: " + event.statement.substr(0, kShown);
  }
  return Refresh({event.database, event.table}, occasion, connection);
}

Status TableCatalog::HandleDrop(const change::TableEvent& event, uint64_t ordinal) {
  const auto names = event.table.empty()
                         ? tables_->NamesIn(event.database)
                         : std::vector<std::string>{event.database + "." + event.table};
  for (const std::string& name : names) {
    BINSEEK_RETURN_IF_ERROR(LetGo(name, ordinal));
  }
  return Status::Ok();
}

Status TableCatalog::HandleUnseenRows(const change::TableEvent& event, const Occasion& occasion,
                                      mysql::Connection* connection) {
  Occasion unseen = occasion;
  unseen.rewritten = event.why;
  unseen.may_wait = true;
  bool alone = false;
  if (!event.table.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(alone, ChangesAlone(connection, options_.connection.database,
                                                 {event.database, event.table}));
  }
  Log(LogLevel::kError, "rows have changed that the binlog does not show: read again",
      {{"table", alone ? event.database + "." + event.table : "all"},
       {"code", StopCodeName(change::StopCode::kRowsUnseen)},
       {"reason", event.why}});
  tables_->CountStop(change::StopCode::kRowsUnseen);
  if (!alone) {
    return RefreshAll(unseen, connection);
  }
  return IsWanted(event.database, event.table)
             ? Refresh({event.database, event.table}, unseen, connection)
             : Status::Ok();
}

// Once is no fault of the table's as it is now: its schema may have changed unseen, and rows behind the new beginning fit. A second time
// under the same schema they never will.
Status TableCatalog::HandleUnreadableRows(const change::TableEvent& event, const Occasion& occasion,
                                          mysql::Connection* connection) {
  const std::string name = event.database + "." + event.table;
  const auto followed = tables_->Find(name);
  if (tables_->IsStopped(name)) {
    return Status::Ok();
  }
  if (!followed) {  // an attempt before this one got so far
    return IsWanted(event.database, event.table)
               ? Refresh({event.database, event.table}, occasion, connection)
               : Status::Ok();
  }
  Log(LogLevel::kError, "rows cannot be read from the binlog",
      {{"table", name},
       {"code", StopCodeName(change::StopCode::kRowsUnreadable)},
       {"reason", event.why}});
  tables_->CountStop(change::StopCode::kRowsUnreadable);
  BINSEEK_ASSIGN_OR_RETURN(auto schema,
                           LookUp({event.database, event.table}, occasion.ordinal, connection));
  if (schema == nullptr) {
    return Status::Ok();
  }
  Occasion unreadable = occasion;
  unreadable.rewritten = "rows could not be read from the binlog: " + event.why;
  if (!IsFollowedAs(followed, *schema)) {
    return Adopt(std::move(schema), unreadable, connection);
  }
  const auto known = unreadable_.find(name);
  const bool again = known != unreadable_.end() && known->second.ordinal != occasion.ordinal;
  if (again && change::SameShape(*known->second.schema, *schema)) {
    Stop(*schema, change::StopCode::kTableUnreadable,
         Status::Aborted("its rows cannot be read from the binlog, nor could they behind the last "
                         "time that the table was read: " +
                         event.why + "; ALTER TABLE " + mysql::QuoteIdentifier(schema->table) +
                         " FORCE writes it in today's formats and has it followed again, or "
                         "change the column's type"));
    return Status::Ok();
  }
  unreadable_[name] = {schema, occasion.ordinal};
  return ReadAgain(*followed, std::move(schema), unreadable, connection);
}

}  // namespace binseek::pipeline
