#include "sync/snapshot/key_cells.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sync/mysql/connection.h"

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

Result<std::string> EnumLiteral(const Column& column, std::string_view cell) {
  if (cell.empty()) {
    return std::string("0");
  }
  const auto number = LabelNumber(column, cell);
  if (!number) {
    return Status::InvalidArgument("key column " + column.name +
                                   ": a value that is none of its labels");
  }
  return std::to_string(*number + 1);
}

Result<std::string> SetLiteral(const Column& column, std::string_view cell) {
  uint64_t bits = 0;
  while (!cell.empty()) {
    const size_t comma = std::min(cell.find(','), cell.size());
    const auto number = LabelNumber(column, cell.substr(0, comma));
    if (!number || *number >= 64) {
      return Status::InvalidArgument("key column " + column.name +
                                     ": a value that is none of its labels");
    }
    bits |= uint64_t{1} << *number;
    cell.remove_prefix(std::min(comma + 1, cell.size()));
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

Result<std::string> KeysCondition(const change::TableSchema& table,
                                  std::span<const KeyCells> keys) {
  std::string condition;
  for (const KeyCells& key : keys) {
    if (key.size() != table.key.size()) {
      return Status::InvalidArgument("table " + table.QualifiedName() + ": a place of " +
                                     std::to_string(key.size()) + " cells in a key of " +
                                     std::to_string(table.key.size()));
    }
    for (size_t i = 0; i < key.size(); ++i) {
      const Column& column = table.columns[table.key[i]];
      BINSEEK_ASSIGN_OR_RETURN(const std::string literal, KeyLiteral(column, key[i]));
      condition += i > 0 ? " AND " : condition.empty() ? "(" : ") OR (";
      condition += "t." + mysql::QuoteIdentifier(column.name) + " = " + literal;
    }
  }
  return condition + ")";
}

}  // namespace binseek::snapshot
