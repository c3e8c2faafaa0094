#include "api/cli/common.h"

#include <httplib.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>

#include "sync/mysql/url.h"

namespace binseek::api::cli {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;

Result<std::string> BodyOf(const httplib::Result& answer, const std::string& base,
                           const std::string& path) {
  if (!answer) {
    return Status::Unavailable("nobody answers on " + base + " (" +
                               httplib::to_string(answer.error()) +
                               "); is `binseek serve` running there?");
  }
  if (answer->status != 200) {
    return Status::Unavailable(base + path + " answered " + std::to_string(answer->status) + ": " +
                               answer->body.substr(0, 500));
  }
  return answer->body;
}

}  // namespace

void ConfigFlags::AddConfig(CLI::App* command) {
  command
      ->add_option("--config", config_file,
                   "YAML file, see config/binseek.example.yaml (also BINSEEK_CONFIG)")
      ->envname("BINSEEK_CONFIG")
      ->type_name("FILE");
}
void ConfigFlags::AddMysql(CLI::App* command) {
  command
      ->add_option("--mysql", mysql_url,
                   "database to follow, mysql://user:password@host:port/database")
      ->type_name("URL");
}
void ConfigFlags::AddData(CLI::App* command) {
  command->add_option("--data", data_dir, "folder of the index and of all state")->type_name("DIR");
}
void ConfigFlags::AddListen(CLI::App* command) {
  command->add_option("--listen", listen, "where HTTP is served")->type_name("HOST:PORT");
}

Result<Config> ConfigFlags::Load() const {
  ConfigInputs inputs;
  if (!config_file.empty()) {
    inputs.file_name = config_file;
    BINSEEK_ASSIGN_OR_RETURN(inputs.file_text, ReadSmallFile(config_file, kMaxConfigBytes));
  }
  inputs.environment = ProcessEnvironment();
  const std::pair<const char*, const std::optional<std::string>*> flags[] = {
      {"source.url", &mysql_url}, {"data_dir", &data_dir}, {"server.listen", &listen}};
  for (const auto& [path, value] : flags) {
    if (value->has_value()) {
      inputs.flags.emplace_back(path, **value);
    }
  }
  return LoadConfig(inputs);
}

Result<std::vector<SourceConfig>> ChosenSources(const Config& config, const std::string& name) {
  std::vector<SourceConfig> sources = config.FollowedSources();
  if (sources.empty()) {
    return Status::InvalidArgument(
        "no source is named: give --mysql mysql://user@host:port/database, or source.url in the "
        "config");
  }
  std::string known;
  for (const SourceConfig& source : sources) {
    known += (known.empty() ? "" : ", ") + source.name;
  }
  std::erase_if(sources, [&](const auto& source) { return !name.empty() && source.name != name; });
  if (sources.empty()) {
    return Status::InvalidArgument("no source has the name " + name + "; there are: " + known);
  }
  return sources;
}

Result<mysql::ConnectionOptions> SourceOptions(const SourceConfig& source) {
  BINSEEK_ASSIGN_OR_RETURN(mysql::ConnectionOptions options, mysql::ParseMysqlUrl(source.url));
  if (options.database.empty()) {
    return Status::InvalidArgument(
        "the source's URL names no database: mysql://user@host:port/database");
  }
  if (!source.password.empty()) {
    options.password = source.password;
  }
  return options;
}

int Fail(const Status& status) {
  std::istringstream lines(status.message());
  for (std::string line; std::getline(lines, line);) {
    std::cerr << "binseek: " << line << "\n";
  }
  return 2;
}

Result<std::string> HttpGet(const std::string& base, const std::string& path) {
  httplib::Client client(base);
  client.set_connection_timeout(5);
  client.set_read_timeout(30);
  return BodyOf(client.Get(path), base, path);
}

Result<std::string> HttpPost(const std::string& base, const std::string& path) {
  httplib::Client client(base);
  client.set_connection_timeout(5);
  client.set_read_timeout(30);
  return BodyOf(client.Post(path), base, path);
}

Result<std::string> ServerBase(const Config& config) {
  BINSEEK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(config.server.listen));
  const std::string host =
      address.host == "0.0.0.0" ? "127.0.0.1" : (address.host == "::" ? "::1" : address.host);
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(address.port);
}

Result<std::string> AskServer(const Config& config, const std::string& path) {
  BINSEEK_ASSIGN_OR_RETURN(const std::string base, ServerBase(config));
  return HttpGet(base, path);
}

int PrintAnswer(const Result<std::string>& body, bool as_it_came,
                const std::function<void(const JsonValue&)>& show) {
  if (!body.ok()) {
    return Fail(body.status());
  }
  if (as_it_came) {
    std::cout << *body << "\n";
    return 0;
  }
  const Result<JsonValue> answer = ParseJson(*body);
  if (!answer.ok()) {
    return Fail(answer.status().WithContext("the server's answer"));
  }
  show(*answer);
  return 0;
}

std::string MemberText(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.Find(key);
  if (value == nullptr || value->is_null()) {
    return "";
  }
  return value->is_number() ? value->number_text() : value->AsString();
}

}  // namespace binseek::api::cli
