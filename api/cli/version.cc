// binseek version
#include <CLI/CLI.hpp>
#include <iostream>

#include "api/cli/commands.h"
#include "api/node.h"

namespace binseek::api::cli {

void AddVersionCommand(CLI::App* app, int* /*exit_code*/) {
  CLI::App* command = app->add_subcommand("version", "prints the version");
  command->footer("Example:\n  binseek version");
  command->callback([] {
    std::cout << "binseek " << BinseekVersion() << ", speaks the API of Elasticsearch "
              << kReportedVersion << "\n";
  });
}

}  // namespace binseek::api::cli
