// binseek check-config: says what is wrong with a config, before a server is started with it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/config_keys.h"

namespace binseek::api::cli {
namespace {

struct CheckConfig {
  ConfigFlags flags;
  bool example = false;
  bool show = false;

  int Run() const {
    if (example) {
      std::cout << ExampleConfig();
      return 0;
    }
    const Result<Config> config = flags.Load();
    if (!config.ok()) {
      Fail(config.status());
      return 1;
    }
    for (const SourceConfig& source : config->FollowedSources()) {
      if (const Status status = SourceOptions(source).status(); !status.ok()) {
        Fail(status.WithContext("source.url" +
                                (config->sources.empty() ? "" : " of " + source.name)));
        return 1;
      }
    }
    if (show) {
      Show(*config);
    } else {
      std::cout << "the config is valid\n";
    }
    return 0;
  }

  static void ShowKey(const ConfigKey& key, std::string_view path, const Config& config) {
    const std::string text = TextOf(key, config);
    std::cout << path << ": " << (key.secret && !text.empty() ? "(hidden)" : text) << "\n";
  }

  // Of several sources each as sources.NAME.KEY.
  static void Show(const Config& config) {
    constexpr std::string_view kPrefix = "source.";
    for (const ConfigKey& key : ConfigKeys()) {
      const bool of_source = key.path.starts_with(kPrefix);
      if (config.sources.empty() || !of_source) {
        ShowKey(key, key.path, config);
        continue;
      }
      for (const SourceConfig& source : config.sources) {
        Config one;
        one.source = source;
        ShowKey(key, "sources." + source.name + "." + std::string(key.path.substr(kPrefix.size())),
                one);
      }
    }
  }
};

}  // namespace

void AddCheckConfigCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("check-config", "checks a config file, environment included");
  const auto state = std::make_shared<CheckConfig>();
  state->flags.AddConfig(command);
  command->add_flag("--show", state->show,
                    "print every key with the value that counts, secrets hidden");
  command->add_flag("--example", state->example, "print a config that documents every key");
  command->footer(
      "Examples:\n"
      "  binseek check-config --config binseek.yaml\n"
      "  binseek check-config --example > binseek.yaml\n"
      "Exit code: 0 valid, 1 not valid (what and where is on stderr).");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
