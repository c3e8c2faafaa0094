#include "tests/support/tcp_switch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace binseek::test {
namespace {

sockaddr_in Local(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// What has come on one side goes to the other; false where one has ended.
bool Pass(int from, int to) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t n = send(to, buffer.data() + sent, static_cast<size_t>(got - sent), MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    sent += n;
  }
  return got > 0;
}

}  // namespace

Result<std::unique_ptr<TcpSwitch>> TcpSwitch::Open(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Local(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || bind(listener, generic, size) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, generic, &size) != 0) {
    close(listener);
    return Status::IoError("no port for a switch");
  }
  return std::unique_ptr<TcpSwitch>(new TcpSwitch(listener, ntohs(address.sin_port), port));
}

TcpSwitch::TcpSwitch(int listener, uint16_t port, uint16_t target)
    : listener_(listener), port_(port), target_(target) {
  acceptor_ = std::thread([this] { Accept(); });
}

TcpSwitch::~TcpSwitch() {
  stopped_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  Cut();
  for (std::thread& forwarder : forwarders_) {
    forwarder.join();
  }
  close(listener_);
}

void TcpSwitch::LeadTo(uint16_t port, bool cut) {
  target_ = port;
  if (cut) {
    Cut();
  }
}

void TcpSwitch::Cut() {
  const MutexLock lock(&mutex_);
  for (const int socket : open_) {
    shutdown(socket, SHUT_RDWR);
  }
}

void TcpSwitch::Freeze() { frozen_ = accepted_.load(); }

void TcpSwitch::Watch(int socket) {
  const MutexLock lock(&mutex_);
  open_.push_back(socket);
}

void TcpSwitch::Close(int socket) {
  const MutexLock lock(&mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), socket));
  close(socket);
}

void TcpSwitch::Accept() {
  while (!stopped_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) {
      Watch(client);
      forwarders_.emplace_back([this, client, number = ++accepted_] { Forward(client, number); });
    }
  }
}

void TcpSwitch::Forward(int client, uint64_t number) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Local(target_);
  if (server >= 0 && connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    Watch(server);
    std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    bool open = true;
    while (open && poll(ends.data(), ends.size(), -1) > 0) {
      while (number <= frozen_ && !stopped_) {
        poll(nullptr, 0, 5);
      }
      open = (ends[0].revents == 0 || Pass(client, server)) &&
             (ends[1].revents == 0 || Pass(server, client));
    }
    Close(server);
  } else {
    close(server);
  }
  Close(client);
}

}  // namespace binseek::test
