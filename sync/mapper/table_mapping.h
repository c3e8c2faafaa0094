// TableMapping: what a table's columns become in an index when nobody says otherwise.
//
//   VARCHAR, CHAR, TEXT     text, with a keyword subfield (ignore_above 256)
//   ENUM, SET               keyword (SET: one value per label)
//   integers, BIT, YEAR     long; BIGINT UNSIGNED and BIT unsigned_long, exact
//   DECIMAL                 scaled 64-bit integer up to 18 digits, exact; beyond: double
//   FLOAT, DOUBLE           float, double
//   DATE, DATETIME, TIMESTAMP   date
//   TIME, UUID, INET4, INET6    keyword
//   JSON                    one flattened field
//   POINT                   geo_point; of an SRID that is neither 0 nor 4326: in _source only
//   BINARY, VARBINARY, BLOB, VECTOR, other geometries   in _source only
//
// Every field is named as its column. Numbers and dates outside the key are updated in place, but for
// DECIMALs of more than 18 digits: the double that finds them has lost digits, so _source keeps their
// text.
//
// In _source: integers and DECIMAL are JSON numbers with the column's digits (12.50), FLOAT and DOUBLE
// the shortest number that reads back equal, DATE "2026-01-02", DATETIME "2026-01-02T03:04:05[.ffffff]"
// with the column's digits, TIMESTAMP the same with Z, TIME as MySQL prints it ("-838:59:59.000000"),
// SET an array, JSON as JSON, POINT {"lat":y,"lon":x}, of an SRID that is neither 0 nor 4326 {"x":x,"y":y,"srid":n}, VECTOR an array of numbers, BINARY, VARBINARY,
// BLOB base64, other geometries base64 of SRID (4 bytes, little-endian) and WKB, NULL null. A zero or
// partial date ('0000-00-00', '2026-00-00') is no moment: null. An ENUM's error value is "".
//
// Immutable value type; shares its schema. Errors: kInvalidArgument naming table and column.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_MAPPING_H_
#define BINSEEK_SYNC_MAPPER_TABLE_MAPPING_H_

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {

// The index that a table goes to by default: its name in lower case. Not checked against the rules
// of index names.
std::string DefaultIndexName(const change::TableSchema& table);

// The mapping that the table's columns ask for, marked as synced. Field ids are those of a new
// index; an index that exists has its own (TableMapper binds by name). kInvalidArgument: the table
// has no primary key, or a column's name cannot be a field's (empty, or with a '.').
Result<mapping::Mapping> DeriveMapping(const change::TableSchema& table);

// The document's _id: the key's text as AppendValueText writes it (value_text.h; dates as in _source,
// bytes base64). A key of one column is its text as it stands; a composite one's parts are joined by
// ':', with '\' before every ':' and '\' within a part.
// kInvalidArgument where the image lacks a key column, or the id would be empty or over 512 bytes.
// REQUIRES: the table has a key.
Result<std::string> DocumentId(const change::TableSchema& table, const change::RowImage& row);
// The same of the parts that the table's rule names (TableLayout::id): the table's name is a part like another.
Result<std::string> DocumentId(const TableLayout& layout, const change::RowImage& row);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_MAPPING_H_
