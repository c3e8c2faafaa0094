#include "sync/binlog/table_cache.h"

namespace binseek::binlog {
namespace {

// Ids rise with every change of a table; old ones never come back.
constexpr size_t kMaxTables = 10'000;

// Names no table: only the end of a statement hangs on it.
constexpr uint64_t kDummyTableId = 0xffffff;

}  // namespace

Status TableCache::Add(std::string_view body, int table_id_bytes) {
  BINSEEK_ASSIGN_OR_RETURN(const TableName name, DecodeTableName(body, table_id_bytes));
  Table& table = tables_[name.table_id];
  auto schema = schema_provider_(name.database, name.table);
  if (schema == nullptr) {
    table = Table();
    return Status::Ok();
  }
  if (table.decoder != nullptr && table.decoder->schema() == schema && table.body == body) {
    return Status::Ok();
  }
  table = Table();
  BINSEEK_ASSIGN_OR_RETURN(const TableMap map, DecodeTableMap(body, table_id_bytes, mariadb_));
  BINSEEK_ASSIGN_OR_RETURN(table.decoder, RowDecoder::Make(map, std::move(schema)));
  table.body.assign(body);
  return Status::Ok();
}

void TableCache::Trim() {
  if (tables_.size() >= kMaxTables) {
    tables_.clear();
  }
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
