// TcpSwitch: an address that leads to a server of the test's choice, as a virtual IP or a proxy does in a failover.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto address, TcpSwitch::Open(first->port()));
//   options.port = address->port();
//   address->LeadTo(second->port());   // new connections go there; those that are open are cut
//
// Thread-safe. Its threads end with it.
#ifndef BINSEEK_TESTS_SUPPORT_TCP_SWITCH_H_
#define BINSEEK_TESTS_SUPPORT_TCP_SWITCH_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"

namespace binseek::test {

class TcpSwitch {
 public:
  // Leads to `port` of 127.0.0.1. kIoError.
  [[nodiscard]] static Result<std::unique_ptr<TcpSwitch>> Open(uint16_t port);
  ~TcpSwitch();
  TcpSwitch(const TcpSwitch&) = delete;
  TcpSwitch& operator=(const TcpSwitch&) = delete;

  uint16_t port() const { return port_; }
  // `cut`: whether connections that are open end; else they stay with the server that they lead to.
  void LeadTo(uint16_t port, bool cut = true);
  // Ends all connections, but for frozen ones.
  void Cut();
  // Over connections that are open nothing passes any more, and neither end is told, whatever the other does: half-open ones, or a network
  // that is gone. New ones are as ever.
  void Freeze();

 private:
  TcpSwitch(int listener, uint16_t port, uint16_t target);
  void Accept();
  void Forward(int client, uint64_t number);
  void Watch(int socket) BINSEEK_EXCLUDES(mutex_);
  void Close(int socket) BINSEEK_EXCLUDES(mutex_);

  const int listener_;
  const uint16_t port_;
  std::atomic<uint16_t> target_;
  std::atomic<bool> stopped_{false};
  std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> frozen_{0};  // the first so many

  Mutex mutex_;
  std::vector<int> open_ BINSEEK_GUARDED_BY(mutex_);

  std::vector<std::thread> forwarders_;  // of the accepting thread, until it has ended
  std::thread acceptor_;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_TCP_SWITCH_H_
