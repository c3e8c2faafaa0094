// RefuseOrigin: whether a request comes from a web page that has no business here.
//
// A browser on the server's machine reaches a server on loopback for every page it shows. Such a page cannot read an answer of ours, but what it sends is
// done; and with a DNS name that it points to loopback (rebinding) it could read too. Browsers tell where a request comes from; other
// clients have no such headers, and pass. Thread-safe free functions.
#ifndef BINSEEK_API_REQUEST_ORIGIN_H_
#define BINSEEK_API_REQUEST_ORIGIN_H_

#include <optional>
#include <string>
#include <string_view>

namespace binseek::api {

// Headers as they were sent; empty: none.
struct RequestOrigin {
  std::string host;
  std::string origin;
  std::string fetch_site;  // Sec-Fetch-Site
};

// Why a request with this method is refused: it may change something, and a page of another site sends it. Sec-Fetch-Site decides where it is
// there, since a proxy may have changed Host; else Origin must name the host. Extensions of browsers pass: they were installed.
std::optional<std::string> RefuseOrigin(std::string_view method, const RequestOrigin& from);

// "localhost", "a.localhost", "127.0.0.1:9200", "[::1]"
bool IsLoopbackHost(std::string_view host);

}  // namespace binseek::api

#endif  // BINSEEK_API_REQUEST_ORIGIN_H_
