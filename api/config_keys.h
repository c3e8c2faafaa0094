// The table of all config keys: the one place that knows their types, units, defaults and ranges.
//
// Thread-safe: constant tables and pure functions.
#ifndef BINSEEK_API_CONFIG_KEYS_H_
#define BINSEEK_API_CONFIG_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/config.h"
#include "engine/base/status.h"

namespace binseek::api {

enum class Unit : uint8_t {
  kNone,
  kCount,
  kBytes,     // "64mb", "1gb", "4096"
  kDuration,  // "500ms", "30s", "1m"; held in milliseconds
};

// Where a key's value lives.
template <class T>
using Member = T* (*)(Config*);
using ConfigMember = std::variant<Member<std::string>, Member<bool>, Member<int64_t>,
                                  Member<std::vector<std::string>>,
                                  Member<std::map<std::string, std::string>>, Member<MappingText>>;

struct ConfigKey {
  std::string_view path = {};  // "server.listen"
  ConfigMember member = {};
  Unit unit = Unit::kNone;
  std::string_view default_text = {};  // as in the file; empty: nothing
  int64_t min = 0;                     // numbers only, in units, bytes or milliseconds
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view example = {};  // shown, commented out, where there is no default
  bool reloadable = false;        // SIGHUP is enough
  bool secret = false;            // never shown
  std::string_view help = {};
};

// Several sources, at most.
inline constexpr size_t kMaxSources = 64;

std::span<const ConfigKey> ConfigKeys();
const ConfigKey* FindConfigKey(std::string_view path);  // null: no such key

// "BINSEEK_SERVER_LISTEN" of "server.listen".
std::string EnvironmentName(std::string_view path);
// What the key takes, for messages and the example: "bytes, 1mb to 16gb".
std::string DescribeRange(const ConfigKey& key);

// Sets the key from one text: a scalar of the file, a flag or an environment variable. Lists are separated by commas, maps are
// "a=b,c=d", mapping rules are JSON. kInvalidArgument says what is wanted, without naming the key.
[[nodiscard]] Status SetFromText(const ConfigKey& key, std::string_view text, Config* config);
// The key's value as text; equal values give equal texts.
std::string TextOf(const ConfigKey& key, const Config& config);

// config/binseek.example.yaml: every key, with what it is, unit, default and range.
std::string ExampleConfig();

}  // namespace binseek::api

#endif  // BINSEEK_API_CONFIG_KEYS_H_
