#include "sync/mapper/column_field.h"

#include <iterator>

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using mapping::FieldKind;

FieldKind KindOf(const Column& column) {
  switch (column.type) {
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kYear:
      return FieldKind::kLong;
    case ColumnType::kBigInt:
      return column.is_unsigned ? FieldKind::kUnsignedLong : FieldKind::kLong;
    case ColumnType::kBit:
      return FieldKind::kUnsignedLong;
    case ColumnType::kFloat:
      return FieldKind::kFloat;
    case ColumnType::kDouble:
      return FieldKind::kDouble;
    case ColumnType::kDecimal:
      return column.precision <= kMaxExactDigits ? FieldKind::kDecimal : FieldKind::kDouble;
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
      return FieldKind::kText;
    case ColumnType::kDate:
    case ColumnType::kDateTime:
    case ColumnType::kTimestamp:
      return FieldKind::kDate;
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kTime:
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      return FieldKind::kKeyword;
    case ColumnType::kJson:
      return FieldKind::kFlattened;
    case ColumnType::kGeometry:
      return column.geometry == "point" ? FieldKind::kGeoPoint : FieldKind::kBinary;
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
    case ColumnType::kVector:
      return FieldKind::kBinary;
  }
  return FieldKind::kBinary;
}

}  // namespace

mapping::Field FieldOfColumn(const Column& column, bool in_key) {
  mapping::Field field;
  field.name = column.name;
  field.kind = KindOf(column);
  if (field.kind == FieldKind::kDecimal || field.kind == FieldKind::kDate) {
    field.scale = column.scale;
  }
  if (column.type == ColumnType::kDate) {
    field.date_style = mapping::DateStyle::kDate;
    field.scale = 0;
  } else if (column.type == ColumnType::kDateTime) {
    field.date_style = mapping::DateStyle::kLocal;
  }
  // A DECIMAL that only a double can index has digits that the double has lost.
  const bool lossy = column.type == ColumnType::kDecimal && field.kind == FieldKind::kDouble;
  field.in_place = field.is_numeric() && !in_key && !lossy;
  return field;
}

std::string_view SqlTypeName(ColumnType type) {
  // In the order of the enumeration.
  static constexpr std::string_view kNames[] = {
      "TINYINT",   "SMALLINT", "MEDIUMINT", "INT",    "BIGINT",   "FLOAT",     "DOUBLE",
      "DECIMAL",   "BIT",      "YEAR",      "CHAR",   "VARCHAR",  "TEXT",      "BINARY",
      "VARBINARY", "BLOB",     "DATE",      "TIME",   "DATETIME", "TIMESTAMP", "ENUM",
      "SET",       "JSON",     "GEOMETRY",  "VECTOR", "UUID",     "INET4",     "INET6"};
  static_assert(std::size(kNames) == static_cast<size_t>(ColumnType::kInet6) + 1);
  return kNames[static_cast<size_t>(type)];
}

}  // namespace binseek::mapper
