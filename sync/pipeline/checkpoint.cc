// Layout, version 0 (str: varint length and bytes; flags are one byte, 0 or 1):
//
//   u8      version
//   str     position, as SourcePosition::Encode
//   varint  ordinal
//   i64 u64 u32   fingerprint: commit time, length, crc32c
//   varint  number of prepared XA transactions; for each: str name, str events
//   varint  number of tables; for each:
//     str     index, varint its id
//     str, varint   captured_from: file, offset
//     u8      snapshot_done
//     varint  number of cells of last_key; str for each
//     varint  snapshot_rows
//     u16     source id
//     str     database, str table
//     varint  number of columns; for each: str name; u8 type; u8 unsigned, nullable, generated, invisible; varint length;
//             u8 precision; u8 scale; str charset, collation, geometry; varint number of labels; str for each
//     varint  number of key columns; varint ordinal for each
#include "sync/pipeline/checkpoint.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::pipeline {
namespace {

using change::Column;
using change::ColumnType;
using change::TableSchema;

constexpr uint8_t kVersion = 0;

void PutColumn(const Column& column, std::string* out) {
  PutLengthPrefixed(out, column.name);
  PutU8(out, static_cast<uint8_t>(column.type));
  for (const bool flag :
       {column.is_unsigned, column.nullable, column.generated, column.invisible}) {
    PutU8(out, flag ? 1 : 0);
  }
  PutVarint(out, column.length);
  PutU8(out, column.precision);
  PutU8(out, column.scale);
  PutLengthPrefixed(out, column.charset);
  PutLengthPrefixed(out, column.collation);
  PutLengthPrefixed(out, column.geometry);
  PutVarint(out, column.labels.size());
  for (const std::string& label : column.labels) {
    PutLengthPrefixed(out, label);
  }
}

void PutSchema(const TableSchema& schema, std::string* out) {
  PutU16(out, static_cast<uint16_t>(schema.source));
  PutLengthPrefixed(out, schema.database);
  PutLengthPrefixed(out, schema.table);
  PutVarint(out, schema.columns.size());
  for (const Column& column : schema.columns) {
    PutColumn(column, out);
  }
  PutVarint(out, schema.key.size());
  for (const uint32_t column : schema.key) {
    PutVarint(out, column);
  }
}

// A count of things that take at least one byte each.
uint64_t TakeCount(ByteReader* reader) {
  const uint64_t count = reader->Varint();
  if (count > reader->remaining()) {
    reader->Fail("a count of " + std::to_string(count) + " beyond the end");
    return 0;
  }
  return count;
}

Column TakeColumn(ByteReader* reader) {
  Column column;
  column.name = reader->LengthPrefixed();
  const uint8_t type = reader->U8();
  if (type > static_cast<uint8_t>(ColumnType::kInet6)) {
    reader->Fail("column type " + std::to_string(type));
  }
  column.type = static_cast<ColumnType>(type);
  column.is_unsigned = reader->U8() != 0;
  column.nullable = reader->U8() != 0;
  column.generated = reader->U8() != 0;
  column.invisible = reader->U8() != 0;
  column.length = static_cast<uint32_t>(reader->Varint());
  column.precision = reader->U8();
  column.scale = reader->U8();
  column.charset = reader->LengthPrefixed();
  column.collation = reader->LengthPrefixed();
  column.geometry = reader->LengthPrefixed();
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    column.labels.emplace_back(reader->LengthPrefixed());
  }
  return column;
}

std::shared_ptr<const TableSchema> TakeSchema(ByteReader* reader) {
  auto schema = std::make_shared<TableSchema>();
  schema->source = change::SourceId{reader->U16()};
  schema->database = reader->LengthPrefixed();
  schema->table = reader->LengthPrefixed();
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    schema->columns.push_back(TakeColumn(reader));
  }
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    const uint64_t column = reader->Varint();
    if (column >= schema->columns.size()) {
      reader->Fail("key column " + std::to_string(column));
    }
    schema->key.push_back(static_cast<uint32_t>(column));
  }
  return schema;
}

TableCheckpoint TakeTable(ByteReader* reader) {
  TableCheckpoint table;
  table.index = reader->LengthPrefixed();
  table.index_id = index::IndexId{static_cast<uint32_t>(reader->Varint())};
  table.captured_from.file = reader->LengthPrefixed();
  table.captured_from.offset = reader->Varint();
  table.snapshot_done = reader->U8() != 0;
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    table.last_key.emplace_back(reader->LengthPrefixed());
  }
  table.snapshot_rows = reader->Varint();
  table.schema = TakeSchema(reader);
  return table;
}

}  // namespace

std::string CheckpointKey(change::SourceId source) {
  return "source/" + std::to_string(static_cast<uint16_t>(source));
}

std::string EncodePrepared(const change::PreparedSet& prepared) {
  std::string out;
  PutVarint(&out, prepared.size());
  for (const auto& [name, events] : prepared) {
    PutLengthPrefixed(&out, name);
    PutLengthPrefixed(&out, *events);
  }
  return out;
}

std::string EncodeTables(const std::map<std::string, TableCheckpoint>& tables) {
  std::string out;
  PutVarint(&out, tables.size());
  for (const auto& [name, table] : tables) {
    PutLengthPrefixed(&out, table.index);
    PutVarint(&out, static_cast<uint32_t>(table.index_id));
    PutLengthPrefixed(&out, table.captured_from.file);
    PutVarint(&out, table.captured_from.offset);
    PutU8(&out, table.snapshot_done ? 1 : 0);
    PutVarint(&out, table.last_key.size());
    for (const std::string& cell : table.last_key) {
      PutLengthPrefixed(&out, cell);
    }
    PutVarint(&out, table.snapshot_rows);
    PutSchema(*table.schema, &out);
  }
  return out;
}

std::string EncodeCheckpoint(const change::SourcePosition& position, uint64_t ordinal,
                             const change::Fingerprint& fingerprint,
                             std::string_view encoded_prepared, std::string_view encoded_tables) {
  std::string out;
  PutU8(&out, kVersion);
  PutLengthPrefixed(&out, position.Encode());
  PutVarint(&out, ordinal);
  PutU64(&out, static_cast<uint64_t>(fingerprint.commit_time_us));
  PutU64(&out, fingerprint.length);
  PutU32(&out, fingerprint.crc32c);
  out.append(encoded_prepared);
  out.append(encoded_tables);
  return out;
}

Result<Checkpoint> DecodeCheckpoint(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (version > kVersion) {
    return Status::FormatTooNew("checkpoint of version " + std::to_string(version) +
                                "; this program reads up to " + std::to_string(kVersion));
  }
  Checkpoint checkpoint;
  const std::string_view position = reader.LengthPrefixed();
  checkpoint.ordinal = reader.Varint();
  checkpoint.fingerprint.commit_time_us = static_cast<int64_t>(reader.U64());
  checkpoint.fingerprint.length = reader.U64();
  checkpoint.fingerprint.crc32c = reader.U32();
  auto prepared = std::make_shared<change::PreparedSet>();
  for (uint64_t n = TakeCount(&reader); n > 0 && reader.ok(); --n) {
    const std::string_view name = reader.LengthPrefixed();
    (*prepared)[std::string(name)] = std::make_shared<const std::string>(reader.LengthPrefixed());
  }
  checkpoint.prepared = std::move(prepared);
  for (uint64_t n = TakeCount(&reader); n > 0 && reader.ok(); --n) {
    TableCheckpoint table = TakeTable(&reader);
    const std::string name = table.schema->QualifiedName();
    checkpoint.tables.emplace(name, std::move(table));
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("checkpoint"));
  BINSEEK_ASSIGN_OR_RETURN(checkpoint.position, change::SourcePosition::Parse(position));
  return checkpoint;
}

}  // namespace binseek::pipeline
