#include "api/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/fault_point.h"
#include "engine/base/log.h"

namespace binseek::api {
namespace {

constexpr int kFirstPauseMillis = 10;
constexpr int kLongestPauseMillis = 1000;

// The error number of a failure is in errno.
int Accept(int listening) {
  if (!BINSEEK_FAULT_POINT("http.accept").ok()) {
    errno = ENFILE;
    return -1;
  }
  return accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
}

// The client has gone again, or there was none.
bool IsOfOneClient(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ECONNABORTED;
}

}  // namespace

Acceptor::Acceptor(int listening, Take take)
    : listening_(listening), stop_(eventfd(0, EFD_CLOEXEC)), take_(std::move(take)) {
  BINSEEK_CHECK(stop_ >= 0);
  // A client that goes between poll and accept must not hold the thread.
  fcntl(listening_, F_SETFL, fcntl(listening_, F_GETFL) | O_NONBLOCK);
  thread_ = std::thread([this] { Run(); });
}

Acceptor::~Acceptor() {
  Stop();
  close(stop_);
}

void Acceptor::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  eventfd_write(stop_, 1);
  thread_.join();
  close(listening_);
}

bool Acceptor::AwaitClient() const {
  pollfd descriptors[] = {{listening_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(descriptors, 2, -1) < 0 && errno == EINTR) {
  }
  return descriptors[1].revents == 0;
}

bool Acceptor::Pause(int millis) const {
  pollfd descriptor{stop_, POLLIN, 0};
  return poll(&descriptor, 1, millis) <= 0;
}

void Acceptor::Run() const {
  int pause = 0;
  while (AwaitClient()) {
    const int socket = Accept(listening_);
    if (socket >= 0) {
      pause = 0;
      take_(socket);
      continue;
    }
    if (IsOfOneClient(errno)) {
      continue;
    }
    if (pause == 0) {
      Log(LogLevel::kError, "cannot accept connections; trying again",
          {{"error", std::generic_category().message(errno)}});
    }
    pause = std::clamp(2 * pause, kFirstPauseMillis, kLongestPauseMillis);
    if (!Pause(pause)) {
      return;
    }
  }
}

}  // namespace binseek::api
