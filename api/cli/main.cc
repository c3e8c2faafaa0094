// binseek: one binary, its subcommands in a file each.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>

#include "api/cli/commands.h"

namespace binseek::api::cli {
namespace {

int Run(int argc, char** argv) {
  CLI::App app(
      "binseek keeps a search index equal to a MySQL or MariaDB database, and serves it over the "
      "Elasticsearch REST API.",
      "binseek");
  app.footer(
      "Examples:\n"
      "  binseek serve --mysql mysql://binseek@127.0.0.1:3306/shop\n"
      "  binseek doctor --mysql mysql://binseek@127.0.0.1:3306/shop\n"
      "  binseek COMMAND --help");
  app.require_subcommand(1);
  int exit_code = 0;
  AddServeCommand(&app, &exit_code);
  AddCheckConfigCommand(&app, &exit_code);
  AddDoctorCommand(&app, &exit_code);
  AddInitCommand(&app, &exit_code);
  AddCheckCommand(&app, &exit_code);
  AddStatusCommand(&app, &exit_code);
  AddDeadLettersCommand(&app, &exit_code);
  AddResyncCommand(&app, &exit_code);
  AddVersionCommand(&app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return exit_code;
}

}  // namespace
}  // namespace binseek::api::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return binseek::api::cli::Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "binseek: " << error.what() << "\n";
    return 2;
  }
}
