// Reads what tables look like now from information_schema, for both servers.
//
// The result is as of the moment of the call: whoever decodes older binlog with it must compare
// (sync/binlog does, and refuses on a difference).
//
// Thread-safety: as the connection. Errors: the connection's; kNotFound where the database does not
// exist. Cost: one query per kind of fact, whatever the number of tables.
#ifndef BINSEEK_SYNC_MYSQL_SCHEMA_READER_H_
#define BINSEEK_SYNC_MYSQL_SCHEMA_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

// All base tables of `database`, by name; views are left out. A column of a type that is not known
// fails the call with kInvalidArgument naming table and column.
Result<std::vector<std::shared_ptr<const change::TableSchema>>> ReadTables(
    Connection* connection, std::string_view database);

// One table; nullptr where there is none of that name.
Result<std::shared_ptr<const change::TableSchema>> ReadTable(Connection* connection,
                                                             std::string_view database,
                                                             std::string_view table);

// One row of information_schema.COLUMNS.
struct ColumnFacts {
  std::string name;
  std::string data_type;    // "decimal"
  std::string column_type;  // "decimal(10,2) unsigned", "enum('a','b')"
  bool nullable = true;
  std::optional<uint64_t> length;     // CHARACTER_MAXIMUM_LENGTH
  std::optional<uint64_t> precision;  // NUMERIC_PRECISION
  std::optional<uint64_t> scale;      // NUMERIC_SCALE
  std::optional<uint64_t> fraction;   // DATETIME_PRECISION
  std::string charset;
  std::string collation;
  std::string extra;  // "STORED GENERATED", "INVISIBLE", ...
};

// kInvalidArgument where the type is not known. Pure; exposed for tests.
Result<change::Column> MakeColumn(const ColumnFacts& facts);

// The labels of "enum('a','it''s')". kInvalidArgument where it does not parse.
Result<std::vector<std::string>> ParseLabels(std::string_view column_type);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_SCHEMA_READER_H_
