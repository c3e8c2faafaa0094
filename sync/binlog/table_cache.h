// TableCache: the table maps of a stream, by table id, with a decoder for those that are captured.
//
// Single-threaded: the reader of the stream. Errors: kCorruption for table maps that name no table and for rows without a table map.
#ifndef BINSEEK_SYNC_BINLOG_TABLE_CACHE_H_
#define BINSEEK_SYNC_BINLOG_TABLE_CACHE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/base/result.h"
#include "sync/binlog/row_image.h"
#include "sync/binlog/schema_provider.h"

namespace binseek::binlog {

class TableCache {
 public:
  TableCache(SchemaProvider schema_provider, bool mariadb)
      : schema_provider_(std::move(schema_provider)), mariadb_(mariadb) {}

  // A captured table whose rows cannot be decoded, and why: its map says something else than its schema, or nothing that can be read.
  struct Fault {
    std::string database;
    std::string table;
    std::string why;
  };
  // Takes a TABLE_MAP in. Cheap where nothing changed since the same table's last one.
  Result<std::optional<Fault>> Add(std::string_view body, int table_id_bytes);

  // Null where the table is not captured, or has a fault.
  Result<const RowDecoder*> Find(uint64_t table_id) const;

  void Clear() { tables_.clear(); }
  // Between transactions: forgets maps where there are many. They are sent again with every statement.
  void Trim();

 private:
  struct Table {
    std::string body;                     // of the map that `decoder` was made of
    std::unique_ptr<RowDecoder> decoder;  // null: there are no rows to decode
  };

  Result<std::unique_ptr<RowDecoder>> MakeDecoder(
      std::string_view body, int table_id_bytes,
      std::shared_ptr<const change::TableSchema> schema) const;

  const SchemaProvider schema_provider_;
  const bool mariadb_;
  std::unordered_map<uint64_t, Table> tables_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TABLE_CACHE_H_
