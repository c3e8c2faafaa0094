#include "sync/binlog/xa_events.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/table_map.h"

namespace binseek::binlog {
namespace {

// In the place of an event's type: a type that no event has.
constexpr uint8_t kTablesOnly = 0;
constexpr size_t kMaxTables = 100;

}  // namespace

Status XaEvents::Take(const Event& event, const FormatDescription& format) {
  BINSEEK_ASSIGN_OR_RETURN(const bool wanted, Wants(event, format));
  if (wanted) {
    PutU8(&bytes_, static_cast<uint8_t>(event.header.type));
    PutLengthPrefixed(&bytes_, event.body);
  }
  return Status::Ok();
}

Result<bool> XaEvents::Wants(const Event& event, const FormatDescription& format) {
  if (event.header.type == EventType::kTableMap) {
    BINSEEK_ASSIGN_OR_RETURN(const TableName name,
                             DecodeTableName(event.body, format.table_id_bytes()));
    if (!wants_table_(name.database, name.table)) {
      tables_.erase(name.table_id);
      return false;
    }
    tables_.insert(name.table_id);
    names_.emplace(name.database, name.table);
    return true;
  }
  if (IsRowsEvent(event.header.type)) {
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t table_id, DecodeTableId(event, format));
    return tables_.count(table_id) != 0;
  }
  return WantsFragment(event, format);
}

// The first fragment begins with the head of the event that was cut, which names its table.
Result<bool> XaEvents::WantsFragment(const Event& event, const FormatDescription& format) {
  BINSEEK_ASSIGN_OR_RETURN(const RowsFragment fragment, DecodeRowsFragment(event.body));
  if (fragment.number == 1) {
    Event head = event;
    head.body = fragment.bytes;
    head.body.remove_prefix(std::min(kEventHeaderBytes, head.body.size()));
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t table_id, DecodeTableId(head, format));
    wants_fragments_ = tables_.count(table_id) != 0;
  }
  return wants_fragments_;
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

std::string EncodeXaTables(const std::set<XaTable>& tables) {
  std::string bytes;
  PutU8(&bytes, kTablesOnly);
  if (tables.size() <= kMaxTables) {
    for (const auto& [database, table] : tables) {
      PutLengthPrefixed(&bytes, database);
      PutLengthPrefixed(&bytes, table);
    }
  }
  return bytes;
}

Result<std::optional<std::vector<XaTable>>> DecodeXaTables(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<std::vector<XaTable>> tables;
  if (bytes.empty() || reader.U8() != kTablesOnly) {
    return tables;
  }
  tables.emplace();
  while (!reader.AtEnd()) {
    std::string database(reader.LengthPrefixed());
    tables->emplace_back(std::move(database), reader.LengthPrefixed());
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("prepared transaction"));
  return tables;
}

}  // namespace binseek::binlog
