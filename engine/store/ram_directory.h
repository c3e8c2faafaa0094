// RamDirectory: a Directory in memory, for tests. It can forget what was not synced, as a machine that loses power does.
//
// Thread-safe.
#ifndef BINSEEK_ENGINE_STORE_RAM_DIRECTORY_H_
#define BINSEEK_ENGINE_STORE_RAM_DIRECTORY_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/store/directory.h"

namespace binseek::store {

class RamDirectory final : public Directory {
 public:
  RamDirectory() = default;

  std::string name() const override { return "memory"; }
  Result<std::unique_ptr<WritableFile>> Create(const std::string& file) override;
  Result<std::shared_ptr<const MappedFile>> Map(const std::string& file) const override;
  Result<std::vector<std::string>> List() const override;
  Status Delete(const std::string& file) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Sync() override;
  Result<std::unique_ptr<DirectoryLock>> Lock() override;

  // Goes back to what was durable: names as of the last Sync, contents as of each file's.
  void DropUnsynced();

  struct Contents;  // one file's bytes

 private:
  using Names = std::map<std::string, std::shared_ptr<Contents>>;

  mutable Mutex mutex_;
  Names names_ BINSEEK_GUARDED_BY(mutex_);
  Names synced_names_ BINSEEK_GUARDED_BY(mutex_);
  const std::shared_ptr<std::atomic<bool>> locked_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace binseek::store

#endif  // BINSEEK_ENGINE_STORE_RAM_DIRECTORY_H_
