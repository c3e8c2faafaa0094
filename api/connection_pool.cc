#include "api/connection_pool.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace binseek::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSweepInterval{1000};  // how late an idle connection may be closed
constexpr milliseconds kLinger{500};
constexpr size_t kLingerBytes = 1 << 20;

}  // namespace

Connection::~Connection() {
  shutdown(socket_, SHUT_RDWR);
  close(socket_);
}

void Connection::BeginRequest(Time head_deadline, Time deadline, size_t max_bytes) {
  read_deadline_ = std::min(head_deadline, deadline);
  body_deadline_ = deadline;
  bytes_left_ = max_bytes;
  writing_ = false;
}

void Connection::BeginBody(size_t max_bytes) {
  read_deadline_ = body_deadline_;
  bytes_left_ = max_bytes;
}

void Connection::StopReading() const { shutdown(socket_, SHUT_RD); }

bool Connection::WaitFor(int16_t events, Time deadline) const {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) {
      return false;
    }
    pollfd descriptor{socket_, events, 0};
    const int ready = poll(&descriptor, 1, static_cast<int>(std::min<int64_t>(left, 60000)));
    if (ready > 0) {
      return true;
    }
    if (ready < 0 && errno != EINTR) {
      return false;
    }
  }
}

bool Connection::Fill() {
  for (;;) {
    // A client that sends without a pause never lets the socket run dry, so this cannot be left to WaitFor.
    if (steady_clock::now() >= read_deadline_) {
      return false;
    }
    const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got >= 0) {
      begin_ = 0;
      end_ = static_cast<size_t>(got);
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!WaitFor(POLLIN, read_deadline_)) {
        return false;
      }
    } else if (errno != EINTR) {
      return false;
    }
  }
}

ssize_t Connection::Read(char* data, size_t size) {
  if (broken_ || bytes_left_ == 0 || (!has_buffered() && !Fill())) {
    broken_ = true;
    return -1;
  }
  const size_t count = std::min({size, end_ - begin_, bytes_left_});
  std::memcpy(data, buffer_.data() + begin_, count);
  begin_ += count;
  bytes_left_ -= count;
  return static_cast<ssize_t>(count);
}

void Connection::Linger() {
  shutdown(socket_, SHUT_WR);
  read_deadline_ = steady_clock::now() + kLinger;
  size_t taken = 0;
  while (taken < kLingerBytes && Fill() && end_ > 0) {
    taken += end_;
  }
  begin_ = end_ = 0;
  broken_ = true;
}

ssize_t Connection::Write(const char* data, size_t size) {
  if (!writing_) {
    writing_ = true;
    write_deadline_ = steady_clock::now() + write_timeout_;
  }
  for (;;) {
    const ssize_t sent = send(socket_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      return sent;
    }
    const bool wait = errno == EAGAIN || errno == EWOULDBLOCK;
    if (errno != EINTR && !(wait && WaitFor(POLLOUT, write_deadline_))) {
      broken_ = true;
      return -1;
    }
  }
}

ConnectionPool::ConnectionPool(const ConnectionPoolOptions& options, Serve serve)
    : options_(options),
      serve_(std::move(serve)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC)) {
  BINSEEK_CHECK(epoll_ >= 0 && wake_ >= 0, "the system has no descriptors left");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  threads_.emplace_back([this] { Poll(); });
  for (size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

ConnectionPool::~ConnectionPool() {
  Drain();
  close(epoll_);
  close(wake_);
}

void ConnectionPool::Take(int socket) {
  auto connection = std::make_unique<Connection>(socket);
  connection->set_write_timeout(options_.request_timeout);
  if (open_.fetch_add(1) >= options_.max_connections) {
    Drop(std::move(connection));
    return;
  }
  Park(std::move(connection));
}

void ConnectionPool::Park(std::unique_ptr<Connection> connection) {
  const int socket = connection->socket();
  {
    const MutexLock lock(&mutex_);
    if (!draining()) {
      serving_.erase(connection.get());
      parked_[socket] = {std::move(connection), steady_clock::now() + options_.idle_timeout};
      // Under the lock: while it is parked nobody closes it, and its number is nobody else's.
      epoll_event event{};
      event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
      event.data.fd = socket;
      if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT) {
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
      }
    }
  }
  if (connection != nullptr) {
    Drop(std::move(connection));
  }
}

void ConnectionPool::Drop(std::unique_ptr<Connection> connection) {
  {
    const MutexLock lock(&mutex_);
    serving_.erase(connection.get());
  }
  connection.reset();
  open_.fetch_sub(1);
}

void ConnectionPool::Wake(int socket) {
  const MutexLock lock(&mutex_);
  const auto found = parked_.find(socket);
  if (found != parked_.end()) {
    ready_.push_back(std::move(found->second.connection));
    parked_.erase(found);
    ready_cv_.NotifyOne();
  }
}

void ConnectionPool::DropIdle() {
  std::vector<std::unique_ptr<Connection>> dropped;
  {
    const MutexLock lock(&mutex_);
    const Connection::Time now = steady_clock::now();
    for (auto parked = parked_.begin(); parked != parked_.end();) {
      if (draining() || parked->second.until <= now) {
        dropped.push_back(std::move(parked->second.connection));
        parked = parked_.erase(parked);
      } else {
        ++parked;
      }
    }
  }
  for (auto& connection : dropped) {
    Drop(std::move(connection));
  }
}

void ConnectionPool::Poll() {
  std::array<epoll_event, 64> events;
  Connection::Time next_sweep = steady_clock::now() + kSweepInterval;
  while (!draining()) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(kSweepInterval.count()));
    for (int i = 0; i < count; ++i) {
      Wake(events[static_cast<size_t>(i)].data.fd);
    }
    if (steady_clock::now() >= next_sweep) {
      DropIdle();
      next_sweep = steady_clock::now() + kSweepInterval;
    }
  }
  DropIdle();
}

void ConnectionPool::Work() {
  for (;;) {
    std::unique_ptr<Connection> connection;
    {
      const MutexLock lock(&mutex_);
      while (ready_.empty() && !draining()) {
        ready_cv_.Wait(&mutex_);
      }
      if (ready_.empty()) {
        return;
      }
      connection = std::move(ready_.front());
      ready_.pop_front();
      serving_.insert(connection.get());
      if (draining()) {
        connection->StopReading();
      }
    }
    ServeAll(std::move(connection));
  }
}

bool ConnectionPool::ServeNext(Connection* connection) {
  const Connection::Time now = steady_clock::now();
  connection->BeginRequest(now + options_.head_timeout, now + options_.request_timeout,
                           options_.max_header_bytes);
  return serve_(connection) && !connection->broken() && !draining();
}

// Sends a connection with a further request behind those that wait for a worker, if any do.
bool ConnectionPool::Yield(std::unique_ptr<Connection>* connection) {
  const MutexLock lock(&mutex_);
  if (ready_.empty()) {
    return false;
  }
  serving_.erase(connection->get());
  ready_.push_back(std::move(*connection));
  ready_cv_.NotifyOne();
  return true;
}

void ConnectionPool::ServeAll(std::unique_ptr<Connection> connection) {
  do {
    if (!ServeNext(connection.get())) {
      Drop(std::move(connection));
      return;
    }
    if (connection->has_buffered() && Yield(&connection)) {
      return;
    }
  } while (connection->has_buffered());
  Park(std::move(connection));
}

void ConnectionPool::Drain() {
  {
    const MutexLock lock(&mutex_);
    draining_.store(true);
    for (const Connection* connection : serving_) {
      connection->StopReading();
    }
    ready_cv_.NotifyAll();
  }
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof one) < 0) {
    // The poller sees `draining_` at its next sweep all the same.
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

}  // namespace binseek::api
