#include "tests/support/test_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace binseek::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "build/test";

std::string ShellQuote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

struct Outcome {
  bool ok = false;
  std::string output;  // both streams
};

Outcome Run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    outcome.output = "cannot run " + command;
    return outcome;
  }
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof(buffer), pipe)) {
    outcome.output.append(buffer, n);
  }
  const int status = pclose(pipe);
  outcome.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return outcome;
}

std::string Script(ServerFlavor flavor) {
  return flavor == ServerFlavor::kMariadb ? "tests/support/servers/mariadb"
                                          : "tests/support/servers/mysql9";
}

std::string ProgramName() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).filename().string();
}

// Servers of programs of our name that are gone.
void ClearLeftovers() {
  const std::string prefix = ProgramName() + "-";
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator it(kFolder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix) && !fs::exists("/proc/" + name.substr(prefix.size()))) {
      stale.push_back(it->path());
    }
  }
  for (const fs::path& folder : stale) {
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const bool mariadb = it->path().filename().string().starts_with("mariadb");
      Run(Script(mariadb ? ServerFlavor::kMariadb : ServerFlavor::kMysql9) + " wipe " +
          ShellQuote(it->path().string()));
    }
    fs::remove_all(folder, error);
  }
}

std::string NewFolder(ServerFlavor flavor) {
  static int started = 0;
  if (started == 0) {
    ClearLeftovers();
  }
  return std::string(kFolder) + "/" + ProgramName() + "-" + std::to_string(getpid()) + "/" +
         std::string(ServerFlavorName(flavor)) + "-" + std::to_string(++started);
}

struct SharedServer {
  std::unique_ptr<TestServer> server;
  std::string why_not;
};

SharedServer& GetShared(ServerFlavor flavor) {
  static std::map<ServerFlavor, SharedServer> servers;
  const auto [entry, is_new] = servers.try_emplace(flavor);
  if (is_new) {
    auto started = TestServer::Start(flavor);
    if (started.ok()) {
      entry->second.server = std::move(started).value();
    } else {
      entry->second.why_not = started.status().message();
    }
  }
  return entry->second;
}

}  // namespace

std::string_view ServerFlavorName(ServerFlavor flavor) {
  switch (flavor) {
    case ServerFlavor::kMariadb:
      return "mariadb";
    case ServerFlavor::kMysql9NativeKeys:
      return "mysql9_native_keys";
    case ServerFlavor::kMysql9:
      break;
  }
  return "mysql9";
}

Result<std::unique_ptr<TestServer>> TestServer::Start(ServerFlavor flavor,
                                                      const std::vector<std::string>& extra_args) {
  std::unique_ptr<TestServer> server(new TestServer(flavor, NewFolder(flavor)));
  BINSEEK_RETURN_IF_ERROR(server->Launch("auto", extra_args));
  return server;
}

bool TestServer::HasGtids(ServerFlavor flavor) {
  const char* const mode = std::getenv("BINSEEK_GTID_MODE");
  return flavor == ServerFlavor::kMariadb || mode == nullptr || std::string_view(mode) != "OFF";
}

TestServer* TestServer::Shared(ServerFlavor flavor) { return GetShared(flavor).server.get(); }

std::string TestServer::WhyNot(ServerFlavor flavor) { return GetShared(flavor).why_not; }

TestServer::~TestServer() {
  Run(Script(flavor_) + " wipe " + ShellQuote(folder_));
  std::error_code error;
  fs::remove_all(folder_, error);
  fs::remove(fs::path(folder_).parent_path(), error);  // where it is the last one
}

Status TestServer::Launch(const std::string& port, const std::vector<std::string>& extra_args) {
  std::error_code error;
  fs::create_directories(folder_, error);
  std::string command = Script(flavor_) + " start " + ShellQuote(folder_) + " " + port;
  command += flavor_ == ServerFlavor::kMysql9NativeKeys ? " --innodb-native-foreign-keys=ON" : "";
  command += !HasGtids(flavor_) ? " --gtid-mode=OFF --enforce-gtid-consistency=OFF" : "";
  for (const std::string& arg : extra_args) {
    command += " " + ShellQuote(arg);
  }
  const Outcome outcome = Run(command);
  if (!outcome.ok) {
    const bool cannot_be_had = outcome.output.find("no mariadbd") != std::string::npos ||
                               outcome.output.find("cannot get MySQL") != std::string::npos ||
                               outcome.output.find("could not download") != std::string::npos ||
                               outcome.output.find("a Debian machine") != std::string::npos;
    return Status::FromCode(cannot_be_had ? StatusCode::kUnavailable : StatusCode::kInternal,
                            outcome.output);
  }
  const size_t at = outcome.output.find("port=");
  if (at == std::string::npos) {
    return Status::Internal("no port in: " + outcome.output);
  }
  const char* digits = outcome.output.c_str() + at + 5;
  std::from_chars(digits, outcome.output.c_str() + outcome.output.size(), port_);
  return Status::Ok();
}

std::string TestServer::url(std::string_view database) const {
  std::string url = "mysql://root@127.0.0.1:" + std::to_string(port_);
  return database.empty() ? url : url + "/" + std::string(database);
}

Result<std::string> TestServer::Sql(std::string_view statements, std::string_view database) {
  const std::string file = folder_ + "/statements.sql";
  std::ofstream(file, std::ios::binary) << statements;
  Outcome outcome = Run(Script(flavor_) + " sql " + ShellQuote(folder_) +
                        " --batch --skip-column-names --max-allowed-packet=256M " +
                        ShellQuote(database) + " <" + ShellQuote(file));
  if (!outcome.ok) {
    return Status::InvalidArgument(outcome.output);
  }
  return std::move(outcome.output);
}

Status TestServer::Kill() {
  const Outcome outcome = Run(Script(flavor_) + " kill " + ShellQuote(folder_));
  return outcome.ok ? Status::Ok() : Status::Internal(outcome.output);
}

Status TestServer::Stop() {
  const Outcome outcome = Run(Script(flavor_) + " stop " + ShellQuote(folder_));
  return outcome.ok ? Status::Ok() : Status::Internal(outcome.output);
}

Status TestServer::SaveData() {
  const Outcome outcome = Run("cp -a --reflink=auto " + ShellQuote(folder_ + "/data") + " " +
                              ShellQuote(folder_ + "/saved"));
  return outcome.ok ? Status::Ok() : Status::Internal(outcome.output);
}

Status TestServer::RestoreData() {
  const std::string data = ShellQuote(folder_ + "/data");
  const Outcome outcome =
      Run("rm -rf " + data + " && mv " + ShellQuote(folder_ + "/saved") + " " + data);
  return outcome.ok ? Status::Ok() : Status::Internal(outcome.output);
}

Status TestServer::Restart(const std::vector<std::string>& extra_args) {
  BINSEEK_RETURN_IF_ERROR(Stop());
  return Launch(std::to_string(port_), extra_args);
}

}  // namespace binseek::test
