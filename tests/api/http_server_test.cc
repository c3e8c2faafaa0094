#include "api/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <thread>

#include "tests/api/raw_client.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Tells what arrived: method, path, size of the body.
Response Echo(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + std::to_string(request.body.size());
  return response;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}, HttpServer::Handle handle = Echo) {
    auto server = HttpServer::Start(options, std::move(handle));
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  static std::string Post(std::string_view path, const std::string& body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string Exchange(std::string_view bytes) const {
    RawClient client(server_->port());
    client.Send(bytes);
    return client.ReadAnswer();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, EveryAnswerNamesTheProduct) {
  Start();
  const std::string answer = Exchange("GET /a/b?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-elastic-product: Elasticsearch\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /a/b 0"));
  EXPECT_THAT(Exchange("nonsense\r\n\r\n"), HasSubstr("X-elastic-product: Elasticsearch\r\n"));
}

TEST_F(HttpServerTest, BodiesArriveWithAnyMethod) {
  Start();
  EXPECT_THAT(Exchange(Post("/a", "{}")), HasSubstr("POST /a 2"));
  for (const std::string method : {"GET", "PUT", "DELETE", "POST"}) {
    EXPECT_THAT(Exchange(method + " /b HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                  "application/json\r\nContent-Length: 2\r\n\r\n{}"),
                HasSubstr(method + " /b 2"));
    EXPECT_THAT(Exchange(method + " /c HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr(method + " /c 0"));
  }
  EXPECT_THAT(Exchange("POST /d HTTP/1.1\r\nHost: x\r\nContent-Type: "
                       "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3\r\n{ }\r\n0\r\n\r\n"),
              HasSubstr("POST /d 3"));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  Start();
  RawClient client(server_->port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_THAT(client.ReadAnswer(), Not(HasSubstr("HEAD /a")));
}

TEST_F(HttpServerTest, RequestsFollowEachOtherOnOneConnection) {
  Start();
  RawClient client(server_->port());
  client.Send(Post("/1", "{}") + Post("/2", "{}"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("/1"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("/2"));
  client.Send(Post("/3", "{}"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("/3"));
}

TEST_F(HttpServerTest, FormsAreRefused) {
  Start();
  for (const char* type :
       {"", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n"}) {
    const std::string answer = Exchange("POST /a HTTP/1.1\r\nHost: x\r\n" + std::string(type) +
                                        "Content-Length: 2\r\n\r\n{}");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 406")) << type;
  }
  EXPECT_THAT(Exchange("POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: Application/Json ; "
                       "charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, HugeBodiesAreRefusedHoweverTheyCome) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  EXPECT_THAT(Exchange(Post("/a", std::string(1000, ' '))), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(Post("/a", std::string(1001, ' '))), StartsWith("HTTP/1.1 413"));
  std::string chunked =
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    chunked += "64\r\n" + std::string(100, ' ') + "\r\n";
  }
  const std::string answer = Exchange(chunked + "0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("content_too_long_exception"));
}

TEST_F(HttpServerTest, BrokenChunksEndTheConnectionWithoutAnAnswerToWhatFollows) {
  Start();
  RawClient client(server_->port());
  client.Send(
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\n{ }X\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(client.ReadAnswer(), "");
}

TEST_F(HttpServerTest, RequestWhoseEndIsInDoubtIsRefusedAndNothingBehindItIsAnswered) {
  Start();
  for (const char* headers :
       {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: -2\r\n",
        "Content-Length: 2\n", "Transfer-Encoding: identity\r\n"}) {
    for (const std::string method : {"POST", "GET", "HEAD", "DELETE"}) {
      RawClient client(server_->port());
      client.Send(method + " /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + headers +
                  "\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
      const std::string answer = client.ReadToEnd();
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << method << headers;
      EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
      EXPECT_THAT(answer, Not(HasSubstr("smuggled")));
    }
  }
}

TEST_F(HttpServerTest, AnnouncedBodyBeyondTheLimitIsRefusedBeforeItIsSent) {
  Start();
  RawClient client(server_->port());
  client.Send(
      "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
      "99999999999\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, RefusalReachesAClientThatSendsItsBodyAllTheSame) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  RawClient client(server_->port());
  EXPECT_TRUE(client.Send(Post("/a", std::string(500 << 10, ' '))));
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, EndlessChunkSizeEndsTheConnection) {
  Start();
  RawClient client(server_->port());
  client.Send(
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  const std::string zeros(64 << 10, '0');
  size_t sent = 0;
  while (sent < (64 << 20) && client.Send(zeros)) {
    sent += zeros.size();
  }
  EXPECT_LT(sent, 64u << 20);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(HttpServerTest, LongHeadersEndTheConnection) {
  HttpServerOptions options;
  options.connections.max_header_bytes = 4096;
  Start(options);
  RawClient client(server_->port());
  std::string flood = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) {
    flood += "X-" + std::to_string(i) + ": y\r\n";
  }
  client.Send(flood);
  EXPECT_TRUE(client.WaitForClose());
  RawClient line(server_->port());
  line.Send("GET /" + std::string(100000, 'a'));
  EXPECT_TRUE(line.WaitForClose());
}

TEST_F(HttpServerTest, ExceptionsBecomeErrors) {
  Start({}, [](const Request& request) {
    Response response;
    response.body = request.path.at(1000);  // out of range, by the standard library's own exception
    return response;
  });
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
}

TEST_F(HttpServerTest, PortThatIsTakenIsAnError) {
  Start();
  HttpServerOptions options;
  options.port = server_->port();
  EXPECT_STATUS(HttpServer::Start(options, Echo), kUnavailable);
}

TEST_F(HttpServerTest, StopAnswersWhatRuns) {
  std::latch arrived(1);
  std::latch go_on(1);
  Start({}, [&](const Request& request) {
    arrived.count_down();
    go_on.wait();
    return Echo(request);
  });
  RawClient client(server_->port());
  client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.wait();
  std::thread stop([&] { server_->Stop(); });
  go_on.count_down();
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /slow"));
  EXPECT_TRUE(client.WaitForClose());
  stop.join();
}

// As where the machine has no descriptors left.
TEST_F(HttpServerTest, AnAcceptThatFailsDoesNotEndTheServer) {
  const test::FaultScope fails("http.accept=error@2");
  Start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("GET /a 0"));
  }
  EXPECT_GE(test::FaultScope::passes("http.accept"), 4U);
  server_.reset();
}

TEST_F(HttpServerTest, PagesOfOtherSitesAreRefusedWithoutABodyToo) {
  Start();
  const auto ask = [&](const std::string& method, const std::string& headers,
                       const std::string& host = "127.0.0.1:9200") {
    return Exchange(method + " /a HTTP/1.1\r\nHost: " + host + "\r\n" + headers +
                    "Content-Length: 0\r\n\r\n");
  };
  for (const char* foreign :
       {"Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://127.0.0.1:3000\r\n",
        "Origin: http://127.0.0.1\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://127.0.0.1:3000\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: http://127.0.0.1:9200\r\n"}) {
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
      const std::string answer = ask(method, foreign);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 403")) << method << foreign;
      EXPECT_THAT(answer, HasSubstr("security_exception"));
    }
    for (const char* method : {"GET", "OPTIONS"}) {  // whose answers such a page cannot read
      EXPECT_THAT(ask(method, foreign), StartsWith("HTTP/1.1 200")) << method << foreign;
    }
  }
  // A page of ours, a proxy that names the page's site, an extension of the browser, no browser at all.
  for (const char* own : {"Origin: http://127.0.0.1:9200\r\n", "Sec-Fetch-Site: same-origin\r\n",
                          "Sec-Fetch-Site: same-origin\r\nOrigin: https://shop.example\r\n",
                          "Sec-Fetch-Site: none\r\n", "Origin: chrome-extension://abcdef\r\n",
                          "Sec-Fetch-Site: cross-site\r\nOrigin: moz-extension://abcdef\r\n", ""}) {
    EXPECT_THAT(ask("POST", own), StartsWith("HTTP/1.1 200")) << own;
  }
  EXPECT_THAT(ask("POST", "Origin: https://Shop.Example\r\n", "shop.example"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("POST", "Origin: https://shop.example\r\n", "shop.example:443"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, OnLoopbackOnlyItsOwnNamesAreAnswered) {
  HttpServerOptions options;
  options.loopback_names_only = true;
  Start(options);
  const auto ask = [&](const std::string& host) {
    return Exchange("GET /a HTTP/1.1\r\n" + host + "\r\n");
  };
  for (const char* host : {"127.0.0.1:9200", "127.8.9.1", "localhost", "LocalHost:1", "[::1]:9200",
                           "[::1]", "search.localhost:9200"}) {
    EXPECT_THAT(ask("Host: " + std::string(host) + "\r\n"), StartsWith("HTTP/1.1 200")) << host;
  }
  EXPECT_THAT(ask(""), StartsWith("HTTP/1.1 200"));  // which no page of a browser sends
  for (const char* host : {"evil.example:9200", "127.0.0.1.evil.example", "localhost.evil.example",
                           "127.evil.example", "10.0.0.1", "[::2]"}) {
    EXPECT_THAT(ask("Host: " + std::string(host) + "\r\n"), StartsWith("HTTP/1.1 403")) << host;
  }
}

TEST_F(HttpServerTest, ChunkedBodiesArriveWithDelete) {
  Start();
  for (const std::string method : {"DELETE", "GET", "PUT"}) {
    RawClient client(server_->port());
    client.Send(method +
                " /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
                "chunked\r\n\r\n3\r\n{ }\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.ReadAnswer(), HasSubstr(method + " /a 3"));
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("GET /b 0"));
  }
}

TEST_F(HttpServerTest, QuestionMarksWithinAQueryArrive) {
  Start({}, [](const Request& request) {
    Response response;
    response.content_type = "text/plain";
    response.body = request.path + " q=" + std::string(request.ParameterOr("q"));
    return response;
  });
  EXPECT_THAT(Exchange("GET /a?q=what?&x=?? HTTP/1.1\r\nHost: x\r\n\r\n"),
              HasSubstr("\r\n\r\n/a q=what?"));
  EXPECT_THAT(Exchange("GET /a?q=1#part HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("/a q=1"));
  EXPECT_THAT(Exchange("GET /a?q=1 HTTP/1.1 x\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange("GET  HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange("GET /a\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, TargetsThatReadersCouldTakeDifferentlyAreRefused) {
  Start();
  for (const char* line : {"GET  /a HTTP/1.1", "GET /a  HTTP/1.1 x", "GET  HTTP/1.1", "GET /a"}) {
    RawClient client(server_->port());
    client.Send(std::string(line) + "\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 400")) << line;
  }
}

TEST_F(HttpServerTest, ALongRequestLineIsBoundedByTheHeadAlone) {
  HttpServerOptions options;
  options.connections.max_header_bytes = 32 << 10;
  Start(options, [](const Request& request) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::to_string(request.ParameterOr("wait_for_gtid").size());
    return response;
  });
  const auto ask = [&](size_t bytes) {
    return Exchange("GET /a?wait_for_gtid=" + std::string(bytes, '1') +
                    " HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  EXPECT_THAT(ask(20000), HasSubstr("\r\n\r\n20000"));
  EXPECT_THAT(ask(33000), Not(HasSubstr("200 OK")));
}

TEST_F(HttpServerTest, AClientThatAsksForItsEndIsClosed) {
  Start();
  for (const char* header :
       {"Connection: Close\r\n", "Connection: TE, close\r\n", "Connection: close\r\n"}) {
    RawClient client(server_->port());
    client.Send("GET /a HTTP/1.1\r\nHost: x\r\n" + std::string(header) + "\r\n");
    const std::string answer = client.ReadToEnd();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << header;
    EXPECT_THAT(answer, HasSubstr("GET /a 0")) << header;
  }
}

}  // namespace
}  // namespace binseek::api
