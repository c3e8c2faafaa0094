// TableMap: what the stream itself says of a table whose rows follow.
//
// How much that is depends on the server's binlog_row_metadata: names, labels and more with FULL; signs and character
// sets with MySQL's MINIMAL; nothing but wire types with MariaDB's NO_LOG.
//
// Thread-safety: pure functions. Errors: kCorruption naming the offset.
#ifndef BINSEEK_SYNC_BINLOG_TABLE_MAP_H_
#define BINSEEK_SYNC_BINLOG_TABLE_MAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace binseek::binlog {

// Wire types of columns, as they are numbered there. kEnum and kSet hide in the metadata of kString.
enum class WireType : uint8_t {
  kDecimalOld = 0,
  kTiny = 1,
  kShort = 2,
  kLong = 3,
  kFloat = 4,
  kDouble = 5,
  kNull = 6,
  kTimestampOld = 7,
  kLongLong = 8,
  kInt24 = 9,
  kDate = 10,
  kTimeOld = 11,
  kDateTimeOld = 12,
  kYear = 13,
  kNewDate = 14,
  kVarchar = 15,
  kBit = 16,
  kTimestamp = 17,
  kDateTime = 18,
  kTime = 19,
  kBlobCompressed = 140,  // MariaDB's COMPRESSED columns
  kVarcharCompressed = 141,
  kVector = 242,
  kJson = 245,
  kDecimal = 246,
  kEnum = 247,
  kSet = 248,
  kBlob = 252,
  kVarString = 253,
  kString = 254,
  kGeometry = 255,
};

struct WireColumn {
  WireType type = WireType::kNull;
  // By type: length bytes (blobs, JSON), bytes at most (strings), precision and scale, fractional digits, bits, bytes of an
  // ENUM or SET.
  uint16_t length = 0;
  uint8_t precision = 0;
  uint8_t scale = 0;
  // Where the map tells:
  std::optional<bool> is_unsigned;
  std::optional<uint32_t> collation;
  std::string_view name;
  std::vector<std::string_view> labels;
};

struct TableMap {
  uint64_t table_id = 0;
  std::string_view database;
  std::string_view table;
  std::vector<WireColumn> columns;
  bool has_names = false;
  bool has_labels = false;
};

// Database and table alone; enough to see that nobody wants its rows.
struct TableName {
  uint64_t table_id = 0;
  std::string_view database;
  std::string_view table;
};
Result<TableName> DecodeTableName(std::string_view body, int table_id_bytes);

// Views point into `body`. `mariadb`: its geometry columns count as character columns in the lists of character sets.
Result<TableMap> DecodeTableMap(std::string_view body, int table_id_bytes, bool mariadb);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TABLE_MAP_H_
