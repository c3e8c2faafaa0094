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

Value Integer(const ColumnPlan& plan, int bytes, ByteReader* reader) {
  const uint64_t value = reader->UintLe(bytes);
  return plan.is_unsigned ? Value::Uint(value) : Value::Int(SignExtend(value, bytes * 8));
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
      value->kind = ValueKind::kText;
      return mysql::ToUtf8(plan.charset, bytes, &value->bytes);
    case ColumnType::kJson:  // MariaDB's: text
      value->kind = ValueKind::kJson;
      return mysql::ToUtf8(plan.charset, bytes, &value->bytes);
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
  *value =
      Value::Bytes(ValueKind::kEnum, number == 0 ? std::string_view() : plan.labels[number - 1]);
}

void DecodeSet(const ColumnPlan& plan, ByteReader* reader, Value* value) {
  const uint64_t bits = reader->UintLe(plan.length);
  *value = Value::Bytes(ValueKind::kSet, {});
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
      *value = Integer(plan, 1, reader);
      return;
    case WireType::kShort:
      *value = Integer(plan, 2, reader);
      return;
    case WireType::kInt24:
      *value = Integer(plan, 3, reader);
      return;
    case WireType::kLong:
      *value = Integer(plan, 4, reader);
      return;
    case WireType::kLongLong:
      *value = Integer(plan, 8, reader);
      return;
    case WireType::kFloat:
      *value = Value::Real(ValueKind::kFloat, reader->F32());
      return;
    case WireType::kDouble:
      *value = Value::Real(ValueKind::kDouble, reader->F64());
      return;
    case WireType::kYear: {
      const uint8_t year = reader->U8();
      *value = Value::Int(year == 0 ? 0 : 1900 + year);
      return;
    }
    case WireType::kBit:
      *value = Value::Uint(reader->UintBe(plan.length));
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
      *value = Value::Bytes(ValueKind::kGeometry, BlobBytes(plan, reader));
      return Status::Ok();
    case WireType::kVector:
      *value = Value::Bytes(ValueKind::kVector, BlobBytes(plan, reader));
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
    case WireType::kTimestampOld:
      *value = DecodeTemporal(plan.type, plan.scale, reader);
      return Status::Ok();
    default:
      DecodeNumber(plan, reader, value);
      return Status::Ok();
  }
}

}  // namespace binseek::binlog
