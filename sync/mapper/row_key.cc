#include "sync/mapper/row_key.h"

#include <xxhash.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "engine/base/coding.h"
#include "sync/mapper/document_builder.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

constexpr size_t kMaxShownKeyBytes = 512;

// What stands for characters that have no form in UTF-8.
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string HashText(std::string_view text) {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016" PRIx64,
                static_cast<uint64_t>(XXH3_64bits(text.data(), text.size())));
  return digits;
}

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

Result<snapshot::KeyCells> KeyPrefixOf(const change::TableSchema& table,
                                       const change::RowImage& row) {
  change::TableSchema prefix = table;
  const auto lacked = std::find_if(prefix.key.begin(), prefix.key.end(),
                                   [&](uint32_t ordinal) { return row[ordinal].is_absent(); });
  prefix.key.erase(lacked, prefix.key.end());
  return KeyCellsOf(prefix, row);
}

std::string ShownKey(const change::TableSchema& table, const change::RowImage& row) {
  std::string key;
  for (const uint32_t ordinal : table.key) {
    std::string part;
    if (!AppendValueText(table.columns[ordinal], row[ordinal], &part).ok()) {
      part = "?";
    }
    if (ordinal != table.key.front()) {
      key.push_back(':');
    }
    for (const char c : part) {
      if (table.key.size() > 1 && (c == ':' || c == '\\')) {
        key.push_back('\\');
      }
      key.push_back(c);
    }
  }
  if (key.size() > kMaxShownKeyBytes) {
    const std::string hash = HashText(key);
    size_t end = kMaxShownKeyBytes;
    while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) {
      --end;  // never within a character
    }
    key.resize(end);
    key += "#" + hash;
  }
  return key;
}

std::string LetterKey(const TableLayout& layout, const change::RowImage& row) {
  const std::string key = ShownKey(*layout.table, row);
  return layout.id_is_key ? key : std::string(kLetterByKey) + key;
}

std::string ExactKey(const change::TableSchema& table, const change::RowImage& row) {
  std::string key;
  for (const uint32_t ordinal : table.key) {
    const Value& value = row[ordinal];
    PutU8(&key, static_cast<uint8_t>(value.kind));
    PutU64(&key, value.unsigned_integer());
    PutF64(&key, value.real);
    PutLengthPrefixed(&key, value.bytes);
  }
  return key;
}

change::RowImage FilledWith(const change::RowImage& fallback, const change::RowImage& row,
                            std::span<const uint32_t> columns) {
  change::RowImage filled(row.size());
  for (const uint32_t ordinal : columns) {
    filled[ordinal] = row[ordinal].is_absent() ? fallback[ordinal] : row[ordinal];
  }
  return filled;
}

bool LacksAny(const change::RowImage& row, std::span<const uint32_t> columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](uint32_t ordinal) { return row[ordinal].is_absent(); });
}

bool LacksAll(const change::RowImage& row, std::span<const uint32_t> columns) {
  return std::all_of(columns.begin(), columns.end(),
                     [&](uint32_t ordinal) { return row[ordinal].is_absent(); });
}

bool SameIn(const change::RowImage& a, const change::RowImage& b,
            std::span<const uint32_t> columns) {
  return std::all_of(columns.begin(), columns.end(),
                     [&](uint32_t ordinal) { return a[ordinal] == b[ordinal]; });
}

}  // namespace binseek::mapper
