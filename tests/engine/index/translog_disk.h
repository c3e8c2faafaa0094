// TranslogDisk: a directory in memory whose files fail, wait and lose power as a test of the translog says.
//
// Thread-safe; files must not outlive it.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_TRANSLOG_DISK_H_
#define BINSEEK_TESTS_ENGINE_INDEX_TRANSLOG_DISK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/store/ram_directory.h"

namespace binseek::index::test {

class TranslogDisk final : public store::Directory {
 public:
  // Every append, or every sync of a file or the directory, fails from now on.
  void FailAppends(bool fail);
  void FailSyncs(bool fail);
  // Called in each sync of a file before it takes effect, without a lock; may wait.
  void OnSync(std::function<void()> hook);
  uint64_t syncs() const;  // of files, failed ones included

  // The bytes of a file, and how many of them were synced.
  std::string Bytes(const std::string& file) const;
  size_t SyncedBytes(const std::string& file) const;
  // Replaces a file's contents, durably.
  void Put(const std::string& file, std::string_view bytes);

  std::string name() const override { return "disk"; }
  Result<std::unique_ptr<store::WritableFile>> Create(const std::string& file) override;
  Result<std::shared_ptr<const store::MappedFile>> Map(const std::string& file) const override;
  Result<std::vector<std::string>> List() const override { return ram_.List(); }
  Status Delete(const std::string& file) override { return ram_.Delete(file); }
  Status Rename(const std::string& from, const std::string& to) override;
  Status Sync() override;
  Result<std::unique_ptr<store::DirectoryLock>> Lock() override { return ram_.Lock(); }

 private:
  friend class TranslogDiskFile;

  store::RamDirectory ram_;
  mutable Mutex mutex_;
  bool fail_appends_ BINSEEK_GUARDED_BY(mutex_) = false;
  bool fail_syncs_ BINSEEK_GUARDED_BY(mutex_) = false;
  std::function<void()> on_sync_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t syncs_ BINSEEK_GUARDED_BY(mutex_) = 0;
  // By name; shared with the open file, which may be renamed.
  std::map<std::string, std::shared_ptr<size_t>> synced_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_TRANSLOG_DISK_H_
