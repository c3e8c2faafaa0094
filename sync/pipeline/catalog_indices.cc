// The part of TableCatalog that gives tables their indices, and takes what they had there away.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/unique_keys.h"
#include "sync/pipeline/table_catalog.h"

namespace binseek::pipeline {

using change::StopCode;

namespace {

constexpr size_t kEraseKeys = 10'000;  // of one piece

std::string MendByRule(const change::TableSchema& table, const std::string& index,
                       bool by_database) {
  return "source.mapping: [{table: " + (by_database ? table.QualifiedName() : table.table) +
         ", index: " + index + ", id: [" + (by_database ? "database, " : "") + "table, key]}]";
}

// Whether documents of both tables can have the field. In which way they differ is for the message.
bool SameField(const mapping::Field& a, const mapping::Field& b) {
  mapping::FieldParameters parameters = a.parameters();
  parameters.tables = b.parameters().tables;  // each says whose it is
  return a.kind == b.kind && a.scale == b.scale && a.date_style == b.date_style &&
         a.in_place == b.in_place && parameters == b.parameters() && a.analyzer == b.analyzer &&
         a.normalizer == b.normalizer;
}

std::string Described(const mapping::Field& field) {
  std::string text = "[" + std::string(mapping::TypeName(field)) + "]";
  if (field.kind == mapping::FieldKind::kDecimal || field.kind == mapping::FieldKind::kDate) {
    text += " of scale " + std::to_string(field.scale);
  }
  if (field.kind == mapping::FieldKind::kText && field.analyzer != "standard") {
    text += " with analyzer " + field.analyzer;
  }
  if (field.is_numeric()) {
    text += field.in_place ? ", updated in place" : ", not updated in place";
  }
  return text;
}

}  // namespace

std::string TableCatalog::IndexNameOf(const change::TableSchema& schema) const {
  const mapper::MappingRules* const rules = options_.mapping.rules.get();
  const mapper::TableRule* const rule =
      rules == nullptr ? nullptr : rules->Find(schema.database, schema.table);
  if (rule != nullptr && !rule->index.empty()) {
    return rule->index;
  }
  auto renamed = options_.rename.find(schema.QualifiedName());
  renamed = renamed == options_.rename.end() ? options_.rename.find(schema.table) : renamed;
  return renamed == options_.rename.end() ? mapper::DefaultIndexName(schema) : renamed->second;
}

Result<TableCatalog::Layout> TableCatalog::LayOut(const Schema& schema) const {
  auto layout = mapper::LayOut(schema, options_.mapping);
  return layout.ok() ? std::move(layout)
                     : Result<Layout>(Because(StopCode::kMappingRefused, layout.status()));
}

Status TableCatalog::CheckKeys(const Schema& schema, mysql::Connection* connection) const {
  if (schema->key.empty()) {
    return Because(
        StopCode::kTableKeyMissing,
        Status::InvalidArgument("it has neither a primary key nor a unique key of columns that are "
                                "NOT NULL: ALTER TABLE " +
                                mysql::QuoteIdentifier(schema->table) + " ADD PRIMARY KEY (...)"));
  }
  BINSEEK_ASSIGN_OR_RETURN(const Layout layout, LayOut(schema));
  return CheckId(*layout, connection);
}

Status TableCatalog::PrepareIndex(TableCheckpoint* table, uint64_t ordinal, bool beside) {
  BINSEEK_ASSIGN_OR_RETURN(const Layout layout, LayOut(table->schema));
  const MutexLock choosing(owners_->gate());
  BINSEEK_ASSIGN_OR_RETURN(table->index, ChooseIndex(*layout));
  auto made = MakeIndex(*layout, table->index, ordinal, beside);
  if (!made.ok()) {
    table->index.clear();
    return made.status();
  }
  table->index_id = *made;
  table->mapping = layout->fingerprint;
  if (!beside) {
    Claim(*table);
  }
  return Status::Ok();
}

void TableCatalog::Claim(const TableCheckpoint& table) {
  if (!table.index.empty()) {
    owners_->Claim(table.index, {options_.source, options_.source_name,
                                 table.schema->QualifiedName(), table.answering(),
                                 mapper::LayOut(table.schema, options_.mapping).value_or(nullptr)});
  }
}

Status TableCatalog::CheckId(const mapper::TableLayout& layout,
                             mysql::Connection* connection) const {
  if (layout.id_is_key) {
    return Status::Ok();
  }
  std::set<std::string> columns;
  for (const uint32_t ordinal : layout.IdColumns()) {
    columns.insert(layout.table->columns[ordinal].name);
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const auto keys,
      mysql::ReadUniqueKeys(connection, layout.table->database, layout.table->table));
  const bool unique = std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
    return std::includes(columns.begin(), columns.end(), key.begin(), key.end());
  });
  if (unique) {
    return Status::Ok();
  }
  std::string names;
  for (const std::string& name : columns) {
    names += (names.empty() ? "" : ", ") + mysql::QuoteIdentifier(name);
  }
  return Because(StopCode::kIdNotUnique,
                 Status::InvalidArgument("table " + layout.table->QualifiedName() +
                                         ", id: the columns " + names +
                                         " have no unique key, so that two rows could be one "
                                         "document; use [key], or ALTER TABLE " +
                                         mysql::QuoteIdentifier(layout.table->table) +
                                         " ADD UNIQUE KEY (" + names + ")"));
}

Result<std::string> TableCatalog::ChooseIndex(const mapper::TableLayout& layout) const {
  const change::TableSchema& schema = *layout.table;
  const std::string index = IndexNameOf(schema);
  const std::string mend =
      "; name another in the config, source.rename: {" +
      (mysql::IsDatabasePattern(options_.connection.database) ? schema.QualifiedName()
                                                              : schema.table) +
      ": other_name}";
  if (const Status valid = index::CheckIndexName(index); !valid.ok()) {
    return Because(StopCode::kIndexNameInvalid, Status::InvalidArgument(valid.message() + mend));
  }
  for (const TableCheckpoint& other : OthersOf(index, schema.QualifiedName())) {
    if (const Status shared = CheckShared(layout, index, other); !shared.ok()) {
      return Because(StopCode::kIndexTaken, Status::InvalidArgument(shared.message() + mend));
    }
  }
  for (const IndexOwner& other : owners_->OthersOf(index, options_.source)) {
    if (const Status shared = CheckSharedWith(layout, index, other); !shared.ok()) {
      return Because(StopCode::kIndexTaken, Status::InvalidArgument(shared.message() + mend));
    }
  }
  if (sink_->IsForeign(index)) {
    return Because(
        StopCode::kIndexTaken,
        Status::InvalidArgument("index [" + index + "] exists and is written over HTTP" + mend));
  }
  return index;
}

// Two tables' ids may be the same but where both have what the tables' names differ in.
Status TableCatalog::CheckShared(const mapper::TableLayout& layout, const std::string& index,
                                 const TableCheckpoint& other) const {
  const std::string taken =
      "index [" + index + "] is that of table " + other.schema->QualifiedName() + " already";
  const auto other_layout = mapper::LayOut(other.schema, options_.mapping);
  if (layout.index != index || !other_layout.ok() || (*other_layout)->index != index) {
    return Status::InvalidArgument(taken);
  }
  const bool by_database = layout.table->table == other.schema->table;
  for (const mapper::TableLayout* one : {&layout, other_layout->get()}) {
    if (by_database ? !one->id_names_database : !one->id_names_table) {
      return Status::InvalidArgument(
          taken + ", and ids of table " + one->table->QualifiedName() +
          " do not tell its rows from those of other tables: have them begin with the " +
          (by_database ? "database, " : "table, ") + MendByRule(*one->table, index, by_database));
    }
  }
  return Status::Ok();
}

Status TableCatalog::CheckSharedWith(const mapper::TableLayout& layout, const std::string& index,
                                     const IndexOwner& other) const {
  const std::string taken = "index [" + index + "] is that of table " + other.table +
                            " of source " + other.source_name + " already";
  const bool other_means_it = other.layout == nullptr || other.layout->index == index;
  if (layout.index != index || !other_means_it) {
    return Status::InvalidArgument(taken);
  }
  if (!layout.id_names_source || !other.names_source()) {
    return Status::InvalidArgument(
        taken + ", and sources share an index only where all ids begin with their names: " +
        "source.mapping: [{table: " + layout.table->table + ", index: " + index +
        ", id: [source, key]}], in both");
  }
  return Status::Ok();
}

Result<index::IndexId> TableCatalog::MakeIndex(const mapper::TableLayout& layout,
                                               const std::string& index, uint64_t ordinal,
                                               bool beside) {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("catalog.make_index"));
  BINSEEK_ASSIGN_OR_RETURN(auto mapping, mapper::MappingOf(layout));
  mapper::NameTable(layout, options_.source, &mapping);
  const auto others = OthersOf(index, layout.table->QualifiedName());
  const auto of_others = owners_->OthersOf(index, options_.source);
  if (others.empty() && of_others.empty()) {
    BINSEEK_RETURN_IF_ERROR(sink_->DropGenerations(index, std::nullopt));
    if (beside) {
      return sink_->MakeGeneration(index, mapping);
    }
    BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(index, std::nullopt));  // left behind by a crash
    return sink_->EnsureIndex(index, mapping);
  }
  for (const TableCheckpoint& other : others) {
    BINSEEK_ASSIGN_OR_RETURN(const Layout its, mapper::LayOut(other.schema, options_.mapping));
    BINSEEK_RETURN_IF_ERROR(CheckFields(layout, mapping, *its));
  }
  for (const IndexOwner& other : of_others) {
    if (other.layout != nullptr) {  // else the index tells, with fewer words
      BINSEEK_RETURN_IF_ERROR(CheckFields(layout, mapping, *other.layout));
    }
  }
  BINSEEK_RETURN_IF_ERROR(
      EraseDocuments(others.empty() ? of_others.front().index : others.front().index_id,
                     layout.table->QualifiedName(), ordinal));
  return sink_->EnsureIndex(index, mapping);
}

Status TableCatalog::CheckFields(const mapper::TableLayout& layout, const mapping::Mapping& wanted,
                                 const mapper::TableLayout& other) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto existing, mapper::MappingOf(other));
  for (const mapping::Field& field : wanted.fields()) {
    const mapping::Field* const known = existing.Find(field.name);
    if (known != nullptr && !SameField(field, *known)) {
      return Because(
          StopCode::kFieldsClash,
          Status::InvalidArgument(
              "field `" + field.name + "` is " + Described(field) + " in table " +
              layout.table->QualifiedName() + ", and " + Described(*known) + " in table " +
              other.table->QualifiedName() + ", which has the same index [" + other.index +
              "]: give both one type under `fields` of their source.mapping, or one of them "
              "another name by `rename`"));
    }
  }
  return Status::Ok();
}

Status TableCatalog::LetGo(const std::string& name, uint64_t ordinal) {
  const auto followed = tables_->Find(name);
  if (!followed) {
    return Status::Ok();
  }
  // Before the table is forgotten: where the disk is full this is tried again, and then there has to be a table to let go of.
  BINSEEK_RETURN_IF_ERROR(DropDocuments(*followed, ordinal));
  mapper_->Unbind(name);
  tables_->Remove(name);
  options_.state->ForgetDeadLetters(options_.source, name);
  return Status::Ok();
}

// The server does not show it. One that the account may not see any more is there all the same: its documents stay, and it is told.
Status TableCatalog::LetGoOfUnseen(const std::string& name, uint64_t ordinal,
                                   mysql::Connection* connection) {
  const auto followed = tables_->Find(name);
  if (!followed) {
    return Status::Ok();
  }
  const change::TableSchema& schema = *followed->schema;
  BINSEEK_ASSIGN_OR_RETURN(const bool hidden,
                           mysql::IsHidden(connection, schema.database, schema.table));
  if (!hidden) {
    return LetGo(name, ordinal);
  }
  Stop(schema, change::StopCode::kAccountRefused,
       Status::InvalidArgument("the account may not see the table any more: GRANT SELECT ON " +
                               mysql::QuoteIdentifier(schema.database) + "." +
                               mysql::QuoteIdentifier(schema.table) +
                               " TO it, then binseek resync has it followed again"));
  return Status::Ok();
}

Status TableCatalog::DropDocuments(const TableCheckpoint& table, uint64_t ordinal) {
  const std::string name = table.schema->QualifiedName();
  if (table.index.empty()) {
    return Status::Ok();
  }
  const MutexLock dropping(owners_->gate());
  const auto sharing = tables_->TablesOf(table.index);
  const bool shared =
      IsSharedWithOthers(table.index) ||
      std::any_of(sharing.begin(), sharing.end(), [&](const auto& other) {
        return other.index_id == table.answering() && other.schema->QualifiedName() != name;
      });
  if (shared) {
    Log(LogLevel::kInfo, "documents of a table are erased",
        {{"table", name}, {"index", table.index}});
    BINSEEK_RETURN_IF_ERROR(
        EraseDocuments(table.index_id, name, std::max(ordinal, table.sweep_below)));
    owners_->Release(options_.source, name);
    return Status::Ok();
  }
  Log(LogLevel::kInfo, "index dropped", {{"table", name}, {"index", table.index}});
  BINSEEK_RETURN_IF_ERROR(sink_->DropGenerations(table.index, std::nullopt));
  BINSEEK_RETURN_IF_ERROR(sink_->DropIndexNamed(table.index, table.answering()));
  owners_->Release(options_.source, name);
  return Status::Ok();
}

// With the greatest version of before the ordinal: whatever comes behind it wins.
Status TableCatalog::EraseDocuments(index::IndexId index, const std::string& table,
                                    uint64_t ordinal) {
  const int64_t version = change::VersionOf(ordinal, 0) - 1;
  const auto keys =
      sink_->KeysBelow(index, change::SourceTable(options_.source, table), version + 1);
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(auto piece, keys->Next(kEraseKeys));
    if (piece.empty()) {
      return Status::Ok();
    }
    index::Batch batch;
    for (std::string& key : piece) {
      index::Operation& erase = batch.operations.emplace_back();
      erase.kind = index::OpKind::kDelete;
      erase.index = index;
      erase.key = std::move(key);
      erase.version_type = index::VersionType::kExternalGte;
      erase.version = version;
    }
    BINSEEK_RETURN_IF_ERROR(sink_->Apply(batch).status());
  }
}

Status TableCatalog::Bind(const TableCheckpoint& table, uint64_t since_ordinal) {
  BINSEEK_ASSIGN_OR_RETURN(Layout layout, mapper::LayOut(table.schema, options_.mapping));
  BINSEEK_RETURN_IF_ERROR(
      mapper_->Bind(layout, table.index_id, sink_->MappingOf(table.index_id), since_ordinal));
  return table.old.is_fed
             ? mapper_->BindOld(std::move(layout), table.old.id, sink_->MappingOf(table.old.id))
             : Status::Ok();
}

}  // namespace binseek::pipeline
