#include "api/dsl/source_filter.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/name_pattern.h"
#include "engine/base/result.h"

namespace binseek::api::dsl {
namespace {

using Patterns = std::vector<std::string>;

// True where a pattern takes `path` or something that it lies below.
bool Takes(const Patterns& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(), [path](const std::string& pattern) {
    if (MatchesPattern(pattern, path)) {
      return true;
    }
    for (size_t dot = path.find('.'); dot != std::string_view::npos;
         dot = path.find('.', dot + 1)) {
      if (MatchesPattern(pattern, path.substr(0, dot))) {
        return true;
      }
    }
    return false;
  });
}

// The wanted part of a source's tree. `path` is where a value stands; `included`: it is, or lies in, what an include names.
class Pruner {
 public:
  Pruner(const Patterns& includes, const Patterns& excludes)
      : includes_(includes), excludes_(excludes) {}

  JsonValue::Members Object(const JsonValue& object, const std::string& prefix,
                            bool included) const {
    JsonValue::Members kept;
    for (const auto& [key, value] : object.members()) {
      const std::string path = prefix + key;
      if (Takes(excludes_, path)) {
        continue;
      }
      if (std::optional<JsonValue> part = Part(value, path, included || Takes(includes_, path))) {
        kept.emplace_back(key, *std::move(part));
      }
    }
    return kept;
  }

 private:
  // nullopt: nothing of the value is wanted. What is included itself stays, be it empty.
  std::optional<JsonValue> Part(const JsonValue& value, const std::string& path,
                                bool included) const {
    if (included && excludes_.empty()) {
      return value;
    }
    if (value.is_object()) {
      JsonValue::Members members = Object(value, path + ".", included);
      return included || !members.empty()
                 ? std::optional(JsonValue::FromMembers(std::move(members)))
                 : std::nullopt;
    }
    if (value.is_array()) {
      JsonValue::Array elements = Array(value, path, included);
      return included || !elements.empty()
                 ? std::optional(JsonValue::FromArray(std::move(elements)))
                 : std::nullopt;
    }
    return included ? std::optional(value) : std::nullopt;
  }

  JsonValue::Array Array(const JsonValue& array, const std::string& path, bool included) const {
    JsonValue::Array kept;
    for (const JsonValue& element : array.array()) {
      if (element.is_object()) {
        JsonValue::Members members = Object(element, path + ".", included);
        if (!members.empty()) {
          kept.push_back(JsonValue::FromMembers(std::move(members)));
        }
      } else if (element.is_array()) {
        JsonValue::Array elements = Array(element, path, included);
        if (!elements.empty()) {
          kept.push_back(JsonValue::FromArray(std::move(elements)));
        }
      } else if (included) {
        kept.push_back(element);
      }
    }
    return kept;
  }

  const Patterns& includes_;
  const Patterns& excludes_;
};

}  // namespace

SourceFilter SourceFilter::None() {
  SourceFilter none;
  none.enabled_ = false;
  return none;
}

SourceFilter::SourceFilter(std::vector<std::string> includes, std::vector<std::string> excludes)
    : includes_(std::move(includes)), excludes_(std::move(excludes)) {}

Status SourceFilter::Append(std::string_view source, std::string* out) const {
  if (everything()) {
    out->append(source);
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue root, ParseJson(source));
  const Pruner pruner(includes_, excludes_);
  JsonWriter(out).Value(JsonValue::FromMembers(pruner.Object(root, "", includes_.empty())));
  return Status::Ok();
}

}  // namespace binseek::api::dsl
