#include "sync/pipeline/table_catalog.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/schema_reader.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/table_reread.h"
#include "sync/snapshot/brief_lock.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {
namespace {

constexpr char kOtherRules[] = "its mapping rules have changed";
constexpr char kLeftOff[] = "a rebuild was left off, or its mapping rules have changed meanwhile";
constexpr char kOtherColumns[] = "its columns are others than before";

// A pattern with a '.' is one of database.table.
bool MatchesAny(const std::vector<std::string>& patterns, const TableName& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const bool qualified = pattern.find('.') != std::string::npos;
    const std::string subject = qualified ? name.Qualified() : name.table;
    return fnmatch(pattern.c_str(), subject.c_str(), FNM_NOESCAPE) == 0;
  });
}

// Of all databases that are followed, as the server has them now.
Result<std::vector<TableName>> TableNames(mysql::Connection* connection,
                                          const std::string& wanted) {
  BINSEEK_ASSIGN_OR_RETURN(const auto databases, mysql::ReadDatabases(connection, wanted));
  std::vector<TableName> names;
  for (const std::string& database : databases) {
    BINSEEK_ASSIGN_OR_RETURN(
        const auto rows,
        connection->Query(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', "
            "'SYSTEM VERSIONED') AND TABLE_SCHEMA = " +
            mysql::Quote(database) + " ORDER BY TABLE_NAME"));
    for (const auto& row : rows.rows) {
      names.push_back({database, row[0].value_or("")});
    }
  }
  return names;
}

}  // namespace

bool TableCatalog::IsWanted(std::string_view database, std::string_view table) const {
  const TableName name{std::string(database), std::string(table)};
  return mysql::MatchesDatabase(options_.connection.database, database) &&
         (options_.include.empty() || MatchesAny(options_.include, name)) &&
         !MatchesAny(options_.exclude, name);
}

Status TableCatalog::Restore(Checkpoint* checkpoint, mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(folds_names_, FoldsNames(connection));
  // Begun by an attempt before this one, as tables were then: this one's stream may begin behind statements that have changed them since.
  for (const std::string& name : tables_->NamesIn("")) {
    if (!checkpoint->tables.contains(name)) {
      BINSEEK_RETURN_IF_ERROR(LetGo(name, checkpoint->place.ordinal));
    }
  }
  std::vector<const TableCheckpoint*> others;
  std::vector<const TableCheckpoint*> rebuilt;
  for (const auto& [name, table] : checkpoint->tables) {
    if (GoesOn(table)) {
      BINSEEK_RETURN_IF_ERROR(RestoreTable(table, connection));
    } else if (AnswersOn(table, *checkpoint)) {
      BINSEEK_RETURN_IF_ERROR(StandStill(table, table.old ? kLeftOff : kOtherRules));
      rebuilt.push_back(&table);
    } else {
      others.push_back(&table);
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto names, TableNames(connection, options_.connection.database));
  std::vector<TableName> begun;
  for (const TableName& name : names) {
    if (IsWanted(name.database, name.table) && !tables_->Find(name.Qualified())) {
      begun.push_back(name);
    }
  }
  std::vector<std::string> erased;
  for (const auto* tables : {&others, &rebuilt}) {
    for (const TableCheckpoint* table : *tables) {
      erased.push_back(table->schema->QualifiedName());
    }
  }
  BINSEEK_RETURN_IF_ERROR(NoteErasure(sink_, options_.source, erased, checkpoint));
  // Nothing was written under the next ordinal, so that what was there before is told from what comes.
  checkpoint->place.ordinal += others.empty() && begun.empty() && rebuilt.empty() ? 0 : 1;
  for (const TableCheckpoint* table : rebuilt) {
    BINSEEK_RETURN_IF_ERROR(
        Rebuild({table->schema->database, table->schema->table},
                {checkpoint->place.ordinal, {}, table->old ? kLeftOff : kOtherRules}, connection));
  }
  for (const TableCheckpoint* table : others) {
    BINSEEK_RETURN_IF_ERROR(DropDocuments(*table, checkpoint->place.ordinal));
    if (!IsWanted(table->schema->database, table->schema->table)) {
      Log(LogLevel::kWarn, "table is not followed any more",
          {{"table", table->schema->QualifiedName()}, {"index", table->index}});
    }
  }
  for (const TableName& name : begun) {
    BINSEEK_RETURN_IF_ERROR(Refresh(name, {checkpoint->place.ordinal, {}, ""}, connection));
  }
  return ReadCascades(connection);
}

Result<std::vector<std::string>> TableCatalog::Missing(mysql::Connection* connection) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto there, TableNames(connection, options_.connection.database));
  std::set<std::string> names;
  for (const TableName& table : there) {
    names.insert(table.Qualified());
  }
  std::vector<std::string> missing;
  for (const std::string& name : tables_->NamesIn("")) {
    const auto followed = tables_->Find(name);
    if (!followed || names.contains(name)) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool gone, mysql::IsGone(connection, followed->schema->database,
                                                            followed->schema->table));
    if (gone) {
      missing.push_back(name);
    }
  }
  return missing;
}

Status TableCatalog::LetGoOfMissing(const std::string& name, uint64_t ordinal) {
  Log(LogLevel::kWarn, "table is not there any more", {{"table", name}});
  return LetGo(name, ordinal);
}

// Its documents are still those that its rules make, in the index that they name.
bool TableCatalog::GoesOn(const TableCheckpoint& table) const {
  if (!IsWanted(table.schema->database, table.schema->table) ||
      sink_->MappingOf(table.index_id) == nullptr ||
      sink_->MappingOf(table.answering()) == nullptr || IndexNameOf(*table.schema) != table.index) {
    return false;
  }
  if (table.old && MayGoOn(table)) {
    return false;  // what was being built has got no changes since
  }
  const auto layout = mapper::LayOut(table.schema, options_.mapping);
  const bool same = layout.ok() && (*layout)->fingerprint == table.mapping;
  if (!same) {
    Log(LogLevel::kWarn, "table is read anew: its mapping rules have changed",
        {{"table", table.schema->QualifiedName()}, {"index", table.index}});
  }
  return same;
}

Status TableCatalog::RestoreTable(const TableCheckpoint& table, mysql::Connection* connection) {
  TableCheckpoint followed = table;
  const std::string name = table.schema->QualifiedName();
  const bool mended = MayGoOn(table);
  if (!table.stopped.empty() && !mended) {
    Log(LogLevel::kError, "table is not followed",
        {{"table", name}, {"code", StopCodeName(table.stop_code)}, {"error", table.stopped}});
    return StandStill(std::move(followed), table.stopped);
  }
  const auto layout = mapper::LayOut(table.schema, options_.mapping);
  if (IsSharedWithOthers(table.index) && !(layout.ok() && (*layout)->id_names_source)) {
    followed.stopped = "other sources have come to its index [" + table.index +
                       "] meanwhile, and its ids do not begin with the source: id: [source, key]";
    followed.stop_code = change::StopCode::kIndexTaken;
    const std::string why = followed.stopped;
    return StandStill(std::move(followed), why);
  }
  // Left behind by a crash; none of a shared index's are.
  BINSEEK_RETURN_IF_ERROR(sink_->DropGenerations(
      table.index, table.old ? std::make_optional(table.index_id) : std::nullopt));
  followed.stopped.clear();
  followed.stop_code = change::StopCode::kNone;
  followed.dead_letter_limit = 0;
  BINSEEK_RETURN_IF_ERROR(Bind(followed, followed.sweep_below));
  Claim(followed);
  tables_->Follow(std::move(followed));
  if (mended) {
    tables_->AddPending({{name, {}}});  // all of it: it has got no changes since
  }
  return table.snapshot_done ? Status::Ok() : Estimate(*table.schema, connection);
}

// Whether what a table was stopped by has gone while nobody looked.
bool TableCatalog::MayGoOn(const TableCheckpoint& stopped) const {
  return stopped.dead_letter_limit != 0 &&
         (options_.dead_letter_limit == 0 ||
          options_.state->DeadRows(options_.source, stopped.schema->QualifiedName()) <=
              options_.dead_letter_limit);
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
  return mysql::MatchesDatabase(options_.connection.database,
                                folds_names_ ? LowerCase(database) : std::string(database));
}

Status TableCatalog::MoveTo(mysql::Connection* connection) {
  // Statements that the other server had ahead of the stream, this one may not have yet.
  for (const std::string& name : tables_->NotYetCaptured()) {
    if (const auto followed = tables_->Find(name)) {
      const change::TableSchema& schema = *followed->schema;
      BINSEEK_RETURN_IF_ERROR(Refresh({schema.database, schema.table}, {}, connection));
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  tables_->MoveTo(now.binlog);
  return ReadCascades(connection);
}

Status TableCatalog::RefreshAll(const Occasion& occasion, mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto there, TableNames(connection, options_.connection.database));
  std::set<std::string> names;
  for (const TableName& table : there) {
    names.insert(table.Qualified());
  }
  // First: who has been given another name may have the index of the old one then.
  for (const std::string& name : tables_->NamesIn("")) {
    if (names.count(name) == 0) {
      BINSEEK_RETURN_IF_ERROR(LetGoOfUnseen(name, occasion.ordinal, connection));
    }
  }
  for (const TableName& table : there) {
    if (IsWanted(table.database, table.table)) {
      BINSEEK_RETURN_IF_ERROR(Refresh(table, occasion, connection));
    }
  }
  return Status::Ok();
}

Result<TableCatalog::Schema> TableCatalog::LookUp(const TableName& table, uint64_t ordinal,
                                                  mysql::Connection* connection) {
  const std::string name = table.Qualified();
  if (options_.brief_lock && !connection->server().is_mariadb()) {
    BINSEEK_RETURN_IF_ERROR(snapshot::AwaitStatementsOn(connection, table.database, table.table));
  }
  auto schema = mysql::ReadTable(connection, table.database, table.table);
  if (!schema.ok() && schema.status().code() == StatusCode::kInvalidArgument) {
    const auto followed = tables_->Find(name);
    change::TableSchema unknown;
    unknown.source = options_.source;
    unknown.database = table.database;
    unknown.table = table.table;
    Stop(followed ? *followed->schema : unknown, change::StopCode::kTableUnsupported,
         schema.status());
    return Schema();
  }
  BINSEEK_RETURN_IF_ERROR(schema.status());
  if (*schema == nullptr) {
    BINSEEK_RETURN_IF_ERROR(LetGoOfUnseen(name, ordinal, connection));
  }
  return *std::move(schema);
}

bool TableCatalog::IsFollowedAs(const std::optional<TableCheckpoint>& followed,
                                const change::TableSchema& schema) const {
  return followed && !followed->index.empty() && !tables_->IsStopped(schema.QualifiedName()) &&
         change::SameShape(*followed->schema, schema);
}

Status TableCatalog::Refresh(const TableName& table, const Occasion& occasion,
                             mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(auto schema, LookUp(table, occasion.ordinal, connection));
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
  if (occasion.may_wait && tables_->ReadOnceMore(name, occasion.rewritten)) {
    Log(LogLevel::kWarn, "table is to be read once more, behind the reading that is under way",
        {{"table", name}, {"reason", occasion.rewritten}});
    return Status::Ok();
  }
  return ReadAgain(*followed, std::move(schema), occasion, connection);
}

void TableCatalog::Stop(const change::TableSchema& schema, change::StopCode otherwise,
                        const Status& why) {
  const change::StopCode code = StopCodeOf(why, otherwise);
  Log(LogLevel::kError, "table is not followed",
      {{"table", schema.QualifiedName()}, {"code", StopCodeName(code)}, {"error", why.message()}});
  mapper_->Unbind(schema.QualifiedName());
  tables_->StopTable(schema, {code, why.message()});
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
  BINSEEK_RETURN_IF_ERROR(Bind(table, table.sweep_below));
  options_.state->ForgetDeadLetters(options_.source, again->QualifiedName());
  Log(LogLevel::kWarn, "table is read again",
      {{"table", again->QualifiedName()}, {"reason", occasion.rewritten}});
  tables_->Follow(std::move(table));
  return Estimate(*again, connection);
}

// Its rows are taken on as they come: the table is the one that its schema says. So nothing of it is lost that would have to be told from what
// comes.
Status TableCatalog::ReadPendingAgain(const std::string& name, uint64_t ordinal,
                                      mysql::Connection* connection) {
  const auto followed = tables_->Find(name);
  return followed ? ReadHereAgain(
                        *followed, ordinal,
                        "too many of its rows are to be read to read them one by one, or which "
                        "ones they are is not known",
                        /*old_goes_on=*/false, connection)
                  : Status::Ok();
}

Status TableCatalog::ReadHereAgain(const TableCheckpoint& followed, uint64_t ordinal,
                                   const std::string& why, bool old_goes_on,
                                   mysql::Connection* connection) {
  const Schema schema = followed.schema;
  const std::string name = schema->QualifiedName();
  TableCheckpoint table = pipeline::ReadAgain(
      followed, {ordinal, followed.captured_from, Clock::Real()->NowMicros(), why, old_goes_on});
  BINSEEK_RETURN_IF_ERROR(Bind(table, table.sweep_below));
  options_.state->ForgetDeadLetters(options_.source, name);
  Log(LogLevel::kWarn, "table is read again", {{"table", name}, {"reason", why}});
  tables_->Follow(std::move(table));
  return Estimate(*schema, connection);
}

// The server is asked first: where it goes away the table is as it was, and the step is taken once more.
Status TableCatalog::Adopt(Schema schema, const Occasion& occasion, mysql::Connection* connection) {
  // After the schema was read: it holds from here on.
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t rows, snapshot::EstimateRows(connection, *schema));
  Status made = CheckKeys(schema, connection);
  if (!made.ok() && made.code() != StatusCode::kInvalidArgument) {
    return made;
  }
  const std::string name = schema->QualifiedName();
  const auto before = tables_->Find(name);
  const bool beside = before && BuildsBeside(*before, *schema);
  const std::string why = occasion.rewritten.empty() ? kOtherColumns : occasion.rewritten;
  BINSEEK_RETURN_IF_ERROR(beside ? StandStill(*before, why) : LetGo(name, occasion.ordinal));
  unreadable_.erase(name);
  TableCheckpoint table;
  table.schema = std::move(schema);
  made = made.ok() ? PrepareIndex(&table, occasion.ordinal, beside) : made;
  if (made.code() == StatusCode::kInvalidArgument) {
    Stop(*table.schema, change::StopCode::kIndexRefused, made);
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(made);
  if (beside) {
    const auto still = tables_->Find(name);
    table.old = {still->index_id, /*is_fed=*/false, occasion.ordinal, Clock::Real()->NowMicros(),
                 why};
    table.stale_since_us = still->stale_since_us;
    table.stale_why = still->stale_why;
  }
  BINSEEK_RETURN_IF_ERROR(Bind(table, occasion.ordinal));
  table.captured_from = now.binlog;
  Log(LogLevel::kInfo, beside ? "table is rebuilt beside" : "table is followed",
      {{"table", name}, {"index", table.index}, {"reason", beside ? why : "it is new"}});
  // All of it is read: of a start before, there may be some whose rows are gone.
  options_.state->ForgetDeadLetters(options_.source, name);
  tables_->Follow(std::move(table));
  tables_->SetEstimate(name, rows);
  return Status::Ok();
}

}  // namespace binseek::pipeline
