// Layout, version 1 (str: varint length and bytes; flags are one byte, 0 or 1):
//
//   u8      version
//   str     position, as SourcePosition::Encode
//   str     the server's identity
//   varint  ordinal
//   str     GTID of the last transaction
//   str, varint   where it begins: file, offset
//   i64 u64 u32   its fingerprint: commit time, length, crc32c
//   varint  writes
//   varint  number of prepared XA transactions; for each: str name, str events
//   varint  number of tables; for each:
//     str     index, varint its id
//     str, varint   captured_from: file, offset
//     u8      snapshot_done
//     varint  number of cells of last_key; str for each
//     varint  snapshot_rows
//     varint  sweep_below
//     i64     stale_since_us, str stale_why
//     varint  number of pending keys; for each: varint number of cells; str for each
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

constexpr uint8_t kVersion = 1;

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

void PutPosition(const change::BinlogPosition& position, std::string* out) {
  PutLengthPrefixed(out, position.file);
  PutVarint(out, position.offset);
}

change::BinlogPosition TakePosition(ByteReader* reader) {
  change::BinlogPosition position;
  position.file = reader->LengthPrefixed();
  position.offset = reader->Varint();
  return position;
}

void PutKey(const snapshot::KeyCells& key, std::string* out) {
  PutVarint(out, key.size());
  for (const std::string& cell : key) {
    PutLengthPrefixed(out, cell);
  }
}

snapshot::KeyCells TakeKey(ByteReader* reader) {
  snapshot::KeyCells key;
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    key.emplace_back(reader->LengthPrefixed());
  }
  return key;
}

TableCheckpoint TakeTable(ByteReader* reader) {
  TableCheckpoint table;
  table.index = reader->LengthPrefixed();
  table.index_id = index::IndexId{static_cast<uint32_t>(reader->Varint())};
  table.captured_from = TakePosition(reader);
  table.snapshot_done = reader->U8() != 0;
  table.last_key = TakeKey(reader);
  table.snapshot_rows = reader->Varint();
  table.sweep_below = reader->Varint();
  table.stale_since_us = static_cast<int64_t>(reader->U64());
  table.stale_why = reader->LengthPrefixed();
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    table.pending_keys.push_back(TakeKey(reader));
  }
  table.schema = TakeSchema(reader);
  return table;
}

}  // namespace

std::string CheckpointKey(change::SourceId source) {
  return "source/" + std::to_string(static_cast<uint16_t>(source));
}

void StreamPlace::MoveTo(std::string_view to_server) {
  if (server != to_server) {
    server = to_server;
    position.binlog = change::BinlogPosition();
    last_begin = change::BinlogPosition();
  }
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
    PutPosition(table.captured_from, &out);
    PutU8(&out, table.snapshot_done ? 1 : 0);
    PutKey(table.last_key, &out);
    PutVarint(&out, table.snapshot_rows);
    PutVarint(&out, table.sweep_below);
    PutU64(&out, static_cast<uint64_t>(table.stale_since_us));
    PutLengthPrefixed(&out, table.stale_why);
    PutVarint(&out, table.pending_keys.size());
    for (const snapshot::KeyCells& key : table.pending_keys) {
      PutKey(key, &out);
    }
    PutSchema(*table.schema, &out);
  }
  return out;
}

std::string EncodeCheckpoint(const StreamPlace& place, std::string_view encoded_prepared,
                             std::string_view encoded_tables) {
  std::string out;
  PutU8(&out, kVersion);
  PutLengthPrefixed(&out, place.position.Encode());
  PutLengthPrefixed(&out, place.server);
  PutVarint(&out, place.ordinal);
  PutLengthPrefixed(&out, place.last_gtid);
  PutPosition(place.last_begin, &out);
  PutU64(&out, static_cast<uint64_t>(place.fingerprint.commit_time_us));
  PutU64(&out, place.fingerprint.length);
  PutU32(&out, place.fingerprint.crc32c);
  PutVarint(&out, place.writes);
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
  if (version < kVersion) {
    reader.Fail("version " + std::to_string(version) + ", which was never released");
  }
  Checkpoint checkpoint;
  const std::string_view position = reader.LengthPrefixed();
  StreamPlace& place = checkpoint.place;
  place.server = reader.LengthPrefixed();
  place.ordinal = reader.Varint();
  place.last_gtid = reader.LengthPrefixed();
  place.last_begin = TakePosition(&reader);
  place.fingerprint.commit_time_us = static_cast<int64_t>(reader.U64());
  place.fingerprint.length = reader.U64();
  place.fingerprint.crc32c = reader.U32();
  place.writes = reader.Varint();
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
  BINSEEK_ASSIGN_OR_RETURN(checkpoint.place.position, change::SourcePosition::Parse(position));
  return checkpoint;
}

}  // namespace binseek::pipeline
