#include "api/handlers/index_settings.h"

#include <algorithm>
#include <iterator>

#include "api/nearest_name.h"

namespace binseek::api {
namespace {

// Settings that are taken and shown; those about shards, replicas and refreshing have nothing to do here.
constexpr std::string_view kKnown[] = {
    "index.auto_expand_replicas",
    "index.codec",
    "index.hidden",
    "index.mapping.total_fields.limit",
    "index.max_result_window",
    "index.number_of_replicas",
    "index.number_of_routing_shards",
    "index.number_of_shards",
    "index.refresh_interval",
    "index.requests.cache.enable",
    "index.translog.durability",
};
constexpr int kMaxDepth = 10;

RestError UnknownSetting(const std::string& name) {
  std::string reason = "unknown setting [" + name + "]";
  const std::string_view nearest = NearestName(name, kKnown);
  if (!nearest.empty()) {
    reason += " did you mean [" + std::string(nearest) + "]?";
  }
  if (name.rfind("index.analysis.", 0) == 0) {
    reason = "the setting [" + name +
             "] is not supported: analyzers are the built-in ones (standard, simple, whitespace, "
             "keyword)";
  }
  return IllegalArgument(reason);
}

// `prefix` is empty or ends with a dot.
std::optional<RestError> Flatten(const std::string& prefix, const JsonValue& json, int depth,
                                 FlatSettings* out) {
  if (depth > kMaxDepth) {
    return IllegalArgument("settings are nested too deeply");
  }
  for (const auto& [name, value] : json.members()) {
    const std::string path = prefix + name;
    if (value.is_object()) {
      if (std::optional<RestError> error = Flatten(path + ".", value, depth + 1, out)) {
        return error;
      }
      continue;
    }
    const std::string full = path.rfind("index.", 0) == 0 ? path : "index." + path;
    if (std::find(std::begin(kKnown), std::end(kKnown), full) == std::end(kKnown)) {
      return UnknownSetting(full);
    }
    if (value.is_array()) {
      return IllegalArgument("the setting [" + full + "] takes no list");
    }
    if (!value.is_null()) {
      (*out)[full] = value.is_string() ? value.AsString()
                                       : (value.is_bool() ? (value.AsBool() ? "true" : "false")
                                                          : value.number_text());
    }
  }
  return std::nullopt;
}

// Writes what lies under `prefix`, [*from, end) being sorted.
void WriteLevel(size_t prefix, FlatSettings::const_iterator* from, FlatSettings::const_iterator end,
                JsonWriter* writer) {
  writer->BeginObject();
  const std::string parent = (*from)->first.substr(0, prefix);
  while (*from != end && (*from)->first.compare(0, prefix, parent) == 0) {
    const std::string& path = (*from)->first;
    const size_t dot = path.find('.', prefix);
    writer->Key(path.substr(prefix, dot == std::string::npos ? dot : dot - prefix));
    if (dot == std::string::npos) {
      writer->String((*from)->second);
      ++*from;
    } else {
      WriteLevel(dot + 1, from, end, writer);
    }
  }
  writer->EndObject();
}

}  // namespace

RestResult<FlatSettings> ParseSettings(const JsonValue& json) {
  if (!json.is_object()) {
    return IllegalArgument("settings must be an object");
  }
  FlatSettings settings;
  if (std::optional<RestError> error = Flatten("", json, 0, &settings)) {
    return *std::move(error);
  }
  return settings;
}

std::string SettingsJson(const FlatSettings& settings) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject();
  for (const auto& [name, value] : settings) {
    writer.Key(name).String(value);
  }
  writer.EndObject();
  return out;
}

FlatSettings AllSettings(const index::IndexView& index) {
  FlatSettings settings = {{"index.number_of_shards", "1"}, {"index.number_of_replicas", "0"}};
  const Result<JsonValue> given = ParseJson(index.settings_json);
  if (given.ok()) {
    for (const auto& [name, value] : given->members()) {
      settings[name] = value.AsString();
    }
  }
  settings["index.creation_date"] = std::to_string(index.created_ms);
  settings["index.provided_name"] = index.name;
  settings["index.uuid"] = index.uuid;
  settings["index.version.created"] = "8517000";
  return settings;
}

void WriteSettings(const FlatSettings& settings, JsonWriter* writer) {
  auto from = settings.begin();
  if (from == settings.end()) {
    writer->BeginObject().EndObject();
    return;
  }
  WriteLevel(0, &from, settings.end(), writer);
}

}  // namespace binseek::api
