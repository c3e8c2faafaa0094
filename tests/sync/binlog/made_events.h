// Events made by hand, without checksums: what no captured stream has.
#ifndef BINSEEK_TESTS_SYNC_BINLOG_MADE_EVENTS_H_
#define BINSEEK_TESTS_SYNC_BINLOG_MADE_EVENTS_H_

#include <string>
#include <string_view>

#include "engine/base/coding.h"
#include "sync/binlog/event.h"
#include "sync/binlog/event_decoder.h"
#include "sync/change/table_schema.h"

namespace binseek::binlog {

using change::ColumnType;
using std::string_literals::operator""s;

inline std::string MakeEvent(EventType type, std::string_view body, uint16_t flags = 0) {
  std::string event;
  PutU32(&event, 1'700'000'000);
  PutU8(&event, static_cast<uint8_t>(type));
  PutU32(&event, 1);
  PutU32(&event, static_cast<uint32_t>(kEventHeaderBytes + body.size()));
  PutU32(&event, 0);  // position: not told
  PutU16(&event, flags);
  event += body;
  return event;
}

inline std::string QueryEventBytes(std::string_view sql, std::string_view variables = {}) {
  std::string body(8, '\0');
  PutU8(&body, 4);
  PutU16(&body, 0);
  PutU16(&body, static_cast<uint16_t>(variables.size()));
  body += variables;
  body += "shop\0"s;
  body += sql;
  return MakeEvent(EventType::kQuery, body);
}

// shop.<table> (of one letter, which is its number too) of these wire types with their metadata, all of one byte for their number.
inline std::string TableMapEvent(std::string_view types, std::string_view metadata,
                                 char table = 't') {
  std::string body(1, table);
  body += "\0\0\0\0\0\x01\0\x04shop\0\x01"s + table + '\0';
  PutU8(&body, static_cast<uint8_t>(types.size()));
  body += types;
  PutU8(&body, static_cast<uint8_t>(metadata.size()));
  body += metadata;
  body.push_back('\xff');  // all may be NULL
  return MakeEvent(EventType::kTableMap, body);
}

// An insert of one row of all columns (at most seven, none NULL), in MariaDB's form.
inline std::string InsertEvent(size_t columns, std::string_view row, char table = 't') {
  std::string body = table + "\0\0\0\0\0\x01\0"s;
  PutU8(&body, static_cast<uint8_t>(columns));
  body.push_back('\x7f');
  body.push_back('\0');
  body += row;
  return MakeEvent(EventType::kWriteRowsV1, body);
}

inline change::Column MakeColumn(const char* name, ColumnType type) {
  change::Column column;
  column.name = name;
  column.type = type;
  column.charset = type == ColumnType::kBlob || type == ColumnType::kVarbinary ? "" : "utf8mb4";
  return column;
}

}  // namespace binseek::binlog

#endif  // BINSEEK_TESTS_SYNC_BINLOG_MADE_EVENTS_H_
