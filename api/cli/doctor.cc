// binseek doctor: whether a server is set up so that it can be followed, and the line that mends what is not.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/cli/preflight_report.h"
#include "engine/base/json.h"
#include "sync/mysql/url.h"

namespace binseek::api::cli {
namespace {

struct Examined {
  std::string name;  // empty: the only one
  std::string url;
  std::vector<mysql::PreflightCheck> checks;
  Status failure;  // why it could not be examined

  bool passed() const { return failure.ok() && mysql::PreflightPassed(checks); }
};

struct Doctor {
  ConfigFlags flags;
  std::string source;
  bool json = false;

  // All of them, also where one cannot be reached.
  Result<std::vector<Examined>> Examine() const {
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    BINSEEK_ASSIGN_OR_RETURN(const std::vector<SourceConfig> sources,
                             ChosenSources(config, source));
    std::vector<Examined> all;
    for (const SourceConfig& one : sources) {
      BINSEEK_ASSIGN_OR_RETURN(const mysql::ConnectionOptions options, SourceOptions(one));
      Examined examined;
      examined.name = config.sources.empty() ? "" : one.name;
      examined.url = mysql::DisplayUrl(options);
      auto checks = ExamineSource(config, options, static_cast<uint32_t>(one.server_id));
      examined.failure = checks.status();
      examined.checks = std::move(checks).value_or({});
      all.push_back(std::move(examined));
    }
    return all;
  }

  int Run() const {
    const Result<std::vector<Examined>> all = Examine();
    if (!all.ok()) {
      return Fail(all.status());
    }
    if (json) {
      PrintJson(*all);
    }
    int exit_code = 0;
    for (const Examined& one : *all) {
      if (!json) {
        std::cout << (one.name.empty() ? "" : one.name + ": ") << one.url << "\n"
                  << PreflightText(one.checks, true) << std::flush;
      }
      if (!one.failure.ok()) {
        exit_code = Fail(one.failure);
      }
      exit_code = std::max(exit_code, one.passed() ? 0 : 1);
    }
    return exit_code;
  }

  // One that has no name is the whole answer.
  static void PrintJson(const std::vector<Examined>& all) {
    std::string out;
    JsonWriter writer(&out, true);
    const bool named = !all.front().name.empty();
    writer.BeginObject();
    if (named) {
      writer.Key("ok").Bool(
          std::all_of(all.begin(), all.end(), [](const Examined& one) { return one.passed(); }));
      writer.Key("sources").BeginArray();
      for (const Examined& one : all) {
        writer.BeginObject();
        writer.Key("name").String(one.name);
        WriteOne(one, &writer);
        writer.EndObject();
      }
      writer.EndArray();
    } else {
      WriteOne(all.front(), &writer);
    }
    writer.EndObject();
    std::cout << out << "\n";
  }

  static void WriteOne(const Examined& one, JsonWriter* writer) {
    writer->Key("source").String(one.url);
    writer->Key("ok").Bool(one.passed());
    if (!one.failure.ok()) {
      writer->Key("error").String(one.failure.message());
    }
    writer->Key("checks").BeginArray();
    for (const mysql::PreflightCheck& check : one.checks) {
      writer->BeginObject();
      writer->Key("name").String(check.name);
      writer->Key("verdict").String(mysql::VerdictName(check.verdict));
      writer->Key("why").String(check.why);
      writer->Key("fix").String(check.fix);
      writer->EndObject();
    }
    writer->EndArray();
  }
};

}  // namespace

void AddDoctorCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("doctor", "checks whether a MySQL or MariaDB server can be followed");
  const auto state = std::make_shared<Doctor>();
  state->flags.AddConfig(command);
  state->flags.AddMysql(command);
  command->add_option("--source", state->source, "this one alone, where there are several")
      ->type_name("NAME");
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
