#include "sync/pipeline/table_catalog.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/log.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/schema_reader.h"
#include "sync/pipeline/ddl.h"
#include "sync/pipeline/source_checks.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
  });
}

Result<std::vector<std::string>> TableNames(mysql::Connection* connection,
                                            const std::string& database) {
  BINSEEK_ASSIGN_OR_RETURN(
      const auto rows,
      connection->Query(
          "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' "
          "AND TABLE_SCHEMA = " +
          mysql::Quote(database) + " ORDER BY TABLE_NAME"));
  std::vector<std::string> names;
  for (const auto& row : rows.rows) {
    names.push_back(row[0].value_or(""));
  }
  return names;
}

}  // namespace

bool TableCatalog::IsWanted(std::string_view database, std::string_view table) const {
  const std::string name(table);
  return database == options_.connection.database &&
         (options_.include.empty() || MatchesAny(options_.include, name)) &&
         !MatchesAny(options_.exclude, name);
}

Status TableCatalog::Restore(const Checkpoint& checkpoint, mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(folds_names_, FoldsNames(connection));
  for (const auto& [name, table] : checkpoint.tables) {
    if (IsWanted(table.schema->database, table.schema->table)) {
      BINSEEK_RETURN_IF_ERROR(RestoreTable(table, connection));
    } else {
      Log(LogLevel::kWarn, "table is not followed any more",
          {{"table", name}, {"index", table.index}});
      BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(table.index, table.index_id));
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto names, TableNames(connection, options_.connection.database));
  for (const std::string& name : names) {
    if (IsWanted(options_.connection.database, name) &&
        checkpoint.tables.count(options_.connection.database + "." + name) == 0) {
      BINSEEK_RETURN_IF_ERROR(
          Refresh(options_.connection.database, name, /*rewritten=*/true, connection));
    }
  }
  return Status::Ok();
}

Status TableCatalog::RestoreTable(const TableCheckpoint& table, mysql::Connection* connection) {
  const auto mapping = sink_->MappingOf(table.index_id);
  if (mapping == nullptr || IndexNameOf(*table.schema) != table.index) {
    BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(table.index, table.index_id));
    return Refresh(table.schema->database, table.schema->table, /*rewritten=*/true, connection);
  }
  BINSEEK_RETURN_IF_ERROR(mapper_->Bind(table.schema, table.index_id, mapping));
  tables_->Follow(table);
  return table.snapshot_done ? Status::Ok() : Estimate(*table.schema, connection);
}

// Before its turn comes, so that progress is told of all tables together.
Status TableCatalog::Estimate(const change::TableSchema& schema, mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t rows, snapshot::EstimateRows(connection, schema));
  tables_->SetEstimate(schema.QualifiedName(), rows);
  return Status::Ok();
}

void TableCatalog::FoldNames(change::TableEvent* event) const {
  if (folds_names_) {
    event->database = LowerCase(event->database);
    event->table = LowerCase(event->table);
  }
}

bool TableCatalog::IsFollowed(std::string_view database) const {
  return (folds_names_ ? LowerCase(database) : std::string(database)) ==
         options_.connection.database;
}

bool TableCatalog::Concerns(const change::TableEvent& event) const {
  if (event.kind == change::TableEvent::Kind::kUnseenRows) {
    return true;
  }
  if (event.table.empty()) {
    return event.database == options_.connection.database;
  }
  if (event.kind == change::TableEvent::Kind::kTruncate) {
    const auto table = tables_->Find(event.database + "." + event.table);
    return table && !table->snapshot_done;
  }
  return IsWanted(event.database, event.table);
}

Status TableCatalog::TakeEvent(const change::TableEvent& event,
                               const change::TransactionPosition& position,
                               const std::stop_token& stop) {
  BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                           mysql::Connection::Open(WithoutDatabase(options_.connection)));
  change::SourcePosition until;
  if (!connection->server().is_mariadb() && !position.gtid.empty()) {
    BINSEEK_RETURN_IF_ERROR(until.gtids.AddGtid(position.gtid));
  }
  BINSEEK_RETURN_IF_ERROR(snapshot::AwaitShown(connection.get(), until, stop));
  return HandleEvent(event, connection.get());
}

Status TableCatalog::ReadAgain(const std::string& name, const std::stop_token& /*stop*/) {
  const auto table = tables_->Find(name);
  if (!table) {
    return Status::Ok();
  }
  Log(LogLevel::kWarn, "table is read again: too many of its rows came without all columns",
      {{"table", name}});
  BINSEEK_ASSIGN_OR_RETURN(const auto connection,
                           mysql::Connection::Open(WithoutDatabase(options_.connection)));
  return Refresh(table->schema->database, table->schema->table, /*rewritten=*/true,
                 connection.get());
}

Status TableCatalog::HandleEvent(const change::TableEvent& event, mysql::Connection* connection) {
  if (event.kind == change::TableEvent::Kind::kUnseenRows) {
    const std::string& database = options_.connection.database;
    BINSEEK_ASSIGN_OR_RETURN(const auto names, TableNames(connection, database));
    for (const std::string& name : names) {
      if (IsWanted(database, name)) {
        BINSEEK_RETURN_IF_ERROR(Refresh(database, name, /*rewritten=*/true, connection));
      }
    }
    return Status::Ok();
  }
  if (event.kind == change::TableEvent::Kind::kDrop) {
    const auto names = event.table.empty()
                           ? tables_->NamesIn(event.database)
                           : std::vector<std::string>{event.database + "." + event.table};
    for (const std::string& name : names) {
      BINSEEK_RETURN_IF_ERROR(LetGo(name));
    }
    return Status::Ok();
  }
  const bool rewritten =
      event.kind == change::TableEvent::Kind::kTruncate || MayRewriteRows(event.statement);
  return Refresh(event.database, event.table, rewritten, connection);
}

Status TableCatalog::Refresh(const std::string& database, const std::string& table, bool rewritten,
                             mysql::Connection* connection) {
  const std::string name = database + "." + table;
  const auto followed = tables_->Find(name);
  auto schema = mysql::ReadTable(connection, database, table);
  if (!schema.ok() && schema.status().code() == StatusCode::kInvalidArgument) {
    change::TableSchema unknown;
    unknown.source = options_.source;
    unknown.database = database;
    unknown.table = table;
    Stop(followed ? *followed->schema : unknown, schema.status().message());
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(schema.status());
  if (*schema == nullptr) {
    return LetGo(name);
  }
  const bool same = followed && !followed->index.empty() && !tables_->IsStopped(name) &&
                    change::SameShape(*followed->schema, **schema);
  if (same && !rewritten) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(LetGo(name));
  return Adopt(*std::move(schema), connection);
}

Status TableCatalog::LetGo(const std::string& name) {
  const auto followed = tables_->Find(name);
  if (!followed) {
    return Status::Ok();
  }
  mapper_->Unbind(name);
  tables_->Remove(name);
  options_.state->ForgetDeadLetters(options_.source, name);
  if (!followed->index.empty()) {
    BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(followed->index, followed->index_id));
    Log(LogLevel::kInfo, "index dropped", {{"table", name}, {"index", followed->index}});
  }
  return Status::Ok();
}

void TableCatalog::Stop(const change::TableSchema& schema, const std::string& why) {
  Log(LogLevel::kError, "table is not followed",
      {{"table", schema.QualifiedName()}, {"error", why}});
  mapper_->Unbind(schema.QualifiedName());
  tables_->StopTable(schema, why);
}

std::string TableCatalog::IndexNameOf(const change::TableSchema& schema) const {
  const auto renamed = options_.rename.find(schema.table);
  return renamed == options_.rename.end() ? mapper::DefaultIndexName(schema) : renamed->second;
}

// kInvalidArgument: why the table cannot have one, and what mends it.
Result<std::string> TableCatalog::ChooseIndex(const change::TableSchema& schema) const {
  const std::string index = IndexNameOf(schema);
  const std::string mend =
      "; name another in the config, source.rename: {" + schema.table + ": other_name}";
  if (const Status valid = index::CheckIndexName(index); !valid.ok()) {
    return Status::InvalidArgument(valid.message() + mend);
  }
  if (const std::string other = tables_->TableOfIndex(index); !other.empty()) {
    return Status::InvalidArgument("index [" + index + "] is that of table " + other + " already" +
                                   mend);
  }
  if (sink_->IsForeign(index)) {
    return Status::InvalidArgument("index [" + index + "] exists and is written over HTTP" + mend);
  }
  return index;
}

Status TableCatalog::Adopt(std::shared_ptr<const change::TableSchema> schema,
                           mysql::Connection* connection) {
  if (schema->key.empty()) {
    Stop(*schema, "it has no primary key: ALTER TABLE " + mysql::QuoteIdentifier(schema->table) +
                      " ADD PRIMARY KEY (...)");
    return Status::Ok();
  }
  const auto index = ChooseIndex(*schema);
  const auto mapping = mapper::DeriveMapping(*schema);
  for (const Status& status : {index.status(), mapping.status()}) {
    if (!status.ok()) {
      Stop(*schema, status.message());
      return Status::Ok();
    }
  }
  TableCheckpoint table;
  table.schema = std::move(schema);
  table.index = *index;
  BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(*index, std::nullopt));  // left behind by a crash
  BINSEEK_ASSIGN_OR_RETURN(table.index_id, sink_->EnsureIndex(*index, *mapping));
  BINSEEK_RETURN_IF_ERROR(
      mapper_->Bind(table.schema, table.index_id, sink_->MappingOf(table.index_id)));
  // After the schema was read: it holds from here on.
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  table.captured_from = now.binlog;
  Log(LogLevel::kInfo, "table is followed",
      {{"table", table.schema->QualifiedName()}, {"index", table.index}});
  const auto followed = table.schema;
  // All of it is read: of a start before, there may be some whose rows are gone.
  options_.state->ForgetDeadLetters(options_.source, followed->QualifiedName());
  tables_->Follow(std::move(table));
  return Estimate(*followed, connection);
}

}  // namespace binseek::pipeline
