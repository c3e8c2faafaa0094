// binseek serve: opens the data directory, follows the source, answers over HTTP, until a signal ends it.
#include <CLI/CLI.hpp>
#include <memory>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/cli/server_process.h"

namespace binseek::api::cli {

void AddServeCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("serve", "follows a database and serves searches over HTTP");
  const auto flags = std::make_shared<ConfigFlags>();
  flags->AddConfig(command);
  flags->AddMysql(command);
  flags->AddData(command);
  flags->AddListen(command);
  command->footer(
      "Without a source it serves indices written over HTTP. SIGINT and SIGTERM end it after what "
      "runs is answered and what was\n"
      "applied is durable; SIGHUP makes it read its config again.\n"
      "Examples:\n"
      "  binseek serve\n"
      "  binseek serve --mysql mysql://binseek@127.0.0.1:3306/shop --data /var/lib/binseek\n"
      "  BINSEEK_SOURCE_URL_FILE=/run/secrets/url binseek serve --config binseek.yaml --listen "
      "127.0.0.1:9201");
  command->callback([flags, exit_code] {
    const Status status = ServerProcess::Run(*flags);
    *exit_code = status.ok() ? 0 : Fail(status);
  });
}

}  // namespace binseek::api::cli
