// Partial updates of JSON: what a PARTIAL_UPDATE_ROWS event says instead of a document's new state.
//
// Thread-safety: pure functions. Errors: kCorruption for bytes that are no differences; kAborted where they do not fit the document
// (the server refuses that, too). Nesting, memory and time are bounded by the document and the bytes: differences that ask for more are
// kCorruption.
#ifndef BINSEEK_SYNC_BINLOG_JSON_DIFF_H_
#define BINSEEK_SYNC_BINLOG_JSON_DIFF_H_

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek::binlog {

// Applies the whole vector of differences, one after the other, to *document: JSON text as DecodeJsonBinary prints it, before and
// after. On an error *document is as it was.
Status ApplyJsonDiffs(std::string_view diffs, std::string* document);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_JSON_DIFF_H_
