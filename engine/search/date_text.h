// Dates that a request writes as text, read in the format and the zone that it names. Thread-safe free function.
//
// kInvalidArgument: the text is no date, or the format or zone is none.
#ifndef BINSEEK_ENGINE_SEARCH_DATE_TEXT_H_
#define BINSEEK_ENGINE_SEARCH_DATE_TEXT_H_

#include <cstdint>
#include <string>

#include "engine/base/result.h"

namespace binseek::search {

// Milliseconds since the epoch of "now-1d/d", "2026-01-02||+1M" or a date as `format` says ("a||b": as any of them; empty: ISO 8601 or milliseconds). What is not written
// is the first moment of it. A text without an offset of its own is of `zone` (empty: UTC).
Result<int64_t> ParseDateText(const std::string& text, const std::string& format,
                              const std::string& zone, int64_t now_micros);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_DATE_TEXT_H_
