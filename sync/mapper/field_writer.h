// FieldWriter: puts the values of one row's columns into its document: terms, numbers, and what of _source does not live in columns.
//
// Single-threaded; borrows the document. Errors: kInvalidArgument saying why a value cannot become what its field holds.
#ifndef BINSEEK_SYNC_MAPPER_FIELD_WRITER_H_
#define BINSEEK_SYNC_MAPPER_FIELD_WRITER_H_

#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/mapping/document.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

class FieldWriter {
 public:
  explicit FieldWriter(mapping::Document* out) : out_(out) {}

  Status Add(const ColumnPlan& plan, const change::Column& column, const change::Value& value);
  // What Add did with the value that the token of _source was made of. False where no value makes it, or the token does not tell all of the value.
  bool AddStored(const ColumnPlan& plan, const change::Column& column, std::string_view token);

 private:
  Status AddDirect(const ColumnPlan& plan, const change::Column& column,
                   const change::Value& value);
  bool AddStoredNumber(const mapping::Field& field, const change::Column& column,
                       std::string_view token);
  bool AddStoredTerms(const ColumnPlan& plan, const change::Column& column, std::string_view token);
  Status AddNumber(const ColumnPlan& plan, const change::Column& column,
                   const change::Value& value);
  Status AddTerms(const ColumnPlan& plan, const change::Column& column, const change::Value& value);
  void AddPoint(const mapping::Field& field, std::string_view token);
  // To a field of text or keyword, and what lies under it.
  void AddTerm(const mapping::Field& field, const std::vector<mapping::Field>& subfields,
               std::string_view term);

  // field_conversion.cc: what rules ask for.
  Status AddConverted(const ColumnPlan& plan, const change::Column& column,
                      const change::Value& value);
  Status AddCopies(const ColumnPlan& plan, const change::Column& column,
                   const change::Value& value);
  Status AddParsed(const mapping::Field& field, std::string_view text);
  Status AddScalar(const TargetPlan& target, std::string_view text);
  Status AddLeaves(const ColumnPlan& plan, const JsonValue& value);
  Status AddMembers(const ColumnPlan& plan, const std::string& path, const JsonValue& value);
  Status AppendOwnToken(const change::Column& column, const change::Value& value);

  mapping::Document* const out_;
  std::string token_;
  std::string text_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_FIELD_WRITER_H_
