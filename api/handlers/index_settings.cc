#include "api/handlers/index_settings.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "api/nearest_name.h"
#include "engine/search/similarity_model.h"

namespace binseek::api {
namespace {

// Settings that are taken and shown; those about shards, replicas and refreshing have nothing to do here.
constexpr std::string_view kKnown[] = {
    "index.auto_expand_replicas",
    "index.codec",
    "index.hidden",
    "index.highlight.max_analyzed_offset",
    "index.mapping.depth.limit",
    "index.mapping.ignore_malformed",
    "index.mapping.nested_fields.limit",
    "index.mapping.nested_objects.limit",
    "index.mapping.total_fields.limit",
    "index.max_docvalue_fields_search",
    "index.max_inner_result_window",
    "index.max_result_window",
    "index.max_script_fields",
    "index.max_terms_count",
    "index.number_of_replicas",
    "index.number_of_routing_shards",
    "index.number_of_shards",
    "index.refresh_interval",
    "index.requests.cache.enable",
    "index.sort.field",
    "index.sort.missing",
    "index.sort.mode",
    "index.sort.order",
    "index.translog.durability",
    "index.translog.flush_threshold_size",
    "index.translog.sync_interval",
};
// Lists; where they were given as such, they are kept as the JSON of one.
constexpr std::string_view kSortPrefix = "index.sort.";
// Similarities by name, each with parameters of its own.
constexpr std::string_view kSimilarityPrefix = "index.similarity.";
constexpr int kMaxDepth = 10;  // of objects, and of dots of a name: shown, each is an object

// What a similarity of each type may be told, beside "type".
struct SimilarityParameters {
  std::string_view type;
  std::vector<std::string_view> names;
};
const std::vector<SimilarityParameters>& ParametersOfSimilarities() {
  static const auto* const kAll = new std::vector<SimilarityParameters>{
      {"BM25", {"b", "discount_overlaps", "k1"}},
      {"boolean", {}},
      {"classic", {"discount_overlaps"}},
      {"DFI", {"independence_measure"}},
      {"DFR",
       {"after_effect", "basic_model", "normalization", "normalization.h1.c", "normalization.h2.c",
        "normalization.h3.c", "normalization.z.z"}},
      {"IB",
       {"distribution", "lambda", "normalization", "normalization.h1.c", "normalization.h2.c",
        "normalization.h3.c", "normalization.z.z"}},
      {"LMDirichlet", {"mu"}},
      {"LMJelinekMercer", {"lambda"}},
  };
  return *kAll;
}

// Those that have to be numbers, since a mapping may grow as far as they say.
constexpr std::string_view kMappingLimits[] = {"index.mapping.depth.limit",
                                               "index.mapping.nested_fields.limit",
                                               "index.mapping.total_fields.limit"};

std::optional<uint64_t> NaturalOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional<uint64_t>(number)
                                                                  : std::nullopt;
}

RestError UnknownSetting(const std::string& name) {
  std::string reason = "unknown setting [" + name + "]";
  const std::string_view nearest = NearestName(name, kKnown);
  if (!nearest.empty()) {
    reason += " did you mean [" + std::string(nearest) + "]?";
  }
  if (name.rfind("index.analysis.", 0) == 0) {
    reason =
        "the setting [" + name +
        "] is not supported: analyzers are the built-in ones (standard, simple, stop, whitespace, "
        "keyword)";
  }
  return IllegalArgument(reason);
}

std::string ScalarText(const JsonValue& value) {
  return value.is_string()
             ? value.AsString()
             : (value.is_bool() ? (value.AsBool() ? "true" : "false") : value.number_text());
}

bool IsListText(std::string_view name, std::string_view text) {
  return name.starts_with(kSortPrefix) && text.starts_with('[');
}

// The items of a list as it is kept: JSON, or names between commas.
std::vector<std::string> ItemsOf(const FlatSettings& settings, const std::string& name) {
  std::vector<std::string> items;
  const auto found = settings.find(name);
  if (found == settings.end()) {
    return items;
  }
  std::string_view text = found->second;
  if (IsListText(name, text)) {
    const Result<JsonValue> json = ParseJson(text);
    for (size_t i = 0; json.ok() && i < json->array().size(); ++i) {
      items.push_back(json->array()[i].AsString());
    }
    return items;
  }
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    items.emplace_back(item);
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

// A list as text that ItemsOf takes and WriteSettings shows as it is.
RestResult<std::string> ListText(const std::string& name, const JsonValue& value) {
  std::string text;
  JsonWriter writer(&text);
  writer.BeginArray();
  for (const JsonValue& item : value.array()) {
    if (item.is_object() || item.is_array() || item.is_null()) {
      return IllegalArgument("the setting [" + name + "] takes a list of names");
    }
    writer.String(ScalarText(item));
  }
  writer.EndArray();
  return text;
}

RestResult<std::string> SettingText(const std::string& name, const JsonValue& value) {
  const bool is_list = name.starts_with(kSortPrefix);
  if (value.is_array()) {
    if (is_list) {
      return ListText(name, value);
    }
    return IllegalArgument("the setting [" + name + "] takes no list");
  }
  std::string text = ScalarText(value);
  if (IsListText(name, text)) {
    const Result<JsonValue> json = ParseJson(text);
    if (!json.ok() || !json->is_array()) {
      return IllegalArgument("Failed to parse value [" + text + "] for setting [" + name + "]");
    }
    return ListText(name, *json);
  }
  return text;
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
    if (std::count(full.begin(), full.end(), '.') > kMaxDepth) {
      return IllegalArgument("settings are nested too deeply");
    }
    if (!full.starts_with(kSimilarityPrefix) &&
        std::find(std::begin(kKnown), std::end(kKnown), full) == std::end(kKnown)) {
      return UnknownSetting(full);
    }
    if (!value.is_null()) {
      RestResult<std::string> text = SettingText(full, value);
      if (!text.ok()) {
        return text.error();
      }
      (*out)[full] = *std::move(text);
    }
  }
  return std::nullopt;
}

// Parameters that a similarity's type does not have; those of unknown types are for Similarities to refuse.
std::optional<RestError> CheckSimilarities(const FlatSettings& settings) {
  std::map<std::string, std::vector<std::string>> names;  // of the parameters, by similarity
  for (const auto& [path, text] : settings) {
    if (!path.starts_with(kSimilarityPrefix)) {
      continue;
    }
    const std::string rest = path.substr(kSimilarityPrefix.size());
    const size_t dot = rest.find('.');
    if (dot == std::string::npos) {
      return IllegalArgument(
          "Failed to get setting group for [index.similarity.] setting prefix and setting [" +
          path + "] because of a missing '.'");
    }
    names[rest.substr(0, dot)].push_back(rest.substr(dot + 1));
  }
  for (const auto& [similarity, parameters] : names) {
    const auto type =
        settings.find(std::string(kSimilarityPrefix).append(similarity).append(".type"));
    for (const SimilarityParameters& known : ParametersOfSimilarities()) {
      std::string unknown;
      for (const std::string& name : parameters) {
        if (type != settings.end() && type->second == known.type && name != "type" &&
            std::find(known.names.begin(), known.names.end(), name) == known.names.end()) {
          unknown += (unknown.empty() ? "" : ", ") + name;
        }
      }
      if (!unknown.empty()) {
        return IllegalArgument("Unknown settings for similarity of type [" + type->second + "]: [" +
                               unknown + "]");
      }
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
      const std::string& text = (*from)->second;
      IsListText(path, text) ? writer->Raw(text) : writer->String(text);
      ++*from;
      // What lies below a name that has a value itself keeps its dots ("normalization", "normalization.h1.c").
      for (const std::string below = path + "."; *from != end && (*from)->first.starts_with(below);
           ++*from) {
        writer->Key((*from)->first.substr(prefix)).String((*from)->second);
      }
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
  for (const std::string_view name : kMappingLimits) {
    const auto given = settings.find(std::string(name));
    if (given != settings.end() && !NaturalOf(given->second)) {
      return IllegalArgument("Failed to parse value [" + given->second + "] for setting [" +
                             given->first + "]");
    }
  }
  if (const auto hidden = settings.find("index.hidden");
      hidden != settings.end() && hidden->second != "true" && hidden->second != "false") {
    return IllegalArgument("Failed to parse value [" + hidden->second +
                           "] for setting [index.hidden]: only [true] or [false] are allowed");
  }
  if (std::optional<RestError> error = CheckSimilarities(settings)) {
    return *std::move(error);
  }
  const Result<search::Similarities> similarities =
      search::Similarities::OfIndex(SettingsJson(settings));
  if (!similarities.ok()) {
    return IllegalArgument(similarities.status().message());
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

mapping::IndexSortSettings SortSettings(const FlatSettings& settings) {
  return {.fields = ItemsOf(settings, "index.sort.field"),
          .orders = ItemsOf(settings, "index.sort.order"),
          .modes = ItemsOf(settings, "index.sort.mode"),
          .missing = ItemsOf(settings, "index.sort.missing")};
}

bool IgnoresMalformed(const FlatSettings& settings) {
  const auto given = settings.find("index.mapping.ignore_malformed");
  return given != settings.end() && given->second == "true";
}

mapping::MappingLimits MappingLimitsOf(const FlatSettings& settings) {
  mapping::MappingLimits limits;
  const auto read = [&settings](std::string_view name, uint64_t* limit) {
    const auto given = settings.find(std::string(name));
    if (given != settings.end()) {
      *limit = NaturalOf(given->second).value_or(*limit);
    }
  };
  read("index.mapping.depth.limit", &limits.depth);
  read("index.mapping.nested_fields.limit", &limits.nested_fields);
  read("index.mapping.total_fields.limit", &limits.total_fields);
  return limits;
}

bool WritesAreSynced(const index::IndexView& index) {
  const FlatSettings settings = AllSettings(index);
  const auto it = settings.find("index.translog.durability");
  return it == settings.end() || it->second != "async";
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
