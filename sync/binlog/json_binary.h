// MySQL's binary JSON as text: compact, members in the order in which they are stored, as the server prints it.
//
// Thread-safety: pure functions. Errors: kCorruption for bytes that are no JSON document; nesting, offsets and the
// size of the text are bounded whatever the bytes claim.
#ifndef BINSEEK_SYNC_BINLOG_JSON_BINARY_H_
#define BINSEEK_SYNC_BINLOG_JSON_BINARY_H_

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek::binlog {

// Replaces *out. Empty bytes are the JSON null (so does the server read them).
Status DecodeJsonBinary(std::string_view bytes, std::string* out);

// Appends text as a JSON string, with quotes and escapes as the server writes them; what is no UTF-8 becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_JSON_BINARY_H_
