#include "sync/binlog/table_map.h"

#include "engine/base/byte_reader.h"

namespace binseek::binlog {
namespace {

constexpr size_t kMaxColumns = 4096;  // the servers' own

// Fields of the optional metadata.
enum OptionalField : uint8_t {
  kSignedness = 1,
  kDefaultCharset = 2,
  kColumnCharset = 3,
  kColumnName = 4,
  kSetLabels = 5,
  kEnumLabels = 6,
  kEnumSetDefaultCharset = 10,
  kEnumSetColumnCharset = 11,
};

bool IsNumeric(WireType type) {
  switch (type) {
    case WireType::kTiny:
    case WireType::kShort:
    case WireType::kInt24:
    case WireType::kLong:
    case WireType::kLongLong:
    case WireType::kFloat:
    case WireType::kDouble:
    case WireType::kDecimal:
    case WireType::kYear:
      return true;
    default:
      return false;
  }
}

bool IsEnumOrSet(WireType type) { return type == WireType::kEnum || type == WireType::kSet; }

bool IsCharacter(WireType type, bool mariadb) {
  switch (type) {
    case WireType::kVarchar:
    case WireType::kVarString:
    case WireType::kString:
    case WireType::kBlob:
    case WireType::kVector:
    case WireType::kBlobCompressed:
    case WireType::kVarcharCompressed:
      return true;
    case WireType::kGeometry:
      return mariadb;
    default:
      return false;
  }
}

// Two bytes: the real type, then its length; the length of a long CHAR has two bits more, folded into the type.
void ReadStringMetadata(ByteReader* metadata, WireColumn* column) {
  const uint8_t type = metadata->U8();
  const uint8_t length = metadata->U8();
  column->length = length;
  if ((type & 0x30) != 0x30) {
    column->length = static_cast<uint16_t>(length | ((type & 0x30) ^ 0x30) << 4);
    column->type = static_cast<WireType>(type | 0x30);
  } else {
    column->type = static_cast<WireType>(type);
  }
  if (column->type != WireType::kString && !IsEnumOrSet(column->type)) {
    metadata->Fail("string column of type " + std::to_string(type));
  }
}

void ReadMetadata(ByteReader* metadata, WireColumn* column) {
  switch (column->type) {
    case WireType::kFloat:
    case WireType::kDouble:
    case WireType::kBlob:
    case WireType::kBlobCompressed:
    case WireType::kGeometry:
    case WireType::kJson:
    case WireType::kVector:
      column->length = metadata->U8();
      break;
    case WireType::kTime:
    case WireType::kDateTime:
    case WireType::kTimestamp:
      column->scale = metadata->U8();
      if (column->scale > 6) {
        metadata->Fail("fraction of " + std::to_string(column->scale) + " digits");
      }
      break;
    case WireType::kVarchar:
    case WireType::kVarcharCompressed:
    case WireType::kVarString:
      column->length = metadata->U16();
      break;
    case WireType::kBit: {
      const uint8_t bits = metadata->U8();
      const uint8_t bytes = metadata->U8();
      column->length = static_cast<uint16_t>(bytes + (bits > 0 ? 1 : 0));
      break;
    }
    case WireType::kDecimal:
      column->precision = metadata->U8();
      column->scale = metadata->U8();
      break;
    case WireType::kString:
    case WireType::kEnum:
    case WireType::kSet:
      ReadStringMetadata(metadata, column);
      break;
    default:
      break;  // no metadata; types that are not known fail where a table with them is wanted
  }
}

// One bit per numeric column, first column in the highest bit.
void ReadSignedness(ByteReader field, TableMap* map) {
  uint8_t bits = 0;
  int left = 0;
  for (WireColumn& column : map->columns) {
    if (!IsNumeric(column.type)) {
      continue;
    }
    if (left == 0) {
      if (field.AtEnd()) {
        return;
      }
      bits = field.U8();
      left = 8;
    }
    column.is_unsigned = (bits & 0x80) != 0;
    bits = static_cast<uint8_t>(bits << 1);
    --left;
  }
}

template <class Wanted>
std::vector<WireColumn*> ColumnsWhere(TableMap* map, Wanted wanted) {
  std::vector<WireColumn*> columns;
  for (WireColumn& column : map->columns) {
    if (wanted(column.type)) {
      columns.push_back(&column);
    }
  }
  return columns;
}

Status ReadDefaultCharset(ByteReader field, const std::vector<WireColumn*>& columns) {
  const uint64_t collation = field.LenEnc();
  for (WireColumn* column : columns) {
    column->collation = static_cast<uint32_t>(collation);
  }
  while (field.ok() && !field.AtEnd()) {
    const uint64_t index = field.LenEnc();
    const uint64_t other = field.LenEnc();
    if (index >= columns.size()) {
      field.Fail("character column " + std::to_string(index) + " of " +
                 std::to_string(columns.size()));
      break;
    }
    columns[index]->collation = static_cast<uint32_t>(other);
  }
  return field.status("character sets");
}

Status ReadColumnCharsets(ByteReader field, const std::vector<WireColumn*>& columns) {
  for (WireColumn* column : columns) {
    column->collation = static_cast<uint32_t>(field.LenEnc());
  }
  return field.status("character sets");
}

Status ReadNames(ByteReader field, TableMap* map) {
  for (WireColumn& column : map->columns) {
    column.name = field.LenEncBytes();
  }
  map->has_names = field.ok();
  return field.status("column names");
}

Status ReadLabels(ByteReader field, const std::vector<WireColumn*>& columns, TableMap* map) {
  for (WireColumn* column : columns) {
    const uint64_t count = field.LenEnc();
    if (count > field.remaining()) {
      field.Fail(std::to_string(count) + " labels");
    }
    for (uint64_t i = 0; i < count && field.ok(); ++i) {
      column->labels.push_back(field.LenEncBytes());
    }
  }
  map->has_labels = true;
  return field.status("labels");
}

Status ReadOptionalField(uint8_t kind, const ByteReader& field, bool mariadb, TableMap* map) {
  switch (kind) {
    case kSignedness:
      ReadSignedness(field, map);
      return Status::Ok();
    case kDefaultCharset:
      return ReadDefaultCharset(
          field, ColumnsWhere(map, [&](WireType t) { return IsCharacter(t, mariadb); }));
    case kColumnCharset:
      return ReadColumnCharsets(
          field, ColumnsWhere(map, [&](WireType t) { return IsCharacter(t, mariadb); }));
    case kColumnName:
      return ReadNames(field, map);
    case kSetLabels:
      return ReadLabels(field, ColumnsWhere(map, [](WireType t) { return t == WireType::kSet; }),
                        map);
    case kEnumLabels:
      return ReadLabels(field, ColumnsWhere(map, [](WireType t) { return t == WireType::kEnum; }),
                        map);
    case kEnumSetDefaultCharset:
      return ReadDefaultCharset(field, ColumnsWhere(map, IsEnumOrSet));
    case kEnumSetColumnCharset:
      return ReadColumnCharsets(field, ColumnsWhere(map, IsEnumOrSet));
    default:
      return Status::Ok();  // keys, visibility, geometry types, dimensions: the schema tells
  }
}

TableName ReadName(ByteReader* reader, int table_id_bytes) {
  TableName name;
  name.table_id = reader->UintLe(table_id_bytes);
  reader->U16();  // flags
  name.database = reader->Bytes(reader->U8());
  reader->U8();
  name.table = reader->Bytes(reader->U8());
  reader->U8();
  return name;
}

}  // namespace

Result<TableName> DecodeTableName(std::string_view body, int table_id_bytes) {
  ByteReader reader(body);
  const TableName name = ReadName(&reader, table_id_bytes);
  BINSEEK_RETURN_IF_ERROR(reader.status("TABLE_MAP"));
  return name;
}

Result<TableMap> DecodeTableMap(std::string_view body, int table_id_bytes, bool mariadb) {
  ByteReader reader(body);
  const TableName name = ReadName(&reader, table_id_bytes);
  TableMap map;
  map.table_id = name.table_id;
  map.database = name.database;
  map.table = name.table;
  const std::string_view types = reader.LenEncBytes();
  if (types.size() > kMaxColumns) {
    return Status::Corruption("TABLE_MAP of " + std::to_string(types.size()) + " columns");
  }
  ByteReader metadata(reader.LenEncBytes());
  map.columns.reserve(types.size());
  for (const char type : types) {
    WireColumn& column = map.columns.emplace_back();
    column.type = static_cast<WireType>(type);
    ReadMetadata(&metadata, &column);
  }
  reader.Skip((types.size() + 7) / 8);  // which columns may be NULL
  BINSEEK_RETURN_IF_ERROR(reader.status("TABLE_MAP"));
  BINSEEK_RETURN_IF_ERROR(metadata.status("TABLE_MAP metadata"));
  while (!reader.AtEnd()) {
    const uint8_t kind = reader.U8();
    const ByteReader field(reader.LenEncBytes());
    BINSEEK_RETURN_IF_ERROR(reader.status("TABLE_MAP"));
    const Status read = ReadOptionalField(kind, field, mariadb, &map);
    if (!read.ok()) {
      return read.WithContext("TABLE_MAP");
    }
  }
  return map;
}

}  // namespace binseek::binlog
