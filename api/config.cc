#include "api/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <set>

#include "api/config_keys.h"
#include "api/config_yaml.h"
#include "api/nearest_name.h"
#include "sync/mapper/mapping_rules.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;
constexpr std::string_view kSources = "sources";

// How strong the place is that a value came from.
enum class Origin : uint8_t { kDefault, kFile, kEnvironment, kFlag };

std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

class Loader {
 public:
  explicit Loader(const ConfigInputs& inputs) : inputs_(inputs) {}

  Result<Config> Load() {
    SetDefaults();
    ReadFile();
    ReadEnvironment();
    for (const auto& [path, value] : inputs_.flags) {
      const ConfigKey* const key = FindConfigKey(path);
      if (key != nullptr &&
          value.empty()) {  // as of a variable that is not set: what was meant is not the default
        Problem("flag", path + ": must not be empty");
      } else if (key != nullptr) {
        Set(*key, value, Origin::kFlag, "flag");
      } else {
        Problem("flag", path + ": no such key");
      }
    }
    ReadSecrets();
    CheckTogether();
    CheckSources();
    if (!problems_.empty()) {
      return Status::InvalidArgument(problems_);
    }
    return std::move(config_);
  }

 private:
  void SetDefaults() {
    for (const ConfigKey& key : ConfigKeys()) {
      if (!key.default_text.empty()) {
        Set(key, key.default_text, Origin::kDefault, "default");
      }
    }
  }

  void Problem(const std::string& where, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + where + ": " + what;
  }

  void Set(const ConfigKey& key, std::string_view text, Origin origin, const std::string& where) {
    const Status status = SetFromText(key, text, &config_);
    if (!status.ok()) {
      Problem(where, std::string(key.path) + ": " + status.message());
      return;
    }
    Note(key, origin, where);
  }

  void Note(const ConfigKey& key, Origin origin, const std::string& where) {
    set_by_[std::string(key.path)] = {origin, where};
  }

  void ReadFile() {
    if (inputs_.file_name.empty()) {
      return;
    }
    // yaml-cpp throws; no exception may leave this function.
    try {
      const YAML::Node root = YAML::Load(inputs_.file_text);
      if (root.IsMap()) {
        ReadSection(root, "");
      } else if (!root.IsNull()) {
        Problem(inputs_.file_name, "a map of keys is wanted");
      }
    } catch (const YAML::Exception& error) {
      Problem(error.mark.is_null() ? inputs_.file_name : Where(error.mark),
              "no valid YAML: " + error.msg);
    } catch (const std::exception& error) {
      Problem(inputs_.file_name, std::string("no valid YAML: ") + error.what());
    }
  }

  std::string Where(const YAML::Mark& mark) const {
    return inputs_.file_name + ":" + std::to_string(mark.line + 1);
  }

  void ReadSection(const YAML::Node& node, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string where = Where(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        Problem(where, "a key must be a name");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      const std::string path = prefix + name;
      if (!seen.insert(name).second) {
        Problem(where, path + ": given twice");
      } else if (const ConfigKey* key = FindConfigKey(path)) {
        ReadValue(*key, entry.second, where);
      } else if (prefix.empty() && name == kSources) {
        ReadSources(entry.second, where);
      } else if (prefix.empty() && IsSection(name)) {
        if (entry.second.IsMap()) {
          ReadSection(entry.second, name + ".");
        } else if (!entry.second.IsNull()) {
          Problem(where, name + ": a map of keys is wanted");
        }
      } else {
        Problem(where, path + ": unknown key" + DidYouMean(name, NamesUnder(prefix)));
      }
    }
  }

  static bool IsSection(std::string_view name) {
    return std::any_of(ConfigKeys().begin(), ConfigKeys().end(), [&](const ConfigKey& key) {
      return key.path.size() > name.size() && key.path.substr(0, name.size()) == name &&
             key.path[name.size()] == '.';
    });
  }

  static std::vector<std::string_view> NamesUnder(std::string_view prefix) {
    std::vector<std::string_view> names;
    for (const ConfigKey& key : ConfigKeys()) {
      if (key.path.substr(0, prefix.size()) == prefix) {
        const std::string_view rest = key.path.substr(prefix.size());
        names.push_back(rest.substr(0, rest.find('.')));
      }
    }
    if (prefix.empty()) {
      names.push_back(kSources);
    }
    return names;
  }

  // Each entry is a section `source`, read by a loader of its own.
  void ReadSources(const YAML::Node& node, const std::string& where) {
    sources_where_ = where;
    if (!node.IsSequence() || node.size() == 0 || node.size() > kMaxSources) {
      Problem(where, "sources: a list of 1 to " + std::to_string(kMaxSources) +
                         " sources is wanted, each with the keys of `source`");
      return;
    }
    for (const auto& item : node) {
      const std::string begins = Where(item.Mark());
      if (!item.IsMap()) {
        Problem(begins, "sources: a map of the keys of `source` is wanted");
        continue;
      }
      Loader entry(inputs_);
      entry.LoadSource(item, begins);
      problems_ += (problems_.empty() || entry.problems_.empty() ? "" : "\n") + entry.problems_;
      CheckUnlikeOthers(entry.config_.source, begins);
      config_.sources.push_back(std::move(entry.config_.source));
    }
  }

  void LoadSource(const YAML::Node& node, const std::string& where) {
    SetDefaults();
    ReadSection(node, "source.");
    ReadSecrets();
    for (const std::string_view wanted : {"source.name", "source.url"}) {
      const auto set = set_by_.find(wanted);
      const bool by_file = wanted == "source.url" && set_by_.count("source.url_file") != 0;
      if (!by_file && (set == set_by_.end() || set->second.origin == Origin::kDefault)) {
        Problem(where, "sources: an entry without " + std::string(wanted));
      }
    }
  }

  void CheckUnlikeOthers(const SourceConfig& source, const std::string& where) {
    for (const SourceConfig& other : config_.sources) {
      if (other.name == source.name) {
        Problem(where, "sources: the name " + source.name + " is given twice");
      }
      if (other.server_id == source.server_id && source.server_id != 0) {
        Problem(where, "sources: " + other.name + " and " + source.name +
                           " have the same server_id, and could be taken for one replica");
      }
    }
  }

  // What a weaker or stronger place says of the one source would be passed over.
  void CheckSources() {
    for (const auto& [path, set] : set_by_) {
      if (!sources_where_.empty() && path.starts_with("source.") &&
          set.origin != Origin::kDefault) {
        Problem(set.where, path + ": given beside sources (" + sources_where_ +
                               "), each of which has keys of its own");
      }
    }
  }

  void ReadValue(const ConfigKey& key, const YAML::Node& node, const std::string& where) {
    const bool list = std::holds_alternative<Member<std::vector<std::string>>>(key.member);
    const bool map = std::holds_alternative<Member<std::map<std::string, std::string>>>(key.member);
    if (node.IsNull()) {
      if (!list && !map && !std::holds_alternative<Member<MappingText>>(key.member) &&
          key.default_text != "null") {
        Problem(where, std::string(key.path) + ": has no value; leave the key out, or give " +
                           DescribeRange(key));
      }
      return;
    }
    if (std::holds_alternative<Member<MappingText>>(key.member) && node.IsSequence()) {
      ReadRules(key, node, where);
    } else if (list && node.IsSequence()) {
      ReadList(key, node, where);
    } else if (map && node.IsMap()) {
      ReadMap(key, node, where);
    } else if (node.IsScalar()) {
      Set(key, node.Scalar(), Origin::kFile, where);
    } else {
      Problem(where, std::string(key.path) + ": " + DescribeRange(key) + " is wanted");
    }
  }

  // Rule by rule, so that a problem has its line.
  void ReadRules(const ConfigKey& key, const YAML::Node& node, const std::string& where) {
    std::string all;
    size_t number = 0;
    for (const auto& item : node) {
      ++number;
      Result<std::string> json = JsonOfYaml(item);
      Status status = json.status();
      if (json.ok()) {
        status = mapper::MappingRules::Parse("[" + *json + "]").status();
      }
      if (!status.ok()) {
        std::string message = status.message();
        if (message.starts_with("rule 1")) {
          message = "rule " + std::to_string(number) + message.substr(6);
        }
        Problem(Where(item.Mark()), std::string(key.path) + ": " + message);
        continue;
      }
      all += (all.empty() ? "[" : ",") + *json;
    }
    std::get<Member<MappingText>>(key.member)(&config_)->json = all.empty() ? "" : all + "]";
    Note(key, Origin::kFile, where);
  }

  void ReadList(const ConfigKey& key, const YAML::Node& node, const std::string& where) {
    std::vector<std::string> items;
    for (const auto& item : node) {
      if (!item.IsScalar() || item.Scalar().empty()) {
        Problem(Where(item.Mark()), std::string(key.path) + ": a list of names is wanted");
        return;
      }
      items.push_back(item.Scalar());
    }
    *std::get<Member<std::vector<std::string>>>(key.member)(&config_) = std::move(items);
    Note(key, Origin::kFile, where);
  }

  void ReadMap(const ConfigKey& key, const YAML::Node& node, const std::string& where) {
    std::map<std::string, std::string> items;
    for (const auto& item : node) {
      if (!item.first.IsScalar() || !item.second.IsScalar()) {
        Problem(Where(item.first.Mark()), std::string(key.path) + ": name: name lines are wanted");
        return;
      }
      items[item.first.Scalar()] = item.second.Scalar();
    }
    *std::get<Member<std::map<std::string, std::string>>>(key.member)(&config_) = std::move(items);
    Note(key, Origin::kFile, where);
  }

  void ReadEnvironment() {
    std::vector<std::string> names;
    for (const ConfigKey& key : ConfigKeys()) {
      names.push_back(EnvironmentName(key.path));
      const auto found = inputs_.environment.find(names.back());
      if (found != inputs_.environment.end()) {
        Set(key, found->second, Origin::kEnvironment, found->first);
      }
    }
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    for (const auto& [name, value] : inputs_.environment) {
      if (IsOurs(name) && std::find(names.begin(), names.end(), name) == names.end()) {
        Problem(name, "no such key" + DidYouMean(name, candidates));
      }
    }
  }

  // BINSEEK_<section>_...: other BINSEEK_ variables belong to tests and scripts.
  static bool IsOurs(std::string_view name) {
    return std::any_of(ConfigKeys().begin(), ConfigKeys().end(), [&](const ConfigKey& key) {
      const size_t dot = key.path.find('.');
      const std::string start = EnvironmentName(key.path.substr(0, dot)) + "_";
      return dot != std::string_view::npos && name.substr(0, start.size()) == start;
    });
  }

  // A value may come as such or in a file: whichever was given in the stronger place counts.
  void ReadSecret(std::string_view path, std::string_view file_path, std::string* value) {
    const auto direct = set_by_.find(path);
    const auto file = set_by_.find(file_path);
    if (file == set_by_.end() || TextOf(*FindConfigKey(file_path), config_).empty()) {
      return;
    }
    if (direct != set_by_.end() && !value->empty()) {
      if (direct->second.origin > file->second.origin) {
        return;
      }
      if (direct->second.origin == file->second.origin) {
        Problem(file->second.where, std::string(file_path) + ": given beside " + std::string(path) +
                                        "; one of them must go");
        return;
      }
    }
    Result<std::string> text =
        ReadSmallFile(TextOf(*FindConfigKey(file_path), config_), kMaxSecretBytes);
    if (!text.ok()) {
      Problem(file->second.where, std::string(file_path) + ": " + text.status().message());
      return;
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) {
      text->pop_back();
    }
    *value = *std::move(text);
  }

  void ReadSecrets() {
    ReadSecret("source.url", "source.url_file", &config_.source.url);
    ReadSecret("source.password", "source.password_file", &config_.source.password);
  }

  void CheckTogether() {
    const Result<ListenAddress> address = ParseListenAddress(config_.server.listen);
    if (address.ok() && !address->loopback && !config_.server.trust_network) {
      Problem(set_by_["server.listen"].where,
              "server.listen: " + config_.server.listen +
                  " is beyond loopback, where everybody could read and write; set "
                  "server.trust_network: true if the network itself "
                  "keeps strangers out");
    }
  }

  struct SetBy {
    Origin origin = Origin::kDefault;
    std::string where;
  };

  const ConfigInputs& inputs_;
  Config config_;
  std::map<std::string, SetBy, std::less<>> set_by_;
  std::string problems_;
  std::string sources_where_;  // empty: there is no such list
};

}  // namespace

Result<Config> LoadConfig(const ConfigInputs& inputs) { return Loader(inputs).Load(); }

std::vector<std::string> KeysThatNeedRestart(const Config& running, const Config& wanted) {
  std::vector<std::string> keys;
  for (const ConfigKey& key : ConfigKeys()) {
    if (!key.reloadable && TextOf(key, running) != TextOf(key, wanted)) {
      keys.emplace_back(key.path);
    }
  }
  if (running.sources != wanted.sources) {
    keys.emplace_back(kSources);
  }
  return keys;
}

std::vector<SourceConfig> Config::FollowedSources() const {
  if (!sources.empty() || source.url.empty()) {
    return sources;
  }
  return {source};
}

}  // namespace binseek::api
