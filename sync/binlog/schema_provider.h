// What a reader of the binlog asks its user about tables.
#ifndef BINSEEK_SYNC_BINLOG_SCHEMA_PROVIDER_H_
#define BINSEEK_SYNC_BINLOG_SCHEMA_PROVIDER_H_

#include <functional>
#include <memory>
#include <string_view>

#include "sync/change/table_schema.h"

namespace binseek::binlog {

// The schema that rows of this table have at the place that is being read; null where the table is not captured.
// Called by the thread that reads, once per table map event: must be fast and must not call back.
using SchemaProvider = std::function<std::shared_ptr<const change::TableSchema>(
    std::string_view database, std::string_view table)>;

// Databases whose DDL becomes table events, whatever the table. Where it is not set, only DDL of tables that the
// schema provider knows does, and DROP DATABASE.
// Whether changes of the table's rows may change those of others by foreign keys. Called for each table map.
using CascadeFilter = std::function<bool(std::string_view database, std::string_view table)>;

using DatabaseFilter = std::function<bool(std::string_view database)>;

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_SCHEMA_PROVIDER_H_
