#include "sync/binlog/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sync/change/stop_code.h"

namespace binseek::binlog {
namespace {

constexpr std::string_view kPrefix = "transaction-";

Status SystemError(const std::string& what, int error) {
  std::string message = what + ": " + std::strerror(error);
  const bool no_room = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return no_room
             ? change::Because(change::StopCode::kSpillDiskFull,
                               Status::Unavailable(std::move(message)))
             : change::Because(change::StopCode::kSpillFailed, Status::IoError(std::move(message)));
}

}  // namespace

Status SpillFile::PrepareFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return SystemError("create folder " + folder, error.value());
  }
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    if (entry->path().filename().string().rfind(kPrefix, 0) == 0) {
      std::error_code removed;
      std::filesystem::remove(entry->path(), removed);
    }
    entry.increment(error);
  }
  return error ? SystemError("list folder " + folder, error.value()) : Status::Ok();
}

Result<std::unique_ptr<SpillFile>> SpillFile::Create(const std::string& folder) {
  std::string name = folder + "/" + std::string(kPrefix) + "XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) {
    return SystemError("create a file in " + folder, errno);
  }
  std::unique_ptr<SpillFile> file(new SpillFile(fd, std::move(name)));
  if (::unlink(file->name_.c_str()) != 0) {
    return SystemError("unlink " + file->name_, errno);
  }
  return file;
}

SpillFile::~SpillFile() { ::close(fd_); }

Status SpillFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (wrote < 0) {
      if (errno == EINTR) {
        continue;
      }
      return SystemError("write " + name_, errno);
    }
    size_ += static_cast<uint64_t>(wrote);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return Status::Ok();
}

Status SpillFile::CutTo(uint64_t bytes) {
  if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) {
    return SystemError("truncate " + name_, errno);
  }
  size_ = bytes;
  return Status::Ok();
}

Status SpillFile::ReadAt(uint64_t offset, size_t bytes, std::string* out) const {
  out->resize(bytes);
  size_t have = 0;
  while (have < bytes) {
    const ssize_t got =
        ::pread(fd_, out->data() + have, bytes - have, static_cast<off_t>(offset + have));
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return SystemError("read " + name_, errno);
    }
    if (got == 0) {
      return Status::Corruption(name_ + ": ends at offset " + std::to_string(offset + have) + ", " +
                                std::to_string(bytes - have) + " bytes early");
    }
    have += static_cast<size_t>(got);
  }
  return Status::Ok();
}

}  // namespace binseek::binlog
