// Any bytes as rows of a transaction that lies in a file: they fail, or are rows that encode to bytes of the same rows.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/check.h"
#include "sync/binlog/row_codec.h"

namespace {

using binseek::change::RowChange;
using binseek::change::TableList;

// Of one, three and eighteen columns.
TableList MakeTables() {
  TableList tables;
  for (const size_t columns : {size_t{1}, size_t{3}, size_t{18}}) {
    auto table = std::make_shared<binseek::change::TableSchema>();
    table->columns.resize(columns);
    tables.push_back(std::move(table));
  }
  return tables;
}

bool IsSame(const RowChange& a, const RowChange& b) {
  return a.kind == b.kind && a.table == b.table && a.before == b.before && a.after == b.after;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TableList tables = MakeTables();
  binseek::ByteReader reader(std::string_view(reinterpret_cast<const char*>(data), size));
  RowChange row;  // used again, as a cursor does
  while (!reader.AtEnd()) {
    binseek::binlog::DecodeRow(tables, &reader, &row);
    if (!reader.ok()) {
      return 0;
    }
    size_t table = 0;
    while (tables[table] != row.table) {
      ++table;
    }
    std::string encoded;
    binseek::binlog::EncodeRow(row, table, &encoded);
    binseek::ByteReader again(encoded);
    RowChange same;
    binseek::binlog::DecodeRow(tables, &again, &same);
    BINSEEK_CHECK(again.ok() && again.AtEnd() && IsSame(row, same), "another row");
  }
  return 0;
}
