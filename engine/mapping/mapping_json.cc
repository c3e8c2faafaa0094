// Mapping's Elasticsearch form: reading and writing {"properties": {...}}.
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/mapping.h"

namespace binseek::mapping {
namespace {

constexpr int kMaxDepth = 20;

struct TypeEntry {
  std::string_view name;
  FieldKind kind;
};

// Elasticsearch's names; several integer types share one kind, which only widens what they take.
constexpr TypeEntry kTypes[] = {
    {"text", FieldKind::kText},
    {"keyword", FieldKind::kKeyword},
    {"long", FieldKind::kLong},
    {"integer", FieldKind::kLong},
    {"short", FieldKind::kLong},
    {"byte", FieldKind::kLong},
    {"unsigned_long", FieldKind::kUnsignedLong},
    {"scaled_float", FieldKind::kDecimal},
    {"float", FieldKind::kFloat},
    {"half_float", FieldKind::kFloat},
    {"double", FieldKind::kDouble},
    {"boolean", FieldKind::kBoolean},
    {"date", FieldKind::kDate},
    {"flattened", FieldKind::kFlattened},
    {"flat_object", FieldKind::kFlattened},
    {"geo_point", FieldKind::kGeoPoint},
    {"binary", FieldKind::kBinary},
    {"object", FieldKind::kObject},
};

Result<uint32_t> AsUint32(const JsonValue& value, const std::string& name,
                          std::string_view parameter) {
  const auto number = value.AsInt64();
  if (!number || *number < 0 || *number > INT32_MAX) {
    return Status::InvalidArgument("parameter [" + std::string(parameter) + "] of field [" + name +
                                   "] must be a number from 0 to 2147483647");
  }
  return static_cast<uint32_t>(*number);
}

// scaling_factor must be a power of ten: values are kept exactly, never rounded to a grid of another base.
Result<uint8_t> ScaleFrom(const JsonValue& value, const std::string& name) {
  const double factor = value.AsDouble().value_or(0);
  for (uint8_t scale = 0; scale <= 18; ++scale) {
    if (factor == std::pow(10.0, scale)) {
      return scale;
    }
  }
  return Status::InvalidArgument("[scaling_factor] of field [" + name +
                                 "] must be a power of ten from 1 to 1e18");
}

Status ApplyParameter(const std::string& key, const JsonValue& value, Field* field) {
  if (key == "type" || key == "fields" || key == "properties" || key == "dynamic") {
    return Status::Ok();
  }
  if (key == "index" && value.is_bool()) {
    field->indexed = value.AsBool();
    return Status::Ok();
  }
  if (key == "doc_values" && value.is_bool()) {
    field->doc_values = value.AsBool();
    return Status::Ok();
  }
  if (key == "analyzer" && value.is_string() && field->kind == FieldKind::kText) {
    field->analyzer = value.AsString();
    return Status::Ok();
  }
  if (key == "normalizer" && value.is_string() && field->kind == FieldKind::kKeyword) {
    field->normalizer = value.AsString();
    return Status::Ok();
  }
  if (key == "ignore_above" && field->kind == FieldKind::kKeyword) {
    BINSEEK_ASSIGN_OR_RETURN(field->ignore_above, AsUint32(value, field->name, key));
    return Status::Ok();
  }
  if (key == "ignore_malformed" && value.is_bool() && field->is_numeric()) {
    field->ignore_malformed = value.AsBool();
    return Status::Ok();
  }
  if (key == "scaling_factor" && field->kind == FieldKind::kDecimal) {
    BINSEEK_ASSIGN_OR_RETURN(field->scale, ScaleFrom(value, field->name));
    return Status::Ok();
  }
  return Status::InvalidArgument("unknown parameter [" + key + "] on mapper [" + field->name +
                                 "] of type [" + std::string(TypeName(*field)) + "]");
}

Result<Field> FieldFrom(const std::string& name, const JsonValue& definition) {
  if (SystemField(name) != nullptr) {
    return Status::InvalidArgument("Field [" + name + "] is defined more than once");
  }
  if (!definition.is_object()) {
    return Status::InvalidArgument("Expected map for property [" + name + "]");
  }
  Field field;
  field.name = name;
  const JsonValue* type = definition.Find("type");
  if (type == nullptr && definition.Find("properties") == nullptr) {
    return Status::InvalidArgument("No type specified for field [" + name + "]");
  }
  const std::string type_name = type == nullptr || !type->is_string() ? "object" : type->AsString();
  bool known = false;
  for (const TypeEntry& entry : kTypes) {
    if (entry.name == type_name) {
      field.kind = entry.kind;
      known = true;
    }
  }
  if (!known) {
    return Status::InvalidArgument("No handler for type [" + type_name + "] declared on field [" +
                                   name + "]");
  }
  if (field.kind == FieldKind::kDecimal && definition.Find("scaling_factor") == nullptr) {
    return Status::InvalidArgument("Field [" + name +
                                   "] misses required parameter [scaling_factor]");
  }
  for (const auto& [key, value] : definition.members()) {
    BINSEEK_RETURN_IF_ERROR(ApplyParameter(key, value, &field));
  }
  return field;
}

Status AddProperties(const std::string& prefix, const JsonValue& properties, int depth,
                     Mapping* mapping);

Status AddProperty(const std::string& name, const JsonValue& definition, int depth,
                   Mapping* mapping) {
  BINSEEK_ASSIGN_OR_RETURN(Field field, FieldFrom(name, definition));
  BINSEEK_ASSIGN_OR_RETURN(const FieldId id, mapping->AddField(std::move(field)));
  if (const JsonValue* inner = definition.Find("properties")) {
    BINSEEK_RETURN_IF_ERROR(AddProperties(name + ".", *inner, depth + 1, mapping));
  }
  const JsonValue* fields = definition.Find("fields");
  if (fields == nullptr || !fields->is_object()) {
    return Status::Ok();
  }
  const std::string prefix = name + ".";
  for (const auto& [sub_name, sub_definition] : fields->members()) {
    std::string path = prefix;
    path += sub_name;
    BINSEEK_ASSIGN_OR_RETURN(Field sub, FieldFrom(path, sub_definition));
    sub.parent = id;
    BINSEEK_RETURN_IF_ERROR(mapping->AddField(std::move(sub)).status());
  }
  return Status::Ok();
}

Status AddProperties(const std::string& prefix, const JsonValue& properties, int depth,
                     Mapping* mapping) {
  if (depth > kMaxDepth) {
    return Status::InvalidArgument("Limit of mapping depth [" + std::to_string(kMaxDepth) +
                                   "] has been exceeded");
  }
  if (!properties.is_object()) {
    return Status::InvalidArgument("Expected map for [properties]");
  }
  for (const auto& [name, definition] : properties.members()) {
    BINSEEK_RETURN_IF_ERROR(AddProperty(prefix + name, definition, depth, mapping));
  }
  return Status::Ok();
}

Status SetDynamic(const JsonValue& value, Mapping* mapping) {
  const std::string text = value.is_bool()     ? (value.AsBool() ? "true" : "false")
                           : value.is_string() ? value.AsString()
                                               : "";
  if (text == "true") {
    mapping->set_dynamic(Dynamic::kTrue);
  } else if (text == "false") {
    mapping->set_dynamic(Dynamic::kFalse);
  } else if (text == "strict") {
    mapping->set_dynamic(Dynamic::kStrict);
  } else {
    return Status::InvalidArgument("[dynamic] must be true, false or strict");
  }
  return Status::Ok();
}

Status SetRouting(const JsonValue& value, Mapping* mapping) {
  for (const auto& [key, required] : value.members()) {
    if (key != "required" || !required.is_bool()) {
      return Status::InvalidArgument("unknown parameter [" + key +
                                     "] on metadata field [_routing]");
    }
    mapping->set_routing_required(required.AsBool());
  }
  return Status::Ok();
}

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
  if (field.kind == FieldKind::kText && field.analyzer != "standard") {
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
    json->Double(std::pow(10.0, field.scale));
  }
  if (!field.indexed) {
    json->Key("index");
    json->Bool(false);
  }
  if (!field.doc_values) {
    json->Key("doc_values");
    json->Bool(false);
  }
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
      if (object == nullptr || object->kind != FieldKind::kObject) {
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

Status Mapping::Merge(std::string_view text) {
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(text));
  if (!json.is_object()) {
    return Status::InvalidArgument("the mapping must be an object");
  }
  Mapping merged = *this;
  for (const auto& [key, value] : json.members()) {
    if (key == "properties") {
      BINSEEK_RETURN_IF_ERROR(AddProperties("", value, 1, &merged));
    } else if (key == "dynamic") {
      BINSEEK_RETURN_IF_ERROR(SetDynamic(value, &merged));
    } else if (key == "_routing") {
      BINSEEK_RETURN_IF_ERROR(SetRouting(value, &merged));
    } else if (key != "_meta" && key != "_source") {
      return Status::InvalidArgument("Root mapping definition has unsupported parameters:  [" +
                                     key + "]");
    }
  }
  *this = std::move(merged);
  return Status::Ok();
}

Result<Mapping> Mapping::FromJson(std::string_view json) {
  Mapping mapping;
  BINSEEK_RETURN_IF_ERROR(mapping.Merge(json));
  return mapping;
}

}  // namespace binseek::mapping
