#include "api/http_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "api/acceptor.h"
#include "api/chunked_body.h"
#include "api/request_head.h"
#include "api/request_line.h"
#include "api/request_origin.h"
#include "api/rest_error.h"
#include "engine/base/log.h"

namespace binseek::api {
namespace {

constexpr size_t kWriteBuffer = 64 << 10;
constexpr size_t kFramingSlack = 64 << 10;
constexpr size_t kAnyNumber = 1'000'000;  // of requests on one connection

// Lets httplib read and write a Connection. Writes are gathered, so that an answer is one packet where it is small.
class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection* connection) : connection_(connection) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* data, size_t size) override {
    Flush();
    if (!in_head_) {
      return chunked_ ? chunked_->Read(data, size) : connection_->Read(data, size);
    }
    for (;;) {
      const ssize_t got = connection_->Read(data, size);
      if (got <= 0) {
        return got;
      }
      head_.append(data, static_cast<size_t>(got));
      if (const size_t shown = line_.Show(data, static_cast<size_t>(got)); shown > 0) {
        return static_cast<ssize_t>(shown);
      }
    }
  }
  ssize_t write(const char* data, size_t size) override {
    pending_.append(data, size);
    if (pending_.size() >= kWriteBuffer) {
      Flush();
    }
    return connection_->broken() ? -1 : static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  // httplib refuses descriptors that select() could not watch; ours are watched by poll().
  socket_t socket() const override { return 0; }

  // Ends the head and gives it as it was sent. httplib reads no byte behind it.
  const std::string& EndHead() {
    in_head_ = false;
    return head_;
  }
  const std::string& target() const { return line_.target(); }

  // What is read from here on are the chunks of a body; at its end read() says that the stream ends.
  void BeginChunks() {
    chunked_.emplace([this](char* data, size_t size) { return connection_->Read(data, size); });
  }

  void Flush() {
    size_t sent = 0;
    while (sent < pending_.size()) {
      const ssize_t count = connection_->Write(pending_.data() + sent, pending_.size() - sent);
      if (count < 0) {
        break;
      }
      sent += static_cast<size_t>(count);
    }
    pending_.clear();
  }

 private:
  Connection* const connection_;
  bool in_head_ = true;
  std::string head_;  // bounded by the connection
  RequestLine line_;
  std::optional<ChunkedBody> chunked_;
  std::string pending_;
};

// One request on its way through httplib: what our handler needs and httplib's own structures do not carry.
struct Exchange {
  Connection* connection = nullptr;
  ConnectionStream* stream = nullptr;
  std::string method;
  std::string target;
  std::string content_type;
  std::optional<HeadError> refused;  // before anything of the body was read
  std::optional<std::string> forbidden;
  bool must_close = false;  // a part of the body was not read
  bool ends = false;        // the connection, as the client or we will
};

// httplib calls handlers on the thread that serves the connection; this is how they find their exchange.
thread_local Exchange* current_exchange = nullptr;

Response HttpError(int status, std::string_view reason) {
  return ErrorResponse({status,
                        status == 413   ? "content_too_long_exception"
                        : status == 403 ? "security_exception"
                                        : "illegal_argument_exception",
                        std::string(reason)});
}

Response TooLarge() { return HttpError(413, "the request's body is larger than allowed"); }

void Send(Response response, httplib::Response* out) {
  out->status = response.status;
  for (const auto& [name, value] : response.headers) {
    out->set_header(name, value);
  }
  out->set_header("Content-Type", response.content_type);
  out->body = std::move(response.body);
}

class Listener final : public httplib::Server {
 public:
  Listener(const HttpServerOptions& options, HttpServer::Handle handle)
      : options_(options), handle_(std::move(handle)) {
    // httplib's default is SO_REUSEPORT, with which a second server would take half of our requests unnoticed.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    set_payload_max_length(options_.max_body_bytes);
    // What httplib tells clients of a connection's life; ours ends it (ConnectionPool).
    set_keep_alive_timeout(
        std::chrono::duration_cast<std::chrono::seconds>(options_.connections.idle_timeout)
            .count());
    set_keep_alive_max_count(kAnyNumber);
    set_default_headers({{"X-elastic-product", "Elasticsearch"}});
    const auto plain = [this](const httplib::Request&, httplib::Response& response) {
      Answer({}, &response);
    };
    const auto with_body = [this](const httplib::Request&, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      ReadAndAnswer(reader, &response);
    };
    Get("/", plain).Options("/", plain).Delete("/", plain);
    Post("/", with_body).Put("/", with_body).Patch("/", with_body).Delete("/", with_body);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& response) {
      return Refuse(&response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      FillError(request, &response);
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          Send(ErrorResponse({500, "exception", "internal error"}), &response);
        });
  }

  // The socket that was bound, which listens from here on; the caller's. httplib's own loop would end at the first error that it does not
  // know, and lets only five connections wait to be accepted.
  int TakeSocket() {
    const int socket = svr_sock_.exchange(INVALID_SOCKET);
    ::listen(socket, SOMAXCONN);
    return socket;
  }

  void set_pool(ConnectionPool* pool) { pool_ = pool; }

  // For the pool's workers.
  bool ServeOne(Connection* connection) {
    Exchange exchange;
    ConnectionStream stream(connection);
    exchange.connection = connection;
    exchange.stream = &stream;
    current_exchange = &exchange;
    bool closed = false;
    bool served = false;
    try {
      served = process_request(stream, pool_->draining(), closed,
                               [&](httplib::Request& request) { Prepare(&exchange, &request); });
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "request failed", {{"error", error.what()}});
    }
    stream.Flush();
    current_exchange = nullptr;
    if (exchange.must_close && !connection->broken()) {
      connection->Linger();
    }
    return served && !closed && !exchange.must_close && !exchange.ends;
  }

 private:
  // Called with the headers read: bends the request so that httplib reads every body, and routes nothing by itself.
  void Prepare(Exchange* exchange, httplib::Request* request) const {
    const std::string& head = exchange->stream->EndHead();
    exchange->refused = CheckRequestHead(head, options_.max_body_bytes);
    exchange->target = exchange->stream->target();
    if (!exchange->refused && exchange->target.empty()) {
      exchange->refused = {400, "a request line must have single spaces around its target"};
    }
    if (!exchange->refused) {
      exchange->forbidden = CheckOrigin(*request);
    }
    if (exchange->refused || exchange->forbidden) {
      exchange->must_close = true;
      request->headers.erase("Expect");
    }
    if (exchange->must_close || AsksToClose(head)) {
      exchange->ends = true;
      request->headers.erase("Connection");
      request->set_header("Connection", "close");
    }
    if (exchange->must_close) {
      return;
    }
    exchange->method = request->method;
    exchange->content_type = request->get_header_value("Content-Type");
    request->headers.erase("Content-Type");  // httplib would take forms and multipart bodies apart
    request->ranges.clear();
    request->path = "/";
    const bool has_length = request->has_header("Content-Length");
    const bool chunked = request->has_header("Transfer-Encoding");
    const bool has_body =
        chunked || (has_length && request->get_header_value("Content-Length") != "0");
    // Chunks have framing on top; unpacked, the body is measured again.
    exchange->connection->BeginBody(options_.max_body_bytes + options_.max_body_bytes / 8 +
                                    kFramingSlack);
    if (chunked) {
      // httplib bounds no line of the framing and ends a body at the first chunk that is not ended as it should; we give it the bare body.
      request->headers.erase("Transfer-Encoding");
      exchange->stream->BeginChunks();
    }
    if (has_body && (request->method == "GET" || (request->method == "DELETE" && chunked))) {
      request->method = "POST";  // httplib would leave the body unread
    } else if (has_body && (request->method == "HEAD" || request->method == "OPTIONS")) {
      exchange->must_close = true;
    } else if (!has_body && !has_length) {
      request->set_header("Content-Length",
                          "0");  // else httplib would read until the client closes
    }
  }

  std::optional<std::string> CheckOrigin(const httplib::Request& request) const {
    const RequestOrigin from{request.get_header_value("Host"), request.get_header_value("Origin"),
                             request.get_header_value("Sec-Fetch-Site")};
    // Without the header there is no browser.
    if (options_.loopback_names_only && request.has_header("Host") && !IsLoopbackHost(from.host)) {
      return "the host [" + from.host +
             "] is none of the loopback; server.trust_network lets others be named";
    }
    return RefuseOrigin(request.method, from);
  }

  // Answers what the head alone is refused for, so that nothing of the body is read.
  static bool Refuse(httplib::Response* response) {
    const Exchange& exchange = *current_exchange;
    if (exchange.refused) {
      Send(HttpError(exchange.refused->status, exchange.refused->reason), response);
    } else if (exchange.forbidden) {
      Send(HttpError(403, *exchange.forbidden), response);
    }
    return exchange.refused || exchange.forbidden;
  }

  void ReadAndAnswer(const httplib::ContentReader& reader, httplib::Response* response) {
    std::string body;
    bool too_large = false;
    const bool read = reader([&](const char* data, size_t size) {
      too_large = body.size() + size > options_.max_body_bytes;
      if (!too_large) {
        body.append(data, size);
      }
      return !too_large;
    });
    if (read) {
      Answer(std::move(body), response);
      return;
    }
    current_exchange->must_close = true;
    response->set_header("Connection", "close");
    if (too_large || response->status == 413) {
      Send(TooLarge(), response);
    } else {
      response->status = response->status >= 400 ? response->status : 400;
    }
  }

  void Answer(std::string body, httplib::Response* response) const {
    const Exchange& exchange = *current_exchange;
    Request request = MakeRequest(exchange.method, exchange.target);
    request.body = std::move(body);
    request.content_type = exchange.content_type;
    if (!request.body.empty() && !IsJson(request.content_type)) {
      Send(ErrorResponse({406, "media_type_header_exception",
                          "Content-Type header [" + request.content_type +
                              "] is not supported; send application/json"}),
           response);
      return;
    }
    try {
      Send(handle_(std::move(request)), response);
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "request failed",
          {{"path", MakeRequest("", exchange.target).path}, {"error", error.what()}});
      Send(ErrorResponse({500, "exception", "internal error; the log says more"}), response);
    }
  }

  // Errors of httplib itself, which have no body.
  static void FillError(const httplib::Request& request, httplib::Response* response) {
    if (!response->body.empty()) {
      return;
    }
    if (current_exchange != nullptr) {
      current_exchange->must_close = true;
    }
    if (request.method == "HEAD") {
      return;
    }
    const int status = response->status;
    const std::string reason = status == 413 ? "the request's body is larger than allowed"
                                             : "the request is no HTTP that is understood here";
    Send(HttpError(status, reason), response);
  }

  const HttpServerOptions options_;
  const HttpServer::Handle handle_;
  ConnectionPool* pool_ = nullptr;
};

class HttpServerImpl final : public HttpServer {
 public:
  HttpServerImpl(const HttpServerOptions& options, Handle handle)
      : listener_(options, std::move(handle)),
        pool_(options.connections,
              [this](Connection* connection) { return listener_.ServeOne(connection); }) {
    listener_.set_pool(&pool_);
  }
  ~HttpServerImpl() override { Stop(); }
  HttpServerImpl(const HttpServerImpl&) = delete;
  HttpServerImpl& operator=(const HttpServerImpl&) = delete;

  Status Listen(const HttpServerOptions& options) {
    errno = 0;
    const int port = options.port == 0
                         ? listener_.bind_to_any_port(options.host)
                         : (listener_.bind_to_port(options.host, options.port) ? options.port : -1);
    if (port <= 0) {
      const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
      return Status::Unavailable("cannot listen on " + options.host + ":" +
                                 std::to_string(options.port) + reason);
    }
    port_ = static_cast<uint16_t>(port);
    acceptor_.emplace(listener_.TakeSocket(), [this](int socket) {
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      pool_.Take(socket);
    });
    return Status::Ok();
  }

  uint16_t port() const override { return port_; }

  void Stop() override {
    acceptor_.reset();
    pool_.Drain();
  }

 private:
  Listener listener_;
  ConnectionPool pool_;
  uint16_t port_ = 0;
  std::optional<Acceptor> acceptor_;  // in front of the pool
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      Handle handle) {
  auto server = std::make_unique<HttpServerImpl>(options, std::move(handle));
  BINSEEK_RETURN_IF_ERROR(server->Listen(options));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace binseek::api
