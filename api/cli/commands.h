// The subcommands of `binseek`. Each adds itself, its options and its help to the command line.
//
// The callback that runs a command stores the process's exit code in `*exit_code`: 0 all is well, 1 something is wrong that the
// command was asked to find, 2 it could not do its work. Single-threaded.
#ifndef BINSEEK_API_CLI_COMMANDS_H_
#define BINSEEK_API_CLI_COMMANDS_H_

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}

namespace binseek::api::cli {

void AddServeCommand(CLI::App* app, int* exit_code);
void AddCheckConfigCommand(CLI::App* app, int* exit_code);
void AddDoctorCommand(CLI::App* app, int* exit_code);
void AddInitCommand(CLI::App* app, int* exit_code);
void AddCheckCommand(CLI::App* app, int* exit_code);
void AddStatusCommand(CLI::App* app, int* exit_code);
void AddDeadLettersCommand(CLI::App* app, int* exit_code);
void AddResyncCommand(CLI::App* app, int* exit_code);
void AddVersionCommand(CLI::App* app, int* exit_code);

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_COMMANDS_H_
