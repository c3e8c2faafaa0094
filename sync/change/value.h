// Value: one column value of one row, as MySQL stores it, before any mapping to a document.
//
// Both roads into the product, binlog rows and SELECT results, end in this type, and equal column contents give equal
// Values whichever road they took: that is what makes snapshot, stream and (later) reconciler agree.
// Three states are not values: kAbsent (a partial row image did not carry the column), kUnknown (nor its new value) and
// kNull (SQL NULL). They are never the same thing.
//
// Thread-compatible; a plain value type. Nothing here fails: decoders report errors before they make a Value.
#ifndef BINSEEK_SYNC_CHANGE_VALUE_H_
#define BINSEEK_SYNC_CHANGE_VALUE_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::change {

enum class ValueKind : uint8_t {
  kAbsent,     // not in this row image
  kNull,       // SQL NULL
  kInt,        // signed integers, YEAR
  kUint,       // unsigned integers, BIT
  kFloat,      // FLOAT: 32-bit IEEE, in `real`
  kDouble,     // DOUBLE, in `real`
  kDecimal,    // exact text with the column's scale, "-12.50", in `bytes`
  kText,       // characters, UTF-8, in `bytes`
  kBytes,      // BINARY, VARBINARY, BLOB, UUID/INET raw forms, in `bytes`
  kDate,       // packed calendar date, in `integer` (see PackCalendar)
  kDateTime,   // packed wall clock, in `integer` (see PackCalendar)
  kTimestamp,  // microseconds since 1970-01-01T00:00:00Z, in `integer`
  kTime,       // signed microseconds, in `integer`
  kJson,       // JSON text, in `bytes`
  kEnum,       // label, UTF-8, in `bytes`
  kSet,        // labels joined by ',', in definition order, in `bytes`
  kGeometry,   // 4-byte little-endian SRID, then WKB, in `bytes`
  kVector,     // little-endian float32 array, in `bytes`
  kUnknown,  // another than before, but the row image does not tell which: a difference to what it does not carry
};

// A calendar moment as MySQL keeps it; zero and partial dates are legal (month or day 0).
struct Calendar {
  uint16_t year = 0;
  uint8_t month = 0;
  uint8_t day = 0;
  uint8_t hour = 0;
  uint8_t minute = 0;
  uint8_t second = 0;
  uint32_t micros = 0;
};

// Packs so that integer order is time order: ((year*13+month)<<5|day)<<17|hour<<12|minute<<6|second, then 24 bits of
// microseconds (the layout that MySQL itself uses for DATETIME).
int64_t PackCalendar(const Calendar& calendar);
Calendar UnpackCalendar(int64_t packed);
// True where every part names a real day and time (no zero month or day, no 31 February).
bool IsRealMoment(const Calendar& calendar);

struct Value {
  ValueKind kind = ValueKind::kAbsent;
  int64_t integer = 0;  // kInt, kUint (bit pattern), kDate, kDateTime, kTimestamp, kTime
  double real = 0;      // kFloat, kDouble
  std::string bytes;

  static Value Absent() { return {}; }
  static Value Null() { return Of(ValueKind::kNull, 0); }
  static Value Int(int64_t v) { return Of(ValueKind::kInt, v); }
  static Value Uint(uint64_t v) { return Of(ValueKind::kUint, static_cast<int64_t>(v)); }
  static Value Real(ValueKind kind, double v);
  static Value Of(ValueKind kind, int64_t v);
  static Value Bytes(ValueKind kind, std::string_view v);

  bool is_absent() const { return kind == ValueKind::kAbsent; }
  bool is_unknown() const { return kind == ValueKind::kUnknown; }
  bool is_null() const { return kind == ValueKind::kNull; }
  uint64_t unsigned_integer() const { return static_cast<uint64_t>(integer); }

  // Same kind and same contents; doubles compare by bits, so that -0.0 and 0.0 differ and NaN equals itself.
  friend bool operator==(const Value& a, const Value& b);
};

// For messages and tests: "NULL", "<absent>", 12, "text", x'0aff', 2026-01-02 03:04:05.000006.
std::string DebugString(const Value& value);

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_VALUE_H_
