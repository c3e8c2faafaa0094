// HookDirectory: a directory in memory that calls a hook when a merge or a commit begins to write a segment's file, so that what happens beside it is certain
// instead of likely.
//
// As thread-safe as its hook.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_HOOK_DIRECTORY_H_
#define BINSEEK_TESTS_ENGINE_INDEX_HOOK_DIRECTORY_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/store/ram_directory.h"

namespace binseek::index::test {

class HookDirectory final : public store::Directory {
 public:
  // Called before a segment's file is created; not for those that it creates itself.
  std::function<void()> hook;
  int segments = 0;

  std::string name() const override { return wrapped_.name(); }
  Result<std::unique_ptr<store::WritableFile>> Create(const std::string& file) override {
    if (hook && file.starts_with("segment-")) {
      ++segments;
      const auto once = std::exchange(hook, nullptr);
      once();
      hook = once;
    }
    return wrapped_.Create(file);
  }
  Result<std::shared_ptr<const store::MappedFile>> Map(const std::string& file) const override {
    return wrapped_.Map(file);
  }
  Result<std::vector<std::string>> List() const override { return wrapped_.List(); }
  Status Delete(const std::string& file) override { return wrapped_.Delete(file); }
  Status Rename(const std::string& from, const std::string& to) override {
    return wrapped_.Rename(from, to);
  }
  Status Sync() override { return wrapped_.Sync(); }
  Result<std::unique_ptr<store::DirectoryLock>> Lock() override { return wrapped_.Lock(); }

 private:
  store::RamDirectory wrapped_;
};

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_HOOK_DIRECTORY_H_
