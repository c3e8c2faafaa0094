// TestServer: a private, real MariaDB or MySQL for one test program, on a free port of 127.0.0.1.
//
//   TestServer* server = TestServer::Shared(ServerFlavor::kMysql9);
//   if (server == nullptr) GTEST_SKIP() << TestServer::WhyNot(ServerFlavor::kMysql9);
//   ASSERT_OK(server->Sql("CREATE DATABASE shop"));
//   auto options = mysql::ParseMysqlUrl(server->url("shop"));
//
// Servers write a row binlog with full images and metadata, and GTIDs; root needs no password. Data
// lie under build/test/<program>-<pid> and go when the server does, at the end of the program at
// the latest; what a killed program left behind is cleared away by the next one of its name. Runs
// tests/support/servers/{mariadb,mysql9}, so the working directory must be the root of the tree (as
// for every test).
//
// Thread-compatible. Errors: kUnavailable where the server cannot be had on this machine (a reason
// to skip); kInternal where it can, but does not start; kInvalidArgument for SQL that fails, with
// the client's words. Cost: starting takes about a second; the very first MySQL of a machine is
// downloaded (some 15 s).
#ifndef BINSEEK_TESTS_SUPPORT_TEST_SERVER_H_
#define BINSEEK_TESTS_SUPPORT_TEST_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace binseek::test {

enum class ServerFlavor : uint8_t {
  kMariadb,
  kMysql9,
  kMysql9NativeKeys,  // whose foreign keys are InnoDB's, which logs nothing of what they change
};

// "mariadb", "mysql9", "mysql9_native_keys": for names of parameterised tests.
std::string_view ServerFlavorName(ServerFlavor flavor);

class TestServer {
 public:
  // A server of its own. `extra_args` go to the server program and win: {"--log-bin-compress=ON"}.
  [[nodiscard]] static Result<std::unique_ptr<TestServer>> Start(
      ServerFlavor flavor, const std::vector<std::string>& extra_args = {});
  // One per flavour and program, started by the first call; null where that failed, and WhyNot
  // tells.
  static TestServer* Shared(ServerFlavor flavor);
  static std::string WhyNot(ServerFlavor flavor);
  // False on MySQL where BINSEEK_GTID_MODE=OFF asks for servers without GTIDs, as the drill integration-nogtid does.
  static bool HasGtids(ServerFlavor flavor);

  ~TestServer();  // kills it and deletes its data
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  ServerFlavor flavor() const { return flavor_; }
  uint16_t port() const { return port_; }
  // "mysql://root@127.0.0.1:3306/shop"
  std::string url(std::string_view database = "") const;

  // Runs statements, separated by ';', by the server's own client as root. The rows, tab-separated,
  // without headings.
  [[nodiscard]] Result<std::string> Sql(std::string_view statements,
                                        std::string_view database = "");

  // Ends the server by SIGKILL, or in order; its data stay.
  [[nodiscard]] Status Kill();
  [[nodiscard]] Status Stop();
  // Starts it again on the same port, stopping it first where it runs. The arguments replace those
  // of before.
  [[nodiscard]] Status Restart(const std::vector<std::string>& extra_args = {});
  // Copies its data aside, and puts them back in place of what it has now: what a backup, or a disk that lost its newest writes, leaves.
  // REQUIRES: it is stopped.
  [[nodiscard]] Status SaveData();
  [[nodiscard]] Status RestoreData();

 private:
  TestServer(ServerFlavor flavor, std::string folder)
      : flavor_(flavor), folder_(std::move(folder)) {}
  Status Launch(const std::string& port, const std::vector<std::string>& extra_args);

  const ServerFlavor flavor_;
  const std::string folder_;
  uint16_t port_ = 0;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_TEST_SERVER_H_
