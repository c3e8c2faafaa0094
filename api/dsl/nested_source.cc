#include "api/dsl/nested_source.h"

#include <string>
#include <string_view>
#include <utility>

namespace binseek::api::dsl {
namespace {

// Objects at a path of names, arrays on the way opened, in the document's order.
void CollectObjects(const JsonValue& value, std::string_view path,
                    std::vector<const JsonValue*>* out) {
  if (value.is_array()) {
    for (const JsonValue& element : value.array()) {
      CollectObjects(element, path, out);
    }
    return;
  }
  if (!value.is_object()) {
    return;
  }
  if (path.empty()) {
    out->push_back(&value);
    return;
  }
  for (const auto& [key, member] : value.members()) {
    if (path == key) {
      CollectObjects(member, {}, out);
    } else if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.') {
      CollectObjects(member, path.substr(key.size() + 1), out);
    }
  }
}

// {"a": {"b": value}} of "a.b".
JsonValue Wrap(std::string_view path, JsonValue value) {
  for (size_t dot = path.rfind('.'); dot != std::string_view::npos; dot = path.rfind('.')) {
    value = JsonValue::FromMembers({{std::string(path.substr(dot + 1)), std::move(value)}});
    path = path.substr(0, dot);
  }
  return JsonValue::FromMembers({{std::string(path), std::move(value)}});
}

}  // namespace

void WriteNestedIdentity(std::span<const search::NestedStep> steps, JsonWriter* writer) {
  for (const search::NestedStep& step : steps) {
    writer->Key("_nested").BeginObject();
    writer->Key("field").String(step.field);
    writer->Key("offset").Uint(step.offset);
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    writer->EndObject();
  }
}

JsonValue IsolateObject(const JsonValue& source, std::span<const search::NestedStep> steps) {
  const JsonValue* object = &source;
  for (const search::NestedStep& step : steps) {
    std::vector<const JsonValue*> objects;
    CollectObjects(*object, step.field, &objects);
    if (step.offset >= objects.size()) {
      return JsonValue::FromMembers({});
    }
    object = objects[step.offset];
  }
  JsonValue isolated = *object;
  for (size_t i = steps.size(); i-- > 0;) {
    isolated = Wrap(steps[i].field, std::move(isolated));
  }
  return isolated;
}

const JsonValue* ObjectOf(const JsonValue& isolated, std::span<const search::NestedStep> steps) {
  const JsonValue* object = &isolated;
  for (const search::NestedStep& step : steps) {
    std::vector<const JsonValue*> objects;
    CollectObjects(*object, step.field, &objects);
    if (objects.empty()) {
      return nullptr;
    }
    object = objects[0];
  }
  return object;
}

}  // namespace binseek::api::dsl
