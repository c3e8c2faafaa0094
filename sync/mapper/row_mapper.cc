#include "sync/mapper/row_mapper.h"

namespace binseek::mapper {
namespace {

uint64_t ImageMemory(const change::RowImage& image) {
  uint64_t bytes = image.size() * sizeof(change::Value);
  for (const change::Value& value : image) {
    bytes += value.bytes.size();
  }
  return bytes;
}

}  // namespace

Result<MappedTransaction> RowMapper::Map(const change::Transaction& transaction,
                                         const StoredRows& stored) {
  BINSEEK_ASSIGN_OR_RETURN(std::optional<MappedTransaction> whole,
                           Begin(transaction, stored, kWhole)->Next());
  return whole ? *std::move(whole) : MappedTransaction();
}

uint64_t MemoryOf(const index::Operation& operation) {
  const mapping::Document& document = operation.document;
  uint64_t bytes = sizeof(operation) + operation.key.size() + operation.source_table.size() +
                   document.source.bytes.size() +
                   operation.columns.size() * sizeof(index::ColumnUpdate);
  for (const mapping::TextValue& text : document.texts) {
    bytes += sizeof(text) + text.text.size();
  }
  return bytes + document.numbers.size() * sizeof(mapping::NumberValue);
}

uint64_t MemoryOf(const change::RowChange& row) {
  return sizeof(row) + ImageMemory(row.before) + ImageMemory(row.after);
}

}  // namespace binseek::mapper
