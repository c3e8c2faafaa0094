#include "sync/binlog/xa_events.h"

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/table_map.h"

namespace binseek::binlog {

Status XaEvents::Take(const Event& event, const FormatDescription& format) {
  if (event.header.type == EventType::kTableMap) {
    BINSEEK_ASSIGN_OR_RETURN(const TableName name,
                             DecodeTableName(event.body, format.table_id_bytes()));
    if (!wants_table_(name.database, name.table)) {
      tables_.erase(name.table_id);
      return Status::Ok();
    }
    tables_.insert(name.table_id);
  } else if (IsRowsEvent(event.header.type)) {
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t table_id, DecodeTableId(event, format));
    if (tables_.count(table_id) == 0) {
      return Status::Ok();
    }
  } else if (tables_.empty()) {
    return Status::Ok();  // fragments of rows that cannot be wanted
  }
  PutU8(&bytes_, static_cast<uint8_t>(event.header.type));
  PutLengthPrefixed(&bytes_, event.body);
  return Status::Ok();
}

Status ReplayXaEvents(std::string_view bytes, RowEventReader* reader, RowBuffer* buffer) {
  ByteReader events(bytes);
  while (!events.AtEnd()) {
    Event event;
    event.header.type = static_cast<EventType>(events.U8());
    event.body = events.LengthPrefixed();
    BINSEEK_RETURN_IF_ERROR(events.status("prepared transaction"));
    if (!RowEventReader::Takes(event.header.type)) {
      return Status::Corruption("prepared transaction: " + EventName(event.header.type));
    }
    BINSEEK_RETURN_IF_ERROR(reader->Take(event, buffer));
  }
  return Status::Ok();
}

}  // namespace binseek::binlog
