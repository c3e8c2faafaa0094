// HttpServer: HTTP/1.1 on one address, in front of a function from Request to Response.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto server, HttpServer::Start(options, [&](Request r) { return router.Dispatch(std::move(r)); }));
//   server->port();
//   server->Stop();  // no new requests; those that run are answered
//
// Bounded in body, headers, connections, threads and time (HttpServerOptions); bodies are unpacked (gzip) within the same bound. A body
// must say that it is JSON, as Elasticsearch demands, and what a web page of another site sends is refused (request_origin.h): so none can write
// here, by a form or otherwise. Exceptions end as a 500.
// Thread-safe; the function is called by many threads at once. Errors: kInvalidArgument for an address that does not resolve,
// kUnavailable where the port is taken.
#ifndef BINSEEK_API_HTTP_SERVER_H_
#define BINSEEK_API_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/connection_pool.h"
#include "api/http_message.h"
#include "engine/base/result.h"

namespace binseek::api {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  size_t max_body_bytes = 100 << 20;
  bool loopback_names_only =
      false;  // a request's Host must be one: where the server listens on loopback
  ConnectionPoolOptions connections;
};

class HttpServer {
 public:
  using Handle = std::function<Response(Request)>;

  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                                 Handle handle);
  virtual ~HttpServer() = default;  // stops

  virtual uint16_t port() const = 0;
  virtual void Stop() = 0;  // idempotent
};

}  // namespace binseek::api

#endif  // BINSEEK_API_HTTP_SERVER_H_
