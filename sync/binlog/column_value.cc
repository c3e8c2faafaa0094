#include "sync/binlog/column_value.h"

#include "sync/binlog/compression.h"
#include "sync/binlog/decimal.h"
#include "sync/binlog/json_binary.h"
#include "sync/binlog/temporal.h"
#include "sync/mysql/charset.h"

namespace binseek::binlog {
namespace {

using change::ColumnType;
using change::Value;
using change::ValueKind;

// No packet of either server is larger.
constexpr uint64_t kMaxValueBytes = uint64_t{1} << 30;

int64_t SignExtend(uint64_t value, int bits) {
  const int shift = 64 - bits;
  return static_cast<int64_t>(value << shift) >> shift;
}

void Set(ValueKind kind, int64_t integer, Value* value) {
  value->kind = kind;
  value->integer = integer;
}

void Set(ValueKind kind, std::string_view bytes, Value* value) {
  value->kind = kind;
  value->bytes.assign(bytes);
}

void DecodeInteger(const ColumnPlan& plan, int bytes, ByteReader* reader, Value* value) {
  const uint64_t bits = reader->UintLe(bytes);
  Set(plan.is_unsigned ? ValueKind::kUint : ValueKind::kInt,
      plan.is_unsigned ? static_cast<int64_t>(bits) : SignExtend(bits, bytes * 8), value);
}

Status SetText(ValueKind kind, const ColumnPlan& plan, std::string_view bytes, Value* value) {
  value->kind = kind;
  if (plan.is_utf8) {
    mysql::SanitizeUtf8(bytes, &value->bytes);
    return Status::Ok();
  }
  return mysql::ToUtf8(plan.charset, bytes, &value->bytes);
}

// The string's bytes: its length takes one or two bytes, by the greatest length that is possible.
std::string_view StringBytes(const ColumnPlan& plan, ByteReader* reader) {
  return reader->Bytes(plan.length > 255 ? reader->U16() : reader->U8());
}

std::string_view BlobBytes(const ColumnPlan& plan, ByteReader* reader) {
  return reader->Bytes(reader->UintLe(plan.length));
}

Status FinishString(const ColumnPlan& plan, std::string_view bytes, Value* value) {
  switch (plan.column_type) {
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
      return SetText(ValueKind::kText, plan, bytes, value);
    case ColumnType::kJson:  // MariaDB's: text
      return SetText(ValueKind::kJson, plan, bytes, value);
    case ColumnType::kVector:
      value->kind = ValueKind::kVector;
      break;
    default:
      value->kind = ValueKind::kBytes;
  }
  value->bytes.assign(bytes);
  if (value->bytes.size() < plan.pad_to) {
    value->bytes.resize(plan.pad_to, '\0');
  }
  return Status::Ok();
}

void DecodeEnum(const ColumnPlan& plan, ByteReader* reader, Value* value) {
  const uint64_t number = reader->UintLe(plan.length);
  if (number > plan.labels.size()) {
    reader->Fail("ENUM value " + std::to_string(number) + " of " +
                 std::to_string(plan.labels.size()));
    return;
  }
  // 0 is the server's mark of a value that was not valid; it prints as ''.
  Set(ValueKind::kEnum, number == 0 ? std::string_view() : plan.labels[number - 1], value);
}

void DecodeSet(const ColumnPlan& plan, ByteReader* reader, Value* value) {
  const uint64_t bits = reader->UintLe(plan.length);
  value->kind = ValueKind::kSet;
  if (plan.labels.size() < 64 && bits >> plan.labels.size() != 0) {
    reader->Fail("SET value " + std::to_string(bits) + " of " + std::to_string(plan.labels.size()) +
                 " labels");
    return;
  }
  for (size_t i = 0; i < plan.labels.size() && i < 64; ++i) {
    if ((bits >> i & 1) != 0) {
      if (!value->bytes.empty()) {
        value->bytes.push_back(',');
      }
      value->bytes += plan.labels[i];
    }
  }
}

void DecodeNumber(const ColumnPlan& plan, ByteReader* reader, Value* value) {
  switch (plan.type) {
    case WireType::kTiny:
      DecodeInteger(plan, 1, reader, value);
      return;
    case WireType::kShort:
      DecodeInteger(plan, 2, reader, value);
      return;
    case WireType::kInt24:
      DecodeInteger(plan, 3, reader, value);
      return;
    case WireType::kLong:
      DecodeInteger(plan, 4, reader, value);
      return;
    case WireType::kLongLong:
      DecodeInteger(plan, 8, reader, value);
      return;
    case WireType::kFloat:
      value->kind = ValueKind::kFloat;
      value->real = reader->F32();
      return;
    case WireType::kDouble:
      value->kind = ValueKind::kDouble;
      value->real = reader->F64();
      return;
    case WireType::kYear: {
      const uint8_t year = reader->U8();
      Set(ValueKind::kInt, year == 0 ? 0 : 1900 + year, value);
      return;
    }
    case WireType::kBit:
      Set(ValueKind::kUint, static_cast<int64_t>(reader->UintBe(plan.length)), value);
      return;
    default: {
      value->kind = ValueKind::kDecimal;
      const std::string_view bytes = reader->Bytes(DecimalBytes(plan.precision, plan.scale));
      if (reader->ok() && !DecodeDecimal(bytes, plan.precision, plan.scale, &value->bytes)) {
        reader->Fail("bad decimal");
      }
    }
  }
}

}  // namespace

Status DecodeColumnValue(const ColumnPlan& plan, ByteReader* reader, Value* value) {
  switch (plan.type) {
    case WireType::kVarchar:
    case WireType::kVarString:
    case WireType::kString: {
      const std::string_view bytes = StringBytes(plan, reader);
      return reader->ok() ? FinishString(plan, bytes, value) : Status::Ok();
    }
    case WireType::kBlob: {
      const std::string_view bytes = BlobBytes(plan, reader);
      return reader->ok() ? FinishString(plan, bytes, value) : Status::Ok();
    }
    case WireType::kVarcharCompressed:
    case WireType::kBlobCompressed: {
      const std::string_view stored = plan.type == WireType::kBlobCompressed
                                          ? BlobBytes(plan, reader)
                                          : StringBytes(plan, reader);
      std::string bytes;
      BINSEEK_RETURN_IF_ERROR(InflateColumn(stored, kMaxValueBytes, &bytes));
      return reader->ok() ? FinishString(plan, bytes, value) : Status::Ok();
    }
    case WireType::kGeometry:
      Set(ValueKind::kGeometry, BlobBytes(plan, reader), value);
      return Status::Ok();
    case WireType::kVector:
      Set(ValueKind::kVector, BlobBytes(plan, reader), value);
      return Status::Ok();
    case WireType::kJson: {
      const std::string_view bytes = BlobBytes(plan, reader);
      value->kind = ValueKind::kJson;
      return reader->ok() ? DecodeJsonBinary(bytes, &value->bytes) : Status::Ok();
    }
    case WireType::kEnum:
      DecodeEnum(plan, reader, value);
      return Status::Ok();
    case WireType::kSet:
      DecodeSet(plan, reader, value);
      return Status::Ok();
    case WireType::kDate:
    case WireType::kTime:
    case WireType::kDateTime:
    case WireType::kTimestamp:
    case WireType::kTimeOld:
    case WireType::kDateTimeOld:
    case WireType::kTimestampOld: {
      const Value moment = DecodeTemporal(plan.type, plan.scale, reader);
      Set(moment.kind, moment.integer, value);
      return Status::Ok();
    }
    default:
      DecodeNumber(plan, reader, value);
      return Status::Ok();
  }
}

}  // namespace binseek::binlog
