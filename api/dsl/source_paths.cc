#include "api/dsl/source_paths.h"

#include <algorithm>
#include <utility>

#include "engine/mapping/field_parameters.h"

namespace binseek::api::dsl {
namespace {

void CollectAt(const JsonValue& value, std::string_view path, Take take,
               std::vector<const JsonValue*>* out) {
  const bool is_end = path.empty() && take == Take::kWhole;
  if (value.is_array() && !is_end) {
    for (const JsonValue& element : value.array()) {
      CollectAt(element, path, take, out);
    }
    return;
  }
  if (path.empty()) {
    if (!value.is_null() && (is_end || value.is_object() == (take == Take::kObjects))) {
      out->push_back(&value);
    }
    return;
  }
  for (const auto& [key, member] : value.members()) {
    if (path == key) {
      CollectAt(member, {}, take, out);
    } else if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.') {
      CollectAt(member, path.substr(key.size() + 1), take, out);
    }
  }
}

}  // namespace

SourcePaths::SourcePaths(const mapping::Mapping& mapping) : mapping_(mapping) {
  for (const mapping::Field& field : mapping.fields()) {
    if (!field.parameters().copy_to.empty()) {
      copied_.push_back(&field);
    }
  }
}

std::vector<std::string_view> SourcePaths::Of(const mapping::Field& field) const {
  const mapping::Field* const parent =
      field.is_multi_field() ? mapping_.Find(field.parent) : nullptr;
  std::vector<std::string_view> paths = {parent == nullptr ? field.name : parent->name};
  for (const mapping::Field* const from : copied_) {
    const std::vector<std::string>& to = from->parameters().copy_to;
    if (std::find(to.begin(), to.end(), paths.front()) != to.end()) {
      paths.emplace_back(from->name);
    }
  }
  return paths;
}

std::vector<const JsonValue*> ValuesAt(const JsonValue& source,
                                       const std::vector<std::string_view>& paths, Take take) {
  std::vector<const JsonValue*> out;
  for (const std::string_view path : paths) {
    CollectAt(source, path, take, &out);
  }
  return out;
}

std::string TextOf(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  return value.is_bool() ? (value.AsBool() ? "true" : "false") : value.number_text();
}

bool HasRoomFor(const mapping::Field& field, std::string_view text) {
  return field.ignore_above == 0 || std::count_if(text.begin(), text.end(), [](char c) {
                                      return (static_cast<uint8_t>(c) & 0xC0) != 0x80;
                                    }) <= static_cast<int64_t>(field.ignore_above);
}

std::vector<std::string> TextsOf(const SourcePaths& paths, const mapping::Field& field,
                                 const JsonValue& source) {
  std::vector<std::string> texts;
  for (const JsonValue* const value : ValuesAt(source, paths.Of(field), Take::kScalars)) {
    std::string text = TextOf(*value);
    if (HasRoomFor(field, text)) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

}  // namespace binseek::api::dsl
