// Layout, version 5 (str: varint length and bytes; flags are one byte, 0 or 1):
//
//   u8      version
//   str     position, as SourcePosition::Encode
//   str     the server's identity
//   varint  ordinal
//   str     GTID of the last transaction
//   str, varint   where it begins: file, offset
//   i64 u64 u32   its fingerprint: commit time, length, crc32c
//   varint  writes
//   varint  number of prepared XA transactions; for each: str name, str the name of the engine's attached file that has its events (prepared_files.h; from version 5 on),
//           and, where that is empty, str events
//   varint  number of tables; for each:
//     str     index, varint its id
//     str, varint   captured_from: file, offset
//     u8      snapshot_done
//     varint  number of ranges that are left; for each: the key behind which it begins and the one it ends with, each as varint number of cells, str
//             for each: from version 4 on. Before there was one range at most, of which the first key alone was there, with 0 cells where none is left
//     varint  snapshot_rows
//     varint  sweep_below
//     i64     stale_since_us, str stale_why
//     varint  number of pending keys; for each: varint number of cells; str for each
//     str     why it is stopped: the name of its code, ": " and the text, or the text alone, as releases before the codes wrote it; empty: it is not
//     varint  dead_letter_limit: this and the line before from version 2 on; version 1 has no stopped tables
//     u64     fingerprint of the mapping rules: from version 2 on; version 1 is of before there were any, so 0
//     varint  id of the old generation, and where that is not 0: u8 is_fed, varint ordinal, i64 since, str why: from version 3 on
//     u16     source id
//     str     database, str table
//     varint  number of columns; for each: str name; u8 type; u8 unsigned, nullable, generated, invisible; varint length;
//             u8 precision; u8 scale; str charset, collation, geometry; varint number of labels; str for each
//     varint  number of key columns; varint ordinal for each
//     u8      versioning, varint row_end: from version 2 on
#include "sync/pipeline/checkpoint.h"

#include <algorithm>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::pipeline {
namespace {

using change::Column;
using change::ColumnType;
using change::TableSchema;

constexpr uint8_t kVersion = 5;
constexpr uint8_t kOldestVersion = 1;

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
  PutU8(out, static_cast<uint8_t>(schema.versioning));
  PutVarint(out, schema.row_end);
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

std::shared_ptr<const TableSchema> TakeSchema(uint8_t version, ByteReader* reader) {
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
  if (version >= 2) {
    const uint8_t versioning = reader->U8();
    schema->row_end = static_cast<uint32_t>(reader->Varint());
    schema->versioning = static_cast<change::Versioning>(versioning);
    if (versioning > static_cast<uint8_t>(change::Versioning::kColumn) ||
        schema->row_end >= std::max<size_t>(schema->columns.size(), 1)) {
      reader->Fail("versioning " + std::to_string(versioning));
    }
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

void PutOld(const OldGeneration& old, std::string* out) {
  PutVarint(out, static_cast<uint32_t>(old.id));
  if (old) {
    PutU8(out, old.is_fed ? 1 : 0);
    PutVarint(out, old.ordinal);
    PutU64(out, static_cast<uint64_t>(old.since_us));
    PutLengthPrefixed(out, old.why);
  }
}

OldGeneration TakeOld(ByteReader* reader) {
  OldGeneration old;
  old.id = index::IndexId{static_cast<uint32_t>(reader->Varint())};
  if (old) {
    old.is_fed = reader->U8() != 0;
    old.ordinal = reader->Varint();
    old.since_us = static_cast<int64_t>(reader->U64());
    old.why = reader->LengthPrefixed();
  }
  return old;
}

void PutRanges(const std::vector<snapshot::KeyRange>& ranges, std::string* out) {
  PutVarint(out, ranges.size());
  for (const snapshot::KeyRange& range : ranges) {
    PutKey(range.after, out);
    PutKey(range.up_to, out);
  }
}

std::vector<snapshot::KeyRange> TakeRanges(uint8_t version, ByteReader* reader) {
  std::vector<snapshot::KeyRange> ranges;
  if (version <= 3) {
    if (snapshot::KeyCells after = TakeKey(reader); !after.empty()) {
      ranges.push_back({std::move(after), {}});
    }
    return ranges;
  }
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    snapshot::KeyCells after = TakeKey(reader);
    ranges.push_back({std::move(after), TakeKey(reader)});
  }
  return ranges;
}

std::string StoppedText(const TableCheckpoint& table) {
  return table.stop_code == change::StopCode::kNone
             ? table.stopped
             : std::string(StopCodeName(table.stop_code)) + ": " + table.stopped;
}

// REQUIRES: the dead letters' limit is read.
void TakeStoppedText(std::string text, TableCheckpoint* table) {
  const size_t colon = text.find(": ");
  table->stop_code = change::FindStopCode(std::string_view(text).substr(0, colon));
  if (table->stop_code != change::StopCode::kNone) {
    text.erase(0, colon == std::string::npos ? text.size() : colon + 2);
  } else if (!text.empty()) {
    table->stop_code = table->dead_letter_limit != 0 ? change::StopCode::kDeadLettersAboveLimit
                                                     : change::StopCode::kTableStopped;
  }
  table->stopped = std::move(text);
}

TableCheckpoint TakeTable(uint8_t version, ByteReader* reader) {
  TableCheckpoint table;
  table.index = reader->LengthPrefixed();
  table.index_id = index::IndexId{static_cast<uint32_t>(reader->Varint())};
  table.captured_from = TakePosition(reader);
  table.snapshot_done = reader->U8() != 0;
  table.ranges = TakeRanges(version, reader);
  table.snapshot_rows = reader->Varint();
  table.sweep_below = reader->Varint();
  table.stale_since_us = static_cast<int64_t>(reader->U64());
  table.stale_why = reader->LengthPrefixed();
  for (uint64_t n = TakeCount(reader); n > 0 && reader->ok(); --n) {
    table.pending_keys.push_back(TakeKey(reader));
  }
  if (version >= 2) {
    std::string stopped(reader->LengthPrefixed());
    table.dead_letter_limit = reader->Varint();
    TakeStoppedText(std::move(stopped), &table);
    table.mapping = reader->U64();
  }
  if (version >= 3) {
    table.old = TakeOld(reader);
  }
  table.schema = TakeSchema(version, reader);
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
    PutLengthPrefixed(&out, events->kept_as());
    if (events->kept_as().empty()) {
      PutLengthPrefixed(&out, events->bytes());
    }
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
    PutRanges(table.ranges, &out);
    PutVarint(&out, table.snapshot_rows);
    PutVarint(&out, table.sweep_below);
    PutU64(&out, static_cast<uint64_t>(table.stale_since_us));
    PutLengthPrefixed(&out, table.stale_why);
    PutVarint(&out, table.pending_keys.size());
    for (const snapshot::KeyCells& key : table.pending_keys) {
      PutKey(key, &out);
    }
    PutLengthPrefixed(&out, StoppedText(table));
    PutVarint(&out, table.dead_letter_limit);
    PutU64(&out, table.mapping);
    PutOld(table.old, &out);
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
  if (version < kOldestVersion) {
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
    const std::string name(reader.LengthPrefixed());
    std::string kept_as(version >= 5 ? reader.LengthPrefixed() : std::string_view());
    (*prepared)[name] =
        kept_as.empty()
            ? std::make_shared<const change::PreparedEvents>(std::string(reader.LengthPrefixed()))
            : std::make_shared<const change::PreparedEvents>(std::move(kept_as), nullptr);
  }
  checkpoint.prepared = std::move(prepared);
  for (uint64_t n = TakeCount(&reader); n > 0 && reader.ok(); --n) {
    TableCheckpoint table = TakeTable(version, &reader);
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
