#include "sync/binlog/row_codec.h"

#include "engine/base/coding.h"

namespace binseek::binlog {
namespace {

using change::RowChangeKind;
using change::Value;
using change::ValueKind;

enum class Payload : uint8_t { kNone, kInteger, kReal, kBytes, kUnknown };

Payload PayloadOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kAbsent:
    case ValueKind::kUnknown:
    case ValueKind::kNull:
      return Payload::kNone;
    case ValueKind::kInt:
    case ValueKind::kUint:
    case ValueKind::kDate:
    case ValueKind::kDateTime:
    case ValueKind::kTimestamp:
    case ValueKind::kTime:
      return Payload::kInteger;
    case ValueKind::kFloat:
    case ValueKind::kDouble:
      return Payload::kReal;
    case ValueKind::kDecimal:
    case ValueKind::kText:
    case ValueKind::kBytes:
    case ValueKind::kJson:
    case ValueKind::kEnum:
    case ValueKind::kSet:
    case ValueKind::kGeometry:
    case ValueKind::kVector:
      return Payload::kBytes;
  }
  return Payload::kUnknown;
}

void EncodeImage(const change::RowImage& image, std::string* out) {
  PutVarint(out, image.size());
  for (const Value& value : image) {
    PutU8(out, static_cast<uint8_t>(value.kind));
    switch (PayloadOf(value.kind)) {
      case Payload::kNone:
      case Payload::kUnknown:
        break;
      case Payload::kInteger:
        PutVarint(out, ZigZagEncode(value.integer));
        break;
      case Payload::kReal:
        PutF64(out, value.real);
        break;
      case Payload::kBytes:
        PutLengthPrefixed(out, value.bytes);
        break;
    }
  }
}

void DecodeValue(ByteReader* reader, Value* value) {
  value->kind = static_cast<ValueKind>(reader->U8());
  value->integer = 0;
  value->real = 0;
  value->bytes.clear();
  switch (PayloadOf(value->kind)) {
    case Payload::kNone:
      break;
    case Payload::kInteger:
      value->integer = ZigZagDecode(reader->Varint());
      break;
    case Payload::kReal:
      value->real = reader->F64();
      break;
    case Payload::kBytes:
      value->bytes.assign(reader->LengthPrefixed());
      break;
    case Payload::kUnknown:
      reader->Fail("a value of kind " + std::to_string(static_cast<int>(value->kind)));
      value->kind = ValueKind::kAbsent;
  }
}

void DecodeImage(size_t columns, ByteReader* reader, change::RowImage* image) {
  const uint64_t count = reader->Varint();
  if (count != 0 && count != columns) {
    reader->Fail("an image of " + std::to_string(count) + " values, of a table of " +
                 std::to_string(columns) + " columns");
  }
  if (!reader->ok()) {
    return;
  }
  image->resize(count);
  for (Value& value : *image) {
    DecodeValue(reader, &value);
  }
}

}  // namespace

void EncodeRow(const change::RowChange& row, uint64_t table, std::string* out) {
  PutU8(out, static_cast<uint8_t>(row.kind));
  PutVarint(out, table);
  EncodeImage(row.before, out);
  EncodeImage(row.after, out);
}

void DecodeRow(const change::TableList& tables, ByteReader* reader, change::RowChange* row) {
  const uint8_t kind = reader->U8();
  const uint64_t table = reader->Varint();
  if (kind > static_cast<uint8_t>(RowChangeKind::kRead)) {
    reader->Fail("a row of kind " + std::to_string(kind));
  }
  if (table >= tables.size()) {
    reader->Fail("a row of table " + std::to_string(table) + " of " +
                 std::to_string(tables.size()));
  }
  if (!reader->ok()) {
    return;
  }
  row->kind = static_cast<RowChangeKind>(kind);
  row->table = tables[table];
  DecodeImage(row->table->columns.size(), reader, &row->before);
  DecodeImage(row->table->columns.size(), reader, &row->after);
}

}  // namespace binseek::binlog
