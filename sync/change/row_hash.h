// RowHasher: the hash of a source row that travels with its document, so that index and table can be compared without either's
// documents being made again.
//
// It is XXH3-64 over the values of a list of columns: exactly those that mapping, filter or id read. What changes in other columns
// never makes a stored hash stale. There is one canonicaliser, and it reads Values, in which binlog rows and SELECTed rows end alike.
//
// **The list's id** is XXH3-64 over the list's columns (byte form below). The engine keeps 64 bits per row, so the id is not stored
// beside the hash: it is the hash's seed, and the same row under another list has another hash. A stored hash that differs from that
// of the SELECTed row therefore says "derive this row's document again and compare that", never yet "mismatch"; equal hashes say
// that the row and the list are the same, but for a chance of 2^-64.
// 0 says that the hash is not known, because the row's images lacked a column of the list. A hash that comes out as 0 is kept as 1.
//
// **Byte form**, persisted by the hashes made of it (a change of it makes every stored hash one "to derive again"). All integers are
// little-endian; "bytes" are a varint of their length, and themselves.
//
//   list  per column, in byte order of the names: name as bytes, tag of the column's type u8
//   row   per column of the list, in the same order: a cell
//   cell  tag u8, and behind it by tag:
//
//   tag | values                         | behind it
//    0  | NULL                           | nothing
//    1  | signed integers, YEAR          | i64
//    2  | unsigned integers, BIT         | u64
//    3  | FLOAT                          | the 4 bytes of the binary32
//    4  | DOUBLE                         | the 8 bytes of the binary64
//    5  | DECIMAL                        | bytes: "-12.50", in the column's scale; a zero has no sign
//    6  | CHAR, VARCHAR, TEXT            | bytes: UTF-8; the blanks that CHAR was padded with are not there
//    7  | BINARY, BLOB, UUID, INET       | bytes: raw; BINARY(N) with its zeros
//    8  | DATE                           | i64, packed as change::PackCalendar does; zero and partial dates as they are
//    9  | DATETIME                       | i64, packed likewise: the wall clock, without a zone
//   10  | TIMESTAMP                      | i64, microseconds since 1970 in UTC; the zero timestamp is 0
//   11  | TIME                           | i64, microseconds
//   12  | JSON                           | a JSON value, see below
//   13  | JSON that is kept as text      | bytes: the text
//   14  | ENUM                           | bytes: the label, UTF-8; empty for the error value
//   15  | SET                            | bytes: the labels, joined by ',', in the order of their definition
//   16  | GEOMETRY                       | bytes: SRID u32, WKB
//   17  | VECTOR                         | bytes: binary32 each
//
//   JSON  'n' null, 't' true, 'f' false; '#' a number's text as bytes; '"' a string, unescaped, as bytes; '[' values ']';
//         '{' members '}': the key as bytes, its value; in byte order of the keys
//
// Why so:
//  - FLOAT and DOUBLE by their bits: -0.0 is another value than 0.0 to both servers' storage, and both roads give it as it is stored.
//    Neither server stores NaN or infinities.
//  - ENUM and SET by label: that is what the documents hold, so an ALTER that numbers the labels anew leaves hashes right, and one
//    that renames a label does not. Several labels of a SET keep the order of the definition, as the documents do.
//  - MySQL's JSON is a value, so neither the order of members nor white space counts; numbers keep their text, because 1 and 1.0 are two
//    values there. Text that no JSON reader of ours takes (more than a million values) is hashed as text, on both roads alike.
//    MariaDB's JSON is text, and what it was written as is what the documents hold.
//  - Texts are UTF-8, not the column's own bytes: the Values hold no other, on both roads. The server's own conversion (SELECT) and
//    our tables (binlog) agree on every code of every character set, which tests/integration/charset_test.cc shows. The limit: bytes that
//    are no text in the column's character set become U+FFFD or '?', so two of them have one hash; but also one document.
//
// Thread-safety: immutable, so thread-safe; Append and Hash write to what they are given alone. Errors: none.
#ifndef BINSEEK_SYNC_CHANGE_ROW_HASH_H_
#define BINSEEK_SYNC_CHANGE_ROW_HASH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::change {

inline constexpr uint64_t kUnknownRowHash = 0;

class RowHasher {
 public:
  // Of no column at all.
  RowHasher() = default;
  // Of these columns of `table`, in any order; one that is named twice counts once. REQUIRES: they are ordinals of the table's.
  RowHasher(const TableSchema& table, std::vector<uint32_t> columns);

  uint64_t list_id() const { return list_id_; }

  // The hash of `row`; columns that it does not carry are taken from `fallback` (empty: there is none).
  // kUnknownRowHash where a column of the list is in neither. `scratch` is overwritten; given again, it saves allocations.
  // REQUIRES: row.size() is the number of columns; fallback.size() too, or 0.
  uint64_t Hash(const RowImage& row, const RowImage& fallback, std::string* scratch) const;

  // Appends the bytes that Hash hashes; false where a column is in neither image.
  bool AppendRow(const RowImage& row, const RowImage& fallback, std::string* out) const;

 private:
  struct ListedColumn {
    uint32_t ordinal;
    bool json_is_text;
  };
  std::vector<ListedColumn> columns_;  // in byte order of their names
  uint64_t list_id_ = 0;
};

// Appends one value's cell. `json_is_text`: the column keeps JSON as it was written (MariaDB).
// REQUIRES: the value is not kAbsent.
void AppendCell(const Value& value, bool json_is_text, std::string* out);

// Whether the column is one of MariaDB's JSON columns, which have a character set because they are texts.
bool KeepsJsonAsText(const Column& column);

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_ROW_HASH_H_
