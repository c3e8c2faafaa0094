// binseek check: verifies every byte of an index on disk.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/cli/data_directory.h"
#include "engine/base/json.h"
#include "engine/index/check_index.h"
#include "engine/index/manifest.h"
#include "engine/store/posix_directory.h"

namespace binseek::api::cli {
namespace {

void WriteStrings(std::string_view key, const std::vector<std::string>& strings,
                  JsonWriter* writer) {
  writer->Key(key).BeginArray();
  for (const std::string& string : strings) {
    writer->String(string);
  }
  writer->EndArray();
}

struct Check {
  std::string directory;
  bool json = false;

  Result<index::CheckReport> Report() const {
    // DIR is a data directory, or the folder of the index itself.
    const std::string inner = IndexDirectory(directory);
    const std::string path = std::filesystem::is_directory(inner) ? inner : directory;
    if (!std::filesystem::is_directory(path)) {
      return Status::NotFound(directory + ": no such folder");
    }
    BINSEEK_ASSIGN_OR_RETURN(const std::shared_ptr<store::Directory> opened,
                             store::OpenPosixDirectory(path));
    return index::CheckDirectory(*opened);
  }

  int Run() const {
    const Result<index::CheckReport> report = Report();
    if (!report.ok()) {
      return Fail(report.status());
    }
    if (json) {
      std::string out;
      JsonWriter writer(&out, true);
      writer.BeginObject();
      writer.Key("ok").Bool(report->problems.empty());
      writer.Key("generation").Uint(report->generation);
      writer.Key("indices").Uint(report->indices);
      writer.Key("segments").Uint(report->segments);
      writer.Key("live_docs").Uint(report->live_docs);
      writer.Key("attached").Uint(report->attached);
      writer.Key("bytes").Uint(report->bytes);
      writer.Key("translog_records").Uint(report->translog_records);
      writer.Key("translog_bytes").Uint(report->translog_bytes);
      WriteStrings("problems", report->problems, &writer);
      WriteStrings("notes", report->notes, &writer);
      writer.EndObject();
      std::cout << out << "\n";
    } else {
      for (const std::string& problem : report->problems) {
        std::cout << "PROBLEM " << problem << "\n";
      }
      for (const std::string& note : report->notes) {
        std::cout << "note " << note << "\n";
      }
      std::cout << "commit " << report->generation << ": " << report->indices << " indices, "
                << report->segments << " segments, " << report->live_docs << " documents, "
                << report->bytes << " bytes; " << report->translog_records
                << " records in the translog: "
                << (report->problems.empty()
                        ? "all is well"
                        : std::to_string(report->problems.size()) + " problems")
                << "\n";
    }
    return report->problems.empty() ? 0 : 1;
  }
};

}  // namespace

void AddCheckCommand(CLI::App* app, int* exit_code) {
  CLI::App* command = app->add_subcommand(
      "check", "verifies every byte of an index on disk (no server may be running on it)");
  const auto state = std::make_shared<Check>();
  command->add_option("DIR", state->directory, "data directory")->required();
  command->add_flag("--json", state->json, "print the report as JSON");
  command->footer(
      "Examples:\n"
      "  binseek check data\n"
      "  binseek check data --json\n"
      "Exit code: 0 all is well, 1 problems found, 2 nothing there to check.");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
