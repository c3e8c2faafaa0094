#include "sync/mapper/table_mapping.h"

#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

constexpr size_t kMaxIdBytes = 512;

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
  BINSEEK_ASSIGN_OR_RETURN(const auto layout,
                           LayOut(std::make_shared<const change::TableSchema>(table), {}));
  return MappingOf(*layout);
}

namespace {

// Builds an id part by part.
class IdWriter {
 public:
  explicit IdWriter(bool composite) : composite_(composite) {}

  Status AddColumn(const change::TableSchema& table, uint32_t ordinal,
                   const change::RowImage& row) {
    if (ordinal >= row.size()) {
      return Status::InvalidArgument("the row image lacks a column of the key");
    }
    const change::Column& column = table.columns[ordinal];
    const size_t begin = Begin();
    if (const Status status = AppendValueText(column, row[ordinal], &id_); !status.ok()) {
      return Status::InvalidArgument("table " + table.QualifiedName() + ", column `" + column.name +
                                     "`: as part of the _id: " + status.message());
    }
    return End(begin);
  }

  Status AddText(std::string_view text) {
    const size_t begin = Begin();
    id_ += text;
    return End(begin);
  }

  Result<std::string> Done() {
    if (id_.empty() || id_.size() > kMaxIdBytes) {
      return id_.empty() ? Status::InvalidArgument("the key makes an empty _id") : TooLong();
    }
    return std::move(id_);
  }

 private:
  static Status TooLong() {
    return Status::InvalidArgument("the key makes an _id of more than 512 bytes");
  }
  size_t Begin() {
    if (!first_) {
      id_.push_back(':');
    }
    first_ = false;
    return id_.size();
  }
  Status End(size_t begin) {
    if (id_.size() > kMaxIdBytes) {
      return TooLong();
    }
    if (composite_) {
      EscapePart(begin, &id_);
    }
    return Status::Ok();
  }

  const bool composite_;
  bool first_ = true;
  std::string id_;
};

}  // namespace

Result<std::string> DocumentId(const change::TableSchema& table, const change::RowImage& row) {
  BINSEEK_CHECK(!table.key.empty(), "a document needs a key");
  IdWriter id(table.key.size() > 1);
  for (const uint32_t ordinal : table.key) {
    BINSEEK_RETURN_IF_ERROR(id.AddColumn(table, ordinal, row));
  }
  return id.Done();
}

Result<std::string> DocumentId(const TableLayout& layout, const change::RowImage& row) {
  IdWriter id(layout.id.size() > 1);
  for (const TableLayout::IdPart& part : layout.id) {
    BINSEEK_RETURN_IF_ERROR(part.column ? id.AddColumn(*layout.table, *part.column, row)
                                        : id.AddText(part.text));
  }
  return id.Done();
}

}  // namespace binseek::mapper
