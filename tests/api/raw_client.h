// RawClient: bytes over TCP to a server on loopback, for tests of what well-behaved clients never send.
//
// Single-threaded. Waits are bounded by ten seconds.
#ifndef BINSEEK_TESTS_API_RAW_CLIENT_H_
#define BINSEEK_TESTS_API_RAW_CLIENT_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace binseek::api {

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False once the server has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // One whole answer by its Content-Length; what came before the server closed, else.
  std::string ReadAnswer() {
    for (;;) {
      const size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t at = buffer_.find("Content-Length: ");
        const size_t length = at < end ? std::strtoul(buffer_.c_str() + at + 16, nullptr, 10) : 0;
        if (buffer_.size() >= end + 4 + length) {
          const std::string answer = buffer_.substr(0, end + 4 + length);
          buffer_.erase(0, end + 4 + length);
          return answer;
        }
      }
      if (!Fill()) {
        return std::exchange(buffer_, {});
      }
    }
  }

  // All that comes before the server closes.
  std::string ReadToEnd() {
    EXPECT_TRUE(WaitForClose());
    return std::exchange(buffer_, {});
  }

  // True where the server closes within the limit, whatever it sends before.
  bool WaitForClose() {
    while (Fill()) {
    }
    return closed_;
  }

 private:
  bool Fill() {
    char bytes[4096];
    const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
    closed_ = got == 0 || (got < 0 && errno == ECONNRESET);
    if (got > 0) {
      buffer_.append(bytes, static_cast<size_t>(got));
    }
    return got > 0;
  }

  const int socket_;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace binseek::api

#endif  // BINSEEK_TESTS_API_RAW_CLIENT_H_
