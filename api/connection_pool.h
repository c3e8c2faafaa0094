// ConnectionPool: the open connections of the server, and the threads that work on those that have a request.
//
// A connection without a request is parked in one poller thread and costs no worker, so idle clients starve nobody. One with bytes
// to read goes to the first free worker, which serves its requests one by one, letting others that wait go first in between, and parks
// it again.
//
//   ConnectionPool pool(options, [](Connection* connection) { return ServeOne(connection); });
//   pool.Take(socket);       // from accept; closes it where there are too many
//   pool.Drain();            // parked ones are closed, requests that have arrived finish, those that have not are cut off
//
// Every read of a request and every write of its answer is bounded by one deadline each, so a slow client holds a worker for no longer.
// Thread-safe. Threads: one poller, `threads` workers; Drain joins them.
#ifndef BINSEEK_API_CONNECTION_POOL_H_
#define BINSEEK_API_CONNECTION_POOL_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"

namespace binseek::api {

// One accepted socket, owned and closed by this object. Belongs to one thread at a time.
class Connection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Connection(int socket) : socket_(socket) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  // Request line and headers may take `max_bytes` and until `head_deadline`, all of the request until `deadline`.
  void BeginRequest(Time head_deadline, Time deadline, size_t max_bytes);
  // The headers are read; the body and its framing may take `max_bytes`.
  void BeginBody(size_t max_bytes);
  // The first write begins the answer, which must be taken within `timeout`.
  void set_write_timeout(std::chrono::milliseconds timeout) { write_timeout_ = timeout; }

  // Bytes read, 0 at the end of the stream, -1 past a deadline or limit or on an error. Blocks.
  ssize_t Read(char* data, size_t size);
  ssize_t Write(const char* data, size_t size);
  // Takes some of what the client still sends and nobody reads: closing over unread bytes would reset the connection, and the client might
  // never see the answer. Short and bounded. Nothing can be written afterwards.
  void Linger();
  // Ends reads, on whatever thread they wait, at what has arrived. Thread-safe.
  void StopReading() const;
  bool has_buffered() const { return begin_ < end_; }
  // True once a read or write failed: the stream is not where HTTP believes it to be.
  bool broken() const { return broken_; }

 private:
  bool WaitFor(int16_t events, Time deadline) const;
  bool Fill();

  const int socket_;
  Time read_deadline_;
  Time body_deadline_;
  Time write_deadline_;
  bool writing_ = false;
  bool broken_ = false;
  std::chrono::milliseconds write_timeout_{30000};
  size_t bytes_left_ = 0;  // that may be read yet
  size_t begin_ = 0;
  size_t end_ = 0;
  std::array<char, 8192> buffer_;
};

struct ConnectionPoolOptions {
  size_t threads = 32;
  size_t max_connections = 4096;
  std::chrono::milliseconds request_timeout{30000};
  std::chrono::milliseconds head_timeout{5000};  // of request line and headers
  std::chrono::milliseconds idle_timeout{120000};
  size_t max_header_bytes = 32 << 10;
};

class ConnectionPool {
 public:
  // Reads one request and answers it; false: close. The deadline has been set. Must not throw.
  using Serve = std::function<bool(Connection*)>;

  ConnectionPool(const ConnectionPoolOptions& options, Serve serve);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Owns `socket` from here on.
  void Take(int socket) BINSEEK_EXCLUDES(mutex_);
  // Takes no more, closes what is idle or still sends its request, waits for what runs. Idempotent.
  void Drain() BINSEEK_EXCLUDES(mutex_);
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  struct Parked {
    std::unique_ptr<Connection> connection;
    Connection::Time until;
  };

  void Poll();
  void Work() BINSEEK_EXCLUDES(mutex_);
  void ServeAll(std::unique_ptr<Connection> connection) BINSEEK_EXCLUDES(mutex_);
  bool ServeNext(Connection* connection);
  bool Yield(std::unique_ptr<Connection>* connection) BINSEEK_EXCLUDES(mutex_);
  void Park(std::unique_ptr<Connection> connection) BINSEEK_EXCLUDES(mutex_);
  void Drop(std::unique_ptr<Connection> connection) BINSEEK_EXCLUDES(mutex_);
  void Wake(int socket) BINSEEK_EXCLUDES(mutex_);
  void DropIdle() BINSEEK_EXCLUDES(mutex_);

  // Constant after construction.
  const ConnectionPoolOptions options_;
  const Serve serve_;
  int epoll_ = -1;
  int wake_ = -1;  // eventfd that ends the poller

  // Self-synchronised.
  std::atomic<bool> draining_{false};
  std::atomic<size_t> open_{0};

  Mutex mutex_;
  CondVar ready_cv_;
  std::map<int, Parked> parked_ BINSEEK_GUARDED_BY(mutex_);  // by socket
  std::deque<std::unique_ptr<Connection>> ready_ BINSEEK_GUARDED_BY(mutex_);
  std::set<const Connection*> serving_ BINSEEK_GUARDED_BY(mutex_);  // the workers' own

  std::vector<std::thread> threads_;  // owner's thread only
};

}  // namespace binseek::api

#endif  // BINSEEK_API_CONNECTION_POOL_H_
