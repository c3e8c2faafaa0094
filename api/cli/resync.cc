// binseek resync: has a running server make all documents of a table anew.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "api/http_message.h"
#include "engine/base/json.h"

namespace binseek::api::cli {
namespace {

constexpr std::chrono::milliseconds kLook{500};

struct ResyncCommand {
  ConfigFlags flags;
  std::string table;
  std::string source;
  std::string url;
  bool wait = false;
  bool json = false;

  Result<std::string> Base() const {
    if (!url.empty()) {
      return url;
    }
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    return ServerBase(config);
  }

  int Run() const {
    const Result<std::string> base = Base();
    if (!base.ok()) {
      return Fail(base.status());
    }
    const auto begun =
        HttpPost(*base, "/_sync/resync?table=" + PercentEncode(table) +
                            (source.empty() ? "" : "&source=" + PercentEncode(source)));
    if (!wait || !begun.ok()) {
      return PrintAnswer(begun, json, [](const JsonValue& answer) { ShowBegun(answer); });
    }
    const Result<JsonValue> answer = ParseJson(*begun);
    if (!answer.ok()) {
      return Fail(answer.status().WithContext("the server's answer"));
    }
    if (!json) {
      ShowBegun(*answer);
    }
    return Await(*base, MemberText(*answer, "source"), MemberText(*answer, "table"));
  }

  static bool IsTrue(const JsonValue& answer, std::string_view key) {
    const JsonValue* const value = answer.Find(key);
    return value != nullptr && value->is_bool() && value->AsBool();
  }

  static void ShowBegun(const JsonValue& answer) {
    const bool beside = IsTrue(answer, "beside");
    const bool fed = IsTrue(answer, "old_is_fed");
    std::cout << MemberText(answer, "table") << ": "
              << (beside ? "a new generation of its index is built; the old one answers until then"
                         : "its rows are read again into the index, which is searched meanwhile")
              << (fed ? ", and follows the table" : "") << "\n";
  }

  // The table's part of the status; null: it has none.
  static const JsonValue* TableOf(const JsonValue& status, const std::string& name) {
    const JsonValue* const tables = status.Find("tables");
    for (size_t i = 0; tables != nullptr && i < tables->array().size(); ++i) {
      if (MemberText(tables->array()[i], "table") == name) {
        return &tables->array()[i];
      }
    }
    return nullptr;
  }

  static std::string Number(const JsonValue& table, std::string_view key) {
    const JsonValue* const value = table.Find(key);
    std::array<char, 32> text{};
    if (value != nullptr && value->is_number()) {
      std::snprintf(text.data(), text.size(), "%.0f", value->AsDouble().value_or(0));
    }
    return text.data();
  }

  static void ShowProgress(const JsonValue& table) {
    const std::string eta = Number(table, "eta_seconds");
    std::cout << MemberText(table, "state") << ": " << Number(table, "snapshot_rows")
              << " of about " << Number(table, "estimated_rows") << " rows, "
              << Number(table, "rows_per_second") << " rows/s"
              << (eta.empty() ? "" : ", " + eta + " s left") << std::endl;
  }

  // `of`: the source, where there are several.
  int Await(const std::string& base, const std::string& of, const std::string& name) const {
    const std::string path = "/_sync/status" + (of.empty() ? "" : "?source=" + PercentEncode(of));
    for (std::string last;; std::this_thread::sleep_for(kLook)) {
      const auto body = HttpGet(base, path);
      const Result<JsonValue> status =
          body.ok() ? ParseJson(*body) : Result<JsonValue>(body.status());
      if (!status.ok()) {
        return Fail(status.status());
      }
      const JsonValue* const read = TableOf(*status, name);
      const std::string state = read == nullptr ? "" : MemberText(*read, "state");
      const std::string error =
          read == nullptr ? "it is not followed any more" : MemberText(*read, "error");
      if (state == "live" || !error.empty()) {
        if (!error.empty()) {
          return Fail(Status::Unavailable(std::string(name).append(": ").append(error)));
        }
        std::cout << (json ? *body : name + ": done") << "\n";
        return 0;
      }
      const std::string rows = Number(*read, "snapshot_rows");
      if (!json && rows != last) {
        ShowProgress(*read);
        last = rows;
      }
    }
  }
};

}  // namespace

void AddResyncCommand(CLI::App* app, int* exit_code) {
  CLI::App* command = app->add_subcommand(
      "resync",
      "has a running server make all documents of a table anew, while searches go on over the old "
      "ones");
  const auto state = std::make_shared<ResyncCommand>();
  command->add_option("table", state->table, "the table, with or without its database")->required();
  state->flags.AddConfig(command);
  state->flags.AddListen(command);
  command->add_option("--source", state->source, "whose table, where several have it")
      ->type_name("NAME");
  command->add_option("--url", state->url, "of the server, instead of where the config listens")
      ->type_name("URL");
  command->add_flag("--wait", state->wait, "show rows, rows/s and time left until it is done");
  command->add_flag(
      "--json", state->json,
      "print the server's JSON: what has begun, or with --wait the status at the end");
  command->footer(
      "Examples:\n"
      "  binseek resync products\n"
      "  binseek resync shop.products --wait\n"
      "  binseek resync shop.products --url http://127.0.0.1:9200 --json\n"
      "Exit code: 0 it has begun (with --wait: is done), 2 it has not; the reason is printed.");
  command->callback([state, exit_code] { *exit_code = state->Run(); });
}

}  // namespace binseek::api::cli
