#include "sync/pipeline/generation_mapper.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace binseek::pipeline {
namespace {

using mapper::MappedTransaction;

// Of a snapshot's chunk the old generation takes what its dead letters say that it lacks.
void KeepRejected(const mapper::StoredRows& stored, MappedTransaction* mapped) {
  auto& operations = mapped->batch.operations;
  operations.erase(std::remove_if(operations.begin(), operations.end(),
                                  [&](const index::Operation& operation) {
                                    const std::string& source = operation.source_table;
                                    return !stored.WasRejected(source.substr(source.find('/') + 1),
                                                               operation.key);
                                  }),
                   operations.end());
}

// A piece of each at a time, so that both are mapped over the same stored rows for as long as the transaction has one piece.
class BothRuns final : public mapper::MapperRun {
 public:
  BothRuns(std::unique_ptr<mapper::MapperRun> newest, std::unique_ptr<mapper::MapperRun> old,
           const mapper::StoredRows& stored, bool of_snapshot)
      : newest_(std::move(newest)),
        old_(std::move(old)),
        stored_(stored),
        of_snapshot_(of_snapshot) {}

  Result<std::optional<MappedTransaction>> Next() override {
    BINSEEK_ASSIGN_OR_RETURN(auto piece, newest_->Next());
    BINSEEK_ASSIGN_OR_RETURN(auto more, NextOfOld());
    if (!piece) {
      return more;
    }
    if (more) {
      Append(*std::move(more), &*piece);
    }
    return piece;
  }

 private:
  Result<std::optional<MappedTransaction>> NextOfOld() {
    BINSEEK_ASSIGN_OR_RETURN(auto piece, old_->Next());
    if (piece) {
      piece->rejected.clear();
      piece->mended.clear();
      piece->unchanged_rows = 0;
      if (of_snapshot_) {
        KeepRejected(stored_, &*piece);
        piece->pending.clear();
      }
    }
    return piece;
  }

  static void Append(MappedTransaction more, MappedTransaction* to) {
    auto& operations = to->batch.operations;
    operations.insert(operations.end(), std::make_move_iterator(more.batch.operations.begin()),
                      std::make_move_iterator(more.batch.operations.end()));
    to->pending.insert(to->pending.end(), std::make_move_iterator(more.pending.begin()),
                       std::make_move_iterator(more.pending.end()));
  }

  const std::unique_ptr<mapper::MapperRun> newest_;
  const std::unique_ptr<mapper::MapperRun> old_;
  const mapper::StoredRows& stored_;
  const bool of_snapshot_;
};

bool IsOfSnapshot(const change::Transaction& transaction) {
  return transaction.is_chunk() && !transaction.chunk->of_keys;
}

}  // namespace

Status GenerationMapper::Bind(std::shared_ptr<const mapper::TableLayout> layout,
                              index::IndexId index,
                              const std::shared_ptr<const mapping::Mapping>& mapping,
                              uint64_t since_ordinal) {
  UnbindOld(layout->table->QualifiedName());
  return newest_.Bind(std::move(layout), index, mapping, since_ordinal);
}

Status GenerationMapper::BindOld(std::shared_ptr<const mapper::TableLayout> layout,
                                 index::IndexId index,
                                 const std::shared_ptr<const mapping::Mapping>& mapping) {
  std::string name = layout->table->QualifiedName();
  BINSEEK_RETURN_IF_ERROR(old_.Bind(std::move(layout), index, mapping));
  of_old_.insert(std::move(name));
  return Status::Ok();
}

void GenerationMapper::Unbind(const std::string& qualified_name) {
  UnbindOld(qualified_name);
  newest_.Unbind(qualified_name);
}

void GenerationMapper::UnbindOld(const std::string& qualified_name) {
  if (of_old_.erase(qualified_name) > 0) {
    old_.Unbind(qualified_name);
  }
}

bool GenerationMapper::ConcernsOld(const change::Transaction& transaction,
                                   const mapper::StoredRows& stored) const {
  if (of_old_.empty() || (IsOfSnapshot(transaction) && !stored.AnyRejected())) {
    return false;
  }
  const auto& tables = transaction.rows->tables();
  return std::any_of(tables.begin(), tables.end(),
                     [&](const auto& table) { return of_old_.contains(table->QualifiedName()); });
}

std::unique_ptr<mapper::MapperRun> GenerationMapper::Begin(const change::Transaction& transaction,
                                                           const mapper::StoredRows& stored,
                                                           uint64_t piece_bytes) {
  auto newest = newest_.Begin(transaction, stored, piece_bytes);
  if (!ConcernsOld(transaction, stored)) {
    return newest;
  }
  return std::make_unique<BothRuns>(std::move(newest), old_.Begin(transaction, stored, piece_bytes),
                                    stored, IsOfSnapshot(transaction));
}

std::vector<index::IndexId> GenerationMapper::IndicesOf(
    const change::Transaction& transaction) const {
  std::vector<index::IndexId> indices = newest_.IndicesOf(transaction);
  if (!of_old_.empty()) {
    const auto more = old_.IndicesOf(transaction);
    indices.insert(indices.end(), more.begin(), more.end());
  }
  return indices;
}

}  // namespace binseek::pipeline
