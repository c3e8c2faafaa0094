#include "sync/pipeline/table_catalog.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/schema_reader.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/table_reread.h"
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
      BINSEEK_RETURN_IF_ERROR(Refresh(name, {}, connection));
    }
  }
  return Status::Ok();
}

Status TableCatalog::RestoreTable(const TableCheckpoint& table, mysql::Connection* connection) {
  const auto mapping = sink_->MappingOf(table.index_id);
  if (mapping == nullptr || IndexNameOf(*table.schema) != table.index) {
    BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(table.index, table.index_id));
    return Refresh(table.schema->table, {}, connection);
  }
  BINSEEK_RETURN_IF_ERROR(mapper_->Bind(table.schema, table.index_id, mapping, table.sweep_below));
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

Status TableCatalog::MoveTo(mysql::Connection* connection) {
  // Statements that the other server had ahead of the stream, this one may not have yet.
  for (const std::string& name : tables_->NotYetCaptured()) {
    if (const auto followed = tables_->Find(name)) {
      BINSEEK_RETURN_IF_ERROR(Refresh(followed->schema->table, {}, connection));
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  tables_->MoveTo(now.binlog);
  return Status::Ok();
}

Status TableCatalog::RefreshAll(const Occasion& occasion, mysql::Connection* connection) {
  const std::string& database = options_.connection.database;
  BINSEEK_ASSIGN_OR_RETURN(const auto there, TableNames(connection, database));
  for (const std::string& table : there) {
    if (IsWanted(database, table)) {
      BINSEEK_RETURN_IF_ERROR(Refresh(table, occasion, connection));
    }
  }
  const std::set<std::string> names(there.begin(), there.end());
  for (const std::string& name : tables_->NamesIn(database)) {
    if (names.count(name.substr(database.size() + 1)) == 0) {
      BINSEEK_RETURN_IF_ERROR(LetGo(name));
    }
  }
  return Status::Ok();
}

Result<TableCatalog::Schema> TableCatalog::LookUp(const std::string& table,
                                                  mysql::Connection* connection) {
  const std::string& database = options_.connection.database;
  const std::string name = database + "." + table;
  auto schema = mysql::ReadTable(connection, database, table);
  if (!schema.ok() && schema.status().code() == StatusCode::kInvalidArgument) {
    const auto followed = tables_->Find(name);
    change::TableSchema unknown;
    unknown.source = options_.source;
    unknown.database = database;
    unknown.table = table;
    Stop(followed ? *followed->schema : unknown, schema.status().message());
    return Schema();
  }
  BINSEEK_RETURN_IF_ERROR(schema.status());
  if (*schema == nullptr) {
    BINSEEK_RETURN_IF_ERROR(LetGo(name));
  }
  return *std::move(schema);
}

bool TableCatalog::IsFollowedAs(const std::optional<TableCheckpoint>& followed,
                                const change::TableSchema& schema) const {
  return followed && !followed->index.empty() && !tables_->IsStopped(schema.QualifiedName()) &&
         change::SameShape(*followed->schema, schema);
}

Status TableCatalog::Refresh(const std::string& table, const Occasion& occasion,
                             mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(auto schema, LookUp(table, connection));
  if (schema == nullptr) {
    return Status::Ok();
  }
  const std::string name = schema->QualifiedName();
  const auto followed = tables_->Find(name);
  if (!IsFollowedAs(followed, *schema)) {
    return Adopt(std::move(schema), occasion, connection);
  }
  if (occasion.rewritten.empty() || BeginsBehind(*followed, occasion.end)) {
    return Status::Ok();
  }
  return ReadAgain(*followed, std::move(schema), occasion, connection);
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

Status TableCatalog::ReadAgain(const TableCheckpoint& followed, Schema schema,
                               const Occasion& occasion, mysql::Connection* connection) {
  TableCheckpoint table = followed;
  table.schema = std::move(schema);
  // After the schema was read: it holds from here on.
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  table = pipeline::ReadAgain(std::move(table), {occasion.ordinal, now.binlog,
                                                 Clock::Real()->NowMicros(), occasion.rewritten});
  const Schema again = table.schema;
  BINSEEK_RETURN_IF_ERROR(
      mapper_->Bind(again, table.index_id, sink_->MappingOf(table.index_id), table.sweep_below));
  options_.state->ForgetDeadLetters(options_.source, again->QualifiedName());
  Log(LogLevel::kWarn, "table is read again",
      {{"table", again->QualifiedName()}, {"reason", occasion.rewritten}});
  tables_->Follow(std::move(table));
  return Estimate(*again, connection);
}

// Its rows are taken on as they come: the table is the one that its schema says. So nothing of it is lost that would have to be told from what
// comes, and the documents of the last transaction need not be written anew.
Status TableCatalog::ReadPendingAgain(const std::string& name, uint64_t ordinal,
                                      mysql::Connection* connection) {
  const auto followed = tables_->Find(name);
  if (!followed) {
    return Status::Ok();
  }
  const Schema schema = followed->schema;
  const change::BinlogPosition captured_from = followed->captured_from;
  TableCheckpoint table = pipeline::ReadAgain(
      *followed, {ordinal, captured_from, Clock::Real()->NowMicros(),
                  "too many of its rows came without all columns to be read one by one"});
  BINSEEK_RETURN_IF_ERROR(
      mapper_->Bind(schema, table.index_id, sink_->MappingOf(table.index_id), table.sweep_below));
  options_.state->ForgetDeadLetters(options_.source, name);
  Log(LogLevel::kWarn, "table is read again", {{"table", name}, {"reason", table.stale_why}});
  tables_->Follow(std::move(table));
  return Estimate(*schema, connection);
}

// The server is asked first: where it goes away the table is as it was, and the step is taken once more.
Status TableCatalog::Adopt(Schema schema, const Occasion& occasion, mysql::Connection* connection) {
  // After the schema was read: it holds from here on.
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  BINSEEK_RETURN_IF_ERROR(LetGo(schema->QualifiedName()));
  unreadable_.erase(schema->QualifiedName());
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
  BINSEEK_RETURN_IF_ERROR(mapper_->Bind(table.schema, table.index_id,
                                        sink_->MappingOf(table.index_id), occasion.ordinal));
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
