// MySQL's packed decimal: groups of nine digits in four bytes, big-endian, order-preserving.
//
// Thread-safety: pure functions. Errors: false where the bytes are no decimal of that precision and scale.
#ifndef BINSEEK_SYNC_BINLOG_DECIMAL_H_
#define BINSEEK_SYNC_BINLOG_DECIMAL_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::binlog {

// Whether a column can have these: 1 <= precision <= 65, scale <= 30, scale <= precision.
bool IsDecimalShape(int precision, int scale);

// Bytes that a decimal takes. REQUIRES: IsDecimalShape.
size_t DecimalBytes(int precision, int scale);

// Replaces *out by the exact text with `scale` digits behind the point ("-12.50"; a zero has no sign).
// REQUIRES: IsDecimalShape; bytes.size() == DecimalBytes(precision, scale).
bool DecodeDecimal(std::string_view bytes, int precision, int scale, std::string* out);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_DECIMAL_H_
