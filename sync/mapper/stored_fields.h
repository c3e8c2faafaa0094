// StoredFields: what a document holds, as the JSON tokens of its _source, one per column of its table.
//
// It is what partial row images are completed from: a token that is taken over unread is equal, byte by byte, to the one that it came from.
// Thread-compatible value type; borrows the plan.
#ifndef BINSEEK_SYNC_MAPPER_STORED_FIELDS_H_
#define BINSEEK_SYNC_MAPPER_STORED_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mapping/document.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

class StoredFields {
 public:
  // Of a rendered _source. nullopt where it is not that of a row of the table.
  static std::optional<StoredFields> OfSource(const TablePlan& plan, std::string_view source);
  // Of a document that is about to be written. nullopt where its source is none that the mapper makes.
  static std::optional<StoredFields> OfDocument(const TablePlan& plan,
                                                const mapping::Document& document);

  // As a column update does. A field that no column has is passed over.
  void Set(mapping::FieldId field, std::optional<int64_t> value);

  // Of plan.columns[nth]; "null" where there is no value.
  std::string_view token(size_t nth) const { return tokens_[nth]; }

 private:
  explicit StoredFields(const TablePlan& plan) : plan_(&plan), tokens_(plan.columns.size()) {}
  std::string* Find(mapping::FieldId field);

  const TablePlan* plan_;
  std::vector<std::string> tokens_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_STORED_FIELDS_H_
