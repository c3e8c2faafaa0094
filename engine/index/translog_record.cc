#include "engine/index/translog_record.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {
namespace {

// Persisted: values are fixed. The first byte of a payload.
enum class RecordKind : uint8_t { kBatch = 1, kMapping = 2 };

// Flags of an operation.
constexpr uint8_t kExternalVersion = 1;
constexpr uint8_t kLeavesTombstone = 2;
// Documents within documents; more than JSON can nest.
constexpr int kMaxDepth = 1000;

void PutDocument(std::string* out, const mapping::Document& document,
                 std::string_view source_table) {
  PutVarint(out, document.texts.size() + (source_table.empty() ? 0 : 1));
  for (const mapping::TextValue& text : document.texts) {
    PutVarint(out, static_cast<uint32_t>(text.field));
    PutLengthPrefixed(out, text.text);
  }
  if (!source_table.empty()) {
    PutVarint(out, static_cast<uint32_t>(mapping::kSourceTableField));
    PutLengthPrefixed(out, source_table);
  }
  PutVarint(out, document.numbers.size());
  for (const mapping::NumberValue& number : document.numbers) {
    PutVarint(out, static_cast<uint32_t>(number.field));
    PutVarint(out, ZigZagEncode(number.value));
  }
  PutU8(out, document.source.verbatim ? 1 : 0);
  PutLengthPrefixed(out, document.source.bytes);
  PutVarint(out, document.children.size());
  for (const mapping::Document& child : document.children) {
    PutLengthPrefixed(out, child.child_key);
    PutDocument(out, child, {});
  }
}

uint32_t ReadU32Varint(ByteReader* reader) {
  const uint64_t value = reader->Varint();
  if (value > std::numeric_limits<uint32_t>::max()) {
    reader->Fail("an id of more than 32 bits");
    return 0;
  }
  return static_cast<uint32_t>(value);
}

bool ReadBool(ByteReader* reader) {
  const uint8_t value = reader->U8();
  if (value > 1) {
    reader->Fail("neither 0 nor 1");
  }
  return value == 1;
}

// How many elements to reserve for: a count may claim anything, so that more than a few have to show up first.
size_t Room(uint64_t count) { return static_cast<size_t>(std::min<uint64_t>(count, 64)); }

void ReadDocument(ByteReader* reader, int depth, mapping::Document* document) {
  const uint64_t texts = reader->Varint();
  document->texts.reserve(Room(texts));
  for (uint64_t i = 0; i < texts && reader->ok(); ++i) {
    const mapping::FieldId field{ReadU32Varint(reader)};
    document->texts.push_back({field, std::string(reader->LengthPrefixed())});
  }
  const uint64_t numbers = reader->Varint();
  document->numbers.reserve(Room(numbers));
  for (uint64_t i = 0; i < numbers && reader->ok(); ++i) {
    const mapping::FieldId field{ReadU32Varint(reader)};
    document->numbers.push_back({field, ZigZagDecode(reader->Varint())});
  }
  document->source.verbatim = ReadBool(reader);
  document->source.bytes = reader->LengthPrefixed();
  const uint64_t children = reader->Varint();
  if (children != 0 && depth == kMaxDepth) {
    reader->Fail("documents within documents");
  }
  for (uint64_t i = 0; i < children && reader->ok(); ++i) {
    mapping::Document& child = document->children.emplace_back();
    child.child_key = reader->LengthPrefixed();
    ReadDocument(reader, depth + 1, &child);
  }
}

void ReadColumns(ByteReader* reader, std::vector<ColumnUpdate>* columns) {
  const uint64_t count = reader->Varint();
  columns->reserve(Room(count));
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    ColumnUpdate column;
    column.field = mapping::FieldId{ReadU32Varint(reader)};
    if (ReadBool(reader)) {
      column.value = ZigZagDecode(reader->Varint());
    }
    columns->push_back(column);
  }
}

ReplayedOp ReadOp(ByteReader* reader) {
  ReplayedOp op;
  const uint8_t kind = reader->U8();
  const uint8_t flags = reader->U8();
  op.kind = LoggedOpKind{kind};
  op.external_version = (flags & kExternalVersion) != 0;
  op.leaves_tombstone = (flags & kLeavesTombstone) != 0;
  if (flags > (kExternalVersion | kLeavesTombstone) ||
      (op.leaves_tombstone && op.kind != LoggedOpKind::kDelete)) {
    reader->Fail("unknown flags of an operation");
  }
  op.index = IndexId{ReadU32Varint(reader)};
  op.key = reader->LengthPrefixed();
  op.version = ZigZagDecode(reader->Varint());
  op.seq_no = ZigZagDecode(reader->Varint());
  op.row_hash = reader->Varint();
  switch (op.kind) {
    case LoggedOpKind::kUpsert:
      ReadDocument(reader, 0, &op.document);
      break;
    case LoggedOpKind::kDelete:
      break;
    case LoggedOpKind::kUpdateColumns:
      ReadColumns(reader, &op.columns);
      break;
    default:
      reader->Fail("unknown kind of operation " + std::to_string(kind));
  }
  return op;
}

ReplayedBatch ReadBatch(ByteReader* reader) {
  ReplayedBatch batch;
  const uint64_t entries = reader->Varint();
  for (uint64_t i = 0; i < entries && reader->ok(); ++i) {
    std::string key(reader->LengthPrefixed());
    batch.user_data.insert_or_assign(std::move(key), std::string(reader->LengthPrefixed()));
  }
  while (!reader->AtEnd()) {  // a violation ends it too
    batch.operations.push_back(ReadOp(reader));
  }
  return batch;
}

}  // namespace

TranslogBatchEncoder::TranslogBatchEncoder(const std::map<std::string, std::string>& user_data) {
  PutU8(&payload_, static_cast<uint8_t>(RecordKind::kBatch));
  PutVarint(&payload_, user_data.size());
  for (const auto& [key, value] : user_data) {
    PutLengthPrefixed(&payload_, key);
    PutLengthPrefixed(&payload_, value);
  }
}

void TranslogBatchEncoder::PutOp(LoggedOpKind kind, const LoggedOp& op) {
  PutU8(&payload_, static_cast<uint8_t>(kind));
  const bool leaves_tombstone = kind == LoggedOpKind::kDelete && op.leaves_tombstone;
  PutU8(&payload_, static_cast<uint8_t>((op.external_version ? kExternalVersion : 0) |
                                        (leaves_tombstone ? kLeavesTombstone : 0)));
  PutVarint(&payload_, static_cast<uint32_t>(op.index));
  PutLengthPrefixed(&payload_, op.key);
  PutVarint(&payload_, ZigZagEncode(op.version));
  PutVarint(&payload_, ZigZagEncode(op.seq_no));
  PutVarint(&payload_, op.row_hash);
  ++operations_;
}

void TranslogBatchEncoder::Upsert(const LoggedOp& op, const mapping::Document& document) {
  PutOp(LoggedOpKind::kUpsert, op);
  PutDocument(&payload_, document, op.source_table);
}

void TranslogBatchEncoder::Delete(const LoggedOp& op) { PutOp(LoggedOpKind::kDelete, op); }

void TranslogBatchEncoder::UpdateColumns(const LoggedOp& op,
                                         std::span<const ColumnUpdate> columns) {
  PutOp(LoggedOpKind::kUpdateColumns, op);
  PutVarint(&payload_, columns.size());
  for (const ColumnUpdate& column : columns) {
    PutVarint(&payload_, static_cast<uint32_t>(column.field));
    PutU8(&payload_, column.value.has_value() ? 1 : 0);
    if (column.value.has_value()) {
      PutVarint(&payload_, ZigZagEncode(*column.value));
    }
  }
}

std::string EncodeMappingChange(IndexId index, const mapping::Mapping& mapping) {
  std::string payload;
  PutU8(&payload, static_cast<uint8_t>(RecordKind::kMapping));
  PutVarint(&payload, static_cast<uint32_t>(index));
  mapping.EncodeTo(&payload);
  return payload;
}

Result<TranslogRecord> DecodeTranslogRecord(std::string_view payload) {
  ByteReader reader(payload);
  const uint8_t kind = reader.U8();
  if (kind == static_cast<uint8_t>(RecordKind::kBatch)) {
    ReplayedBatch batch = ReadBatch(&reader);
    BINSEEK_RETURN_IF_ERROR(reader.status("batch in the translog"));
    return TranslogRecord(std::move(batch));
  }
  if (kind == static_cast<uint8_t>(RecordKind::kMapping)) {
    ReplayedMapping change;
    change.index = IndexId{ReadU32Varint(&reader)};
    BINSEEK_RETURN_IF_ERROR(reader.status("mapping change in the translog"));
    BINSEEK_ASSIGN_OR_RETURN(change.mapping, mapping::Mapping::Decode(reader.Rest()));
    return TranslogRecord(std::move(change));
  }
  reader.Fail("unknown kind of record " + std::to_string(kind));
  return reader.status("record in the translog");
}

}  // namespace binseek::index
