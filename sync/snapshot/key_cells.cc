#include "sync/snapshot/key_cells.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sync/mysql/connection.h"
#include "sync/mysql/select_row.h"

namespace binseek::snapshot {
namespace {

using change::Column;
using change::ColumnType;

bool IsNumberText(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

// ENUM sorts by the number of its label, SET by the bits of its labels; a label compares as text.
std::optional<uint64_t> LabelNumber(const Column& column, std::string_view label) {
  const auto found = std::find(column.labels.begin(), column.labels.end(), label);
  return found == column.labels.end()
             ? std::nullopt
             : std::optional<uint64_t>(static_cast<uint64_t>(found - column.labels.begin()));
}

// Of an ENUM with the label '', an empty cell is that one: its error value has a cell of its own.
Result<std::string> EnumLiteral(const Column& column, std::string_view cell) {
  const auto number = LabelNumber(column, cell);
  const bool is_error_value =
      cell.empty() || (cell == mysql::kErrorValueCell && mysql::TellsErrorValue(column));
  if (!number && is_error_value) {
    return std::string("0");
  }
  if (!number) {
    return Status::InvalidArgument("key column " + column.name +
                                   ": a value that is none of its labels");
  }
  return std::to_string(*number + 1);
}

Result<std::string> SetLiteral(const Column& column, std::string_view cell) {
  if (cell.empty() && LabelNumber(column, cell)) {
    return Status::InvalidArgument("key column " + column.name +
                                   ": no label and the label '' print alike");
  }
  uint64_t bits = 0;
  for (bool more = !cell.empty(); more;) {
    const size_t comma = cell.find(',');
    const auto number = LabelNumber(column, cell.substr(0, comma));
    if (!number || *number >= 64) {
      return Status::InvalidArgument("key column " + column.name +
                                     ": a value that is none of its labels");
    }
    bits |= uint64_t{1} << *number;
    more = comma != std::string_view::npos;
    cell.remove_prefix(more ? comma + 1 : cell.size());
  }
  return std::to_string(bits);
}

}  // namespace

Result<std::string> KeyLiteral(const Column& column, std::string_view cell) {
  switch (column.type) {
    case ColumnType::kEnum:
      return EnumLiteral(column, cell);
    case ColumnType::kSet:
      return SetLiteral(column, cell);
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kBigInt:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kDecimal:
    case ColumnType::kBit:
    case ColumnType::kYear:
      if (!IsNumberText(cell)) {
        break;
      }
      return std::string(cell);
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
      return mysql::QuoteBytes(cell);
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kDate:
    case ColumnType::kTime:
    case ColumnType::kDateTime:
    case ColumnType::kTimestamp:
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      return mysql::Quote(cell);
    case ColumnType::kJson:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
      break;
  }
  return Status::InvalidArgument("key column " + column.name +
                                 " cannot be read in the order of its key");
}

namespace {

// An image does not tell the label '' from the error value, as documents do not: it stands for the rows of both.
Result<std::string> KeyCondition(const Column& column, std::string_view cell) {
  BINSEEK_ASSIGN_OR_RETURN(const std::string literal, KeyLiteral(column, cell));
  const std::string name = "t." + mysql::QuoteIdentifier(column.name);
  return cell.empty() && mysql::TellsErrorValue(column)
             ? "(" + name + " = " + literal + " OR " + name + " = 0)"
             : name + " = " + literal;
}

}  // namespace

Result<std::string> KeysCondition(const change::TableSchema& table,
                                  std::span<const KeyCells> keys) {
  std::string condition;
  for (const KeyCells& key : keys) {
    if (key.empty() || key.size() > table.key.size()) {
      return Status::InvalidArgument("table " + table.QualifiedName() + ": a place of " +
                                     std::to_string(key.size()) + " cells in a key of " +
                                     std::to_string(table.key.size()));
    }
    for (size_t i = 0; i < key.size(); ++i) {
      const Column& column = table.columns[table.key[i]];
      BINSEEK_ASSIGN_OR_RETURN(const std::string found, KeyCondition(column, key[i]));
      condition += i > 0 ? " AND " : condition.empty() ? "(" : ") OR (";
      condition += found;
    }
  }
  return condition + ")";
}

}  // namespace binseek::snapshot
