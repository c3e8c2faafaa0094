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
    if (!config->source.url.empty()) {
      if (const Status status = SourceOptions(*config).status(); !status.ok()) {
        Fail(status.WithContext("source.url"));
        return 1;
      }
    }
    if (show) {
      for (const ConfigKey& key : ConfigKeys()) {
        const std::string text = TextOf(key, *config);
        std::cout << key.path << ": " << (key.secret && !text.empty() ? "(hidden)" : text) << "\n";
      }
    } else {
      std::cout << "the config is valid\n";
    }
    return 0;
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
