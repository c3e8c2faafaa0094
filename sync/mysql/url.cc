#include "sync/mysql/url.h"

#include <charconv>
#include <optional>
#include <utility>

namespace binseek::mysql {
namespace {

constexpr std::string_view kScheme = "mysql://";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Status Bad(std::string_view what) {
  return Status::InvalidArgument(
      "MySQL URL: " + std::string(what) +
      " (wanted: mysql://user:password@host:port/database?ssl-mode=required)");
}

// `what` names the part in messages. In a database's name a '%' that begins no encoding is one: a star (databases.h).
constexpr std::string_view kDatabase = "database";

Result<std::string> Decode(std::string_view text, std::string_view what) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (what == kDatabase && (high < 0 || low < 0)) {
      decoded.push_back('%');
      continue;
    }
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      return Bad("bad percent-encoding in the " + std::string(what));
    }
    decoded.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return decoded;
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

Status ParseTlsMode(std::string_view value, TlsMode* mode) {
  constexpr std::pair<std::string_view, TlsMode> kModes[] = {
      {"disabled", TlsMode::kDisabled},
      {"preferred", TlsMode::kPreferred},
      {"required", TlsMode::kRequired},
      {"verify_ca", TlsMode::kVerifyCa},
      {"verify_identity", TlsMode::kVerifyIdentity},
  };
  std::string wanted;
  for (const char c : value) {
    wanted.push_back(c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  for (const auto& [name, candidate] : kModes) {
    if (wanted == name) {
      *mode = candidate;
      return Status::Ok();
    }
  }
  return Bad("ssl-mode is none of disabled, preferred, required, verify_ca, verify_identity");
}

Status ParseSeconds(std::string_view name, std::string_view value, std::chrono::seconds* seconds) {
  const auto number = ParseNumber<uint32_t>(value);
  if (!number || *number == 0 || *number > 86'400) {
    return Bad(std::string(name) + " is no number of seconds from 1 to 86400");
  }
  *seconds = std::chrono::seconds(*number);
  return Status::Ok();
}

Status ParseOption(std::string_view option, ConnectionOptions* options) {
  const size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  std::string value;
  if (equals != std::string_view::npos) {
    BINSEEK_ASSIGN_OR_RETURN(value, Decode(option.substr(equals + 1), name));
  }
  if (name == "ssl-mode") {
    return ParseTlsMode(value, &options->tls.mode);
  }
  if (name == "connect-timeout") {
    return ParseSeconds(name, value, &options->connect_timeout);
  }
  if (name == "read-timeout") {
    return ParseSeconds(name, value, &options->read_timeout);
  }
  std::string* target = name == "ssl-ca"     ? &options->tls.ca
                        : name == "ssl-cert" ? &options->tls.cert
                        : name == "ssl-key"  ? &options->tls.key
                        : name == "socket"   ? &options->unix_socket
                                             : nullptr;
  if (target == nullptr) {
    return Bad("unknown option \"" + std::string(name) + "\"");
  }
  *target = std::move(value);
  return Status::Ok();
}

Status ParseAuthority(std::string_view authority, ConnectionOptions* options) {
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view account = authority.substr(0, at);
    authority = authority.substr(at + 1);
    const size_t colon = account.find(':');
    BINSEEK_ASSIGN_OR_RETURN(options->user, Decode(account.substr(0, colon), "user"));
    if (colon != std::string_view::npos) {
      BINSEEK_ASSIGN_OR_RETURN(options->password, Decode(account.substr(colon + 1), "password"));
    }
  }
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {  // IPv6
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return Bad("no ']' behind the host");
    }
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else if (const size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty()) {
    const auto number = port.front() == ':' ? ParseNumber<uint16_t>(port.substr(1)) : std::nullopt;
    if (!number || *number == 0) {
      return Bad("the port is no number from 1 to 65535");
    }
    options->port = *number;
  }
  if (!host.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(options->host, Decode(host, "host"));
  }
  return Status::Ok();
}

}  // namespace

Result<ConnectionOptions> ParseMysqlUrl(std::string_view url) {
  if (!url.starts_with(kScheme)) {
    return Bad("does not begin with mysql://");
  }
  url.remove_prefix(kScheme.size());
  ConnectionOptions options;
  // A password may hold '?' and '/' only percent-encoded, so the first of them ends the authority.
  const size_t authority_end = url.find_first_of("/?");
  BINSEEK_RETURN_IF_ERROR(ParseAuthority(url.substr(0, authority_end), &options));
  if (authority_end == std::string_view::npos) {
    return options;
  }
  std::string_view rest = url.substr(authority_end);
  const size_t question = rest.find('?');
  if (rest.front() == '/') {
    const std::string_view path = rest.substr(0, question).substr(1);
    BINSEEK_ASSIGN_OR_RETURN(options.database, Decode(path, kDatabase));
  }
  std::string_view query =
      question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  bool mode_given = false;
  while (!query.empty()) {
    const size_t ampersand = query.find('&');
    mode_given = mode_given || query.starts_with("ssl-mode=");
    BINSEEK_RETURN_IF_ERROR(ParseOption(query.substr(0, ampersand), &options));
    query = ampersand == std::string_view::npos ? std::string_view() : query.substr(ampersand + 1);
  }
  if (!mode_given && !options.tls.ca.empty()) {
    options.tls.mode = TlsMode::kVerifyCa;  // who names a CA wants it asked
  }
  return options;
}

std::string DisplayUrl(const ConnectionOptions& options) {
  std::string text(kScheme);
  if (!options.user.empty()) {
    text += options.user + "@";
  }
  text += options.unix_socket.empty() ? options.host + ":" + std::to_string(options.port)
                                      : "[" + options.unix_socket + "]";
  return options.database.empty() ? text : text + "/" + options.database;
}

}  // namespace binseek::mysql
