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
  // `cascades_from` may be null: nothing does.
  TableCache(SchemaProvider schema_provider, bool mariadb, CascadeFilter cascades_from = nullptr)
      : schema_provider_(std::move(schema_provider)),
        cascades_from_(std::move(cascades_from)),
        mariadb_(mariadb) {}

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

  // The schema that its rows come out with, where the decoder's has their history. Null: the decoder's is the one.
  std::shared_ptr<const change::TableSchema> VersionedSchema(uint64_t table_id) const;
  // The table, "database.table", where changes of its rows may cascade; empty: they do not.
  std::string_view CascadesFrom(uint64_t table_id) const;

  void Clear() {
    tables_.clear();
    cascading_.clear();
  }
  // Between transactions: forgets maps where there are many. They are sent again with every statement.
  void Trim();

 private:
  struct Table {
    std::string body;                     // of the map that `decoder` was made of
    std::unique_ptr<RowDecoder> decoder;  // null: there are no rows to decode
    // Of which `decoder` has the whole one: see row_history.h. Null: it has history of no kind.
    std::shared_ptr<const change::TableSchema> versioned;
  };

  void NoteCascading(const TableName& name);
  Result<std::unique_ptr<RowDecoder>> MakeDecoder(
      std::string_view body, int table_id_bytes,
      std::shared_ptr<const change::TableSchema> schema) const;

  const SchemaProvider schema_provider_;
  const CascadeFilter cascades_from_;
  const bool mariadb_;
  std::unordered_map<uint64_t, Table> tables_;
  std::unordered_map<uint64_t, std::string> cascading_;  // by id; few have any
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TABLE_CACHE_H_
