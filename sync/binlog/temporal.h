// The wire forms of dates and times.
//
// Thread-safety: pure functions. Errors: sticky in the reader.
#ifndef BINSEEK_SYNC_BINLOG_TEMPORAL_H_
#define BINSEEK_SYNC_BINLOG_TEMPORAL_H_

#include "engine/base/byte_reader.h"
#include "sync/binlog/table_map.h"
#include "sync/change/value.h"

namespace binseek::binlog {

// REQUIRES: `type` is one of the temporal types; scale <= 6 (fractional digits).
change::Value DecodeTemporal(WireType type, int scale, ByteReader* reader);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TEMPORAL_H_
