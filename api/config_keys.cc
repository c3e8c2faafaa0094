#include "api/config_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/result.h"

namespace binseek::api {
namespace {

using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

constexpr int64_t kKb = 1024;
constexpr int64_t kMb = 1024 * kKb;
constexpr int64_t kGb = 1024 * kMb;
constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;

#define BINSEEK_CONFIG_MEMBER_(type, member) \
  Member<type>([](Config* c) -> type* { return &c->member; })

const ConfigKey kKeys[] = {
    {.path = "data_dir",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, data_dir),
     .default_text = "data",
     .help =
         "Folder of the index and of all state. Made where it is missing; one process at a time."},

    {.path = "server.listen",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, server.listen),
     .default_text = "127.0.0.1:9200",
     .help = "Where HTTP is served, host:port; [::1]:9200 for IPv6; port 0 takes a free one. "
             "Beyond loopback only with "
             "trust_network."},
    {.path = "server.trust_network",
     .member = BINSEEK_CONFIG_MEMBER_(bool, server.trust_network),
     .default_text = "false",
     .help = "Allows to listen beyond loopback although everybody who reaches the port may read "
             "and write."},
    {.path = "server.threads",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.threads),
     .unit = Unit::kCount,
     .default_text = "32",
     .min = 1,
     .max = 1024,
     .help = "Requests that are worked on at the same time. Idle connections take none."},
    {.path = "server.max_connections",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_connections),
     .unit = Unit::kCount,
     .default_text = "4096",
     .min = 1,
     .max = 1000000,
     .help = "Open connections; further ones are closed at once."},
    {.path = "server.max_body_bytes",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_body_bytes),
     .unit = Unit::kBytes,
     .default_text = "100mb",
     .min = kKb,
     .max = 2 * kGb,
     .help = "Largest request body, unpacked; larger ones are answered with 413."},
    {.path = "server.max_header_bytes",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_header_bytes),
     .unit = Unit::kBytes,
     .default_text = "32kb",
     .min = kKb,
     .max = kMb,
     .help = "Request line and headers together."},
    {.path = "server.request_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.request_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "30s",
     .min = 100,
     .max = kHour,
     .help = "A request must have arrived, and its answer have been taken, within this time each."},
    {.path = "server.idle_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.idle_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "2m",
     .min = kSecond,
     .max = 24 * kHour,
     .help = "A connection without requests is closed after this time."},

    {.path = "source.url",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.url),
     .example = "mysql://binseek@127.0.0.1:3306/shop",
     .secret = true,
     .help = "The database to follow, mysql://user:password@host:port/database?ssl-mode=required. "
             "Without one, binseek serves "
             "what is written over HTTP."},
    {.path = "source.url_file",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.url_file),
     .example = "/run/secrets/binseek_url",
     .help = "A file that holds the URL, instead of source.url."},
    {.path = "source.password",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.password),
     .example = "better in a file",
     .secret = true,
     .help = "The account's password, instead of one in the URL."},
    {.path = "source.password_file",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.password_file),
     .example = "/run/secrets/binseek_password",
     .help = "A file that holds the password, instead of source.password."},
    {.path = "source.include",
     .member = BINSEEK_CONFIG_MEMBER_(Strings, source.include),
     .example = "[products, \"shop_*\"]",
     .help = "Tables to follow, * for anything; empty: all."},
    {.path = "source.exclude",
     .member = BINSEEK_CONFIG_MEMBER_(Strings, source.exclude),
     .example = "[\"*_log\"]",
     .help = "Tables to leave out, * for anything; stronger than include."},
    {.path = "source.rename",
     .member = BINSEEK_CONFIG_MEMBER_(StringMap, source.rename),
     .example = "{Products: products_v2}",
     .help = "Index of a table, instead of the table's name in lower case."},
    {.path = "source.server_id",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, source.server_id),
     .unit = Unit::kCount,
     .default_text = "0",
     .min = 0,
     .max = 4294967295,
     .help = "Our id among the server's replicas, unlike that of every other; 0: a random one."},

    {.path = "snapshot.chunk_rows",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_chunk_rows),
     .unit = Unit::kCount,
     .default_text = "2000",
     .min = 10,
     .max = 1000000,
     .help = "Rows of the first SELECT of a snapshot; adapted later to how fast the server is."},

    {.path = "engine.memory_limit",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_memory_limit),
     .unit = Unit::kBytes,
     .default_text = "128mb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "New data held in memory before it is written to disk; up to twice as much for a moment."},
    {.path = "engine.commit_interval",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_commit_interval_ms),
     .unit = Unit::kDuration,
     .default_text = "1s",
     .min = 10,
     .max = kHour,
     .help = "How often what came from the source becomes durable; the rest is read again after a "
             "crash. Searches see it at once."},

    {.path = "search.max_result_window",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_result_window),
     .unit = Unit::kCount,
     .default_text = "10000",
     .min = 1,
     .max = 1000000,
     .reloadable = true,
     .help = "Largest from + size of a search."},
    {.path = "search.default_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.default_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "30s",
     .min = 1,
     .max = 24 * kHour,
     .reloadable = true,
     .help = "Time of a search that names none; then it answers with what it has, and timed_out."},
    {.path = "search.max_buckets",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_buckets),
     .unit = Unit::kCount,
     .default_text = "65535",
     .min = 1,
     .max = 10000000,
     .reloadable = true,
     .help = "Buckets of all aggregations of one search."},
    {.path = "search.max_scrolls",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_scrolls),
     .unit = Unit::kCount,
     .default_text = "500",
     .min = 1,
     .max = 100000,
     .help = "Scrolls open at the same time; each keeps the index as it was when it began."},

    {.path = "log.level",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, log_level),
     .default_text = "info",
     .example = "debug",
     .reloadable = true,
     .help = "debug, info, warn or error."},
};

#undef BINSEEK_CONFIG_MEMBER_

struct Suffix {
  std::string_view text;
  int64_t factor;
};
constexpr Suffix kByteSuffixes[] = {{"kb", kKb}, {"mb", kMb}, {"gb", kGb}, {"b", 1}, {"", 1}};
constexpr Suffix kDurationSuffixes[] = {{"ms", 1}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}};
constexpr Suffix kNoSuffix[] = {{"", 1}};

std::span<const Suffix> SuffixesOf(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return kByteSuffixes;
    case Unit::kDuration:
      return kDurationSuffixes;
    case Unit::kNone:
    case Unit::kCount:
      break;
  }
  return kNoSuffix;
}

std::optional<int64_t> ParseAmount(Unit unit, std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) {
    return std::nullopt;
  }
  std::string suffix(end, text.data() + text.size());
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Suffix& known : SuffixesOf(unit)) {
    int64_t amount = 0;
    if (suffix == known.text && !__builtin_mul_overflow(number, known.factor, &amount)) {
      return amount;
    }
  }
  return std::nullopt;
}

// In the largest unit that holds it exactly.
std::string AmountText(Unit unit, int64_t amount) {
  Suffix best{"", 1};
  for (const Suffix& suffix : SuffixesOf(unit)) {
    if (suffix.factor >= best.factor && !suffix.text.empty() && suffix.text != "b" &&
        amount % suffix.factor == 0) {
      best = suffix;
    }
  }
  if (unit == Unit::kDuration && amount == 0) {
    best = {"ms", 1};
  }
  return std::to_string(amount / best.factor) + std::string(best.text);
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Strings SplitList(std::string_view text) {
  Strings parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = Trim(text.substr(0, comma));
    if (!part.empty()) {
      parts.emplace_back(part);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// Assigns `text` to the member of whatever type.
struct Setter {
  const ConfigKey& key;
  std::string_view text;
  Config* config;

  Status operator()(Member<std::string> member) const {
    *member(config) = text;
    return Status::Ok();
  }
  Status operator()(Member<bool> member) const {
    if (text != "true" && text != "false") {
      return Status::InvalidArgument("true or false is wanted, not '" + std::string(text) + "'");
    }
    *member(config) = text == "true";
    return Status::Ok();
  }
  Status operator()(Member<int64_t> member) const {
    const std::optional<int64_t> amount = ParseAmount(key.unit, text);
    if (!amount || *amount < key.min || *amount > key.max) {
      return Status::InvalidArgument("'" + std::string(text) +
                                     "' is not within its range: " + DescribeRange(key));
    }
    *member(config) = *amount;
    return Status::Ok();
  }
  Status operator()(Member<Strings> member) const {
    *member(config) = SplitList(text);
    return Status::Ok();
  }
  Status operator()(Member<StringMap> member) const {
    StringMap map;
    for (const std::string& pair : SplitList(text)) {
      const size_t equals = pair.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
        return Status::InvalidArgument("name=name pairs are wanted, not '" + pair + "'");
      }
      map[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    *member(config) = std::move(map);
    return Status::Ok();
  }
};

struct Getter {
  const ConfigKey& key;
  Config* config;

  std::string operator()(Member<std::string> member) const { return *member(config); }
  std::string operator()(Member<bool> member) const { return *member(config) ? "true" : "false"; }
  std::string operator()(Member<int64_t> member) const {
    return AmountText(key.unit, *member(config));
  }
  std::string operator()(Member<Strings> member) const {
    std::string text;
    for (const std::string& item : *member(config)) {
      text += (text.empty() ? "" : ",") + item;
    }
    return text;
  }
  std::string operator()(Member<StringMap> member) const {
    std::string text;
    for (const auto& [name, value] : *member(config)) {
      text += (text.empty() ? "" : ",") + name + "=" + value;
    }
    return text;
  }
};

Status CheckMeaning(const ConfigKey& key, std::string_view text) {
  if (key.path == "log.level") {
    return ParseLogLevel(text).status();
  }
  if (key.path == "server.listen") {
    return ParseListenAddress(text).status();
  }
  if (key.path == "data_dir" && text.empty()) {
    return Status::InvalidArgument("the name of a folder is wanted");
  }
  return Status::Ok();
}

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

std::span<const ConfigKey> ConfigKeys() { return kKeys; }

const ConfigKey* FindConfigKey(std::string_view path) {
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const ConfigKey& key) { return key.path == path; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::string EnvironmentName(std::string_view path) {
  std::string name = "BINSEEK_";
  for (const char c : path) {
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  }
  return name;
}

std::string DescribeRange(const ConfigKey& key) {
  if (std::holds_alternative<Member<bool>>(key.member)) {
    return "true or false";
  }
  if (std::holds_alternative<Member<Strings>>(key.member)) {
    return "a list of names";
  }
  if (std::holds_alternative<Member<StringMap>>(key.member)) {
    return "a map of names";
  }
  if (std::holds_alternative<Member<std::string>>(key.member)) {
    return "text";
  }
  constexpr std::string_view kUnits[] = {"number", "number", "bytes (kb, mb, gb)",
                                         "duration (ms, s, m, h)"};
  return std::string(kUnits[static_cast<size_t>(key.unit)]) + ", " + AmountText(key.unit, key.min) +
         " to " + AmountText(key.unit, key.max);
}

Status SetFromText(const ConfigKey& key, std::string_view text, Config* config) {
  BINSEEK_RETURN_IF_ERROR(CheckMeaning(key, text));
  return std::visit(Setter{key, text, config}, key.member);
}

std::string TextOf(const ConfigKey& key, const Config& config) {
  Config copy = config;  // the table reaches members for writing
  return std::visit(Getter{key, &copy}, key.member);
}

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
  for (const ConfigKey& key : kKeys) {
    const size_t dot = key.path.find('.');
    const std::string_view own_section =
        dot == std::string_view::npos ? std::string_view() : key.path.substr(0, dot);
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
