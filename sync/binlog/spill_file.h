// SpillFile: a file without a name, for what memory does not hold.
//
// It is unlinked as it is made, so that its room is free again when it is closed, however the process ends. One process alone reads it,
// the one that wrote it: nothing of it is synced, and what it holds has no history of versions.
//
// Append and CutTo belong to one thread, and come before any ReadAt; ReadAt is thread-safe. Errors name the file: kUnavailable where the
// disk has no room (there may be some later), kIoError, kCorruption where the file is shorter than it was written.
#ifndef BINSEEK_SYNC_BINLOG_SPILL_FILE_H_
#define BINSEEK_SYNC_BINLOG_SPILL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"

namespace binseek::binlog {

class SpillFile {
 public:
  // Makes the folder where it is missing. Names of files that a crash has left go.
  [[nodiscard]] static Status PrepareFolder(const std::string& folder);
  // REQUIRES: the folder is there.
  [[nodiscard]] static Result<std::unique_ptr<SpillFile>> Create(const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  [[nodiscard]] Status Append(std::string_view bytes);
  // What is behind the first `bytes` bytes goes.
  [[nodiscard]] Status CutTo(uint64_t bytes);
  // Replaces *out.
  [[nodiscard]] Status ReadAt(uint64_t offset, size_t bytes, std::string* out) const;

  uint64_t size() const { return size_; }
  const std::string& name() const { return name_; }

 private:
  SpillFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  const int fd_;
  const std::string name_;  // that it had
  uint64_t size_ = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_SPILL_FILE_H_
