// The part of TableCatalog that takes events of the stream.
#include <utility>

#include "engine/base/log.h"
#include "sync/mysql/current_position.h"
#include "sync/pipeline/ddl.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/table_catalog.h"
#include "sync/pipeline/table_reread.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {
namespace {

constexpr size_t kShown = 120;  // of a statement

// Whether a statement that changes rows of the table changes those of no other. A view's are another table's, and a trigger may change any; it is
// shown to accounts with the TRIGGER privilege only.
Result<bool> ChangesAlone(mysql::Connection* connection, const std::string& database,
                          const std::string& table) {
  const std::string of_table = "_SCHEMA = " + mysql::Quote(database) + " AND ";
  BINSEEK_ASSIGN_OR_RETURN(
      const auto alone,
      connection->QueryCell("SELECT TABLE_TYPE <> 'VIEW' AND NOT EXISTS (SELECT 1 FROM "
                            "information_schema.TRIGGERS WHERE EVENT_OBJECT" +
                            of_table + "EVENT_OBJECT_TABLE = " + mysql::Quote(table) +
                            ") FROM information_schema.TABLES WHERE TABLE" + of_table +
                            "TABLE_NAME = " + mysql::Quote(table)));
  return alone == "1";
}

}  // namespace

bool TableCatalog::Concerns(const change::TableEvent& event) const {
  switch (event.kind) {
    case change::TableEvent::Kind::kUnseenRows:
      return event.table.empty() || event.database == options_.connection.database;
    case change::TableEvent::Kind::kTruncate: {
      const auto table = tables_->Find(event.database + "." + event.table);
      return table && !table->snapshot_done;
    }
    default:
      return event.table.empty() ? event.database == options_.connection.database
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
  return HandleEvent(event, {change::LastOrdinalOf(transaction), transaction.position.end, ""},
                     connection);
}

Result<Checkpoint> TableCatalog::BeginAnew(const StreamPlace& lost, const std::string& why,
                                           mysql::Connection* connection) {
  Log(LogLevel::kError, "the history behind the last position is gone: all tables are read again",
      {{"position", lost.position.Encode()}, {"reason", why}});
  Checkpoint anew;
  // Before any schema is read: a statement that changes one after this comes by the stream.
  BINSEEK_ASSIGN_OR_RETURN(auto now, mysql::CurrentPosition(connection));
  anew.place = PlaceBehind(lost, std::move(now));
  anew.place.server = connection->server().Identity();
  BINSEEK_RETURN_IF_ERROR(RefreshAll({anew.place.ordinal, {}, why}, connection));
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
      return HandleDrop(event);
    case Kind::kTruncate:
    case Kind::kDdl:
      break;
  }
  if (event.kind == Kind::kTruncate || MayRewriteRows(event.statement)) {
    occasion.rewritten = "a statement has rewritten its rows: " + event.statement.substr(0, kShown);
  }
  return Refresh(event.table, occasion, connection);
}

Status TableCatalog::HandleDrop(const change::TableEvent& event) {
  const auto names = event.table.empty()
                         ? tables_->NamesIn(event.database)
                         : std::vector<std::string>{event.database + "." + event.table};
  for (const std::string& name : names) {
    BINSEEK_RETURN_IF_ERROR(LetGo(name));
  }
  return Status::Ok();
}

Status TableCatalog::HandleUnseenRows(const change::TableEvent& event, const Occasion& occasion,
                                      mysql::Connection* connection) {
  Occasion unseen = occasion;
  unseen.rewritten = event.why;
  bool alone = false;
  if (!event.table.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(alone, ChangesAlone(connection, event.database, event.table));
  }
  Log(LogLevel::kError, "rows have changed that the binlog does not show: read again",
      {{"table", alone ? event.database + "." + event.table : "all"}, {"reason", event.why}});
  if (!alone) {
    return RefreshAll(unseen, connection);
  }
  return IsWanted(event.database, event.table) ? Refresh(event.table, unseen, connection)
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
    return IsWanted(event.database, event.table) ? Refresh(event.table, occasion, connection)
                                                 : Status::Ok();
  }
  Log(LogLevel::kError, "rows cannot be read from the binlog",
      {{"table", name}, {"reason", event.why}});
  BINSEEK_ASSIGN_OR_RETURN(auto schema, LookUp(event.table, connection));
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
    Stop(*schema,
         "its rows cannot be read from the binlog, nor could they behind the last time "
         "that the table was read: " +
             event.why + "; ALTER TABLE " + mysql::QuoteIdentifier(schema->table) +
             " FORCE writes it in today's formats and has it followed again, or change "
             "the column's type");
    return Status::Ok();
  }
  unreadable_[name] = {schema, occasion.ordinal};
  return ReadAgain(*followed, std::move(schema), unreadable, connection);
}

}  // namespace binseek::pipeline
