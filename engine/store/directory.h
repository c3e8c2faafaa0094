// Directory: the write-once storage that the engine keeps its files in.
//
// A file is created, appended to, synced and closed, then never changed; it is replaced only by renaming another over it. A file's
// bytes are durable after WritableFile::Sync, its name after Directory::Sync. Nothing relies on destructors for durability.
// Directories are thread-safe; a WritableFile belongs to one thread. Errors: kNotFound, kIoError with the file's name and the
// system's reason, kUnavailable from Lock where another process holds it. Names are plain (no '/').
#ifndef BINSEEK_ENGINE_STORE_DIRECTORY_H_
#define BINSEEK_ENGINE_STORE_DIRECTORY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace binseek::store {

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  [[nodiscard]] virtual Status Append(std::string_view bytes) = 0;
  [[nodiscard]] virtual Status Sync() = 0;
  [[nodiscard]] virtual Status Close() = 0;
};

// The bytes of a file, read-only, page-aligned, valid for as long as this is held, even when the file is deleted meanwhile.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual std::string_view bytes() const = 0;
};

// Released when destroyed.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

class Directory {
 public:
  virtual ~Directory() = default;
  virtual std::string name() const = 0;  // for messages

  // Creates the file. One of that name that is there goes, as by Delete, so that another directory that shares it keeps it.
  [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> Create(const std::string& file) = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<const MappedFile>> Map(
      const std::string& file) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> List() const = 0;  // sorted
  [[nodiscard]] virtual Status Delete(const std::string& file) = 0;
  [[nodiscard]] virtual Status Rename(const std::string& from, const std::string& to) = 0;
  // Makes `file` of `from` a file of this directory too, of the same name and with the same bytes on the same disk. Its name is durable after Sync. False: these
  // two cannot share files, so it has to be copied. REQUIRES: no file of that name is here.
  [[nodiscard]] virtual Result<bool> TryLink(const Directory& from, const std::string& file);
  [[nodiscard]] virtual Status Sync() = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryLock>> Lock() = 0;
};

// Creates, writes, syncs and closes a file. Where that fails the file is gone: a part of one would only take up room.
[[nodiscard]] Status WriteFile(Directory* directory, const std::string& file,
                               std::string_view bytes);

}  // namespace binseek::store

#endif  // BINSEEK_ENGINE_STORE_DIRECTORY_H_
