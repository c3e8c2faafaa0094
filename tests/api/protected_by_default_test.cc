// Invariant 9: without being told to trust the network, the server listens on loopback only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/config.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

Result<Config> Listen(const std::string& address, bool trust) {
  ConfigInputs inputs;
  inputs.flags = {{"server.listen", address}};
  if (trust) {
    inputs.environment = {{"BINSEEK_SERVER_TRUST_NETWORK", "true"}};
  }
  return LoadConfig(inputs);
}

TEST(ProtectedByDefaultTest, LoopbackIsAllowed) {
  for (const char* address : {"127.0.0.1:9200", "127.8.9.1:1", "localhost:9200", "[::1]:9200"}) {
    EXPECT_OK(Listen(address, false)) << address;
  }
}

TEST(ProtectedByDefaultTest, EverythingElseNeedsTrust) {
  for (const char* address : {"0.0.0.0:9200", "192.168.1.5:9200", "[::]:9200", "example.com:9200",
                              "[fe80::1]:9200", "127.0.0.1.example:1"}) {
    const Result<Config> refused = Listen(address, false);
    EXPECT_STATUS(refused, kInvalidArgument) << address;
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("server.trust_network"));
    EXPECT_OK(Listen(address, true)) << address;
  }
}

}  // namespace
}  // namespace binseek::api
