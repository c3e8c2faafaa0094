#include "sync/mapper/id_cells.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;

// The beginning of a longer key is cut here, or some bytes before, where a character ends.
constexpr size_t kMaxIdBytes = 512;
constexpr size_t kMaxCutBytes = 3;

// Parts of a key of several columns: between them is ':', and '\' before each ':' and '\' of their own.
std::vector<std::string> PartsOf(std::string_view id, bool composite) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < id.size(); ++i) {
    if (composite && id[i] == '\\' && i + 1 < id.size()) {
      parts.back().push_back(id[++i]);
    } else if (composite && id[i] == ':') {
      parts.emplace_back();
    } else {
      parts.back().push_back(id[i]);
    }
  }
  return parts;
}

bool IsInteger(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsDecimal(std::string_view text) {
  const size_t dot = text.find('.');
  return IsInteger(text.substr(0, dot)) &&
         (dot == std::string_view::npos ||
          (IsInteger(text.substr(dot + 1)) && text[dot + 1] != '-'));
}

bool IsDouble(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() &&
         text.find_first_not_of("0123456789+-.e") == std::string_view::npos;
}

// Digits where `form` has 'd', and otherwise its very characters; more digits may follow a '.' behind it.
bool HasForm(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) {
    return false;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) {
      return false;
    }
  }
  text.remove_prefix(form.size());
  return text.empty() || (text.front() == '.' && text.size() > 1 &&
                          std::all_of(text.begin() + 1, text.end(), is_digit));
}

bool IsTime(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  return HasForm(text, "dd:dd:dd") || HasForm(text, "ddd:dd:dd");
}

// False where it is no base64.
bool DecodeBase64(std::string_view text, std::string* bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t bits = 0;
  int held = 0;
  if (text.size() % 4 != 0) {
    return false;
  }
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      return false;
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes->push_back(static_cast<char>(bits >> held & 0xFF));
    }
  }
  return true;
}

// False where it is none of the column.
bool TakeCell(const Column& column, std::string part, std::string* cell) {
  bool good = true;
  switch (column.type) {
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kBigInt:
    case ColumnType::kBit:
    case ColumnType::kYear:
      good = IsInteger(part);
      break;
    case ColumnType::kDecimal:
      good = IsDecimal(part);
      break;
    case ColumnType::kDouble:
      good = IsDouble(part);
      break;
    case ColumnType::kDate:
      good = HasForm(part, "dddd-dd-dd") && part.size() == 10;
      break;
    case ColumnType::kTime:
      good = IsTime(part);
      break;
    case ColumnType::kTimestamp:
      good = part.ends_with('Z');
      part.resize(part.size() - (good ? 1 : 0));
      [[fallthrough]];
    case ColumnType::kDateTime:
      good = good && HasForm(part, "dddd-dd-ddTdd:dd:dd");
      std::replace(part.begin(), part.end(), 'T', ' ');
      break;
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
      return DecodeBase64(part, cell);
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      break;
    case ColumnType::kFloat:
    case ColumnType::kJson:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
      return false;
  }
  *cell = std::move(part);
  return good;
}

}  // namespace

Result<snapshot::KeyCells> KeyCellsOfId(const change::TableSchema& table, std::string_view id) {
  TableLayout layout;
  layout.table = std::make_shared<const change::TableSchema>(table);
  for (const uint32_t ordinal : table.key) {
    layout.id.push_back({ordinal, ""});
  }
  return KeyCellsOfId(layout, id);
}

Result<snapshot::KeyCells> KeyCellsOfId(const TableLayout& layout, std::string_view id) {
  const change::TableSchema& table = *layout.table;
  if (id.size() >= kMaxIdBytes - kMaxCutBytes) {
    return Status::InvalidArgument("it may be the beginning of a longer key");
  }
  const std::vector<std::string> parts = PartsOf(id, layout.id.size() > 1);
  if (parts.size() != layout.id.size()) {
    return Status::InvalidArgument("it has " + std::to_string(parts.size()) +
                                   " parts, and the table's ids have " +
                                   std::to_string(layout.id.size()));
  }
  snapshot::KeyCells cells(table.key.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    const Column& column = table.columns[table.key[i]];
    const auto part = std::find_if(
        layout.id.begin(), layout.id.end(),
        [&](const TableLayout::IdPart& candidate) { return candidate.column == table.key[i]; });
    if (part == layout.id.end()) {
      return Status::InvalidArgument("it does not tell the row's key: column " + column.name);
    }
    const auto nth = static_cast<size_t>(part - layout.id.begin());
    if (!TakeCell(column, parts[nth], &cells[i])) {
      return Status::InvalidArgument("no row can be asked for by it: column " + column.name);
    }
    BINSEEK_RETURN_IF_ERROR(snapshot::KeyLiteral(column, cells[i]).status());
  }
  return cells;
}

}  // namespace binseek::mapper
