#include "engine/search/index_setting.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "engine/base/json.h"

namespace binseek::search {

uint64_t IndexSetting(const index::IndexView& index, std::string_view name, uint64_t fallback) {
  if (index.settings_json.find(name) == std::string::npos) {
    return fallback;
  }
  const Result<JsonValue> settings = ParseJson(index.settings_json);
  const JsonValue* const given = settings.ok() ? settings->Find(name) : nullptr;
  if (given == nullptr) {
    return fallback;
  }
  const std::string& text = given->is_number() ? given->number_text() : given->AsString();
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : fallback;
}

uint64_t LeastSetting(std::span<const index::IndexView* const> indices, std::string_view name,
                      uint64_t fallback, uint64_t most) {
  uint64_t least = indices.empty() ? fallback : most;
  for (const index::IndexView* const index : indices) {
    least = std::min(least, IndexSetting(*index, name, fallback));
  }
  return least;
}

}  // namespace binseek::search
