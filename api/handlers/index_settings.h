// Index settings: Elasticsearch's nested, dotted or mixed forms to one flat map, and back.
//
// Pure functions, thread-safe.
#ifndef BINSEEK_API_HANDLERS_INDEX_SETTINGS_H_
#define BINSEEK_API_HANDLERS_INDEX_SETTINGS_H_

#include <map>
#include <string>

#include "api/rest_error.h"
#include "engine/base/json.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/index_sort.h"
#include "engine/mapping/mapping_limits.h"

namespace binseek::api {

// "index.number_of_shards" -> "1"
using FlatSettings = std::map<std::string, std::string>;

// {"number_of_shards": 1}, {"index": {...}} and {"index.number_of_shards": 1} are the same. A setting that is not known is refused.
RestResult<FlatSettings> ParseSettings(const JsonValue& json);

// As kept with the index.
std::string SettingsJson(const FlatSettings& settings);
// What GET shows: those given at creation, and those that every index has.
FlatSettings AllSettings(const index::IndexView& index);
// index.sort.*
mapping::IndexSortSettings SortSettings(const FlatSettings& settings);
// index.mapping.ignore_malformed: what the mapping's fields do where they say nothing.
bool IgnoresMalformed(const FlatSettings& settings);
// index.mapping.total_fields.limit, nested_fields.limit, depth.limit.
mapping::MappingLimits MappingLimitsOf(const FlatSettings& settings);
// Writes are answered when they are durable: index.translog.durability is not async.
bool WritesAreSynced(const index::IndexView& index);
// Writes the nested object.
void WriteSettings(const FlatSettings& settings, JsonWriter* writer);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_INDEX_SETTINGS_H_
