#include <algorithm>
#include <cstddef>

#include "api/config_keys.h"

namespace binseek::api {
namespace {

constexpr std::string_view kSourcesHelp =
    "Several sources in one process, instead of source: a list of up to 64, each with the keys of "
    "source, name and url among them. What an entry leaves out has its default; environment and "
    "flags say nothing of them. A source goes on where it was under its name, in whatever order "
    "they stand. One that is taken out leaves its documents as they are, searchable; to have them "
    "go, exclude all of its tables (exclude: [\"*\"]) for one start first. Two sources may write "
    "one "
    "index where the ids of both begin with their names (id: [source, key]).";
constexpr std::string_view kSourcesExample =
    "# sources:\n"
    "#   - name: eu\n"
    "#     url: mysql://binseek@eu.example.com:3306/shop\n"
    "#     rename: {orders: orders_eu}\n"
    "#   - name: us\n"
    "#     url_file: /run/secrets/us_url\n"
    "#     rename: {orders: orders_us}\n";

// Appends `text` as comment lines, broken between words.
void AppendComment(std::string_view indent, std::string_view text, std::string* out) {
  constexpr size_t kWidth = 100;
  while (!text.empty()) {
    size_t length = text.size();
    if (indent.size() + 2 + length > kWidth) {
      length = text.rfind(' ', kWidth - indent.size() - 2);
    }
    out->append(indent).append("# ").append(text.substr(0, length)).append("\n");
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

}  // namespace

std::string ExampleConfig() {
  std::string out;
  AppendComment("",
                "Every key of binseek's config, with its default. Each can be set by an "
                "environment variable too: server.listen by "
                "BINSEEK_SERVER_LISTEN. Flags are stronger than the environment, and that than "
                "this file. `binseek check-config` "
                "checks a file; SIGHUP makes a running server read it again.",
                &out);
  std::string_view section;
  const auto end_section = [&] {
    if (section == "source") {
      out += '\n';
      AppendComment("", kSourcesHelp, &out);
      out += kSourcesExample;
    }
  };
  for (const ConfigKey& key : ConfigKeys()) {
    const size_t dot = key.path.find('.');
    const std::string_view own_section =
        dot == std::string_view::npos ? std::string_view() : key.path.substr(0, dot);
    if (own_section != section) {
      end_section();
    }
    out += '\n';
    if (own_section != section) {
      section = own_section;
      out.append(section).append(":\n");
    }
    const std::string_view indent = section.empty() ? "" : "  ";
    const std::string_view name =
        dot == std::string_view::npos ? key.path : key.path.substr(dot + 1);
    AppendComment(indent, key.help, &out);
    std::string facts = DescribeRange(key) + "; default: " +
                        (key.default_text.empty() ? "none" : std::string(key.default_text));
    if (key.reloadable) {
      facts += "; SIGHUP changes it";
    }
    AppendComment(indent, facts, &out);
    if (key.default_text.empty()) {
      out.append(indent).append("# ").append(name).append(": ").append(key.example).append("\n");
    } else {
      out.append(indent).append(name).append(": ").append(key.default_text).append("\n");
    }
  }
  return out;
}

}  // namespace binseek::api
