// Random rows of a table with every kind of column, and their _source as the specification words it, rendered in another way than the
// mapper and the engine do.
#ifndef BINSEEK_TESTS_SYNC_MAPPER_SOURCE_ORACLE_H_
#define BINSEEK_TESTS_SYNC_MAPPER_SOURCE_ORACLE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "sync/change/row_change.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {

// A number in [0, limit).
using Draw = std::function<uint64_t(uint64_t limit)>;

// shop.`name`, key (id, lang): every type whose values have a form of their own.
TablePointer EveryKindOfColumn(const std::string& name);
inline constexpr uint32_t kKeyColumns = 2;

// A value of the column at `ordinal`, NULL at times outside the key.
change::Value RandomValue(const change::TableSchema& table, uint32_t ordinal, const Draw& draw);

std::string ExpectedSource(const change::TableSchema& table, const change::RowImage& row);

}  // namespace binseek::mapper

#endif  // BINSEEK_TESTS_SYNC_MAPPER_SOURCE_ORACLE_H_
