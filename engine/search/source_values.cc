#include "engine/search/source_values.h"

namespace binseek::search {

void CollectSourceValues(const JsonValue& json, std::string_view path,
                         std::vector<std::string>* out) {
  if (json.is_array()) {
    for (const JsonValue& element : json.array()) {
      CollectSourceValues(element, path, out);
    }
    return;
  }
  if (path.empty()) {
    if (json.is_string()) {
      out->push_back(json.AsString());
    } else if (json.is_number()) {
      out->emplace_back(json.number_text());
    } else if (json.is_bool()) {
      out->emplace_back(json.AsBool() ? "true" : "false");
    }
    return;
  }
  if (!json.is_object()) {
    return;
  }
  for (const auto& [name, value] : json.members()) {
    if (path == name) {
      CollectSourceValues(value, "", out);
    } else if (path.starts_with(name) && path.size() > name.size() && path[name.size()] == '.') {
      CollectSourceValues(value, path.substr(name.size() + 1), out);
    }
  }
}

}  // namespace binseek::search
