#include "engine/store/ram_directory.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace binseek::store {

struct RamDirectory::Contents {
  Mutex mutex;
  std::string bytes BINSEEK_GUARDED_BY(mutex);
  size_t synced_bytes BINSEEK_GUARDED_BY(mutex) = 0;
};

namespace {

class RamFile final : public WritableFile {
 public:
  explicit RamFile(std::shared_ptr<RamDirectory::Contents> contents)
      : contents_(std::move(contents)) {}
  Status Append(std::string_view bytes) override {
    const MutexLock lock(&contents_->mutex);
    contents_->bytes.append(bytes);
    return Status::Ok();
  }
  Status Sync() override {
    const MutexLock lock(&contents_->mutex);
    contents_->synced_bytes = contents_->bytes.size();
    return Status::Ok();
  }
  Status Close() override { return Status::Ok(); }

 private:
  const std::shared_ptr<RamDirectory::Contents> contents_;
};

// A copy, in 64-bit words so that it is aligned as a mapped page would be.
class RamMapping final : public MappedFile {
 public:
  explicit RamMapping(std::string_view bytes)
      : words_((bytes.size() + 7) / 8), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(words_.data()));
  }
  std::string_view bytes() const override {
    return {reinterpret_cast<const char*>(words_.data()), size_};
  }

 private:
  std::vector<uint64_t> words_;
  size_t size_;
};

class RamLock final : public DirectoryLock {
 public:
  explicit RamLock(std::shared_ptr<std::atomic<bool>> locked) : locked_(std::move(locked)) {}
  RamLock(const RamLock&) = delete;
  RamLock& operator=(const RamLock&) = delete;
  ~RamLock() override { *locked_ = false; }

 private:
  const std::shared_ptr<std::atomic<bool>> locked_;
};

}  // namespace

Result<std::unique_ptr<WritableFile>> RamDirectory::Create(const std::string& file) {
  const MutexLock lock(&mutex_);
  auto contents = std::make_shared<Contents>();
  names_[file] = contents;
  return std::unique_ptr<WritableFile>(std::make_unique<RamFile>(std::move(contents)));
}

Result<std::shared_ptr<const MappedFile>> RamDirectory::Map(const std::string& file) const {
  const MutexLock lock(&mutex_);
  const auto it = names_.find(file);
  if (it == names_.end()) {
    return Status::NotFound("open " + file + ": no such file in memory");
  }
  const MutexLock contents_lock(&it->second->mutex);
  return std::shared_ptr<const MappedFile>(std::make_shared<RamMapping>(it->second->bytes));
}

Result<std::vector<std::string>> RamDirectory::List() const {
  const MutexLock lock(&mutex_);
  std::vector<std::string> files;
  for (const auto& [file, contents] : names_) {
    files.push_back(file);
  }
  return files;
}

Status RamDirectory::Delete(const std::string& file) {
  const MutexLock lock(&mutex_);
  return names_.erase(file) == 1 ? Status::Ok()
                                 : Status::NotFound("delete " + file + ": no such file in memory");
}

Status RamDirectory::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(&mutex_);
  const auto it = names_.find(from);
  if (it == names_.end()) {
    return Status::NotFound("rename " + from + ": no such file in memory");
  }
  auto contents = std::move(it->second);
  names_.erase(it);
  names_[to] = std::move(contents);
  return Status::Ok();
}

Status RamDirectory::Sync() {
  const MutexLock lock(&mutex_);
  synced_names_ = names_;
  return Status::Ok();
}

Result<std::unique_ptr<DirectoryLock>> RamDirectory::Lock() {
  if (locked_->exchange(true)) {
    return Status::Unavailable("the directory in memory is already open");
  }
  return std::unique_ptr<DirectoryLock>(std::make_unique<RamLock>(locked_));
}

void RamDirectory::DropUnsynced() {
  const MutexLock lock(&mutex_);
  names_ = synced_names_;
  for (const auto& [file, contents] : names_) {
    const MutexLock contents_lock(&contents->mutex);
    contents->bytes.resize(contents->synced_bytes);
  }
}

}  // namespace binseek::store
