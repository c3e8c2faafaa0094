// FollowedRows: what a sink has stored, and which of it the pipeline knows to be old.
//
// Single-threaded: the applier. Borrows tables and state.
#ifndef BINSEEK_SYNC_PIPELINE_FOLLOWED_ROWS_H_
#define BINSEEK_SYNC_PIPELINE_FOLLOWED_ROWS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

class FollowedRows final : public mapper::StoredRows {
 public:
  FollowedRows(std::unique_ptr<mapper::StoredRows> stored, change::SourceId source,
               const FollowedTables* tables, const StateStore* state)
      : stored_(std::move(stored)), source_(source), tables_(tables), state_(state) {}

  // Whether anybody has asked for what is stored: an answer that transactions before this one would change, which are not written yet.
  bool was_asked() const { return was_asked_; }
  void ForgetAsked() { was_asked_ = false; }
  // A piece of the transaction is mapped, which is not to be seen in what is stored.
  void NotePiece() { behind_pieces_ = true; }

  bool Contains(index::IndexId index, std::string_view key) const override {
    was_asked_ = true;
    return stored_->Contains(index, key);
  }
  Result<std::optional<std::string>> Source(index::IndexId index,
                                            std::string_view key) const override {
    was_asked_ = true;
    return stored_->Source(index, key);
  }
  bool AnyOutdated(const std::string& table) const override { return tables_->AnyOutdated(table); }
  bool IsOutdated(const std::string& table, const snapshot::KeyCells& key) const override {
    return tables_->IsOutdated(table, key);
  }
  bool AnyRejected() const override { return state_->AnyRejected(); }
  bool WasRejected(const std::string& table, std::string_view key) const override {
    return state_->WasRejected(source_, table, key);
  }
  bool MayComplete(const std::string& table, std::string_view key) const override {
    was_asked_ = true;
    return !behind_pieces_ && !WasRejected(table, key);
  }

 private:
  std::unique_ptr<mapper::StoredRows> stored_;
  change::SourceId source_;
  const FollowedTables* tables_;
  const StateStore* state_;
  bool behind_pieces_ = false;
  mutable bool was_asked_ = false;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_FOLLOWED_ROWS_H_
