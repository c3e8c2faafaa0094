// The key of a row image: as a statement asks for it, the cells that a SELECT of the row would print; and what two images say of it.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ROW_KEY_H_
#define BINSEEK_SYNC_MAPPER_ROW_KEY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/table_layout.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// kInvalidArgument, naming the column, where the image lacks a key column, or no literal finds the row (characters that have no form in
// UTF-8, types that do not compare). REQUIRES: the table has a key.
Result<snapshot::KeyCells> KeyCellsOf(const change::TableSchema& table,
                                      const change::RowImage& row);

// Up to the first column that the image lacks; empty where that is the first one.
Result<snapshot::KeyCells> KeyPrefixOf(const change::TableSchema& table,
                                       const change::RowImage& row);

// The key for a message, where it makes no _id: parts as in an _id. Other keys have other ones: one above 512 bytes ends in "#" and the hash of
// all of it, where it is cut.
std::string ShownKey(const change::TableSchema& table, const change::RowImage& row);

// The key of a dead letter of a row that makes no id: where ids are not the key's, told from those by what stands before it.
inline constexpr std::string_view kLetterByKey = "key ";
std::string LetterKey(const TableLayout& layout, const change::RowImage& row);

// The key as bytes, equal for equal values alone.
std::string ExactKey(const change::TableSchema& table, const change::RowImage& row);

// Of these columns alone: `row`, with those that it lacks taken from `fallback`.
change::RowImage FilledWith(const change::RowImage& fallback, const change::RowImage& row,
                            std::span<const uint32_t> columns);
bool LacksAny(const change::RowImage& row, std::span<const uint32_t> columns);
bool LacksAll(const change::RowImage& row, std::span<const uint32_t> columns);
bool SameIn(const change::RowImage& a, const change::RowImage& b,
            std::span<const uint32_t> columns);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_KEY_H_
