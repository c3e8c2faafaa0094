// The part of TransactionAssembler that takes statements: they begin and end transactions, and change tables.
#include <algorithm>

#include "sync/binlog/compression.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/transaction_assembler.h"
#include "sync/mysql/charset.h"

namespace binseek::binlog {
namespace {

// Savepoints are known by their names whatever the case.
bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Status TransactionAssembler::HandleQuery(const Event& event) {
  // The post-header of an EXECUTE_LOAD_QUERY has a file's id and places within the text besides.
  const bool load = event.header.type == EventType::kExecuteLoadQuery;
  BINSEEK_ASSIGN_OR_RETURN(const QueryEvent query, DecodeQuery(event.body, load));
  std::string_view sql = query.sql;
  if (event.header.type == EventType::kMariadbQueryCompressed) {
    BINSEEK_RETURN_IF_ERROR(InflateMariadb(sql, options_.max_event_bytes, &unpacked_));
    sql = unpacked_;
  }
  const std::string_view charset = mysql::CharsetOfCollation(query.client_collation);
  std::string utf8;
  if (!charset.empty() && mysql::IsKnownCharset(charset) && charset != "binary") {
    BINSEEK_RETURN_IF_ERROR(mysql::ToUtf8(charset, sql, &utf8));
    sql = utf8;
  }
  Statement statement = ParseStatement(sql, query.database, SqlDialect::OfMode(query.sql_mode));
  if (statement.kind == Statement::Kind::kTruncate &&
      (event.header.flags & kFlagTemporaryTable) != 0) {
    // A temporary table may hide one of the same name, of which the server has to be asked. (A DROP says TEMPORARY.)
    statement.kind = Statement::Kind::kDdl;
  }
  if (!EnsureOpen().again) {
    BINSEEK_RETURN_IF_ERROR(ApplyStatement(statement, sql));
  }
  switch (statement.kind) {
    case Statement::Kind::kBegin:
    case Statement::Kind::kXaStart:
      open_->standalone = false;
      break;
    case Statement::Kind::kCommit:
    case Statement::Kind::kRollback:
      End(event.header);
      break;
    default:
      if (open_->standalone) {
        End(event.header);
      }
  }
  return Status::Ok();
}

Status TransactionAssembler::ApplyStatement(const Statement& statement, std::string_view sql) {
  switch (statement.kind) {
    case Statement::Kind::kRollback:
      open_->buffer.Clear();
      open_->xa.reset();
      open_->xa_reader.reset();
      break;
    case Statement::Kind::kSavepoint:
      open_->savepoints.push_back(
          {statement.name, open_->buffer.mark(), open_->xa ? open_->xa->bytes().size() : 0});
      break;
    case Statement::Kind::kRollbackTo:
      return RollBackTo(statement.name);
    case Statement::Kind::kXaStart:
      BeginXa();
      break;
    case Statement::Kind::kXaCommit:
      return CommitXa(statement.name);
    case Statement::Kind::kXaRollback:
      ForgetPrepared(statement.name);
      break;
    case Statement::Kind::kDdl:
    case Statement::Kind::kTruncate:
    case Statement::Kind::kDrop:
      AddTableEvents(statement, sql);
      break;
    case Statement::Kind::kRowsAsText:
      TakeRowsAsText(statement, sql);
      break;
    default:
      break;
  }
  return Status::Ok();
}

Status TransactionAssembler::RollBackTo(const std::string& savepoint) {
  auto& savepoints = open_->savepoints;
  const auto found =
      std::find_if(savepoints.rbegin(), savepoints.rend(),
                   [&](const Savepoint& candidate) { return SameName(candidate.name, savepoint); });
  if (found == savepoints.rend()) {
    return open_->buffer.empty() && (!open_->xa || open_->xa->bytes().empty())
               ? Status::Ok()
               : Status::Aborted("ROLLBACK TO savepoint " + savepoint +
                                 ", which the binlog did not set");
  }
  BINSEEK_RETURN_IF_ERROR(open_->buffer.CutTo(found->rows));
  if (open_->xa) {
    open_->xa->CutTo(std::min(open_->xa->bytes().size(), found->xa_bytes));
  }
  savepoints.erase(found.base(), savepoints.end());
  return Status::Ok();
}

bool TransactionAssembler::IsCaptured(std::string_view database, std::string_view table) const {
  if (options_.captures_database) {
    return options_.captures_database(database);
  }
  return table.empty() || options_.schema_provider(database, table) != nullptr;
}

void TransactionAssembler::AddTableEvents(const Statement& statement, std::string_view sql) {
  // Those that cascades lead through may lie anywhere. (In the server's own dialect: what it takes for a word too many costs a question.)
  const bool of_any = options_.cascades_from != nullptr &&
                      statement.kind == Statement::Kind::kDdl && MayChangeForeignKeys(sql);
  for (const Statement::Table& table : statement.tables) {
    if (!of_any && !IsCaptured(table.database, table.table)) {
      continue;
    }
    change::TableEvent& event = open_->table_events.emplace_back();
    event.kind = statement.kind == Statement::Kind::kDrop ? change::TableEvent::Kind::kDrop
                 : statement.kind == Statement::Kind::kTruncate
                     ? change::TableEvent::Kind::kTruncate
                     : change::TableEvent::Kind::kDdl;
    event.database = table.database;
    event.table = table.table;
    event.statement.assign(sql);
  }
}

void TransactionAssembler::TakeRowsAsText(const Statement& statement, std::string_view sql) {
  constexpr size_t kShown = 120;
  for (const Statement::Table& table : statement.tables) {
    // Of a view, of a procedure's table and of joined tables nothing is known: the database decides. Foreign keys lead from any other.
    const bool captured = IsCaptured(table.database, table.table);
    const bool cascades = !captured && !table.table.empty() && options_.cascades_from != nullptr &&
                          options_.cascades_from(table.database, table.table);
    if (captured || cascades || table.database.empty()) {
      AddUnseenRows(cascades ? "" : table.database, cascades ? "" : table.table,
                    "rows were changed by a logged statement, not by row events; set "
                    "binlog_format=ROW: " +
                        std::string(sql.substr(0, kShown)),
                    &open_->table_events);
    }
  }
}

void TransactionAssembler::AddUnseenRows(std::string_view database, std::string_view table,
                                         std::string why, std::vector<change::TableEvent>* events) {
  const bool known = std::any_of(events->begin(), events->end(), [&](const auto& event) {
    return event.kind == change::TableEvent::Kind::kUnseenRows && event.database == database &&
           event.table == table;
  });
  if (!known) {
    change::TableEvent& event = events->emplace_back();
    event.kind = change::TableEvent::Kind::kUnseenRows;
    event.database = database;
    event.table = table;
    event.why = std::move(why);
  }
}

}  // namespace binseek::binlog
