// Mapping's Elasticsearch form: reading {"properties": {...}} (mapping_json_writer.cc writes it).
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/field_checks.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/power_of_ten.h"

namespace binseek::mapping {
namespace {

constexpr int kMaxDepth = 20;

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
    if (factor == PowerOfTen(scale)) {
      return scale;
    }
  }
  return Status::InvalidArgument("[scaling_factor] of field [" + name +
                                 "] must be a power of ten from 1 to 1e18");
}

// Kinds that know what is no value of theirs.
bool MayIgnoreMalformed(const Field& field) {
  return field.is_numeric() || field.kind == FieldKind::kIp || field.kind == FieldKind::kGeoPoint;
}

// What decides how suggestions are looked for can only be as it is without being said.
Status ApplyCompletionParameter(const std::string& key, const JsonValue& value,
                                const Field& field) {
  std::string text = value.is_string() ? value.AsString() : "";
  if (text.empty()) {
    JsonWriter(&text).Value(value);
  }
  const bool analyzer = key == "analyzer" || key == "search_analyzer";
  const bool flag = key == "preserve_separators" || key == "preserve_position_increments";
  if (!analyzer && !flag && key != "max_input_length" && key != "contexts") {
    return Status::InvalidArgument("unknown parameter [" + key + "] on mapper [" + field.name +
                                   "] of type [completion]");
  }
  if (text != (analyzer ? "simple" : flag ? "true" : key == "contexts" ? "[]" : "50")) {
    return Status::InvalidArgument("[" + key + "] of field [" + field.name +
                                   "] of type [completion] is not supported by binseek");
  }
  return Status::Ok();
}

Status ApplyParameter(const std::string& key, const JsonValue& value, Field* field) {
  if (key == "type" || key == "fields" || key == "properties" ||
      (key == "dynamic" && !field->is_object())) {
    return Status::Ok();
  }
  if (field->is_completion()) {
    return ApplyCompletionParameter(key, value, *field);
  }
  if (key == "index" && value.is_bool() && field->kind != FieldKind::kAlias) {
    field->indexed = value.AsBool();
    return Status::Ok();
  }
  if (key == "doc_values" && value.is_bool() && field->kind != FieldKind::kAlias) {
    field->doc_values = value.AsBool();
    return Status::Ok();
  }
  if (key == "analyzer" && value.is_string() &&
      (field->kind == FieldKind::kText || field->kind == FieldKind::kTokenCount)) {
    field->analyzer = value.AsString();
    return Status::Ok();
  }
  if (key == "normalizer" && value.is_string() && field->kind == FieldKind::kKeyword) {
    field->normalizer = value.AsString();
    return Status::Ok();
  }
  if (key == "ignore_above" &&
      (field->kind == FieldKind::kKeyword || field->kind == FieldKind::kWildcard)) {
    BINSEEK_ASSIGN_OR_RETURN(field->ignore_above, AsUint32(value, field->name, key));
    return Status::Ok();
  }
  if (key == "ignore_malformed" && value.is_bool() && MayIgnoreMalformed(*field)) {
    field->ignore_malformed = value.AsBool();
    return Status::Ok();
  }
  if (key == "scaling_factor" && field->kind == FieldKind::kDecimal) {
    BINSEEK_ASSIGN_OR_RETURN(field->scale, ScaleFrom(value, field->name));
    return Status::Ok();
  }
  FieldParameters parameters = field->parameters();
  BINSEEK_ASSIGN_OR_RETURN(const bool known, ReadParameter(key, value, *field, &parameters));
  if (known) {
    field->more = std::make_shared<const FieldParameters>(std::move(parameters));
    return Status::Ok();
  }
  return Status::InvalidArgument("unknown parameter [" + key + "] on mapper [" + field->name +
                                 "] of type [" + std::string(TypeName(*field)) + "]");
}

Result<Field> FieldFrom(const std::string& name, const JsonValue& definition,
                        const Mapping& mapping) {
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
  if (!SetType(type_name, &field)) {
    return Status::InvalidArgument("No handler for type [" + type_name + "] declared on field [" +
                                   name + "]");
  }
  if (field.kind == FieldKind::kDecimal && definition.Find("scaling_factor") == nullptr) {
    return Status::InvalidArgument("Field [" + name +
                                   "] misses required parameter [scaling_factor]");
  }
  if (field.kind == FieldKind::kTokenCount && definition.Find("analyzer") == nullptr) {
    return Status::InvalidArgument("Analyzer must be set for field [" + name + "] but wasn't.");
  }
  field.ignore_malformed = mapping.ignores_malformed() && MayIgnoreMalformed(field);
  for (const auto& [key, value] : definition.members()) {
    BINSEEK_RETURN_IF_ERROR(ApplyParameter(key, value, &field));
  }
  BINSEEK_RETURN_IF_ERROR(CheckField(field));
  return field;
}

// What a definition says anew of an object that is there: `dynamic` may change, all else has to be what it was.
Status UpdateObject(const JsonValue& definition, const Field& field, Mapping* mapping) {
  Field known = *mapping->Find(field.name);
  FieldParameters parameters = known.parameters();
  const FieldParameters& wanted = field.parameters();
  const auto refuse = [&](std::string_view parameter) {
    return Status::InvalidArgument("the [" + std::string(parameter) +
                                   "] parameter can't be updated for the object mapping [" +
                                   field.name + "]");
  };
  if (definition.Find("enabled") != nullptr && wanted.enabled != parameters.enabled) {
    return refuse("enabled");
  }
  // Those of nested objects are refused where they are left out, too.
  if (wanted.include_in_parent != parameters.include_in_parent) {
    return refuse("include_in_parent");
  }
  if (wanted.include_in_root != parameters.include_in_root) {
    return refuse("include_in_root");
  }
  if (definition.Find("dynamic") != nullptr && wanted.dynamic != parameters.dynamic) {
    parameters.dynamic = wanted.dynamic;
    known.more = std::make_shared<const FieldParameters>(std::move(parameters));
    const FieldId id = known.id;
    mapping->Replace(id, std::move(known));
  }
  return Status::Ok();
}

Result<FieldId> AddOrUpdate(const JsonValue& definition, Field field, Mapping* mapping) {
  const Field* const known = mapping->Find(field.name);
  if (known == nullptr || !known->is_object() || known->kind != field.kind) {
    return mapping->AddField(std::move(field));
  }
  const FieldId id = known->id;
  BINSEEK_RETURN_IF_ERROR(UpdateObject(definition, field, mapping));
  return id;
}

Status AddProperties(const std::string& prefix, const JsonValue& properties, int depth,
                     Mapping* mapping);

Status AddProperty(const std::string& name, const JsonValue& definition, int depth,
                   Mapping* mapping) {
  BINSEEK_ASSIGN_OR_RETURN(Field field, FieldFrom(name, definition, *mapping));
  BINSEEK_ASSIGN_OR_RETURN(const FieldId id, AddOrUpdate(definition, std::move(field), mapping));
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
    BINSEEK_ASSIGN_OR_RETURN(Field sub, FieldFrom(path, sub_definition, *mapping));
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

}  // namespace

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
  BINSEEK_RETURN_IF_ERROR(CheckNames(merged));
  *this = std::move(merged);
  return Status::Ok();
}

Result<Mapping> Mapping::FromJson(std::string_view json) {
  Mapping mapping;
  BINSEEK_RETURN_IF_ERROR(mapping.Merge(json));
  return mapping;
}

}  // namespace binseek::mapping
