#include "engine/index/attached_file.h"

#include <utility>

#include "engine/base/crc32c.h"
#include "engine/base/fault_point.h"

namespace binseek::index {
namespace {

constexpr store::EnvelopeFormat kAttachedFormat{"attached", 1, 1};

}  // namespace

std::string AttachedFileName(uint64_t id) { return "attached-" + std::to_string(id); }

Result<AttachedBytes> ReadAttachedFile(const store::Directory& directory,
                                       const AttachedFileInfo& info, store::Verify verify) {
  const std::string file = AttachedFileName(info.id);
  auto mapped = directory.Map(file);
  if (mapped.status().code() == StatusCode::kNotFound) {
    return Status::Corruption(file + " is missing");
  }
  BINSEEK_RETURN_IF_ERROR(mapped.status());
  AttachedBytes read;
  read.file = std::move(*mapped);
  BINSEEK_ASSIGN_OR_RETURN(read.bytes, store::OpenEnvelope(kAttachedFormat, std::to_string(info.id),
                                                           read.file->bytes(), file, verify));
  if (read.bytes.size() != info.bytes) {
    return Status::Corruption(file + ": holds " + std::to_string(read.bytes.size()) +
                              " bytes, but the manifest says " + std::to_string(info.bytes));
  }
  if (verify == store::Verify::kWhole && Crc32c(read.bytes) != info.crc) {
    return Status::Corruption(file + ": its checksum is another than the manifest's");
  }
  return read;
}

AttachedFileUse::AttachedFileUse(std::shared_ptr<AttachedFiles> files, uint64_t id)
    : files_(std::move(files)), id_(id) {
  files_->Add(id_);
}

AttachedFileUse::~AttachedFileUse() { files_->Remove(id_); }

void AttachedFiles::Add(uint64_t id) {
  const MutexLock lock(&mutex_);
  in_use_.insert(id);
}

void AttachedFiles::Remove(uint64_t id) {
  const MutexLock lock(&mutex_);
  in_use_.erase(id);
}

std::set<uint64_t> AttachedFiles::InUse() const {
  const MutexLock lock(&mutex_);
  return in_use_;
}

AttachedFile::AttachedFile(std::shared_ptr<store::Directory> directory,
                           std::unique_ptr<AttachedFileUse> use, const AttachedFileInfo& info)
    : directory_(std::move(directory)), use_(std::move(use)), info_(info) {}

Result<AttachedBytes> AttachedFile::Read() const {
  return ReadAttachedFile(*directory_, info_, store::Verify::kWhole);
}

AttachedFileWriter::AttachedFileWriter(std::shared_ptr<store::Directory> directory,
                                       std::unique_ptr<AttachedFileUse> use, uint64_t id)
    : directory_(std::move(directory)), use_(std::move(use)), info_{id, 0, 0} {}

AttachedFileWriter::~AttachedFileWriter() {
  if (use_ != nullptr) {
    file_.reset();
    const Status ignored = directory_->Delete(AttachedFileName(info_.id));  // or the next commit
    static_cast<void>(ignored.ok());
  }
}

Result<std::unique_ptr<AttachedFileWriter>> AttachedFileWriter::Begin(
    std::shared_ptr<store::Directory> directory, std::shared_ptr<AttachedFiles> files,
    uint64_t id) {
  // In use before it is there, so that no commit takes it for garbage.
  std::unique_ptr<AttachedFileWriter> writer(new AttachedFileWriter(
      std::move(directory), std::make_unique<AttachedFileUse>(std::move(files), id), id));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("attach.before_create"));
  BINSEEK_ASSIGN_OR_RETURN(writer->file_, writer->directory_->Create(AttachedFileName(id)));
  BINSEEK_ASSIGN_OR_RETURN(
      auto envelope,
      store::EnvelopeWriter::Begin(writer->file_.get(), kAttachedFormat, std::to_string(id)));
  writer->envelope_.emplace(std::move(envelope));
  return writer;
}

Status AttachedFileWriter::Append(std::string_view bytes) {
  info_.bytes += bytes.size();
  info_.crc = Crc32c(bytes, info_.crc);
  return envelope_->Append(bytes);
}

Result<std::shared_ptr<const AttachedFile>> AttachedFileWriter::Finish() {
  BINSEEK_RETURN_IF_ERROR(envelope_->Finish());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("attach.before_sync"));
  BINSEEK_RETURN_IF_ERROR(file_->Sync());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("attach.after_sync"));
  BINSEEK_RETURN_IF_ERROR(file_->Close());
  return std::make_shared<const AttachedFile>(directory_, std::move(use_), info_);
}

}  // namespace binseek::index
