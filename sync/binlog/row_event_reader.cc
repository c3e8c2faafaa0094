#include "sync/binlog/row_event_reader.h"

#include <algorithm>

#include "sync/binlog/compression.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/row_history.h"

namespace binseek::binlog {

bool RowEventReader::Takes(EventType type) {
  return type == EventType::kTableMap || type == EventType::kMariadbPartialRowData ||
         IsRowsEvent(type);
}

void RowEventReader::BeginFile(const FormatDescription& format) {
  format_ = format;
  tables_.Clear();
  fragments_expected_ = 0;
}

Status RowEventReader::Take(const Event& event, RowBuffer* buffer) {
  const EventType type = event.header.type;
  if (type == EventType::kMariadbPartialRowData) {
    return TakeFragment(event, buffer);
  }
  if (fragments_expected_ != 0) {
    return Status::Corruption(EventName(type) + " between the fragments of a rows event");
  }
  if (type == EventType::kTableMap) {
    const auto added = tables_.Add(event.body, format_.table_id_bytes());
    if (!added.ok()) {
      return added.status().WithContext(EventName(type));
    }
    if (const auto& fault = *added) {
      buffer->LeaveOut(fault->database, fault->table, fault->why);
    }
    return Status::Ok();
  }
  return TakeRows(event, buffer);
}

Status RowEventReader::TakeRows(const Event& event, RowBuffer* buffer) {
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t table_id, DecodeTableId(event, format_));
  BINSEEK_ASSIGN_OR_RETURN(const RowDecoder* decoder, tables_.Find(table_id));
  BINSEEK_RETURN_IF_ERROR(NoteCascade(event, table_id, decoder != nullptr, buffer));
  if (decoder == nullptr) {
    return Status::Ok();
  }
  const change::TableSchema& table = *decoder->schema();
  if (buffer->LeavesOut(table)) {
    return Status::Ok();
  }
  const auto versioned =
      table.versioning == change::Versioning::kNone ? nullptr : tables_.VersionedSchema(table_id);
  Status decoded = versioned == nullptr ? DecodeRowsOf(*decoder, event, buffer)
                                        : DecodeVersioned(*decoder, versioned, event, buffer);
  const bool of_the_rows = !decoded.ok() && decoded.code() != StatusCode::kResourceExhausted &&
                           decoded.code() != StatusCode::kUnavailable &&
                           decoded.code() != StatusCode::kIoError;
  if (!of_the_rows) {
    return decoded;
  }
  buffer->LeaveOut(table.database, table.table, decoded.message());
  return Status::Ok();
}

// Of the session's foreign_key_checks, and of what the server logs itself, every event tells.
Status RowEventReader::NoteCascade(const Event& event, uint64_t table_id, bool seen,
                                   RowBuffer* buffer) const {
  const std::string_view table = tables_.CascadesFrom(table_id);
  if (table.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const RowsFlags flags, DecodeRowsFlags(event, format_));
  if (flags.kind != RowsKind::kWrite) {
    const bool cascades = !flags.no_foreign_key_checks && !flags.cascades_logged;
    buffer->NoteCascade({.table = std::string(table),
                         .deletes = cascades && flags.kind == RowsKind::kDelete,
                         .updates = cascades && flags.kind == RowsKind::kUpdate,
                         .unseen = cascades && !seen,
                         .partly = !cascades});
  }
  return Status::Ok();
}

Status RowEventReader::DecodeRowsOf(const RowDecoder& decoder, const Event& event,
                                    RowBuffer* buffer) {
  const EventType type = event.header.type;
  if (type >= EventType::kWriteRowsV0 && type <= EventType::kDeleteRowsV0) {
    return Status::Aborted(EventName(type) + " is not supported");
  }
  BINSEEK_ASSIGN_OR_RETURN(RowsEvent rows, DecodeRows(event, format_));
  if (rows.compressed) {
    BINSEEK_RETURN_IF_ERROR(InflateMariadb(rows.rows, limit_bytes_, &unpacked_));
    rows.rows = unpacked_;
  }
  return decoder.DecodeRows(rows, buffer);
}

// An event's rows at once: they take the memory of one event. What the first of them was refused for is told before any is taken.
Status RowEventReader::DecodeVersioned(const RowDecoder& decoder,
                                       const std::shared_ptr<const change::TableSchema>& table,
                                       const Event& event, RowBuffer* buffer) {
  SpillOptions in_memory;
  in_memory.memory_bytes = UINT64_MAX;
  RowBuffer whole(&in_memory);
  BINSEEK_RETURN_IF_ERROR(DecodeRowsOf(decoder, event, &whole));
  BINSEEK_ASSIGN_OR_RETURN(const auto rows, whole.Take());
  const auto cursor = rows->Open();
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const change::RowChange* row, cursor->Next());
    if (row == nullptr) {
      return Status::Ok();
    }
    if (auto current = WithoutHistory(table, *row)) {
      BINSEEK_RETURN_IF_ERROR(buffer->Add(*std::move(current)));
    }
  }
}

Status RowEventReader::TakeFragment(const Event& event, RowBuffer* buffer) {
  BINSEEK_ASSIGN_OR_RETURN(const RowsFragment fragment, DecodeRowsFragment(event.body));
  if (fragments_expected_ == 0) {
    fragments_.clear();
    fragments_taken_ = 0;
    fragments_expected_ = fragment.count;
  }
  if (fragment.count != fragments_expected_ || fragment.number != fragments_taken_ + 1) {
    return Status::Corruption("PARTIAL_ROW_DATA: fragment " + std::to_string(fragment.number) +
                              " of " + std::to_string(fragment.count) + " behind " +
                              std::to_string(fragments_taken_) + " of " +
                              std::to_string(fragments_expected_));
  }
  if (fragments_.size() + fragment.bytes.size() > limit_bytes_) {
    return Status::ResourceExhausted("PARTIAL_ROW_DATA: an event of more than " +
                                     std::to_string(limit_bytes_) + " bytes");
  }
  fragments_.append(fragment.bytes);
  if (++fragments_taken_ < fragments_expected_) {
    return Status::Ok();
  }
  fragments_expected_ = 0;
  BINSEEK_ASSIGN_OR_RETURN(const Event whole, SplitEvent(fragments_, false));
  if (!IsRowsEvent(whole.header.type)) {
    return Status::Corruption("PARTIAL_ROW_DATA: the fragments of " + EventName(whole.header.type));
  }
  Status taken = TakeRows(whole, buffer);
  fragments_ = std::string();  // such events are large
  return taken;
}

}  // namespace binseek::binlog
