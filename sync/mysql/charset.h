// Text of MySQL's character sets as UTF-8.
//
// Both roads pass through here: SELECT results, which the server has converted already but which
// may hold bytes that are no UTF-8 all the same, and binlog rows, which carry the column's own
// character set.
//
// Thread-safety: ToUtf8 is thread-safe; converters are kept per thread.
// Errors: kInvalidArgument for a character set that cannot be converted. Bytes that are no text are no error: they become
// U+FFFD in character sets of Unicode, and '?' in the others, which is what the servers' own conversion gives.
#ifndef BINSEEK_SYNC_MYSQL_CHARSET_H_
#define BINSEEK_SYNC_MYSQL_CHARSET_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek::mysql {

// "utf8mb4", "latin1", ... of a collation's number as the wire names it (255 -> "utf8mb4"); empty
// where not known.
std::string_view CharsetOfCollation(uint32_t collation_id);

// Whether its text is UTF-8 as it stands.
bool IsUtf8(std::string_view charset);

// Whether ToUtf8 knows it.
bool IsKnownCharset(std::string_view charset);

// Replaces *out by `bytes` of `charset` in UTF-8. Cost: a copy for utf8 and utf8mb4; a
// conversion otherwise.
Status ToUtf8(std::string_view charset, std::string_view bytes, std::string* out);

// Replaces *out by `bytes`, with U+FFFD for what is no UTF-8.
void SanitizeUtf8(std::string_view bytes, std::string* out);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_CHARSET_H_
