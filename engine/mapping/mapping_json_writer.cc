// Mapping's Elasticsearch form: writing {"properties": {...}}.
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/mapping/field_checks.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/power_of_ten.h"

namespace binseek::mapping {
namespace {

// The tree of names that "a.b" fields imply.
struct Node {
  std::string name;
  const Field* field = nullptr;
  std::vector<Node> children;

  Node* Child(const std::string& wanted) {
    for (Node& child : children) {
      if (child.name == wanted) {
        return &child;
      }
    }
    children.push_back({wanted, nullptr, {}});
    return &children.back();
  }
};

void WriteParameters(const Field& field, JsonWriter* json) {
  if (field.kind == FieldKind::kTokenCount ||
      (field.kind == FieldKind::kText && field.analyzer != "standard")) {
    json->Key("analyzer");
    json->String(field.analyzer);
  }
  if (field.kind == FieldKind::kKeyword && !field.normalizer.empty()) {
    json->Key("normalizer");
    json->String(field.normalizer);
  }
  if (field.ignore_above != 0) {
    json->Key("ignore_above");
    json->Uint(field.ignore_above);
  }
  if (field.ignore_malformed) {
    json->Key("ignore_malformed");
    json->Bool(true);
  }
  if (field.kind == FieldKind::kDecimal) {
    json->Key("scaling_factor");
    json->Double(PowerOfTen(field.scale));
  }
  if (!field.indexed) {
    json->Key("index");
    json->Bool(false);
  }
  if (!field.doc_values) {
    json->Key("doc_values");
    json->Bool(false);
  }
  WriteParametersJson(field.parameters(), json);
}

void WriteNode(const Node& node, const Mapping& mapping, JsonWriter* json);

void WriteChildren(const Node& node, const Mapping& mapping, JsonWriter* json) {
  json->BeginObject();
  for (const Node& child : node.children) {
    json->Key(child.name);
    WriteNode(child, mapping, json);
  }
  json->EndObject();
}

void WriteNode(const Node& node, const Mapping& mapping, JsonWriter* json) {
  json->BeginObject();
  if (node.field != nullptr && node.field->kind != FieldKind::kObject) {
    json->Key("type");
    json->String(TypeName(*node.field));
    WriteParameters(*node.field, json);
    const auto multi_fields = mapping.MultiFieldsOf(node.field->id);
    if (!multi_fields.empty()) {
      json->Key("fields");
      json->BeginObject();
      for (const Field* sub : multi_fields) {
        json->Key(sub->name.substr(node.field->name.size() + 1));
        json->BeginObject();
        json->Key("type");
        json->String(TypeName(*sub));
        WriteParameters(*sub, json);
        json->EndObject();
      }
      json->EndObject();
    }
  }
  if (!node.children.empty()) {
    json->Key("properties");
    WriteChildren(node, mapping, json);
  } else if (node.field != nullptr && node.field->kind == FieldKind::kObject) {
    json->Key("type");
    json->String("object");
  }
  if (node.field != nullptr && node.field->kind == FieldKind::kObject) {
    WriteParametersJson(node.field->parameters(), json);
  }
  json->EndObject();
}

}  // namespace

std::string Mapping::ToJson() const {
  Node root;
  for (const Field& field : fields_) {
    if (field.is_multi_field()) {
      continue;
    }
    Node* node = &root;
    size_t begin = 0;
    // A synced column may have dots in its name; only names under a declared object are split.
    for (size_t dot = field.name.find('.'); dot != std::string::npos;
         dot = field.name.find('.', dot + 1)) {
      const Field* object = Find(std::string_view(field.name).substr(0, dot));
      if (object == nullptr || !object->is_object()) {
        continue;
      }
      node = node->Child(field.name.substr(begin, dot - begin));
      begin = dot + 1;
    }
    node->Child(field.name.substr(begin))->field = &field;
  }
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  if (dynamic_ != Dynamic::kTrue) {
    json.Key("dynamic");
    json.String(dynamic_ == Dynamic::kStrict ? "strict" : "false");
  }
  if (routing_required_) {
    json.Key("_routing");
    json.BeginObject().Key("required").Bool(true).EndObject();
  }
  if (!root.children.empty()) {
    json.Key("properties");
    WriteChildren(root, *this, &json);
  }
  json.EndObject();
  return out;
}

}  // namespace binseek::mapping
