// TableSchema: what a table looked like at one place of its source's stream.
//
// Immutable once shared (shared_ptr<const TableSchema>); every RowChange holds the schema that decoded it, so rows keep
// their meaning when the table changes shape behind them.
#ifndef BINSEEK_SYNC_CHANGE_TABLE_SCHEMA_H_
#define BINSEEK_SYNC_CHANGE_TABLE_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

namespace binseek::change {

// A source of changes within this process (a MySQL server, later a Kafka topic). 0 is the first configured one.
enum class SourceId : uint16_t {};

// Column types as SQL names them; a decoder maps wire types and the server's quirks (MariaDB's JSON is LONGTEXT) here.
enum class ColumnType : uint8_t {
  kTinyInt,
  kSmallInt,
  kMediumInt,
  kInt,
  kBigInt,
  kFloat,
  kDouble,
  kDecimal,
  kBit,
  kYear,
  kChar,
  kVarchar,
  kText,
  kBinary,
  kVarbinary,
  kBlob,
  kDate,
  kTime,
  kDateTime,
  kTimestamp,
  kEnum,
  kSet,
  kJson,
  kGeometry,
  kVector,
  kUuid,
  kInet4,
  kInet6,
};

struct Column {
  std::string name;
  ColumnType type = ColumnType::kInt;
  bool is_unsigned = false;
  bool nullable = true;
  bool generated = false;  // STORED or VIRTUAL
  bool invisible = false;
  // Characters (CHAR, VARCHAR) or bytes (BINARY, VARBINARY); bits (BIT); 0 = not applicable.
  uint32_t length = 0;
  uint8_t precision = 0;  // DECIMAL
  uint8_t scale = 0;      // DECIMAL; fractional second digits of TIME, DATETIME, TIMESTAMP
  std::string charset;    // "utf8mb4", "latin1", ... ; empty for types without one
  std::string collation;  // "utf8mb4_general_ci"; empty for types without one
  std::string geometry;   // "point", "polygon", ...; kGeometry only
  std::vector<std::string> labels;  // ENUM, SET: UTF-8, in definition order
};

// Where MariaDB's system-versioned tables tell until when a row holds (sync/binlog/row_history.h). Values are persisted.
enum class Versioning : uint8_t {
  kNone = 0,
  kHidden = 1,  // in two columns of rows events behind the others, which the schema has not
  kColumn = 2,  // in the column `row_end`, which is no part of `key`, though of the server's
};

struct TableSchema {
  SourceId source{};
  std::string database;
  std::string table;
  std::vector<Column> columns;  // in the table's order, invisible ones included
  std::vector<uint32_t>
      key;  // ordinals, in key order, of the primary key's columns, else of the first unique key's that are never NULL; empty: the table has none
  Versioning versioning = Versioning::kNone;
  uint32_t row_end = 0;  // kColumn: its ordinal

  std::string QualifiedName() const { return database + "." + table; }
  // Ordinal of the column named so (exact match), or -1.
  int FindColumn(const std::string& name) const;
};

// True where rows decoded under `a` mean the same under `b` (same columns in the same order with the same types and key).
bool SameShape(const TableSchema& a, const TableSchema& b);

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_TABLE_SCHEMA_H_
