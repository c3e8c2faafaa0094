// binseek dead-letters: asks a running server which rows could not become documents.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/http_message.h"
#include "engine/base/json.h"

namespace binseek::api::cli {
namespace {

struct DeadLettersCommand {
  ConfigFlags flags;
  std::string table;
  std::string source;
  uint32_t from = 0;
  uint32_t size = 100;
  bool json = false;

  Result<std::string> Ask() const {
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    return AskServer(config, "/_sync/dead_letters?from=" + std::to_string(from) +
                                 "&size=" + std::to_string(size) +
                                 (table.empty() ? "" : "&table=" + PercentEncode(table)) +
                                 (source.empty() ? "" : "&source=" + PercentEncode(source)));
  }

  int Run() const {
    return PrintAnswer(Ask(), json, [](const JsonValue& answer) { Show(answer); });
  }

  static void Show(const JsonValue& answer) {
    const JsonValue* letters = answer.Find("dead_letters");
    const size_t shown = letters == nullptr ? 0 : letters->array().size();
    std::cout << MemberText(answer, "total") << " dead letters, " << shown << " shown\n";
    for (size_t i = 0; i < shown; ++i) {
      const JsonValue& letter = letters->array()[i];
      const std::string source = MemberText(letter, "source");
      std::cout << source << (source.empty() ? "" : ": ") << MemberText(letter, "table") << " ["
                << MemberText(letter, "key") << "] at " << MemberText(letter, "position") << ", "
                << MemberText(letter, "count")
                << (MemberText(letter, "count") == "1" ? " time: " : " times: ")
                << MemberText(letter, "reason") << "\n";
    }
  }
};

}  // namespace

void AddDeadLettersCommand(CLI::App* app, int* exit_code) {
  CLI::App* command = app->add_subcommand(
      "dead-letters", "asks a running server which rows could not become documents, and why");
  const auto state = std::make_shared<DeadLettersCommand>();
  state->flags.AddConfig(command);
  state->flags.AddListen(command);
  command->add_option("--table", state->table, "of this table alone, as database.table");
  command->add_option("--source", state->source, "of this source alone, where there are several")
      ->type_name("NAME");
  command->add_option("--from", state->from, "how many of the newest to pass over");
  command->add_option("--size", state->size, "how many to show; default 100, at most 10000");
  command->add_flag("--json", state->json, "print the server's JSON");
  command->footer(
      "Examples:\n"
      "  binseek dead-letters\n"
      "  binseek dead-letters --table shop.products --json\n"
      "Exit code: 0 it answered, 2 it did not.");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
