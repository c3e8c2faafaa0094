#include "sync/mapper/table_mapping.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "sync/mapper/column_field.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

constexpr uint32_t kIgnoreAbove = 256;
constexpr size_t kMaxIdBytes = 512;

Status Wrong(const change::TableSchema& table, const std::string& column, std::string_view why) {
  return Status::InvalidArgument("table " + table.QualifiedName() + ", column `" + column +
                                 "`: " + std::string(why));
}

Status AddColumn(const change::TableSchema& table, uint32_t ordinal, mapping::Mapping* mapping) {
  const change::Column& column = table.columns[ordinal];
  if (column.name.empty() || column.name.find('.') != std::string::npos) {
    return Wrong(table, column.name, "a field's name cannot be empty or have a '.'");
  }
  const bool in_key = std::find(table.key.begin(), table.key.end(), ordinal) != table.key.end();
  Result<mapping::FieldId> added = mapping->AddField(FieldOfColumn(column, in_key));
  if (added.ok() && HasKeywordSubfield(column)) {
    mapping::Field keyword;
    keyword.name = column.name + ".keyword";
    keyword.kind = mapping::FieldKind::kKeyword;
    keyword.parent = *added;
    keyword.ignore_above = kIgnoreAbove;
    added = mapping->AddField(std::move(keyword));
  }
  return added.ok() ? Status::Ok() : Wrong(table, column.name, added.status().message());
}

// Escapes what was appended to `id` from `begin` on.
void EscapePart(size_t begin, std::string* id) {
  for (size_t at = id->find_first_of(":\\", begin); at != std::string::npos;
       at = id->find_first_of(":\\", at + 2)) {
    id->insert(at, 1, '\\');
  }
}

}  // namespace

std::string DefaultIndexName(const change::TableSchema& table) {
  std::string name = table.table;
  for (char& c : name) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

Result<mapping::Mapping> DeriveMapping(const change::TableSchema& table) {
  if (table.key.empty()) {
    return Status::InvalidArgument("table " + table.QualifiedName() + " has no primary key");
  }
  mapping::Mapping mapping;
  mapping.set_synced(true);
  for (uint32_t ordinal = 0; ordinal < table.columns.size(); ++ordinal) {
    BINSEEK_RETURN_IF_ERROR(AddColumn(table, ordinal, &mapping));
  }
  return mapping;
}

Result<std::string> DocumentId(const change::TableSchema& table, const change::RowImage& row) {
  BINSEEK_CHECK(!table.key.empty(), "a document needs a key");
  std::string id;
  for (size_t part = 0; part < table.key.size(); ++part) {
    const uint32_t ordinal = table.key[part];
    if (ordinal >= row.size()) {
      return Status::InvalidArgument("the row image lacks a column of the key");
    }
    if (part > 0) {
      id.push_back(':');
    }
    const size_t begin = id.size();
    const change::Column& column = table.columns[ordinal];
    if (const Status status = AppendValueText(column, row[ordinal], &id); !status.ok()) {
      return Wrong(table, column.name, "as part of the key: " + status.message());
    }
    if (id.size() > kMaxIdBytes) {
      return Status::InvalidArgument("the key makes an _id of more than 512 bytes");
    }
    if (table.key.size() > 1) {
      EscapePart(begin, &id);
    }
  }
  if (id.empty() || id.size() > kMaxIdBytes) {
    return Status::InvalidArgument(id.empty() ? "the key makes an empty _id"
                                              : "the key makes an _id of more than 512 bytes");
  }
  return id;
}

}  // namespace binseek::mapper
