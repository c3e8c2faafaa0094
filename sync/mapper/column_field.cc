#include "sync/mapper/column_field.h"

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

bool HasKeywordSubfield(const Column& column) { return KindOf(column) == FieldKind::kText; }

std::string_view SqlTypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kTinyInt:
      return "TINYINT";
    case ColumnType::kSmallInt:
      return "SMALLINT";
    case ColumnType::kMediumInt:
      return "MEDIUMINT";
    case ColumnType::kInt:
      return "INT";
    case ColumnType::kBigInt:
      return "BIGINT";
    case ColumnType::kFloat:
      return "FLOAT";
    case ColumnType::kDouble:
      return "DOUBLE";
    case ColumnType::kDecimal:
      return "DECIMAL";
    case ColumnType::kBit:
      return "BIT";
    case ColumnType::kYear:
      return "YEAR";
    case ColumnType::kChar:
      return "CHAR";
    case ColumnType::kVarchar:
      return "VARCHAR";
    case ColumnType::kText:
      return "TEXT";
    case ColumnType::kBinary:
      return "BINARY";
    case ColumnType::kVarbinary:
      return "VARBINARY";
    case ColumnType::kBlob:
      return "BLOB";
    case ColumnType::kDate:
      return "DATE";
    case ColumnType::kTime:
      return "TIME";
    case ColumnType::kDateTime:
      return "DATETIME";
    case ColumnType::kTimestamp:
      return "TIMESTAMP";
    case ColumnType::kEnum:
      return "ENUM";
    case ColumnType::kSet:
      return "SET";
    case ColumnType::kJson:
      return "JSON";
    case ColumnType::kGeometry:
      return "GEOMETRY";
    case ColumnType::kVector:
      return "VECTOR";
    case ColumnType::kUuid:
      return "UUID";
    case ColumnType::kInet4:
      return "INET4";
    case ColumnType::kInet6:
      return "INET6";
  }
  return "unknown";
}

}  // namespace binseek::mapper
