#include "sync/binlog/row_buffer.h"

#include <algorithm>
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

}  // namespace

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
}

Result<std::shared_ptr<const change::RowSequence>> RowBuffer::Take() {
  std::shared_ptr<const change::RowSequence> taken;
  if (spill_ == nullptr) {
    taken = std::make_shared<change::RowVector>(std::move(rows_));
  } else {
    if (!rows_.empty()) {
      BINSEEK_RETURN_IF_ERROR(Spill());
    }
    taken = std::make_shared<SpilledRows>(std::move(spill_));
  }
  Clear();
  return taken;
}

}  // namespace binseek::binlog
