// The field of a column, as a rule wants it, and how the column's values get there.
//
// Thread-safety: pure functions. Errors: kInvalidArgument saying what does not fit and what would, without naming table or column.
#ifndef BINSEEK_SYNC_MAPPER_FIELD_LAYOUT_H_
#define BINSEEK_SYNC_MAPPER_FIELD_LAYOUT_H_

#include <string>

#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/expression.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {

struct FieldSource {
  const change::Column* column = nullptr;
  ExpressionType type = ExpressionType::
      kOther;             // of a computed one: kBool and kList differ from what the column says
  bool in_id = false;     // never changes within a document
  bool has_zone = false;  // DATETIMEs are instants
};

// As the column asks for it, without a rule. Sets all but ordinal and copy_to.
FieldLayout OwnField(const std::string& name, const FieldSource& source);
// As `parameters` say, whose first field it is.
Result<FieldLayout> RuledField(const FieldSource& source, const mapping::Mapping& parameters);
// A field that values are only copied to.
Result<FieldLayout> CopiedField(const mapping::Mapping& parameters);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_FIELD_LAYOUT_H_
