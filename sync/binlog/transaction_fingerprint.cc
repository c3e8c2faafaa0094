#include "sync/binlog/transaction_fingerprint.h"

#include "engine/base/crc32c.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/table_map.h"

namespace binseek::binlog {
namespace {

constexpr int64_t kMicros = 1'000'000;

void AppendLower(std::string_view name, std::string* out) {
  for (const char c : name) {
    out->push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  out->push_back('\0');
}

}  // namespace

void FingerprintBuilder::Add(std::string_view bytes) {
  fingerprint_.crc32c = Crc32c(bytes, fingerprint_.crc32c);
  fingerprint_.length += bytes.size();
}

void FingerprintBuilder::TakeEvent(const Event& event) {
  if (mariadb_) {
    Add(event.body);
  }
}

Status FingerprintBuilder::TakeRows(const Event& event, const FormatDescription& format) {
  if (mariadb_) {
    return Status::Ok();
  }
  if (event.header.type == EventType::kTableMap) {
    BINSEEK_ASSIGN_OR_RETURN(const TableName name,
                             DecodeTableName(event.body, format.table_id_bytes()));
    std::string& text = tables_[name.table_id];
    text.clear();
    if (!*captures_database_ || (*captures_database_)(name.database)) {
      AppendLower(name.database, &text);
      AppendLower(name.table, &text);
    }
    return Status::Ok();
  }
  if (!IsRowsEvent(event.header.type)) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const RowsEvent rows, DecodeRows(event, format));
  const auto table = tables_.find(rows.table_id);
  if (table == tables_.end() || table->second.empty()) {
    return Status::Ok();
  }
  std::string counted = table->second + static_cast<char>(rows.kind);
  if (counted != last_) {
    Add(counted);
    last_ = std::move(counted);
  }
  return Status::Ok();
}

void FingerprintBuilder::TakeGtid(const GtidEvent& event, std::string_view gtid) {
  fingerprint_.commit_time_us =
      event.tells_original ? event.original_commit_us : event.immediate_commit_us;
  Add(gtid);
}

void FingerprintBuilder::End(uint32_t timestamp) {
  if (mariadb_) {
    fingerprint_.commit_time_us = timestamp * kMicros;
  }
}

}  // namespace binseek::binlog
