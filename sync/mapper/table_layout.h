// TableLayout: what the mapping rules make of one table: its fields, computed columns, filter and ids, checked against the table's columns.
//
// From it come the mapping of the index (MappingOf) and, once that exists with the ids of its fields, the plan by which rows are mapped
// (table_plan.h). Without rules every column is a field of its name (table_mapping.h).
//
// Immutable; shares its schema, rules and zone. Errors: kInvalidArgument naming table, column or field, and what mends it.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_LAYOUT_H_
#define BINSEEK_SYNC_MAPPER_TABLE_LAYOUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/expression.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/time_zone.h"
#include "sync/mapper/zero_dates.h"

namespace binseek::mapper {

// Of a source.
struct MapperOptions {
  std::string source_name;  // for ids that begin with it: letters, digits, '_' and '-'
  std::shared_ptr<const MappingRules> rules;  // null: none
  std::shared_ptr<const TimeZone> time_zone;  // of DATETIME columns; null: UTC
  std::shared_ptr<ZeroDates> zero_dates;      // null: they are null, and nobody counts them

  uint64_t ZeroDatesMet() const { return zero_dates == nullptr ? 0 : zero_dates->met(); }
  std::string ZoneName() const { return time_zone == nullptr ? "UTC" : time_zone->name(); }
};

// How a column's value gets into its field. In _source it has its own form in any case, as table_mapping.h says.
enum class Conversion : uint8_t {
  kDirect,      // as it is
  kAsText,      // its text, as one value
  kParsed,      // its text, as a number, date or boolean
  kJsonLeaves,  // the scalars of a JSON array, or the one that it is
  kObject,      // the members of a JSON object, by the fields that they have
  kSourceOnly,  // in _source alone
};

struct MemberLayout {
  mapping::Field field;  // "attrs.size.width"
  std::vector<mapping::Field> subfields;
};

struct FieldLayout {
  // Of a column; beyond the table's, of a computed one: `computed[ordinal - columns.size()]`. Nothing: of neither, values are only copied to it.
  std::optional<uint32_t> ordinal;
  mapping::Field field;  // without an id
  std::vector<mapping::Field> subfields;
  Conversion conversion = Conversion::kDirect;
  std::vector<std::string> copy_to;
  std::vector<MemberLayout> members;  // kObject
};

struct ComputedColumn {
  change::Column column;                      // its name is the field's
  std::optional<BoundExpression> expression;  // nullopt: the constant
  change::Value constant;
};

struct TableLayout {
  std::shared_ptr<const change::TableSchema> table;
  std::string index;  // of the rule; empty: it names none
  std::vector<FieldLayout> fields;
  std::vector<ComputedColumn> computed;
  // A row is in the index where `where` is true and `soft_delete` is not.
  std::optional<BoundExpression> where;
  std::optional<BoundExpression> soft_delete;
  // Parts of an _id, in order: columns, or a text that is the same for all rows of the table.
  struct IdPart {
    std::optional<uint32_t> column;
    std::string text;
  };
  std::vector<IdPart> id;
  bool id_names_source = false;    // it begins with it, so that no other source has the same ids
  bool id_names_table = false;     // so that no table of another name has the same ids
  bool id_names_database = false;  // nor one of another database
  bool id_is_key = true;           // the columns of the id are those of the primary key
  std::shared_ptr<const TimeZone> time_zone;  // null: UTC
  std::shared_ptr<ZeroDates> zero_dates;      // may be null
  // Of all that the config says about how rows become documents: another fingerprint may mean other documents. 0: nothing.
  uint64_t fingerprint = 0;

  bool has_rule = false;
  bool has_filter() const { return where.has_value() || soft_delete.has_value(); }
  // Columns that the id has, each once.
  std::vector<uint32_t> IdColumns() const;
  // That mapping, filter or id read: ordinals, ascending.
  std::vector<uint32_t> ColumnsRead() const;
};

Result<std::shared_ptr<const TableLayout>> LayOut(std::shared_ptr<const change::TableSchema> table,
                                                  const MapperOptions& options);

// The mapping that an index of this table alone has, marked as synced; ids are those of a new index.
Result<mapping::Mapping> MappingOf(const TableLayout& layout);
// Has the fields be of this table's documents alone (FieldParameters::tables), where its ids let others have the index too.
void NameTable(const TableLayout& layout, change::SourceId source, mapping::Mapping* mapping);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_LAYOUT_H_
