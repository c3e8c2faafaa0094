#include "tests/engine/index/translog_disk.h"

#include <utility>

namespace binseek::index::test {

class TranslogDiskFile final : public store::WritableFile {
 public:
  TranslogDiskFile(TranslogDisk* disk, std::unique_ptr<store::WritableFile> file,
                   std::shared_ptr<size_t> synced)
      : disk_(disk), file_(std::move(file)), synced_(std::move(synced)) {}

  Status Append(std::string_view bytes) override {
    bool fail = false;
    {
      const MutexLock lock(&disk_->mutex_);
      fail = disk_->fail_appends_;
    }
    if (fail) {
      bytes = bytes.substr(0, bytes.size() / 2);
    }
    size_ += bytes.size();
    const Status status = file_->Append(bytes);
    return fail ? Status::IoError("no space left") : status;
  }
  Status Sync() override {
    std::function<void()> hook;
    {
      const MutexLock lock(&disk_->mutex_);
      ++disk_->syncs_;
      hook = disk_->on_sync_;
    }
    if (hook) {
      hook();
    }
    const MutexLock lock(&disk_->mutex_);
    if (disk_->fail_syncs_) {
      return Status::IoError("sync failed");
    }
    *synced_ = size_;
    return file_->Sync();
  }
  Status Close() override { return file_->Close(); }

 private:
  TranslogDisk* const disk_;
  const std::unique_ptr<store::WritableFile> file_;
  const std::shared_ptr<size_t> synced_;  // guarded by the disk's mutex
  size_t size_ = 0;
};

void TranslogDisk::FailAppends(bool fail) {
  const MutexLock lock(&mutex_);
  fail_appends_ = fail;
}

void TranslogDisk::FailSyncs(bool fail) {
  const MutexLock lock(&mutex_);
  fail_syncs_ = fail;
}

void TranslogDisk::OnSync(std::function<void()> hook) {
  const MutexLock lock(&mutex_);
  on_sync_ = std::move(hook);
}

uint64_t TranslogDisk::syncs() const {
  const MutexLock lock(&mutex_);
  return syncs_;
}

std::string TranslogDisk::Bytes(const std::string& file) const {
  return std::string((*ram_.Map(file))->bytes());
}

size_t TranslogDisk::SyncedBytes(const std::string& file) const {
  const MutexLock lock(&mutex_);
  return *synced_.at(file);
}

void TranslogDisk::Put(const std::string& file, std::string_view bytes) {
  {
    const auto out = *ram_.Create(file);
    static_cast<void>(out->Append(bytes).ok());
    static_cast<void>(out->Sync().ok());
  }
  const MutexLock lock(&mutex_);
  synced_[file] = std::make_shared<size_t>(bytes.size());
}

Result<std::unique_ptr<store::WritableFile>> TranslogDisk::Create(const std::string& file) {
  BINSEEK_ASSIGN_OR_RETURN(auto inner, ram_.Create(file));
  auto synced = std::make_shared<size_t>(0);
  const MutexLock lock(&mutex_);
  synced_[file] = synced;
  return std::unique_ptr<store::WritableFile>(
      std::make_unique<TranslogDiskFile>(this, std::move(inner), std::move(synced)));
}

Result<std::shared_ptr<const store::MappedFile>> TranslogDisk::Map(const std::string& file) const {
  return ram_.Map(file);
}

Status TranslogDisk::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(&mutex_);
  synced_[to] = synced_[from];
  synced_.erase(from);
  return ram_.Rename(from, to);
}

Status TranslogDisk::Sync() {
  const MutexLock lock(&mutex_);
  return fail_syncs_ ? Status::IoError("sync failed") : ram_.Sync();
}

}  // namespace binseek::index::test
