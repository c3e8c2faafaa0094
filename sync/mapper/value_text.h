// Values as plain text: for ids, for keyword terms, and for what _source writes as a JSON string.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_VALUE_TEXT_H_
#define BINSEEK_SYNC_MAPPER_VALUE_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::mapper {

// RFC 4648, padded.
void AppendBase64(std::string_view bytes, std::string* out);

// As MySQL prints it: "-838:59:59.000000", at least two digits of hours, `scale` digits behind the seconds.
void AppendTime(int64_t micros, int scale, std::string* out);

// Appends the value's text: numbers in decimal, characters as they are, ENUM its label, SET its labels joined by ',', DATE
// 2026-01-02, DATETIME 2026-01-02T03:04:05[.ffffff], TIMESTAMP the same with Z (zero and partial dates with their zeros), TIME,
// UUID, INET4 and INET6 as the server prints them, JSON as JSON, other bytes in base64.
// kInvalidArgument: NULL, absent, or not a value of the column's type.
Status AppendValueText(const change::Column& column, const change::Value& value, std::string* out);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_VALUE_TEXT_H_
