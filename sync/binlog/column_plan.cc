// Whether a column of the stream and a column of the schema are the same, and how it is then read.
#include <algorithm>
#include <iterator>

#include "sync/binlog/column_value.h"
#include "sync/binlog/decimal.h"
#include "sync/mysql/charset.h"

namespace binseek::binlog {
namespace {

using change::Column;
using change::ColumnType;

struct TypePair {
  ColumnType column;
  WireType wire;
};

// Every wire type under which a column of the schema's type may come.
constexpr TypePair kTypes[] = {
    {ColumnType::kTinyInt, WireType::kTiny},
    {ColumnType::kSmallInt, WireType::kShort},
    {ColumnType::kMediumInt, WireType::kInt24},
    {ColumnType::kInt, WireType::kLong},
    {ColumnType::kBigInt, WireType::kLongLong},
    {ColumnType::kFloat, WireType::kFloat},
    {ColumnType::kDouble, WireType::kDouble},
    {ColumnType::kDecimal, WireType::kDecimal},
    {ColumnType::kBit, WireType::kBit},
    {ColumnType::kYear, WireType::kYear},
    {ColumnType::kChar, WireType::kString},
    {ColumnType::kVarchar, WireType::kVarchar},
    {ColumnType::kVarchar, WireType::kVarString},
    {ColumnType::kVarchar, WireType::kVarcharCompressed},
    {ColumnType::kVarbinary, WireType::kVarcharCompressed},
    {ColumnType::kText, WireType::kBlobCompressed},
    {ColumnType::kBlob, WireType::kBlobCompressed},
    {ColumnType::kText, WireType::kBlob},
    {ColumnType::kBinary, WireType::kString},
    {ColumnType::kVarbinary, WireType::kVarchar},
    {ColumnType::kVarbinary, WireType::kVarString},
    {ColumnType::kBlob, WireType::kBlob},
    {ColumnType::kDate, WireType::kDate},
    {ColumnType::kTime, WireType::kTime},
    {ColumnType::kTime, WireType::kTimeOld},
    {ColumnType::kDateTime, WireType::kDateTime},
    {ColumnType::kDateTime, WireType::kDateTimeOld},
    {ColumnType::kTimestamp, WireType::kTimestamp},
    {ColumnType::kTimestamp, WireType::kTimestampOld},
    {ColumnType::kEnum, WireType::kEnum},
    {ColumnType::kSet, WireType::kSet},
    {ColumnType::kJson, WireType::kJson},
    {ColumnType::kJson, WireType::kBlob},  // MariaDB
    {ColumnType::kGeometry, WireType::kGeometry},
    {ColumnType::kVector, WireType::kVector},
    {ColumnType::kVector, WireType::kVarchar},  // MariaDB
    {ColumnType::kUuid, WireType::kString},
    {ColumnType::kInet4, WireType::kString},
    {ColumnType::kInet6, WireType::kString},
};

Status Mismatch(const Column& column, const std::string& why) {
  return Status::Aborted("column " + column.name +
                         ": the binlog's rows do not fit the known table: " + why);
}

bool IsInteger(ColumnType type) { return type <= ColumnType::kBigInt; }

bool IsText(ColumnType type) {
  return type == ColumnType::kChar || type == ColumnType::kVarchar || type == ColumnType::kText;
}

bool IsBinaryString(ColumnType type) {
  return type == ColumnType::kBinary || type == ColumnType::kVarbinary || type == ColumnType::kBlob;
}

uint16_t RawBytes(ColumnType type) {
  return type == ColumnType::kInet4                                ? 4
         : type == ColumnType::kUuid || type == ColumnType::kInet6 ? 16
                                                                   : 0;
}

Status CheckShape(const WireColumn& wire, const Column& column) {
  if (wire.is_unsigned && IsInteger(column.type) && *wire.is_unsigned != column.is_unsigned) {
    return Mismatch(column, *wire.is_unsigned ? "unsigned there" : "signed there");
  }
  switch (wire.type) {
    case WireType::kDecimal:
      if (wire.precision != column.precision || wire.scale != column.scale ||
          !IsDecimalShape(wire.precision, wire.scale)) {
        return Mismatch(column, "DECIMAL(" + std::to_string(wire.precision) + "," +
                                    std::to_string(wire.scale) + ") there");
      }
      break;
    case WireType::kFloat:
    case WireType::kDouble:
      break;
    case WireType::kBit:
      if (wire.length == 0 || wire.length > 8 || wire.length != (column.length + 7) / 8) {
        return Mismatch(column, "BIT of " + std::to_string(wire.length) + " bytes there");
      }
      break;
    case WireType::kBlob:
    case WireType::kBlobCompressed:
    case WireType::kGeometry:
    case WireType::kJson:
    case WireType::kVector:
      if (wire.length < 1 || wire.length > 4) {
        return Mismatch(column, "length of " + std::to_string(wire.length) + " bytes there");
      }
      break;
    case WireType::kEnum:
      if (wire.length < 1 || wire.length > 2) {
        return Mismatch(column, "ENUM of " + std::to_string(wire.length) + " bytes there");
      }
      break;
    case WireType::kSet:
      if (wire.length < 1 || wire.length > 8) {
        return Mismatch(column, "SET of " + std::to_string(wire.length) + " bytes there");
      }
      break;
    case WireType::kTimeOld:
    case WireType::kDateTimeOld:
    case WireType::kTimestampOld:
      if (column.scale != 0) {
        return Mismatch(
            column, "an old temporal format with a fraction, which the binlog does not describe");
      }
      break;
    case WireType::kString:
      if (RawBytes(column.type) != 0 && wire.length != RawBytes(column.type)) {
        return Mismatch(column, "strings of " + std::to_string(wire.length) + " bytes there");
      }
      break;
    default:
      break;
  }
  return Status::Ok();
}

// The stream's own character set wins: it is that of the rows, whenever the schema was read.
Status ChooseCharset(const WireColumn& wire, const Column& column, ColumnPlan* plan) {
  plan->charset = column.charset;
  if (wire.collation) {
    const std::string_view charset = mysql::CharsetOfCollation(*wire.collation);
    if (charset.empty()) {
      return Mismatch(
          column, "collation number " + std::to_string(*wire.collation) + ", which is not known");
    }
    const bool binary = charset == "binary";
    if ((IsText(column.type) && binary) || (IsBinaryString(column.type) && !binary)) {
      return Mismatch(column, binary ? "bytes there" : "text there");
    }
    plan->charset.assign(charset);
  }
  if (plan->charset.empty()) {
    plan->charset = "utf8mb4";
  }
  plan->is_utf8 = mysql::IsUtf8(plan->charset);
  if (IsText(column.type) && !mysql::IsKnownCharset(plan->charset)) {
    return Status::Aborted("column " + column.name + ": character set " + plan->charset +
                           " is not supported");
  }
  return Status::Ok();
}

Status ChooseLabels(const WireColumn& wire, const Column& column, ColumnPlan* plan) {
  if (wire.labels.empty()) {
    plan->labels = column.labels;
    const size_t most = wire.type == WireType::kEnum ? (size_t{1} << (8 * wire.length)) - 1
                                                     : size_t{8} * wire.length;
    if (column.labels.size() > most) {
      return Mismatch(column, "fewer labels there");
    }
    return Status::Ok();
  }
  // Of CHARACTER SET binary the labels are bytes, and taken for UTF-8, as a SELECT's cells are.
  const std::string_view stored = plan->charset;
  const std::string_view charset = stored == "binary" ? "utf8mb4" : stored;
  for (const std::string_view label : wire.labels) {
    BINSEEK_RETURN_IF_ERROR(mysql::ToUtf8(charset, label, &plan->labels.emplace_back()));
  }
  return Status::Ok();
}

}  // namespace

Result<ColumnPlan> MakeColumnPlan(const WireColumn& wire, const Column& column, bool has_names) {
  if (has_names && wire.name != column.name) {
    return Mismatch(column, "named " + std::string(wire.name) + " there");
  }
  const bool fits = std::any_of(std::begin(kTypes), std::end(kTypes), [&](const TypePair& pair) {
    return pair.column == column.type && pair.wire == wire.type;
  });
  if (!fits) {
    return Mismatch(column, "wire type " + std::to_string(static_cast<int>(wire.type)) + " there");
  }
  BINSEEK_RETURN_IF_ERROR(CheckShape(wire, column));
  ColumnPlan plan;
  plan.type = wire.type;
  plan.length = wire.length;
  plan.precision = wire.precision;
  plan.scale = wire.scale;
  plan.is_unsigned = wire.is_unsigned.value_or(column.is_unsigned);
  plan.column_type = column.type;
  BINSEEK_RETURN_IF_ERROR(ChooseCharset(wire, column, &plan));
  if (column.type == ColumnType::kBinary) {
    plan.pad_to = wire.length;
  } else {
    plan.pad_to = RawBytes(column.type);
  }
  if (wire.type == WireType::kEnum || wire.type == WireType::kSet) {
    BINSEEK_RETURN_IF_ERROR(ChooseLabels(wire, column, &plan));
  }
  return plan;
}

}  // namespace binseek::binlog
