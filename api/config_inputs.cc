// Where a config comes from: the environment, small files; and the addresses in it.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <system_error>

#include "api/config.h"

extern char** environ;  // NOLINT(readability-identifier-naming)

namespace binseek::api {
namespace {

constexpr std::string_view kEnvironmentPrefix = "BINSEEK_";

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return host == "localhost";
}

}  // namespace

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos &&
        text.substr(0, kEnvironmentPrefix.size()) == kEnvironmentPrefix) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

Result<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr) {
    const std::string reason = std::generic_category().message(errno);
    return errno == ENOENT ? Status::NotFound(path + ": " + reason)
                           : Status::IoError(path + ": " + reason);
  }
  std::string text(max_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return Status::IoError(path + ": cannot be read");
  }
  if (text.size() > max_bytes) {
    return Status::InvalidArgument(path + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
  return text;
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  ListenAddress address;
  bool port_ok = false;
  if (colon != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
    port_ok = parsed.ec == std::errc() && parsed.ptr == end;
  }
  if (!port_ok || host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) {
    return Status::InvalidArgument(
        "host:port is wanted, such as 127.0.0.1:9200 or [::1]:9200, not '" + std::string(text) +
        "'");
  }
  address.host = host;
  address.loopback = IsLoopback(address.host);
  return address;
}

}  // namespace binseek::api
