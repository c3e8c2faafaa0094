// Field: one named, typed field of an index, and the id that its data carries in segments.
//
// Ids are given once per index and never reused, so a dropped and re-added field reads nothing old. Plain value types.
#ifndef BINSEEK_ENGINE_MAPPING_FIELD_H_
#define BINSEEK_ENGINE_MAPPING_FIELD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/mapping/field_parameters.h"

namespace binseek::mapping {

enum class FieldId : uint32_t {};

// System fields, present in every index; ids of user fields start at kFirstUserField.
inline constexpr FieldId kVersionField{1};  // version of the last operation on the document
inline constexpr FieldId kSeqNoField{2};    // per-index sequence number of that operation
inline constexpr FieldId kRowHashField{3};  // hash of the source row, 0 = unknown
// Keywords that documents have as values like any other (Document::texts); see SystemField.
inline constexpr FieldId kRoutingField{4};      // _routing, as it was given with the document
inline constexpr FieldId kIgnoredField{5};      // _ignored: names of fields that left out a value
inline constexpr FieldId kSourceTableField{6};  // of a synced document: its source and table
// A number of every document some of whose columns were updated beside a source that keeps the old values: the ids of those fields (Operation::columns).
inline constexpr FieldId kOverriddenField{7};
// A keyword of every child of a block that is a nested object: the id of its field, in decimal (Document::children).
inline constexpr FieldId kNestedPathField{8};
inline constexpr FieldId kFirstUserField{16};
// Whether its numbers lie in columns that are updated page by page.
constexpr bool HasColumn(FieldId id) { return id >= kFirstUserField || id == kOverriddenField; }

// Persisted in manifests: values are fixed.
enum class FieldKind : uint8_t {
  kText = 0,          // analysed, scored
  kKeyword = 1,       // one term per value; facets and sorting
  kLong = 2,          // signed 64-bit integer (byte, short, integer, long)
  kUnsignedLong = 3,  // unsigned 64-bit integer, exact
  kDecimal = 4,       // scaled 64-bit integer: value * 10^scale, exact
  kFloat = 5,
  kDouble = 6,
  kBoolean = 7,
  kDate = 8,       // microseconds since 1970-01-01T00:00:00Z
  kFlattened = 9,  // a JSON object under one field: leaf values, and path\0value
  kGeoPoint = 10,
  kBinary = 11,  // in _source only
  kObject = 12,  // a JSON object whose members are fields "name.member"; holds no data itself
  kHalfFloat = 13,
  kDateNanos = 14,     // nanoseconds since 1970-01-01T00:00:00Z, not before
  kIp = 15,            // terms of 16 bytes, IPv4 within ::ffff:0:0/96 (ip.h)
  kTokenCount = 16,    // how many tokens a text has
  kRankFeature = 17,   // a positive number for scores alone
  kRankFeatures = 18,  // an object of such numbers; terms, see range_value.h
  kIntegerRange = 19,  // ranges are terms of both their ends, see range_value.h
  kLongRange = 20,
  kFloatRange = 21,
  kDoubleRange = 22,
  kDateRange = 23,
  kIpRange = 24,
  kConstantKeyword = 25,  // one keyword for all documents of an index
  kWildcard = 26,         // a keyword
  kNested = 27,           // an object whose documents are searched one by one
  kAlias = 28,            // another name of a field
};

// How a date of the source is written in _source.
enum class DateStyle : uint8_t {
  kDate = 0,     // 2026-01-02
  kLocal = 1,    // 2026-01-02T03:04:05[.ffffff]: wall clock
  kInstant = 2,  // 2026-01-02T03:04:05[.ffffff]Z
};

struct Field {
  FieldId id{};
  std::string name;  // full path: "price", "name.keyword", "shop.city"
  FieldKind kind = FieldKind::kKeyword;
  FieldId parent{};  // multi-field: the field whose values it takes; FieldId{0}: none
  std::string analyzer = "standard";  // kText
  std::string normalizer;             // kKeyword: "" or "lowercase"
  // kKeyword: longer values (in characters) are not indexed; 0 = no limit.
  uint32_t ignore_above = 0;
  bool ignore_malformed = false;  // numeric: what is no value of the type is not indexed
  uint8_t scale = 0;  // kDecimal: digits behind the point; kDate: fractional digits in _source
  DateStyle date_style = DateStyle::kInstant;  // kDate
  bool indexed = true;                         // searchable
  bool doc_values = true;                      // column for sorting, facets, ranges
  // Synced numbers, dates and booleans: their value lives in a column only, is left out of the stored source and is
  // updated in place. Never set for fields of documents written over HTTP.
  bool in_place = false;
  // With in_place: any number of values, which _source shows as an array, ascending, whatever their number.
  bool several = false;

  std::shared_ptr<const FieldParameters> more{};  // null: all at their defaults

  const FieldParameters& parameters() const;

  // Values are numbers, compared and shown as such.
  bool is_numeric() const {
    return (kind >= FieldKind::kLong && kind <= FieldKind::kDate) ||
           kind == FieldKind::kHalfFloat || kind == FieldKind::kDateNanos ||
           kind == FieldKind::kTokenCount;
  }
  bool is_date() const { return kind == FieldKind::kDate || kind == FieldKind::kDateNanos; }
  // Values lie in a column of 64-bit integers.
  bool has_column() const {
    return is_numeric() || kind == FieldKind::kGeoPoint || kind == FieldKind::kRankFeature;
  }
  // One term per value that stands for it whole: facets, sorting.
  bool is_keyword() const {
    return kind == FieldKind::kKeyword || kind == FieldKind::kIp || kind == FieldKind::kWildcard ||
           kind == FieldKind::kConstantKeyword;
  }
  bool is_range() const { return kind >= FieldKind::kIntegerRange && kind <= FieldKind::kIpRange; }
  // Values are terms of a dictionary; of binary fields one that is empty, which says that there is a value.
  bool has_terms() const {
    return kind == FieldKind::kText || is_keyword() || kind == FieldKind::kFlattened ||
           is_range() || kind == FieldKind::kRankFeatures || kind == FieldKind::kBinary;
  }
  bool is_completion()
      const;  // a keyword whose values may be objects: {"input": [...], "weight": 3}
  bool is_object() const { return kind == FieldKind::kObject || kind == FieldKind::kNested; }
  bool is_multi_field() const { return parent != FieldId{0}; }
};

// What a text field's index_options keep of the terms of a document: how often they come, and where.
bool KeepsFrequencies(const Field& field);
bool KeepsPositions(const Field& field);

// The definition of a system field that is a keyword, as queries need it; null: `id` is none of them, or `name` is no name that a request may use (those
// of the source table and of nested objects are not). They are in no mapping's fields().
const Field* SystemField(FieldId id);
const Field* SystemField(std::string_view name);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_FIELD_H_
