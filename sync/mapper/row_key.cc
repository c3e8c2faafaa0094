#include "sync/mapper/row_key.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

// What stands for characters that have no form in UTF-8.
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

Result<std::string> CellOf(const Column& column, const Value& value) {
  std::string cell;
  switch (value.kind) {
    case ValueKind::kFloat:
      // Selected as a DOUBLE, whose digits name this very number.
      BINSEEK_RETURN_IF_ERROR(
          AppendValueText(column, Value::Real(ValueKind::kDouble, value.real), &cell));
      return cell;
    case ValueKind::kBytes:
      if (column.type == ColumnType::kBinary || column.type == ColumnType::kVarbinary ||
          column.type == ColumnType::kBlob) {
        return value.bytes;
      }
      break;
    case ValueKind::kText:
      if (value.bytes.find(kReplacement) != std::string::npos) {
        return Status::InvalidArgument("it has characters without a form in UTF-8");
      }
      break;
    default:
      break;
  }
  BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &cell));
  if (value.kind == ValueKind::kTimestamp) {
    cell.pop_back();  // Z
  }
  if (value.kind == ValueKind::kTimestamp || value.kind == ValueKind::kDateTime) {
    std::replace(cell.begin(), cell.end(), 'T', ' ');
  }
  return cell;
}

}  // namespace

Result<snapshot::KeyCells> KeyCellsOf(const change::TableSchema& table,
                                      const change::RowImage& row) {
  snapshot::KeyCells cells;
  for (const uint32_t ordinal : table.key) {
    const Column& column = table.columns[ordinal];
    auto cell = CellOf(column, row[ordinal]);
    if (!cell.ok()) {
      return ColumnError(column, cell.status());
    }
    BINSEEK_RETURN_IF_ERROR(snapshot::KeyLiteral(column, *cell).status());
    cells.push_back(*std::move(cell));
  }
  return cells;
}

}  // namespace binseek::mapper
