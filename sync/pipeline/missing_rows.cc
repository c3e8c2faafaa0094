#include "sync/pipeline/missing_rows.h"

#include <set>
#include <string>
#include <utility>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/row_change.h"
#include "sync/change/transaction.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mysql/select_row.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::pipeline {
namespace {

// A row of which the key alone is known.
Result<change::RowImage> KeyImage(const change::TableSchema& schema,
                                  const snapshot::KeyCells& cells) {
  change::RowImage image(schema.columns.size());
  for (size_t i = 0; i < schema.key.size(); ++i) {
    BINSEEK_ASSIGN_OR_RETURN(image[schema.key[i]],
                             mysql::DecodeSelected(schema.columns[schema.key[i]], cells[i]));
  }
  return image;
}

}  // namespace

// What the stream tells of a row that is not there any more comes with a greater version; of one that went with a foreign key it tells nothing.
void AddMissing(const ReadyChunk& ready, change::SourceId source, const TableCheckpoint& table,
                const mapper::MapperOptions& mapping, mapper::MappedTransaction* mapped) {
  const change::TableSchema& schema = *table.schema;
  const auto layout = mapper::LayOut(table.schema, mapping);
  if (!layout.ok() || !(*layout)->id_is_key) {
    return;
  }
  std::set<std::string> found;
  for (const change::RowChange& row : ready.chunk.content.rows->rows()) {
    if (auto id = mapper::DocumentId(**layout, row.after); id.ok()) {
      found.insert(*std::move(id));
    }
  }
  for (const PendingKey& key : ready.keys) {
    if (key.cells.size() < schema.key.size()) {
      continue;  // of rows that are new
    }
    const auto image = KeyImage(schema, key.cells);
    auto id =
        image.ok() ? mapper::DocumentId(**layout, *image) : Result<std::string>(image.status());
    if (!id.ok() || found.contains(*id)) {
      continue;  // also where no document can have the key
    }
    index::Operation& erase = mapped->batch.operations.emplace_back();
    erase.kind = index::OpKind::kDelete;
    erase.index = table.index_id;
    erase.key = *std::move(id);
    erase.source_table = change::SourceTable(source, schema.QualifiedName());
    erase.version_type = index::VersionType::kExternalGte;
    erase.version = change::ChunkVersionOf(ready.chunk.low_ordinal);
  }
}

}  // namespace binseek::pipeline
