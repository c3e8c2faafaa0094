#include "sync/binlog/table_cache.h"

#include "sync/binlog/row_history.h"

namespace binseek::binlog {
namespace {

// Ids rise with every change of a table; old ones never come back.
constexpr size_t kMaxTables = 10'000;

// Names no table: only the end of a statement hangs on it.
constexpr uint64_t kDummyTableId = 0xffffff;

}  // namespace

Result<std::optional<TableCache::Fault>> TableCache::Add(std::string_view body,
                                                         int table_id_bytes) {
  BINSEEK_ASSIGN_OR_RETURN(const TableName name, DecodeTableName(body, table_id_bytes));
  NoteCascading(name);
  Table& table = tables_[name.table_id];
  auto schema = schema_provider_(name.database, name.table);
  if (schema == nullptr) {
    table = Table();
    return std::optional<Fault>();
  }
  const auto& known = table.versioned != nullptr || table.decoder == nullptr
                          ? table.versioned
                          : table.decoder->schema();
  if (table.decoder != nullptr && known == schema && table.body == body) {
    return std::optional<Fault>();
  }
  table = Table();
  if (schema->versioning != change::Versioning::kNone) {
    table.versioned = schema;
    schema = WithHistory(schema);
  }
  auto decoder = MakeDecoder(body, table_id_bytes, std::move(schema));
  if (!decoder.ok()) {
    return std::optional<Fault>(
        {std::string(name.database), std::string(name.table), decoder.status().message()});
  }
  table.decoder = std::move(decoder).value();
  table.body.assign(body);
  return std::optional<Fault>();
}

Result<std::unique_ptr<RowDecoder>> TableCache::MakeDecoder(
    std::string_view body, int table_id_bytes,
    std::shared_ptr<const change::TableSchema> schema) const {
  const auto map = DecodeTableMap(body, table_id_bytes, mariadb_);
  if (!map.ok()) {
    return map.status().WithContext("table " + schema->QualifiedName());
  }
  return RowDecoder::Make(*map, std::move(schema));
}

void TableCache::NoteCascading(const TableName& name) {
  if (cascades_from_ && cascades_from_(name.database, name.table)) {
    cascading_[name.table_id] = std::string(name.database) + "." + std::string(name.table);
  } else if (!cascading_.empty()) {
    cascading_.erase(name.table_id);
  }
}

std::string_view TableCache::CascadesFrom(uint64_t table_id) const {
  if (cascading_.empty()) {
    return {};
  }
  const auto found = cascading_.find(table_id);
  return found == cascading_.end() ? std::string_view() : std::string_view(found->second);
}

void TableCache::Trim() {
  if (tables_.size() >= kMaxTables) {
    Clear();
  }
}

std::shared_ptr<const change::TableSchema> TableCache::VersionedSchema(uint64_t table_id) const {
  const auto found = tables_.find(table_id);
  return found == tables_.end() ? nullptr : found->second.versioned;
}

Result<const RowDecoder*> TableCache::Find(uint64_t table_id) const {
  const auto found = tables_.find(table_id);
  if (found != tables_.end()) {
    return static_cast<const RowDecoder*>(found->second.decoder.get());
  }
  if (table_id == kDummyTableId) {
    return static_cast<const RowDecoder*>(nullptr);
  }
  return Status::Corruption("rows of table id " + std::to_string(table_id) +
                            " without a table map");
}

}  // namespace binseek::binlog
