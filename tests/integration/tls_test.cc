// Who is let in as the server, by its certificate: against real servers, with certificates that openssl makes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_server.h"

namespace binseek::test {
namespace {

class TlsTest : public ::testing::TestWithParam<ServerFlavor> {
 protected:
  void SetUp() override {
    if (TestServer::Shared(GetParam()) == nullptr) {
      GTEST_SKIP() << TestServer::WhyNot(GetParam());
    }
    if (std::system("openssl version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "no openssl program";
    }
    MakeCa("right");
    MakeCa("wrong");
    MakeServer("here", "IP:127.0.0.1");
    MakeServer("elsewhere", "DNS:db.example");
  }

  void Run(const std::string& arguments) const {
    const std::string command = "cd '" + files_.path() + "' && openssl " + arguments + " 2>log";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void MakeCa(const std::string& name) const {
    Run("req -x509 -newkey rsa:2048 -nodes -days 2 -keyout " + name + ".key -out " + name +
        ".pem -subj /CN=" + name + " -addext basicConstraints=critical,CA:TRUE");
  }
  void MakeServer(const std::string& name, const std::string& host) const {
    Run("req -newkey rsa:2048 -nodes -keyout " + name + ".key -out " + name +
        ".csr -subj /CN=server");
    std::ofstream(files_.path() + "/" + name + ".ext") << "subjectAltName=" << host << "\n";
    Run("x509 -req -in " + name +
        ".csr -CA right.pem -CAkey right.key -CAcreateserial -days 2 "
        "-extfile " +
        name + ".ext -out " + name + ".pem");
  }

  void StartAs(const std::string& name) {
    const std::vector<std::string> args = {"--ssl-cert=" + files_.path() + "/" + name + ".pem",
                                           "--ssl-key=" + files_.path() + "/" + name + ".key"};
    if (server_ != nullptr) {
      ASSERT_OK(server_->Restart(args));
      return;
    }
    auto started = TestServer::Start(GetParam(), args);
    ASSERT_OK(started);
    server_ = std::move(*started);
  }

  Result<std::unique_ptr<mysql::Connection>> Connect(const std::string& options) const {
    BINSEEK_ASSIGN_OR_RETURN(const auto parsed,
                             mysql::ParseMysqlUrl(server_->url() + "/?" + options));
    return mysql::Connection::Open(parsed);
  }
  bool Connects(const std::string& options) const {
    const auto connection = Connect(options);
    return connection.ok() && (*connection)->uses_tls();
  }
  std::string Ca(const std::string& name) const {
    return "ssl-ca=" + files_.path() + "/" + name + ".pem";
  }

  const TempFolder files_;
  std::unique_ptr<TestServer> server_;
};

TEST_P(TlsTest, OnlyTheServerOfTheNamedCaIsLetIn) {
  StartAs("here");
  EXPECT_TRUE(Connects("ssl-mode=required"));
  for (const char* mode :
       {"", "&ssl-mode=required", "&ssl-mode=verify_ca", "&ssl-mode=verify_identity"}) {
    EXPECT_TRUE(Connects(Ca("right") + mode)) << mode << Connect(Ca("right") + mode).status();
    EXPECT_STATUS(Connect(Ca("wrong") + mode), kInvalidArgument) << mode;
    EXPECT_FALSE(Connect(Ca("missing") + mode).ok()) << mode;
  }
  EXPECT_STATUS(Connect("ssl-mode=verify_ca"), kInvalidArgument);
  EXPECT_STATUS(Connect("ssl-mode=verify_identity"), kInvalidArgument);  // none of the system's CAs
}

TEST_P(TlsTest, AServerOfAnotherNameIsLetInWhereOnlyTheCaIsAsked) {
  StartAs("elsewhere");
  EXPECT_TRUE(Connects(Ca("right")));
  EXPECT_TRUE(Connects(Ca("right") + "&ssl-mode=verify_ca"));
  EXPECT_STATUS(Connect(Ca("right") + "&ssl-mode=verify_identity"), kInvalidArgument);
  StartAs("here");
  EXPECT_TRUE(Connects(Ca("right") + "&ssl-mode=verify_identity"));
}

TEST_P(TlsTest, ASocketOfTheMachineNeedsNoTlsAndMayHaveIt) {
  StartAs("here");
  const auto socket = server_->Sql("SELECT @@socket");
  ASSERT_OK(socket);
  const std::string by = "socket=" + socket->substr(0, socket->find('\n'));
  const auto plain = Connect(by);
  ASSERT_OK(plain);
  EXPECT_FALSE((*plain)->uses_tls());
  EXPECT_TRUE(Connects(by + "&" + Ca("right")));
  EXPECT_STATUS(Connect(by + "&" + Ca("wrong")), kInvalidArgument);
}

TEST_P(TlsTest, AnEd25519AccountOfMariadbLogsIn) {
  if (GetParam() != ServerFlavor::kMariadb) {
    GTEST_SKIP() << "MySQL has no such accounts";
  }
  StartAs("here");
  if (!server_->Sql("INSTALL SONAME 'auth_ed25519'").ok()) {
    GTEST_SKIP() << "the server's package has no auth_ed25519";
  }
  ASSERT_OK(server_->Sql("CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('secret')"));
  auto options = *mysql::ParseMysqlUrl(server_->url() + "/?" + Ca("right"));
  options.user = "ed";
  options.password = "secret";
  EXPECT_OK(mysql::Connection::Open(options));
  options.password = "another";
  EXPECT_STATUS(mysql::Connection::Open(options), kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Servers, TlsTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
