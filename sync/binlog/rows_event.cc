// The part of the event decoder that takes rows events apart, as far as that needs no table map.
#include "engine/base/byte_reader.h"
#include "sync/binlog/event_decoder.h"

namespace binseek::binlog {

bool IsRowsEvent(EventType type) {
  const int number = static_cast<int>(type);
  return (number >= 20 && number <= 25) || (number >= 30 && number <= 32) || number == 39 ||
         (number >= 166 && number <= 171);
}

namespace {

RowsKind KindOf(EventType type) {
  if (type == EventType::kPartialUpdateRows) {
    return RowsKind::kUpdate;
  }
  const int number = static_cast<int>(type);
  const int nth = number >= 166  ? (number - 166) % 3
                  : number >= 30 ? number - 30
                                 : (number - 20) % 3;
  return nth == 0 ? RowsKind::kWrite : nth == 1 ? RowsKind::kUpdate : RowsKind::kDelete;
}

bool HasExtraData(EventType type) {
  const int number = static_cast<int>(type);
  return (number >= 30 && number <= 32) || type == EventType::kPartialUpdateRows ||
         (number >= 169 && number <= 171);
}

}  // namespace

Result<RowsEvent> DecodeRows(const Event& event, const FormatDescription& format) {
  constexpr uint16_t kStatementEnd = 1;
  ByteReader reader(event.body);
  RowsEvent rows;
  rows.kind = KindOf(event.header.type);
  rows.partial = event.header.type == EventType::kPartialUpdateRows;
  rows.compressed = event.header.type >= EventType::kMariadbWriteRowsCompressedV1;
  rows.table_id = reader.UintLe(format.table_id_bytes());
  rows.statement_end = (reader.U16() & kStatementEnd) != 0;
  if (HasExtraData(event.header.type)) {
    const uint16_t extra_bytes = reader.U16();  // counts itself
    if (extra_bytes < 2) {
      reader.Fail("extra data of " + std::to_string(extra_bytes) + " bytes");
    }
    reader.Skip(extra_bytes - size_t{2});
  }
  rows.columns = reader.LenEnc();
  if (reader.ok() && rows.columns > reader.remaining() * 8) {
    reader.Fail(std::to_string(rows.columns) + " columns");
  }
  const size_t bitmap_bytes = reader.ok() ? (rows.columns + 7) / 8 : 0;
  rows.present = reader.Bytes(bitmap_bytes);
  if (rows.kind == RowsKind::kUpdate) {
    rows.present_after = reader.Bytes(bitmap_bytes);
  }
  rows.rows = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status(EventName(event.header.type)));
  return rows;
}

Result<uint64_t> DecodeTableId(const Event& event, const FormatDescription& format) {
  ByteReader reader(event.body);
  const uint64_t table_id = reader.UintLe(format.table_id_bytes());
  BINSEEK_RETURN_IF_ERROR(reader.status(EventName(event.header.type)));
  return table_id;
}

Result<RowsFlags> DecodeRowsFlags(const Event& event, const FormatDescription& format) {
  constexpr uint16_t kNoForeignKeyChecks = 0x2;
  constexpr uint16_t kUseSqlForeignKey = 0x10;  // MySQL, from 9.6 on
  ByteReader reader(event.body);
  reader.UintLe(format.table_id_bytes());
  const uint16_t bits = reader.U16();
  BINSEEK_RETURN_IF_ERROR(reader.status(EventName(event.header.type)));
  return RowsFlags{KindOf(event.header.type), (bits & kNoForeignKeyChecks) != 0,
                   (bits & kUseSqlForeignKey) != 0};
}

Result<RowsFragment> DecodeRowsFragment(std::string_view body) {
  constexpr uint8_t kHasSize = 1;
  ByteReader reader(body);
  RowsFragment fragment;
  fragment.count = reader.U32();
  fragment.number = reader.U32();
  if ((reader.U8() & kHasSize) != 0) {
    reader.U64();  // of the whole event, whose own header says it again
  }
  fragment.bytes = reader.Rest();
  if (reader.ok() && (fragment.number == 0 || fragment.number > fragment.count)) {
    reader.Fail("fragment " + std::to_string(fragment.number) + " of " +
                std::to_string(fragment.count));
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("PARTIAL_ROW_DATA"));
  return fragment;
}

}  // namespace binseek::binlog
