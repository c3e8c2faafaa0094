#include "engine/store/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace binseek::store {
namespace {

constexpr char kLockFile[] = "lock";

Status SystemError(const std::string& what, int error) {
  const std::string message = what + ": " + std::strerror(error);
  return error == ENOENT ? Status::NotFound(message) : Status::IoError(message);
}

// A file descriptor, closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class PosixFile final : public WritableFile {
 public:
  PosixFile(std::string path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) {
          continue;
        }
        return SystemError("write " + path_, errno);
      }
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return Status::Ok();
  }
  Status Sync() override {
    return ::fdatasync(fd_.get()) == 0 ? Status::Ok() : SystemError("fdatasync " + path_, errno);
  }
  Status Close() override {
    return ::close(fd_.Release()) == 0 ? Status::Ok() : SystemError("close " + path_, errno);
  }

 private:
  const std::string path_;
  Descriptor fd_;
};

class PosixMapping final : public MappedFile {
 public:
  PosixMapping(void* address, size_t size) : address_(address), size_(size) {}
  PosixMapping(const PosixMapping&) = delete;
  PosixMapping& operator=(const PosixMapping&) = delete;
  ~PosixMapping() override {
    if (address_ != nullptr) {
      ::munmap(address_, size_);
    }
  }
  std::string_view bytes() const override { return {static_cast<const char*>(address_), size_}; }

 private:
  void* const address_;
  const size_t size_;
};

class PosixLock final : public DirectoryLock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

class PosixDirectory final : public Directory {
 public:
  explicit PosixDirectory(std::string path) : path_(std::move(path)) {}

  std::string name() const override { return path_; }

  Result<std::unique_ptr<WritableFile>> Create(const std::string& file) override {
    if (::unlink(PathOf(file).c_str()) != 0 && errno != ENOENT) {
      return SystemError("create " + PathOf(file), errno);
    }
    Descriptor fd(::open(PathOf(file).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd.get() < 0) {
      return SystemError("create " + PathOf(file), errno);
    }
    return std::unique_ptr<WritableFile>(std::make_unique<PosixFile>(PathOf(file), std::move(fd)));
  }

  Result<std::shared_ptr<const MappedFile>> Map(const std::string& file) const override {
    const Descriptor fd(::open(PathOf(file).c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) {
      return SystemError("open " + PathOf(file), errno);
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) {
      return SystemError("stat " + PathOf(file), errno);
    }
    const auto size = static_cast<size_t>(info.st_size);
    void* address = nullptr;
    if (size > 0) {
      address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
      if (address == MAP_FAILED) {
        return SystemError("mmap " + PathOf(file), errno);
      }
    }
    return std::shared_ptr<const MappedFile>(std::make_shared<PosixMapping>(address, size));
  }

  Result<std::vector<std::string>> List() const override {
    std::error_code error;
    std::vector<std::string> files;
    std::filesystem::directory_iterator entries(path_, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
      std::error_code ignored;
      if (entries->is_regular_file(ignored)) {
        files.push_back(entries->path().filename().string());
      }
    }
    if (error) {
      return SystemError("list " + path_, error.value());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  Status Delete(const std::string& file) override {
    return ::unlink(PathOf(file).c_str()) == 0 ? Status::Ok()
                                               : SystemError("delete " + PathOf(file), errno);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    return ::rename(PathOf(from).c_str(), PathOf(to).c_str()) == 0
               ? Status::Ok()
               : SystemError("rename " + PathOf(from), errno);
  }

  Result<bool> TryLink(const Directory& from, const std::string& file) override {
    const auto* other = dynamic_cast<const PosixDirectory*>(&from);
    if (other == nullptr) {
      return false;
    }
    if (::link(other->PathOf(file).c_str(), PathOf(file).c_str()) == 0) {
      return true;
    }
    // Another file system, or one without links, or too many of them.
    const bool cannot = errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP;
    return cannot ? Result<bool>(false) : SystemError("link " + PathOf(file), errno);
  }

  Status Sync() override {
    const Descriptor fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) {
      return SystemError("sync " + path_, errno);
    }
    return Status::Ok();
  }

  Result<std::unique_ptr<DirectoryLock>> Lock() override {
    Descriptor fd(::open(PathOf(kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (fd.get() < 0) {
      return SystemError("open " + PathOf(kLockFile), errno);
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      return Status::Unavailable(path_ + " is in use by another process");
    }
    return std::unique_ptr<DirectoryLock>(std::make_unique<PosixLock>(std::move(fd)));
  }

 private:
  std::string PathOf(const std::string& file) const { return path_ + "/" + file; }

  const std::string path_;
};

}  // namespace

Result<std::shared_ptr<Directory>> OpenPosixDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return SystemError("create " + path, error.value());
  }
  return std::shared_ptr<Directory>(std::make_shared<PosixDirectory>(path));
}

}  // namespace binseek::store
