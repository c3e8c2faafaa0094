// What several subcommands share: config options, connecting to the source, error output.
//
// Thread-safe free functions but for SourceFlags, a plain struct that CLI11 fills.
#ifndef BINSEEK_API_CLI_COMMON_H_
#define BINSEEK_API_CLI_COMMON_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/config.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}

namespace binseek::api::cli {

struct ConfigFlags {
  std::string config_file;
  std::optional<std::string> mysql_url;
  std::optional<std::string> data_dir;
  std::optional<std::string> listen;

  // Adds --config and, as asked, the others.
  void AddConfig(CLI::App* command);
  void AddMysql(CLI::App* command);
  void AddData(CLI::App* command);
  void AddListen(CLI::App* command);

  // By file, environment and these flags.
  [[nodiscard]] Result<Config> Load() const;
};

// The source's connection options: the URL, with its password over the one in it.
[[nodiscard]] Result<mysql::ConnectionOptions> SourceOptions(const SourceConfig& source);

// Those that the config names; where `name` is given, the one of that name. kInvalidArgument where there is none.
[[nodiscard]] Result<std::vector<SourceConfig>> ChosenSources(const Config& config,
                                                              const std::string& name);

// Prints "binseek: <message>" to stderr, each line so, and gives back exit code 2.
int Fail(const Status& status);

// One GET over HTTP; the body of a 200. `base` is "http://host:port". kUnavailable where nobody answers.
[[nodiscard]] Result<std::string> HttpGet(const std::string& base, const std::string& path);

// The same by POST, without a body.
[[nodiscard]] Result<std::string> HttpPost(const std::string& base, const std::string& path);

// "http://host:port" of the server that listens where the config says.
[[nodiscard]] Result<std::string> ServerBase(const Config& config);

// HttpGet of that server.
[[nodiscard]] Result<std::string> AskServer(const Config& config, const std::string& path);

// Prints such an answer: as it came where that is asked for, else by `show`. Gives the exit code.
int PrintAnswer(const Result<std::string>& body, bool as_it_came,
                const std::function<void(const JsonValue&)>& show);

// A member's number or text, for people; empty where there is none.
std::string MemberText(const JsonValue& object, std::string_view key);

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_COMMON_H_
