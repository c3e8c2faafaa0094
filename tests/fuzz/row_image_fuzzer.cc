// Table map and rows. Layout: one byte (bit 0 MariaDB, bits 1-2 the kind of rows, 3: partial updates), two bytes length of the table map's
// body, the body, and a rows event's body. The schema is made of what the map says, so that the rows are looked at.
#include <cstdint>
#include <memory>

#include "engine/base/byte_reader.h"
#include "engine/base/result.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/row_image.h"
#include "sync/binlog/table_map.h"

namespace {

using binseek::binlog::WireType;
using binseek::change::ColumnType;

ColumnType TypeFor(WireType wire) {
  switch (wire) {
    case WireType::kTiny:
      return ColumnType::kTinyInt;
    case WireType::kShort:
      return ColumnType::kSmallInt;
    case WireType::kInt24:
      return ColumnType::kMediumInt;
    case WireType::kLong:
      return ColumnType::kInt;
    case WireType::kLongLong:
      return ColumnType::kBigInt;
    case WireType::kFloat:
      return ColumnType::kFloat;
    case WireType::kDouble:
      return ColumnType::kDouble;
    case WireType::kDecimal:
      return ColumnType::kDecimal;
    case WireType::kBit:
      return ColumnType::kBit;
    case WireType::kYear:
      return ColumnType::kYear;
    case WireType::kDate:
      return ColumnType::kDate;
    case WireType::kTime:
    case WireType::kTimeOld:
      return ColumnType::kTime;
    case WireType::kDateTime:
    case WireType::kDateTimeOld:
      return ColumnType::kDateTime;
    case WireType::kTimestamp:
    case WireType::kTimestampOld:
      return ColumnType::kTimestamp;
    case WireType::kEnum:
      return ColumnType::kEnum;
    case WireType::kSet:
      return ColumnType::kSet;
    case WireType::kJson:
      return ColumnType::kJson;
    case WireType::kGeometry:
      return ColumnType::kGeometry;
    case WireType::kVector:
      return ColumnType::kVector;
    case WireType::kBlob:
    case WireType::kBlobCompressed:
      return ColumnType::kText;
    case WireType::kString:
      return ColumnType::kChar;
    default:
      return ColumnType::kVarchar;
  }
}

std::shared_ptr<binseek::change::TableSchema> SchemaFor(const binseek::binlog::TableMap& map) {
  auto schema = std::make_shared<binseek::change::TableSchema>();
  schema->database = "shop";
  schema->table = "product";
  for (const auto& wire : map.columns) {
    auto& column = schema->columns.emplace_back();
    column.name = wire.name;
    column.type = TypeFor(wire.type);
    column.is_unsigned = wire.is_unsigned.value_or(false);
    column.precision = wire.precision;
    column.scale = wire.scale;
    column.length = wire.type == WireType::kBit ? wire.length * 8U : wire.length;
    if (wire.collation == 63U) {
      column.type = column.type == ColumnType::kText      ? ColumnType::kBlob
                    : column.type == ColumnType::kChar    ? ColumnType::kBinary
                    : column.type == ColumnType::kVarchar ? ColumnType::kVarbinary
                                                          : column.type;
    } else {
      column.charset = "utf8mb4";
    }
    column.labels = {"a", "b", "c"};
  }
  return schema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  binseek::ByteReader reader(std::string_view(reinterpret_cast<const char*>(data), size));
  const uint8_t choice = reader.U8();
  const std::string_view map_body = reader.Bytes(reader.U16());
  const auto map = binseek::binlog::DecodeTableMap(map_body, 6, (choice & 1) != 0);
  if (!reader.ok() || !map.ok()) {
    return 0;
  }
  const auto decoder = binseek::binlog::RowDecoder::Make(*map, SchemaFor(*map));
  if (!decoder.ok()) {
    return 0;
  }
  binseek::binlog::Event event;
  const int kind = choice >> 1 & 3;
  event.header.type = kind == 3
                          ? binseek::binlog::EventType::kPartialUpdateRows
                          : static_cast<binseek::binlog::EventType>(
                                static_cast<int>(binseek::binlog::EventType::kWriteRows) + kind);
  event.body = reader.Rest();
  binseek::binlog::FormatDescription format;
  format.post_header_lengths.assign(42, 10);
  const auto rows = binseek::binlog::DecodeRows(event, format);
  if (!rows.ok()) {
    return 0;
  }
  binseek::binlog::SpillOptions spill;
  spill.memory_bytes = 1 << 20;
  binseek::binlog::RowBuffer buffer(&spill);
  (void)(*decoder)->DecodeRows(*rows, &buffer).ok();
  return 0;
}
