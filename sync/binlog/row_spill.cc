#include "sync/binlog/row_spill.h"

#include <zstd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"
#include "sync/binlog/row_codec.h"

namespace binseek::binlog {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kHeader = "BSROWS\0\x01"sv;
constexpr size_t kBlockHeadBytes = 24;
constexpr size_t kCrcBytes = 4;
constexpr size_t kBlockBytes = 256 << 10;  // of rows; a larger row has a block of its own
constexpr int kCompressionLevel = 1;

}  // namespace

Result<std::unique_ptr<RowSpill>> RowSpill::Create(const SpillOptions& options) {
  std::unique_ptr<RowSpill> spill(new RowSpill(options.disk_bytes));
  BINSEEK_ASSIGN_OR_RETURN(spill->file_, SpillFile::Create(options.folder));
  BINSEEK_RETURN_IF_ERROR(spill->file_->Append(kHeader));
  return spill;
}

uint64_t RowSpill::first_block() { return kHeader.size(); }

std::string RowSpill::Place(uint64_t offset) const {
  return file_->name() + ": block at offset " + std::to_string(offset);
}

uint64_t RowSpill::NumberOf(const std::shared_ptr<const change::TableSchema>& table) {
  const auto [it, added] = numbers_.try_emplace(table.get(), tables_.size());
  if (added) {
    tables_.push_back(table);
  }
  return it->second;
}

Status RowSpill::Write(std::span<const change::RowChange> rows) {
  uint64_t in_block = 0;
  for (const change::RowChange& row : rows) {
    EncodeRow(row, NumberOf(row.table), &raw_);
    ++in_block;
    if (raw_.size() >= kBlockBytes) {
      BINSEEK_RETURN_IF_ERROR(WriteBlock(in_block));
      in_block = 0;
    }
  }
  return in_block == 0 ? Status::Ok() : WriteBlock(in_block);
}

Status RowSpill::WriteBlock(uint64_t rows) {
  frame_.resize(kBlockHeadBytes + ZSTD_compressBound(raw_.size()));
  const size_t packed =
      ZSTD_compress(frame_.data() + kBlockHeadBytes, frame_.size() - kBlockHeadBytes, raw_.data(),
                    raw_.size(), kCompressionLevel);
  if (ZSTD_isError(packed) != 0) {
    return Status::Internal(file_->name() + ": " + ZSTD_getErrorName(packed));
  }
  frame_.resize(kBlockHeadBytes + packed);
  std::string head;
  PutU32(&head, static_cast<uint32_t>(rows));
  PutU64(&head, raw_.size());
  PutU64(&head, packed);
  std::copy(head.begin(), head.end(), frame_.begin() + kCrcBytes);
  std::string crc;
  PutU32(&crc, Crc32c(std::string_view(frame_).substr(kCrcBytes)));
  std::copy(crc.begin(), crc.end(), frame_.begin());
  if (file_->size() + frame_.size() > disk_bytes_) {
    return Status::ResourceExhausted("a transaction's rows take more than " +
                                     std::to_string(disk_bytes_) +
                                     " bytes on disk (source.transaction_disk)");
  }
  const uint64_t offset = file_->size();
  BINSEEK_RETURN_IF_ERROR(file_->Append(frame_));
  blocks_.push_back({offset, rows_});
  rows_ += rows;
  raw_.clear();
  if (raw_.capacity() > 4 * kBlockBytes) {  // after a large row
    raw_ = std::string();
    frame_ = std::string();
  }
  return Status::Ok();
}

Status RowSpill::CutTo(uint64_t rows, std::vector<change::RowChange>* rest) {
  if (rows >= rows_) {
    return Status::Ok();
  }
  // The block that the first row to go is in.
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), rows,
                       [](uint64_t row, const Start& block) { return row < block.first_row; });
  const auto cut = behind - 1;
  if (rows > cut->first_row) {
    Block block;
    BINSEEK_RETURN_IF_ERROR(Read(cut->offset, &block));
    ByteReader reader(block.bytes);
    for (uint64_t row = cut->first_row; row < rows && reader.ok(); ++row) {
      DecodeRow(tables_, &reader, &rest->emplace_back());
    }
    BINSEEK_RETURN_IF_ERROR(reader.status(Place(cut->offset)));
  }
  BINSEEK_RETURN_IF_ERROR(file_->CutTo(cut->offset));
  rows_ = cut->first_row;
  blocks_.erase(cut, blocks_.end());
  return Status::Ok();
}

Status RowSpill::CheckHeader() const {
  std::string header;
  BINSEEK_RETURN_IF_ERROR(file_->ReadAt(0, kHeader.size(), &header));
  return header == kHeader ? Status::Ok()
                           : Status::Corruption(file_->name() + ": offset 0: not its header");
}

Status RowSpill::Read(uint64_t offset, Block* block) const {
  std::string stored;
  BINSEEK_RETURN_IF_ERROR(file_->ReadAt(offset, kBlockHeadBytes, &stored));
  ByteReader head(stored);
  const uint32_t crc = head.U32();
  const uint32_t rows = head.U32();
  const uint64_t raw_bytes = head.U64();
  const uint64_t packed_bytes = head.U64();
  if (packed_bytes > file_->size() - offset - kBlockHeadBytes) {
    return Status::Corruption(Place(offset) + ": longer than the file");
  }
  const std::string head_bytes = stored.substr(kCrcBytes);
  BINSEEK_RETURN_IF_ERROR(
      file_->ReadAt(offset + kBlockHeadBytes, static_cast<size_t>(packed_bytes), &stored));
  if (Crc32c(stored, Crc32c(head_bytes)) != crc) {
    return Status::Corruption(Place(offset) + ": its checksum does not fit");
  }
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != raw_bytes) {
    return Status::Corruption(Place(offset) + ": not the frame that was written");
  }
  block->rows = rows;
  block->next = offset + kBlockHeadBytes + packed_bytes;
  block->bytes.resize(raw_bytes);
  const size_t got =
      ZSTD_decompress(block->bytes.data(), block->bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) != 0 || got != raw_bytes) {
    return Status::Corruption(Place(offset) + ": it does not unpack");
  }
  return Status::Ok();
}

namespace {

class SpilledCursor final : public change::RowCursor {
 public:
  explicit SpilledCursor(const RowSpill* spill) : spill_(spill) {}

  Result<const change::RowChange*> Next() override {
    if (left_ == 0) {
      BINSEEK_ASSIGN_OR_RETURN(const bool more, NextBlock());
      if (!more) {
        return static_cast<const change::RowChange*>(nullptr);
      }
    }
    DecodeRow(spill_->tables(), &*reader_, &row_);
    if (--left_ == 0 && reader_->ok() && !reader_->AtEnd()) {
      reader_->Fail("bytes behind the last row");
    }
    BINSEEK_RETURN_IF_ERROR(reader_->status(spill_->Place(at_)));
    return static_cast<const change::RowChange*>(&row_);
  }

 private:
  // False behind the last.
  Result<bool> NextBlock() {
    if (next_ == RowSpill::first_block()) {
      BINSEEK_RETURN_IF_ERROR(spill_->CheckHeader());
    }
    if (next_ >= spill_->file_bytes()) {
      return false;
    }
    at_ = next_;
    BINSEEK_RETURN_IF_ERROR(spill_->Read(at_, &block_));
    if (block_.rows == 0) {
      return Status::Corruption(spill_->Place(at_) + ": no rows");
    }
    next_ = block_.next;
    left_ = block_.rows;
    reader_.emplace(block_.bytes);
    return true;
  }

  const RowSpill* const spill_;
  RowSpill::Block block_;
  std::optional<ByteReader> reader_;  // of block_
  uint64_t at_ = 0;
  uint64_t next_ = RowSpill::first_block();
  uint64_t left_ = 0;  // rows of block_
  change::RowChange row_;
};

}  // namespace

std::unique_ptr<change::RowCursor> SpilledRows::Open() const {
  return std::make_unique<SpilledCursor>(spill_.get());
}

}  // namespace binseek::binlog
