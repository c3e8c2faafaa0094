// Decodes one column's value out of a row image.
//
// Thread-safety: pure functions. Errors: kCorruption, sticky in the reader or as a Status, for bytes that cannot be right;
// kAborted where table map and schema do not fit together, naming the column.
#ifndef BINSEEK_SYNC_BINLOG_COLUMN_VALUE_H_
#define BINSEEK_SYNC_BINLOG_COLUMN_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/result.h"
#include "sync/binlog/table_map.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::binlog {

// How the values of one column are read: worked out once per table map, so that rows are decoded without questions.
struct ColumnPlan {
  WireType type = WireType::kNull;
  uint16_t length = 0;  // see WireColumn
  uint8_t precision = 0;
  uint8_t scale = 0;
  bool is_unsigned = false;
  change::ColumnType column_type = change::ColumnType::kInt;
  uint32_t pad_to = 0;              // BINARY(N): bytes, zeros that the server left out
  std::string charset;              // of kText
  bool is_utf8 = false;             // that charset
  std::vector<std::string> labels;  // UTF-8
};

// `wire` as the stream says, `column` as the schema says. kAborted where they contradict each other.
Result<ColumnPlan> MakeColumnPlan(const WireColumn& wire, const change::Column& column,
                                  bool has_names);

// Reads one value that is not NULL into one that is blank: absent, but with any memory. Errors: sticky in `reader`, or returned.
Status DecodeColumnValue(const ColumnPlan& plan, ByteReader* reader, change::Value* value);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_COLUMN_VALUE_H_
