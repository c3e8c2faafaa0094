// RowBuffer: the rows of a transaction in the making: in memory, and where they are too many, in a file.
//
//   RowBuffer buffer(&options);
//   buffer.Add(row) ...;
//   const RowBuffer::Mark mark = buffer.mark();          // SAVEPOINT
//   buffer.CutTo(mark);                                  // ROLLBACK TO it
//   BINSEEK_ASSIGN_OR_RETURN(auto rows, buffer.Take());
//
// Memory: SpillOptions::memory_bytes, and a row; a few megabytes once rows lie in the file.
// Single-threaded. Borrows its options. Errors, after which the transaction is lost: kUnavailable where the disk has no room, kResourceExhausted
// above the limit of the disk (of memory, where there is no folder), kIoError, kCorruption.
#ifndef BINSEEK_SYNC_BINLOG_ROW_BUFFER_H_
#define BINSEEK_SYNC_BINLOG_ROW_BUFFER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/row_spill.h"
#include "sync/change/image_pool.h"
#include "sync/change/row_change.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

class RowBuffer {
 public:
  // A place between rows.
  struct Mark {
    uint64_t rows = 0;
    uint64_t bytes = 0;
  };

  // `pool`: where images come from and go to; null: memory is made and freed.
  explicit RowBuffer(const SpillOptions* options, std::shared_ptr<change::ImagePool> pool = nullptr)
      : options_(options), pool_(std::move(pool)) {}

  // For a row to be added: every value of it is to be overwritten, whatever it holds.
  change::RowImage NewImage() { return pool_ == nullptr ? change::RowImage() : pool_->Take(); }

  [[nodiscard]] Status Add(change::RowChange row);
  // What was added since `mark` goes. A mark from beyond the end changes nothing.
  [[nodiscard]] Status CutTo(const Mark& mark);
  void Clear();
  // Rows of the table do not count, whenever they were or will be added, as some of them cannot be read. The first reason stays, over CutTo too.
  void LeaveOut(const std::string& database, const std::string& table, const std::string& why);
  bool LeavesOut(const change::TableSchema& table) const;
  // By database and name, with the reason.
  using LeftOut = std::map<std::pair<std::string, std::string>, std::string>;
  const LeftOut& left_out() const { return left_out_; }
  // Rows of the table were changed, which may have changed others by foreign keys (change::CascadeSource). Stays over CutTo: too much is harmless.
  void NoteCascade(const change::CascadeSource& source);
  const std::vector<change::CascadeSource>& cascades() const { return cascades_; }
  // All rows but those; leaves none.
  [[nodiscard]] Result<std::shared_ptr<const change::RowSequence>> Take();

  Mark mark() const { return {size(), bytes_}; }
  uint64_t size() const { return rows_.size() + (spill_ == nullptr ? 0 : spill_->rows()); }
  uint64_t bytes() const { return bytes_; }  // of memory that they take, or would (nearly)
  bool empty() const { return size() == 0; }

 private:
  uint64_t MemoryLimit() const;
  Status Spill();

  const SpillOptions* options_;
  std::shared_ptr<change::ImagePool> pool_;
  std::vector<change::RowChange> rows_;  // behind those in the file
  uint64_t memory_bytes_ = 0;            // of rows_
  uint64_t bytes_ = 0;
  std::unique_ptr<RowSpill> spill_;  // null: all are in memory
  LeftOut left_out_;
  std::vector<change::CascadeSource> cascades_;  // each table once
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_BUFFER_H_
