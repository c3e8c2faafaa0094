// Acceptor: takes connections from a listening socket, on a thread of its own, until it is stopped.
//
//   Acceptor acceptor(listening, [&](int socket) { pool.Take(socket); });
//   acceptor.Stop();
//
// An accept that fails, be it for want of descriptors, of memory or in the network, is tried again after a pause that grows to a second; the first
// failure of a row is logged. Nothing but Stop ends it. Thread-safe.
#ifndef BINSEEK_API_ACCEPTOR_H_
#define BINSEEK_API_ACCEPTOR_H_

#include <functional>
#include <thread>

namespace binseek::api {

class Acceptor {
 public:
  using Take = std::function<void(int socket)>;  // owns the socket; must not throw

  // Owns `listening`, a socket that listens already.
  Acceptor(int listening, Take take);
  ~Acceptor();  // stops
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void Stop();  // idempotent, for the owner's thread alone

 private:
  void Run() const;
  bool AwaitClient() const;      // false: stopped
  bool Pause(int millis) const;  // false: stopped

  // Constant after construction.
  const int listening_;
  const int stop_;  // eventfd
  const Take take_;

  std::thread thread_;  // owner's thread only
};

}  // namespace binseek::api

#endif  // BINSEEK_API_ACCEPTOR_H_
