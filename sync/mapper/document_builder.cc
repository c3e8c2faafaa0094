#include "sync/mapper/document_builder.h"

#include <optional>
#include <string>
#include <utility>

#include "sync/mapper/column_field.h"
#include "sync/mapper/field_writer.h"
#include "sync/mapper/row_values.h"

namespace binseek::mapper {

using change::Column;
using change::Value;
using mapping::Document;

Status ColumnError(const Column& column, const Status& why) {
  return Status::InvalidArgument("column `" + column.name + "` of type " +
                                 std::string(SqlTypeName(column.type)) + ": " + why.message());
}

namespace {

// Of a column whose value no image tells: as it was, so that the stored one is its. Not of a computed one, some of whose inputs have changed.
bool IsAsStored(const TablePlan& plan, const ColumnPlan& column, const change::RowImage& after,
                const change::RowImage& before) {
  return !plan.is_computed(column) || !MayHaveChanged(plan.computed(column), before, after);
}

// `stored` may be null. nullopt: a stored token is none, or does not tell what is needed.
Result<std::optional<Document>> Build(const TablePlan& plan, const change::RowImage& after,
                                      const change::RowImage& before, const StoredFields* stored) {
  Document document;
  FieldWriter writer(&document);
  RowValues values(plan, after, before);
  for (size_t nth = 0; nth < plan.columns.size(); ++nth) {
    const ColumnPlan& column_plan = plan.columns[nth];
    const Column& column = plan.column(column_plan);
    const Value* value = nullptr;
    Status status = values.Find(column_plan, &value);
    if (status.ok() && value->is_absent() && stored != nullptr) {
      if (!IsAsStored(plan, column_plan, after, before) ||
          !writer.AddStored(column_plan, column, stored->token(nth))) {
        return std::optional<Document>();
      }
      continue;
    }
    if (status.ok()) {
      status = value->is_absent() ? Status::InvalidArgument("the row image does not carry it")
                                  : writer.Add(column_plan, column, *value);
    }
    if (!status.ok()) {
      return ColumnError(column, status);
    }
  }
  return std::optional<Document>(std::move(document));
}

}  // namespace

Result<Document> BuildDocument(const TablePlan& plan, const change::RowImage& after,
                               const change::RowImage& before) {
  BINSEEK_ASSIGN_OR_RETURN(std::optional<Document> document, Build(plan, after, before, nullptr));
  return *std::move(document);
}

Result<std::optional<Document>> CompleteDocument(const TablePlan& plan,
                                                 const change::RowImage& after,
                                                 const change::RowImage& before,
                                                 const StoredFields& stored) {
  return Build(plan, after, before, &stored);
}

}  // namespace binseek::mapper
