#include "engine/index/translog_writer.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/fault_point.h"

namespace binseek::index {
namespace {

constexpr size_t kGatheredBytes = size_t{256} << 10;

}  // namespace

Result<std::unique_ptr<TranslogWriter>> TranslogWriter::Create(store::Directory* directory,
                                                               const TranslogLocation& previous) {
  std::unique_ptr<TranslogWriter> writer(new TranslogWriter(directory));
  BINSEEK_RETURN_IF_ERROR(writer->CreateFile(previous));
  return writer;
}

Status TranslogWriter::CreateFile(const TranslogLocation& previous) {
  const uint64_t generation = previous.generation + 1;
  const std::string name = TranslogFile(generation);
  const std::string unnamed = name + ".new";
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("translog.before_create"));
  BINSEEK_ASSIGN_OR_RETURN(file_, directory_->Create(unnamed));
  BINSEEK_RETURN_IF_ERROR(file_->Append(EncodeTranslogHeader(generation, previous.offset)));
  ++syncs_;
  BINSEEK_RETURN_IF_ERROR(file_->Sync());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("translog.before_rename"));
  BINSEEK_RETURN_IF_ERROR(directory_->Rename(unnamed, name));
  BINSEEK_RETURN_IF_ERROR(directory_->Sync());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("translog.after_create"));
  end_ = {generation, kTranslogHeaderBytes};
  synced_end_ = kTranslogHeaderBytes;
  return Status::Ok();
}

Status TranslogWriter::Write(std::span<const PendingRecord> records, uint64_t generation) {
  for (const PendingRecord& record : records) {
    while (end_.generation < record.generation) {
      BINSEEK_RETURN_IF_ERROR(NextGeneration());
    }
    BINSEEK_CHECK(end_.generation == record.generation, "records out of order");
    BINSEEK_RETURN_IF_ERROR(WriteRecord(record));
  }
  while (end_.generation < generation) {
    BINSEEK_RETURN_IF_ERROR(NextGeneration());
  }
  return Flush();
}

Status TranslogWriter::WriteRecord(const PendingRecord& record) {
  const size_t payload_bytes = record.payload.size();
  PutTranslogFrame(&gathered_,
                   {.payload_bytes = static_cast<uint32_t>(payload_bytes),
                    .payload_crc = record.payload_crc,
                    .synced_end = synced_end_},
                   end_);
  end_.offset += kTranslogFrameBytes + payload_bytes;
  if (gathered_.size() + payload_bytes < kGatheredBytes) {
    gathered_.append(record.payload);
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(Flush());
  return AppendToFile(record.payload);
}

Status TranslogWriter::NextGeneration() {
  BINSEEK_RETURN_IF_ERROR(Flush());
  BINSEEK_RETURN_IF_ERROR(Sync());
  const TranslogLocation old_end = end_;
  const std::unique_ptr<store::WritableFile> old_file = std::move(file_);
  BINSEEK_RETURN_IF_ERROR(CreateFile(old_end));
  // Not synced: what it is for, noticing that the next file was lost, does not need it within seconds.
  std::string mark;
  PutTranslogFrame(&mark, {.synced_end = old_end.offset}, old_end);
  BINSEEK_RETURN_IF_ERROR(old_file->Append(mark));
  return old_file->Close();
}

Status TranslogWriter::Sync() {
  if (synced_end_ == end_.offset) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("translog.before_sync"));
  ++syncs_;
  BINSEEK_RETURN_IF_ERROR(file_->Sync());
  synced_end_ = end_.offset;
  return BINSEEK_FAULT_POINT("translog.after_sync");
}

Status TranslogWriter::Close() { return file_->Close(); }

Status TranslogWriter::Flush() {
  if (gathered_.empty()) {
    return Status::Ok();
  }
  Status status = AppendToFile(gathered_);
  gathered_.clear();
  return status;
}

Status TranslogWriter::AppendToFile(std::string_view bytes) {
  if constexpr (FaultPoints::Enabled()) {
    const size_t half = bytes.size() / 2;
    BINSEEK_RETURN_IF_ERROR(file_->Append(bytes.substr(0, half)));
    BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("translog.half_written"));
    bytes.remove_prefix(half);
  }
  return file_->Append(bytes);
}

}  // namespace binseek::index
