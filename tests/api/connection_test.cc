// Slow, idle and too many clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/resource.h>
#include "api/descriptor_limit.h"
#include "api/http_server.h"
#include "tests/api/raw_client.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class ConnectionTest : public ::testing::Test {
 protected:
  void Start(const ConnectionPoolOptions& connections) {
    HttpServerOptions options;
    options.connections = connections;
    auto server = HttpServer::Start(options, [](const Request&) {
      Response response;
      response.body.assign(size_, 'x');
      return response;
    });
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  static inline std::atomic<size_t> size_ = 2;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ConnectionTest, IdleClientsTakeNoThread) {
  Start({.threads = 1});
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<RawClient>(server_->port()));
  }
  for (int round = 0; round < 2; ++round) {
    for (const auto& client : idle) {
      client->Send(kGet);
      EXPECT_THAT(client->ReadAnswer(), HasSubstr("200 OK"));
    }
  }
}

TEST_F(ConnectionTest, SlowClientIsClosedAndOthersGoOn) {
  Start({.threads = 1, .request_timeout = std::chrono::milliseconds(200)});
  RawClient slow(server_->port());
  slow.Send("GET / HTTP/1.1\r\nHost");
  RawClient other(server_->port());
  other.Send(kGet);
  EXPECT_THAT(other.ReadAnswer(), HasSubstr("200 OK"));
  EXPECT_TRUE(slow.WaitForClose());
}

TEST_F(ConnectionTest, ClientThatDoesNotReadIsClosed) {
  size_ = 64 << 20;  // more than sockets buffer
  Start({.threads = 1, .request_timeout = std::chrono::milliseconds(300)});
  RawClient deaf(server_->port());
  deaf.Send(kGet);
  RawClient other(server_->port());
  size_ = 2;
  other.Send(kGet);
  EXPECT_THAT(other.ReadAnswer(), HasSubstr("HTTP/1.1 200 OK"));
}

TEST_F(ConnectionTest, UnfinishedBodyIsBounded) {
  Start({.threads = 1, .request_timeout = std::chrono::milliseconds(200)});
  RawClient slow(server_->port());
  slow.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
      "1000\r\n\r\n{");
  EXPECT_TRUE(slow.WaitForClose());
}

// Its bytes are always there, so that the server never waits for any.
TEST_F(ConnectionTest, ClientThatNeverPausesIsClosedInTime) {
  Start({.threads = 1,
         .request_timeout = std::chrono::milliseconds(200),
         .max_header_bytes = size_t{1} << 40});
  RawClient fast(server_->port());
  const std::string line = "X-A: " + std::string(1000, 'a') + "\n";  // which httplib skips
  std::string lines;
  while (lines.size() < (256 << 10)) {
    lines += line;
  }
  fast.Send("GET / HTTP/1.1\r\n");
  const auto start = std::chrono::steady_clock::now();
  while (fast.Send(lines) && std::chrono::steady_clock::now() - start < std::chrono::seconds(20)) {
  }
  EXPECT_TRUE(fast.WaitForClose());
}

TEST_F(ConnectionTest, UnfinishedHeadIsCutOffSoonerThanARequest) {
  Start({.threads = 1, .head_timeout = std::chrono::milliseconds(100)});
  RawClient slow(server_->port());
  slow.Send("GET / HTTP/1.1\r\nHost");
  EXPECT_TRUE(slow.WaitForClose());
}

TEST_F(ConnectionTest, UnfinishedRequestsDoNotDelayTheEnd) {
  Start({.threads = 1,
         .request_timeout = std::chrono::hours(1),
         .head_timeout = std::chrono::hours(1)});
  RawClient body(server_->port());
  body.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
      "1000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(body.ReadAnswer(), HasSubstr("100 Continue"));  // the worker reads the body now
  RawClient head(server_->port());
  head.Send("GET / HTTP/1.1\r\nHost");
  server_->Stop();
  EXPECT_TRUE(body.WaitForClose());
  EXPECT_TRUE(head.WaitForClose());
}

TEST_F(ConnectionTest, PipeliningClientLetsOthersGoBetweenItsRequests) {
  constexpr int kRequests = 250;
  std::mutex mutex;
  std::condition_variable changed;
  int before_other = 0;
  bool other_served = false;
  HttpServerOptions options;
  options.connections.threads = 1;
  auto server = HttpServer::Start(options, [&](const Request& request) {
    std::unique_lock lock(mutex);
    if (request.path == "/other") {
      other_served = true;
      changed.notify_all();
    } else if (!other_served) {
      ++before_other;
      // Holds the only worker for a moment, in which the other's request may arrive.
      changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return other_served; });
    }
    return Response();
  });
  ASSERT_OK(server);
  std::string requests;
  for (int i = 0; i < kRequests; ++i) {
    requests += "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  RawClient greedy((*server)->port());
  greedy.Send(requests);
  RawClient other((*server)->port());
  other.Send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(other.ReadAnswer(), HasSubstr("200 OK"));
  for (int i = 0; i < kRequests; ++i) {
    EXPECT_THAT(greedy.ReadAnswer(), HasSubstr("200 OK"));
  }
  const std::lock_guard lock(mutex);
  EXPECT_LT(before_other, kRequests);
}

TEST_F(ConnectionTest, IdleConnectionIsClosedInTheEnd) {
  Start({.threads = 1, .idle_timeout = std::chrono::milliseconds(50)});
  RawClient idle(server_->port());
  EXPECT_TRUE(idle.WaitForClose());
}

TEST_F(ConnectionTest, ConnectionsBeyondTheLimitAreClosed) {
  Start({.threads = 1, .max_connections = 2});
  RawClient first(server_->port());
  RawClient second(server_->port());
  first.Send(kGet);
  second.Send(kGet);
  EXPECT_THAT(first.ReadAnswer(), HasSubstr("200 OK"));
  EXPECT_THAT(second.ReadAnswer(), HasSubstr("200 OK"));
  RawClient third(server_->port());
  EXPECT_TRUE(third.WaitForClose());
}

TEST(DescriptorLimitTest, ConnectionsLeaveDescriptorsForTheIndex) {
  EXPECT_EQ(ConnectionsWithin(4096, UINT64_MAX), 4096U);
  EXPECT_EQ(ConnectionsWithin(4096, 1 << 20), 4096U);
  EXPECT_EQ(ConnectionsWithin(4096, 4608), 4096U);
  EXPECT_EQ(ConnectionsWithin(4096, 4607), 4095U);
  EXPECT_EQ(ConnectionsWithin(4096, 1024), 512U);
  EXPECT_EQ(ConnectionsWithin(10, 1024), 10U);
  EXPECT_EQ(ConnectionsWithin(4096, 64), 32U);
  EXPECT_EQ(ConnectionsWithin(4096, 1), 1U);
}

TEST(DescriptorLimitTest, TheLimitIsRaisedAsFarAsItMayBe) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const uint64_t raised = RaiseDescriptorLimit();
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(raised, before.rlim_max == RLIM_INFINITY ? UINT64_MAX : before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace binseek::api
