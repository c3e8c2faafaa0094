// The part of TableCatalog that builds new generations of indices beside those that answer.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/table_catalog.h"
#include "sync/snapshot/watermark.h"

namespace binseek::pipeline {
namespace {

constexpr char kAskedFor[] = "a resync was asked for";

// A first snapshot that has not come to its end has nothing to answer with.
bool HasAnswers(const TableCheckpoint& table) {
  return table.snapshot_done || table.old || table.sweep_below != 0;
}

}  // namespace

std::vector<TableCheckpoint> TableCatalog::OthersOf(const std::string& index,
                                                    const std::string& name) const {
  auto others = tables_->TablesOf(index);
  std::erase_if(others, [&](const auto& other) { return other.schema->QualifiedName() == name; });
  return others;
}

bool TableCatalog::AnswersOn(const TableCheckpoint& table, const Checkpoint& checkpoint) const {
  const auto& tables = checkpoint.tables;
  return IsWanted(table.schema->database, table.schema->table) && !table.index.empty() &&
         sink_->capabilities().generations && IndexNameOf(*table.schema) == table.index &&
         HasAnswers(table) && sink_->MappingOf(table.answering()) != nullptr &&
         !IsSharedWithOthers(table.index) &&
         std::none_of(tables.begin(), tables.end(), [&](const auto& other) {
           return &other.second != &table && other.second.index == table.index;
         });
}

// An index that is shared, or whose ids are made for that, is the business of other tables too.
bool TableCatalog::BuildsBeside(const TableCheckpoint& table,
                                const change::TableSchema& schema) const {
  if (!sink_->capabilities().generations || table.index.empty() || !HasAnswers(table) ||
      IndexNameOf(schema) != table.index || sink_->MappingOf(table.answering()) == nullptr ||
      !OthersOf(table.index, schema.QualifiedName()).empty() || IsSharedWithOthers(table.index)) {
    return false;
  }
  const auto layout =
      mapper::LayOut(std::make_shared<const change::TableSchema>(schema), options_.mapping);
  return !layout.ok() || !((*layout)->id_names_table || (*layout)->id_names_source);
}

Status TableCatalog::StandStill(TableCheckpoint table, const std::string& why) {
  mapper_->Unbind(table.schema->QualifiedName());
  table.index_id = table.answering();
  table.snapshot_done = table.snapshot_done || table.old || table.stopped.empty();
  table.old = OldGeneration();
  table.pending_keys.clear();
  if (table.stale_since_us == 0 && !table.index.empty()) {
    table.stale_since_us = Clock::Real()->NowMicros();
    table.stale_why = why;
  }
  const std::string index = table.index;
  Claim(table);
  tables_->Follow(std::move(table));
  return index.empty() ? Status::Ok() : sink_->DropGenerations(index, std::nullopt);
}

Status TableCatalog::Rebuild(const TableName& table, const Occasion& occasion,
                             mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(auto schema, LookUp(table, occasion.ordinal, connection));
  return schema == nullptr ? Status::Ok() : Adopt(std::move(schema), occasion, connection);
}

Result<Resync> TableCatalog::ResyncTable(const std::string& name, uint64_t ordinal,
                                         mysql::Connection* connection) {
  const auto followed = tables_->Find(name);
  if (!followed) {
    return Status::NotFound("table " + name + " is not followed");
  }
  const bool stopped = tables_->IsStopped(name);
  const bool begun = followed->old.ordinal == ordinal || followed->sweep_below == ordinal;
  if (!stopped && !begun && (!followed->snapshot_done || followed->old)) {
    return Status::Aborted("table " + name + " is being read already; its status tells how far");
  }
  if (stopped || !begun) {
    BINSEEK_ASSIGN_OR_RETURN(
        const Schema schema,
        LookUp({followed->schema->database, followed->schema->table}, ordinal, connection));
    if (schema != nullptr && !IsFollowedAs(followed, *schema)) {
      BINSEEK_RETURN_IF_ERROR(AdoptOrStop(schema, {ordinal, {}, kAskedFor}, connection));
    } else if (schema != nullptr && !BuildsBeside(*followed, *schema)) {
      BINSEEK_RETURN_IF_ERROR(
          ReadHereAgain(*followed, ordinal, kAskedFor, /*old_goes_on=*/false, connection));
    } else if (schema != nullptr) {
      BINSEEK_RETURN_IF_ERROR(BuildBeside(*followed, ordinal, connection));
    }
  }
  const auto now = tables_->Find(name);
  if (!now) {
    return Status::NotFound("table " + name + " is gone");
  }
  return tables_->IsStopped(name)
             ? Result<Resync>(Status::InvalidArgument("table " + name + ": " + now->stopped))
             : Result<Resync>(
                   Resync{name, static_cast<bool>(now->old), /*is_fed=*/now->old.is_fed});
}

// What answered is fed by nobody by then, or is gone. Taken for live, it would lack all rows from now on; and one that is gone is tried again by nobody.
Status TableCatalog::AdoptOrStop(const Schema& schema, const Occasion& occasion,
                                 mysql::Connection* connection) {
  Status adopted = Adopt(schema, occasion, connection);
  if (adopted.ok() || (adopted.retryable() && tables_->Find(schema->QualifiedName()))) {
    return adopted;
  }
  Stop(*schema, change::StopCode::kResyncFailed,
       Status::FromCode(adopted.code(),
                        "it could not be made anew: " + adopted.message() +
                            "; once that is mended, binseek resync has it followed again"));
  return Status::Ok();
}

// Its rows are taken on as they come, into both; its pending keys stay, for the old one's sake.
Status TableCatalog::BuildBeside(TableCheckpoint table, uint64_t ordinal,
                                 mysql::Connection* connection) {
  const std::string name = table.schema->QualifiedName();
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t rows, snapshot::EstimateRows(connection, *table.schema));
  BINSEEK_ASSIGN_OR_RETURN(const Layout layout, mapper::LayOut(table.schema, options_.mapping));
  const TableCheckpoint before = table;
  table.old = {table.index_id, /*is_fed=*/true, ordinal, Clock::Real()->NowMicros(), kAskedFor};
  BINSEEK_ASSIGN_OR_RETURN(table.index_id,
                           MakeIndex(*layout, table.index, ordinal, /*beside=*/true));
  table.snapshot_done = false;
  table.ranges.clear();
  table.snapshot_rows = 0;
  if (Status bound = Bind(table, 0); !bound.ok()) {
    BINSEEK_RETURN_IF_ERROR(Bind(before, 0));
    return bound;
  }
  Log(LogLevel::kInfo, "table is rebuilt beside",
      {{"table", name}, {"index", table.index}, {"reason", kAskedFor}});
  tables_->Follow(std::move(table));
  tables_->SetEstimate(name, rows);
  return Status::Ok();
}

Status TableCatalog::GiveUpRebuild(const std::string& name, const std::string& why) {
  const auto followed = tables_->Find(name);
  if (!followed || !followed->old) {
    return Status::Ok();
  }
  TableCheckpoint table = *followed;
  table.index_id = table.old.id;
  table.old = OldGeneration();
  table.snapshot_done = true;
  table.ranges.clear();
  table.sweep_below = 0;
  BINSEEK_RETURN_IF_ERROR(Bind(table, 0));
  const change::StopReason reason{
      change::StopCode::kRebuildGivenUp,
      "its rebuild was given up, and its index is followed as before: " + why};
  Log(LogLevel::kError, "the rebuild of a table is given up",
      {{"table", name}, {"code", StopCodeName(reason.code)}, {"error", why}});
  tables_->Follow(std::move(table), reason);
  return Status::Ok();
}

Status TableCatalog::DropLeftOver(const std::string& name) {
  const auto followed = tables_->Find(name);
  return followed && !followed->old ? sink_->DropGenerations(followed->index, std::nullopt)
                                    : Status::Ok();
}

}  // namespace binseek::pipeline
