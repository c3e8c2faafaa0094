// GenerationMapper: the RowMapper where each row is a document, and where tables whose index is built anew beside the one that answers have
// theirs in both.
//
// A transaction is mapped once for the indices of TableMapper, and once more for the old generations that are fed. Both are told of the same stored rows, each of
// its own index, so that a partial image may be completed in one and pending in the other: the key's row is then read for both. What is rejected or
// mended is told once, by the new generation: the old one has the same layout. A piece is one of each, and so takes up to twice the memory that was asked for.
//
// Chunks of a snapshot are the new generation's alone, but for rows that are among the dead letters: one that is mended there is mended here. Chunks of
// keys are both's.
//
// Thread-compatible: Bind, BindOld and Unbind between runs.
#ifndef BINSEEK_SYNC_PIPELINE_GENERATION_MAPPER_H_
#define BINSEEK_SYNC_PIPELINE_GENERATION_MAPPER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/mapper/table_mapper.h"

namespace binseek::pipeline {

class GenerationMapper final : public mapper::RowMapper {
 public:
  // As TableMapperOptions.
  explicit GenerationMapper(bool whole_documents = false)
      : newest_({.whole_documents = whole_documents}), old_({.whole_documents = whole_documents}) {}

  // As TableMapper::Bind. The table's rows go to no old generation any more.
  [[nodiscard]] Status Bind(std::shared_ptr<const mapper::TableLayout> layout, index::IndexId index,
                            const std::shared_ptr<const mapping::Mapping>& mapping,
                            uint64_t since_ordinal);
  // Rows of the table, from now on, go to `index` as well. REQUIRES: the table is bound, by the same layout.
  [[nodiscard]] Status BindOld(std::shared_ptr<const mapper::TableLayout> layout,
                               index::IndexId index,
                               const std::shared_ptr<const mapping::Mapping>& mapping);
  void Unbind(const std::string& qualified_name);
  void UnbindOld(const std::string& qualified_name);

  [[nodiscard]] std::unique_ptr<mapper::MapperRun> Begin(const change::Transaction& transaction,
                                                         const mapper::StoredRows& stored,
                                                         uint64_t piece_bytes) override;
  [[nodiscard]] std::vector<index::IndexId> IndicesOf(
      const change::Transaction& transaction) const override;

 private:
  // Whether rows of the transaction may go to an old generation.
  bool ConcernsOld(const change::Transaction& transaction, const mapper::StoredRows& stored) const;

  mapper::TableMapper newest_;
  mapper::TableMapper old_;
  std::set<std::string> of_old_;  // tables that `old_` has
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_GENERATION_MAPPER_H_
