#include "sync/binlog/row_buffer.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace binseek::binlog {
namespace {

// Rows that gather before they are written, once there is a file.
constexpr uint64_t kGatheredBytes = 4 << 20;

uint64_t ImageBytes(const change::RowImage& image) {
  uint64_t bytes = image.size() * sizeof(change::Value);
  for (const change::Value& value : image) {
    bytes += value.bytes.size();
  }
  return bytes;
}

uint64_t RowBytes(const change::RowChange& row) {
  return sizeof(change::RowChange) + ImageBytes(row.before) + ImageBytes(row.after);
}

// Those of `rows` of which `wanted` is true.
class SelectedRows final : public change::RowSequence {
 public:
  using Wanted = std::function<bool(const change::TableSchema&)>;

  static Result<std::shared_ptr<const change::RowSequence>> Make(
      std::shared_ptr<const change::RowSequence> rows, Wanted wanted) {
    auto selected = std::make_shared<SelectedRows>(std::move(rows), std::move(wanted));
    const auto cursor = selected->Open();
    for (;;) {
      BINSEEK_ASSIGN_OR_RETURN(const change::RowChange* row, cursor->Next());
      if (row == nullptr) {
        return std::shared_ptr<const change::RowSequence>(std::move(selected));
      }
      ++selected->size_;
    }
  }

  SelectedRows(std::shared_ptr<const change::RowSequence> rows, Wanted wanted)
      : rows_(std::move(rows)), wanted_(std::move(wanted)) {
    for (const auto& table : rows_->tables()) {
      if (wanted_(*table)) {
        tables_.push_back(table);
      }
    }
  }

  uint64_t size() const override { return size_; }
  const change::TableList& tables() const override { return tables_; }
  std::unique_ptr<change::RowCursor> Open() const override {
    return std::make_unique<Cursor>(rows_->Open(), &wanted_);
  }

 private:
  class Cursor final : public change::RowCursor {
   public:
    Cursor(std::unique_ptr<change::RowCursor> rows, const Wanted* wanted)
        : rows_(std::move(rows)), wanted_(wanted) {}
    Result<const change::RowChange*> Next() override {
      for (;;) {
        BINSEEK_ASSIGN_OR_RETURN(const change::RowChange* row, rows_->Next());
        if (row == nullptr || (*wanted_)(*row->table)) {
          return row;
        }
      }
    }

   private:
    const std::unique_ptr<change::RowCursor> rows_;
    const Wanted* const wanted_;
  };

  const std::shared_ptr<const change::RowSequence> rows_;
  const Wanted wanted_;
  change::TableList tables_;
  uint64_t size_ = 0;
};

}  // namespace

void RowBuffer::LeaveOut(const std::string& database, const std::string& table,
                         const std::string& why) {
  left_out_.try_emplace({database, table}, why);
}

bool RowBuffer::LeavesOut(const change::TableSchema& table) const {
  return !left_out_.empty() && left_out_.count({table.database, table.table}) != 0;
}

uint64_t RowBuffer::MemoryLimit() const {
  return spill_ == nullptr ? options_->memory_bytes
                           : std::min(options_->memory_bytes, kGatheredBytes);
}

Status RowBuffer::Add(change::RowChange row) {
  const uint64_t bytes = RowBytes(row);
  rows_.push_back(std::move(row));
  memory_bytes_ += bytes;
  bytes_ += bytes;
  return memory_bytes_ > MemoryLimit() ? Spill() : Status::Ok();
}

Status RowBuffer::Spill() {
  if (options_->folder.empty()) {
    return Status::ResourceExhausted("a transaction's rows take more than " +
                                     std::to_string(options_->memory_bytes) +
                                     " bytes of memory, and there is no folder for them");
  }
  if (spill_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(spill_, RowSpill::Create(*options_));
  }
  BINSEEK_RETURN_IF_ERROR(spill_->Write(rows_));
  if (pool_ != nullptr) {
    pool_->Give(&rows_);
  }
  rows_ = std::vector<change::RowChange>();
  memory_bytes_ = 0;
  return Status::Ok();
}

Status RowBuffer::CutTo(const Mark& mark) {
  if (mark.rows >= size()) {
    return Status::Ok();
  }
  const uint64_t in_file = spill_ == nullptr ? 0 : spill_->rows();
  if (mark.rows >= in_file) {
    rows_.resize(static_cast<size_t>(mark.rows - in_file));
  } else {
    rows_.clear();
    BINSEEK_RETURN_IF_ERROR(spill_->CutTo(mark.rows, &rows_));
  }
  bytes_ = mark.bytes;
  memory_bytes_ = 0;
  for (const change::RowChange& row : rows_) {
    memory_bytes_ += RowBytes(row);
  }
  return Status::Ok();
}

void RowBuffer::Clear() {
  rows_.clear();
  memory_bytes_ = 0;
  bytes_ = 0;
  spill_.reset();
  left_out_.clear();
  cascades_.clear();
}

void RowBuffer::NoteCascade(const change::CascadeSource& source) {
  const auto known =
      std::find_if(cascades_.begin(), cascades_.end(),
                   [&](const change::CascadeSource& other) { return other.table == source.table; });
  if (known == cascades_.end()) {
    cascades_.push_back(source);
    return;
  }
  known->deletes = known->deletes || source.deletes;
  known->updates = known->updates || source.updates;
  known->unseen = known->unseen || source.unseen;
  known->partly = known->partly || source.partly;
}

Result<std::shared_ptr<const change::RowSequence>> RowBuffer::Take() {
  std::shared_ptr<const change::RowSequence> taken;
  if (spill_ == nullptr) {
    taken = std::make_shared<change::RowVector>(std::move(rows_), pool_);
  } else {
    if (!rows_.empty()) {
      BINSEEK_RETURN_IF_ERROR(Spill());
    }
    taken = std::make_shared<SpilledRows>(std::move(spill_));
  }
  if (!left_out_.empty()) {
    const auto wanted = [left_out = left_out_](const change::TableSchema& table) {
      return left_out.count({table.database, table.table}) == 0;
    };
    BINSEEK_ASSIGN_OR_RETURN(taken, SelectedRows::Make(std::move(taken), wanted));
  }
  Clear();
  return taken;
}

}  // namespace binseek::binlog
