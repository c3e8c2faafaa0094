// Values as JSON tokens for _source, for columns that do not live in a numeric field.
//
// Thread-safety: pure functions. Errors: kInvalidArgument saying what is wrong with the value, without the value.
#ifndef BINSEEK_SYNC_MAPPER_VALUE_JSON_H_
#define BINSEEK_SYNC_MAPPER_VALUE_JSON_H_

#include <string>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::mapper {

// Appends one token: characters, ENUM, TIME, UUID, INET4 and INET6 a string, SET an array of strings, DECIMAL its digits, POINT
// {"lat":y,"lon":x}, of an SRID that is neither 0 nor 4326 {"x":x,"y":y,"srid":n}, VECTOR an array of numbers, bytes and other geometries (SRID and WKB) base64, JSON as it stands.
// JSON text is not checked here. REQUIRES: the value is neither NULL nor absent, and of none of the types that
// ColumnValueOf turns into exact numbers.
Status AppendValueJson(const change::Column& column, const change::Value& value, std::string* out);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_VALUE_JSON_H_
