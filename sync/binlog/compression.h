// What both servers compress in their binlogs: MySQL's whole transactions (zstd), MariaDB's statements and rows (zlib).
//
// Thread-safety: as the objects; the functions are pure.
// Errors: kCorruption for bytes that do not unpack; kResourceExhausted where more than `limit` bytes would come out,
// whatever size the bytes themselves claim.
#ifndef BINSEEK_SYNC_BINLOG_COMPRESSION_H_
#define BINSEEK_SYNC_BINLOG_COMPRESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::binlog {

// MariaDB's block: a header (bits 0-2 of its first byte: number of length bytes; 4-6: algorithm, 0 = zlib), the length
// big-endian, the stream. Replaces *out.
Status InflateMariadb(std::string_view block, uint64_t limit, std::string* out);

// A value of one of MariaDB's COMPRESSED columns: nothing for an empty one; else a header (bits 4-7 of its first byte: 0 = as it is,
// 8 = zlib; bit 3: without zlib's own header; bits 0-2: number of length bytes), the length big-endian, the stream. Replaces *out.
Status InflateColumn(std::string_view stored, uint64_t limit, std::string* out);

// The events within a TRANSACTION_PAYLOAD, one after the other: memory is that of the largest event, not of the whole.
class PayloadReader {
 public:
  // `body` is borrowed for the reader's life.
  static Result<std::unique_ptr<PayloadReader>> Open(std::string_view body, uint64_t event_limit);
  virtual ~PayloadReader() = default;
  // The next event's bytes (header and body, no checksum), borrowed until the next call; empty at the end.
  [[nodiscard]] virtual Result<std::string_view> Next() = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_COMPRESSION_H_
