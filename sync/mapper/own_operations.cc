#include "sync/mapper/own_operations.h"

#include <algorithm>

namespace binseek::mapper {

using index::Operation;
using index::OpKind;

const OwnOperations::Ordinals& OwnOperations::Last(const TablePlan& plan, std::string_view key,
                                                   bool* known) {
  static const Ordinals kNone;
  for (; looked_at_ < operations_->size(); ++looked_at_) {
    const Operation& operation = (*operations_)[looked_at_];
    Ordinals& ordinals = by_key_[{operation.index, operation.key}];
    if (operation.kind != OpKind::kUpdateColumns) {
      ordinals.clear();  // nothing of what was before is left
    }
    ordinals.push_back(looked_at_);
  }
  const auto it = by_key_.find(std::pair(plan.index, std::string(key)));
  const Ordinals& ordinals = it == by_key_.end() ? kNone : it->second;
  *known = !ordinals.empty() && (*operations_)[ordinals[0]].kind != OpKind::kUpdateColumns;
  return ordinals;
}

bool OwnOperations::Contains(const TablePlan& plan, std::string_view key) {
  bool known = false;
  const Ordinals& ordinals = Last(plan, key, &known);
  const bool there = known ? (*operations_)[ordinals[0]].kind == OpKind::kUpsert
                           : stored_->Contains(plan.index, key);
  return there || std::any_of(ordinals.begin(), ordinals.end(), [&](size_t ordinal) {
           return static_cast<bool>((*operations_)[ordinal].if_missing);
         });
}

Result<std::optional<StoredFields>> OwnOperations::Document(const TablePlan& plan,
                                                            std::string_view key) {
  bool known = false;
  const Ordinals& ordinals = Last(plan, key, &known);
  std::optional<StoredFields> fields;
  if (!known) {
    BINSEEK_ASSIGN_OR_RETURN(const auto source, stored_->Source(plan.index, key));
    if (source) {
      fields = StoredFields::OfSource(plan, *source);
      if (!fields) {
        return fields;
      }
    }
  }
  for (const size_t ordinal : ordinals) {
    const Operation& operation = (*operations_)[ordinal];
    if (operation.kind == OpKind::kUpsert) {
      fields = StoredFields::OfDocument(plan, operation.document);
    } else if (operation.kind == OpKind::kUpdateColumns && fields) {
      for (const index::ColumnUpdate& update : operation.columns) {
        fields->Set(update.field, update.value);
      }
    } else if (operation.kind == OpKind::kUpdateColumns && operation.if_missing) {
      BINSEEK_ASSIGN_OR_RETURN(const mapping::Document document, operation.if_missing());
      fields = StoredFields::OfDocument(plan, document);
    }
  }
  return fields;
}

}  // namespace binseek::mapper
