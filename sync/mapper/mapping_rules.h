// MappingRules: what the config says about how tables become documents (source.mapping), as text and checked as far as that goes
// without a table. What follows for a table is its layout (table_layout.h).
//
//   [{"table": "shop.orders_%", "index": "orders", "id": ["table", "key"],
//     "include": ["*"], "exclude": ["secret_*"], "rename": {"ttl": "title"},
//     "where": "status <> 'draft'", "soft_delete": "deleted_at IS NOT NULL",
//     "fields": {"sku": {"type": "keyword", "copy_to": ["all"]},
//                "attrs": {"type": "object", "properties": {"color": {"type": "keyword"}}},
//                "full_name": {"value": "concat_ws(' ', first, last)"},
//                "kind": {"constant": "order"},
//                "all": {"type": "text"}}}]
//
// The first rule that matches a table is the table's. In patterns of tables and columns '%' and '*' stand for any characters; a pattern of a
// table without a '.' matches in any database.
//
// Immutable value types. Errors: kInvalidArgument naming the rule ("rule 2, table orders_%"), the key or field, and what is wanted.
#ifndef BINSEEK_SYNC_MAPPER_MAPPING_RULES_H_
#define BINSEEK_SYNC_MAPPER_MAPPING_RULES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "sync/mapper/expression.h"

namespace binseek::mapper {

// A part of an _id.
struct IdPart {
  enum class Kind : uint8_t {
    kSource,  // the name of the source; it comes first
    kDatabase,
    kTable,
    kKey,
    kColumn
  };  // kKey: all columns of the primary key
  Kind kind = Kind::kKey;
  std::string column;  // kColumn
};

struct FieldRule {
  enum class From : uint8_t {
    kColumn,    // of the name `column`
    kValue,     // computed
    kConstant,  // the same in every document
  };
  std::string field;
  From from = From::kColumn;
  std::string
      column;  // kColumn; empty: the one whose field this is, or none, where other fields' values are copied to it
  std::optional<Expression> value;
  JsonValue constant;
  // {"type": ..., ...}: mapping parameters as Elasticsearch's; has the field and what lies under it. nullopt: as the values ask for.
  std::optional<mapping::Mapping> parameters;
  std::vector<std::string> copy_to;
};

struct TableRule {
  std::string name;  // for messages: "rule 2, table orders_%"
  std::string table;
  std::string index;                 // empty: by the table's name
  std::vector<IdPart> id;            // empty: the key
  std::vector<std::string> include;  // columns; empty: all
  std::vector<std::string> exclude;
  std::map<std::string, std::string> rename;  // column -> field
  std::vector<FieldRule> fields;              // in the order of the text
  std::optional<Expression> where;
  std::optional<Expression> soft_delete;
  std::string text;  // the rule as JSON, but for `table`: equal texts are equal rules
};

// Whether `name` is what `pattern` says.
bool MatchesPattern(std::string_view pattern, std::string_view name);

class MappingRules {
 public:
  // An array of rules; empty text: none.
  static Result<MappingRules> Parse(std::string_view json);

  // Null: there is none.
  const TableRule* Find(std::string_view database, std::string_view table) const;
  const std::vector<TableRule>& rules() const { return rules_; }

 private:
  std::vector<TableRule> rules_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_MAPPING_RULES_H_
