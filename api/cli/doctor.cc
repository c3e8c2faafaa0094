// binseek doctor: whether a server is set up so that it can be followed, and the line that mends what is not.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/cli/preflight_report.h"
#include "engine/base/json.h"
#include "sync/mysql/url.h"

namespace binseek::api::cli {
namespace {

struct Doctor {
  ConfigFlags flags;
  bool json = false;

  Result<std::vector<mysql::PreflightCheck>> Examine(std::string* source) const {
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    BINSEEK_ASSIGN_OR_RETURN(const mysql::ConnectionOptions options, SourceOptions(config));
    *source = mysql::DisplayUrl(options);
    return ExamineSource(config, options, static_cast<uint32_t>(config.source.server_id));
  }

  int Run() const {
    std::string source;
    const Result<std::vector<mysql::PreflightCheck>> checks = Examine(&source);
    if (!checks.ok()) {
      return Fail(checks.status());
    }
    if (json) {
      PrintJson(source, *checks);
    } else {
      std::cout << source << "\n" << PreflightText(*checks, true);
    }
    return mysql::PreflightPassed(*checks) ? 0 : 1;
  }

  static void PrintJson(const std::string& source,
                        const std::vector<mysql::PreflightCheck>& checks) {
    std::string out;
    JsonWriter writer(&out, true);
    writer.BeginObject();
    writer.Key("source").String(source);
    writer.Key("ok").Bool(mysql::PreflightPassed(checks));
    writer.Key("checks").BeginArray();
    for (const mysql::PreflightCheck& check : checks) {
      writer.BeginObject();
      writer.Key("name").String(check.name);
      writer.Key("verdict").String(mysql::VerdictName(check.verdict));
      writer.Key("why").String(check.why);
      writer.Key("fix").String(check.fix);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    std::cout << out << "\n";
  }
};

}  // namespace

void AddDoctorCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("doctor", "checks whether a MySQL or MariaDB server can be followed");
  const auto state = std::make_shared<Doctor>();
  state->flags.AddConfig(command);
  state->flags.AddMysql(command);
  command->add_flag("--json", state->json, "print the findings as JSON");
  command->footer(
      "Examples:\n"
      "  binseek doctor --mysql mysql://binseek@127.0.0.1:3306/shop\n"
      "  binseek doctor --config binseek.yaml --json\n"
      "Exit code: 0 no check failed, 1 something must be mended first, 2 the server could not be "
      "asked.");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
