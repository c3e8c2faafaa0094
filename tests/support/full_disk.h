// FullDisk: for as long as it lives, no file of this process can grow beyond a size, as on a disk that has no more room.
//
// The error is EFBIG instead of ENOSPC. It concerns every file that the process writes, so nothing else should write meanwhile, and processes that it starts.
// Single-threaded: one at a time.
#ifndef BINSEEK_TESTS_SUPPORT_FULL_DISK_H_
#define BINSEEK_TESTS_SUPPORT_FULL_DISK_H_

#include <sys/resource.h>

#include <csignal>
#include <cstdint>

namespace binseek::test {

class FullDisk {
 public:
  explicit FullDisk(uint64_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*const handler_)(int);
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_FULL_DISK_H_
