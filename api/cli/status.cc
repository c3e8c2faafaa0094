// binseek status: asks a running server how far it is.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <optional>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/http_message.h"
#include "engine/base/json.h"

namespace binseek::api::cli {
namespace {

constexpr size_t kNameWidth = 22;  // above the longest name

void PrintLine(std::string_view name, const std::string& value) {
  if (!value.empty()) {
    std::cout << name << std::string(kNameWidth - name.size(), ' ') << value << "\n";
  }
}

// "2026-11-29T08:00:00Z"
std::string UtcTime(const JsonValue* milliseconds) {
  const std::optional<int64_t> value =
      milliseconds == nullptr ? std::nullopt : milliseconds->AsInt64();
  const auto seconds = static_cast<std::time_t>(value.value_or(0) / 1000);
  std::tm parts{};
  std::array<char, 32> text{};
  if (!value || gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return "?";
  }
  return text.data();
}

// Nothing where there is none.
void PrintTransaction(const JsonValue& status, std::string_view key) {
  const JsonValue* transaction = status.Find(key);
  if (transaction != nullptr && transaction->is_object()) {
    PrintLine(key, MemberText(*transaction, "rows") + " rows, " +
                       MemberText(*transaction, "operations") + " operations made of them, " +
                       MemberText(*transaction, "bytes") + " bytes");
  }
}

void PrintTables(const JsonValue& tables) {
  for (const JsonValue& table : tables.array()) {
    std::cout << "  " << MemberText(table, "table") << " -> "
              << (MemberText(table, "index").empty() ? "(no index)" : MemberText(table, "index"))
              << ": " << MemberText(table, "state");
    if (MemberText(table, "state") == "snapshot" || MemberText(table, "state") == "rebuilding") {
      std::cout << ", " << MemberText(table, "snapshot_rows") << " of about "
                << MemberText(table, "estimated_rows") << " rows";
      if (const JsonValue* const rate = table.Find("rows_per_second")) {
        std::cout << ", " << static_cast<uint64_t>(rate->AsDouble().value_or(0)) << " rows/s";
      }
      if (const std::string eta = MemberText(table, "eta_seconds"); !eta.empty()) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), ", %.0f s left",
                      table.Find("eta_seconds")->AsDouble().value_or(0));
        std::cout << text.data();
      }
    }
    if (const std::string why = MemberText(table, "rebuilding_why"); !why.empty()) {
      std::cout << ", rebuilt beside since " << UtcTime(table.Find("rebuilding_since_ms")) << ": "
                << why;
    }
    if (const std::string why = MemberText(table, "stale_why"); !why.empty()) {
      std::cout << ", stale since " << UtcTime(table.Find("stale_since_ms")) << ": " << why;
    }
    if (const std::string error = MemberText(table, "error"); !error.empty()) {
      std::cout << ": " << error << " (code " << MemberText(table, "code") << ")";
    }
    std::cout << "\n";
  }
}

struct StatusCommand {
  ConfigFlags flags;
  std::string source;
  bool json = false;

  Result<std::string> Ask() const {
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    return AskServer(config,
                     "/_sync/status" + (source.empty() ? "" : "?source=" + PercentEncode(source)));
  }

  int Run() const {
    return PrintAnswer(Ask(), json, [](const JsonValue& status) { Show(status); });
  }

  static void Show(const JsonValue& status) {
    const JsonValue* const sources = status.Find("sources");
    for (size_t i = 0; sources != nullptr && i < sources->array().size(); ++i) {
      std::cout << (i == 0 ? "" : "\n");
      PrintLine("name", MemberText(sources->array()[i], "name"));
      ShowOne(sources->array()[i]);
    }
    if (sources == nullptr) {
      ShowOne(status);
    }
  }

  static void ShowOne(const JsonValue& status) {
    for (const char* key : {"state", "source", "server_version"}) {
      PrintLine(key, MemberText(status, key));
    }
    if (const JsonValue* position = status.Find("position")) {
      PrintLine("gtid", MemberText(*position, "gtid"));
      PrintLine("binlog", MemberText(*position, "binlog"));
    }
    for (const char* key : {"lag_ms", "transactions", "rows", "reconnects", "dead_letters",
                            "pending_keys", "error", "code"}) {
      PrintLine(key, MemberText(status, key));
    }
    PrintTransaction(status, "incoming_transaction");
    PrintTransaction(status, "applying_transaction");
    if (const JsonValue* tables = status.Find("tables")) {
      PrintTables(*tables);
    }
  }
};

}  // namespace

void AddStatusCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("status", "asks a running server how far it is with its sources");
  const auto state = std::make_shared<StatusCommand>();
  state->flags.AddConfig(command);
  state->flags.AddListen(command);
  command->add_option("--source", state->source, "of this one alone, where there are several")
      ->type_name("NAME");
  command->add_flag("--json", state->json, "print the server's JSON");
  command->footer(
      "Examples:\n"
      "  binseek status\n"
      "  binseek status --listen 127.0.0.1:9200 --json\n"
      "Exit code: 0 it answered, 2 it did not.");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
