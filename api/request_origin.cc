#include "api/request_origin.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace binseek::api {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct HostPort {
  std::string host;  // lower case; of an IPv6 address with its brackets
  std::string port;
};

// `scheme_port` where none is named.
HostPort Split(std::string_view text, std::string_view scheme_port) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && IsDigits(text.substr(colon + 1));
  return {Lower(has_port ? text.substr(0, colon) : text),
          std::string(has_port ? text.substr(colon + 1) : scheme_port)};
}

// "https://shop.example" of host "shop.example:443".
bool IsOrigin(std::string_view origin, std::string_view host) {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"http://", "80"}, {"https://", "443"}}) {
    if (origin.starts_with(scheme)) {
      const HostPort page = Split(origin.substr(scheme.size()), port);
      const HostPort own = Split(host, port);
      return page.host == own.host && page.port == own.port;
    }
  }
  return false;
}

bool IsOfExtension(std::string_view origin) {
  return origin.find("-extension://") != std::string_view::npos && !origin.starts_with("http");
}

// "127.1.2.3"
bool IsLoopbackAddress(std::string_view text) {
  if (!text.starts_with("127.")) {
    return false;
  }
  size_t parts = 0;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('.'));
    if (!IsDigits(part) || part.size() > 3) {
      return false;
    }
    ++parts;
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return parts == 4;
}

}  // namespace

std::optional<std::string> RefuseOrigin(std::string_view method, const RequestOrigin& from) {
  if (method == "GET" || method == "HEAD" || method == "OPTIONS" || IsOfExtension(from.origin)) {
    return std::nullopt;
  }
  const bool own =
      from.fetch_site.empty()
          ? from.origin.empty() || IsOrigin(Lower(from.origin), from.host)
          : Lower(from.fetch_site) == "same-origin" || Lower(from.fetch_site) == "none";
  if (own) {
    return std::nullopt;
  }
  return "a web page of another site" +
         (from.origin.empty() ? std::string() : " [" + from.origin + "]") +
         " may not send this; a proxy in between has to keep the Host header";
}

bool IsLoopbackHost(std::string_view host) {
  const std::string name = Split(host, "").host;
  return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" ||
         IsLoopbackAddress(name);
}

}  // namespace binseek::api
