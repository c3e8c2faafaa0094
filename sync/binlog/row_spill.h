// RowSpill: the rows of one transaction in a file, so that they need not be in memory; SpilledRows: the same as a RowSequence.
//
// The file is read by the process that writes it and by no other, and is gone with it (spill_file.h): so there is one version of it, which is
// never read by another program. Its bytes are checked all the same, for disks lie.
//
//   file   := header block*
//   header := "BSROWS" u8 0 u8 version (1)
//   block  := u32 crc32c of all that follows, u32 number of rows, u64 bytes of the rows, u64 bytes of the frame, zstd frame of the rows
//   rows   := see row_codec.h
//
// Writing belongs to one thread and ends before reading begins; what is read is immutable and thread-safe. Errors: those of SpillFile; kCorruption
// with file and offset; kResourceExhausted above SpillOptions::disk_bytes.
#ifndef BINSEEK_SYNC_BINLOG_ROW_SPILL_H_
#define BINSEEK_SYNC_BINLOG_ROW_SPILL_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/spill_file.h"
#include "sync/change/row_change.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

struct SpillOptions {
  std::string
      folder;  // empty: there is none, and a transaction that memory does not hold is refused
  uint64_t memory_bytes = uint64_t{64} << 20;  // of one transaction's rows, decoded
  uint64_t disk_bytes = uint64_t{64} << 30;    // of one transaction's rows, encoded
};

class RowSpill {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RowSpill>> Create(const SpillOptions& options);

  // Appends rows behind those that are there.
  [[nodiscard]] Status Write(std::span<const change::RowChange> rows);
  // Only the first `rows` rows stay. Those that the file does not keep of them, as they share a block with others, are appended to *rest.
  [[nodiscard]] Status CutTo(uint64_t rows, std::vector<change::RowChange>* rest);

  uint64_t rows() const { return rows_; }
  uint64_t file_bytes() const { return file_->size(); }
  const change::TableList& tables() const { return tables_; }

  // One block's rows, not decoded.
  struct Block {
    uint64_t rows = 0;
    std::string bytes;
    uint64_t next = 0;  // offset of the block behind it
  };
  // `offset`: first_block(), or the `next` of another. REQUIRES: offset < file_bytes().
  [[nodiscard]] Status Read(uint64_t offset, Block* block) const;
  // kCorruption where the file does not begin as it should.
  [[nodiscard]] Status CheckHeader() const;
  static uint64_t first_block();
  // For messages.
  std::string Place(uint64_t offset) const;

 private:
  explicit RowSpill(uint64_t disk_bytes) : disk_bytes_(disk_bytes) {}
  uint64_t NumberOf(const std::shared_ptr<const change::TableSchema>& table);
  Status WriteBlock(uint64_t rows);

  struct Start {
    uint64_t offset = 0;
    uint64_t first_row = 0;
  };

  const uint64_t disk_bytes_;
  std::unique_ptr<SpillFile> file_;
  uint64_t rows_ = 0;
  std::vector<Start> blocks_;
  change::TableList tables_;
  std::unordered_map<const change::TableSchema*, uint64_t> numbers_;  // of tables_
  std::string raw_;                                                   // the block in the making
  std::string frame_;                                                 // scratch
};

class SpilledRows final : public change::RowSequence {
 public:
  explicit SpilledRows(std::unique_ptr<const RowSpill> spill) : spill_(std::move(spill)) {}
  uint64_t size() const override { return spill_->rows(); }
  const change::TableList& tables() const override { return spill_->tables(); }
  // Holds one block and one row in memory. Must not outlive the sequence.
  std::unique_ptr<change::RowCursor> Open() const override;

 private:
  const std::unique_ptr<const RowSpill> spill_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_SPILL_H_
