#include "engine/mapping/field_checks.h"

#include <algorithm>
#include <memory>
#include <string>

#include "engine/mapping/date_format.h"
#include "engine/mapping/mapping.h"

namespace binseek::mapping {
namespace {

struct TypeEntry {
  std::string_view name;
  FieldKind kind;
};

// Elasticsearch's names; several integer types share one kind, which only widens what they take. The first one of a kind is its own.
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
    {"double", FieldKind::kDouble},
    {"boolean", FieldKind::kBoolean},
    {"date", FieldKind::kDate},
    {"flattened", FieldKind::kFlattened},
    {"flat_object", FieldKind::kFlattened},
    {"geo_point", FieldKind::kGeoPoint},
    {"binary", FieldKind::kBinary},
    {"object", FieldKind::kObject},
    {"nested", FieldKind::kNested},
    {"half_float", FieldKind::kHalfFloat},
    {"date_nanos", FieldKind::kDateNanos},
    {"ip", FieldKind::kIp},
    {"token_count", FieldKind::kTokenCount},
    {"rank_feature", FieldKind::kRankFeature},
    {"rank_features", FieldKind::kRankFeatures},
    {"integer_range", FieldKind::kIntegerRange},
    {"long_range", FieldKind::kLongRange},
    {"float_range", FieldKind::kFloatRange},
    {"double_range", FieldKind::kDoubleRange},
    {"date_range", FieldKind::kDateRange},
    {"ip_range", FieldKind::kIpRange},
    {"constant_keyword", FieldKind::kConstantKeyword},
    {"wildcard", FieldKind::kWildcard},
    {"alias", FieldKind::kAlias},
    {"completion", FieldKind::kKeyword},  // its inputs, for suggestions
};

}  // namespace

std::string_view TypeName(const Field& field) {
  if (!field.parameters().type_name.empty()) {
    return field.parameters().type_name;
  }
  for (const TypeEntry& entry : kTypes) {
    if (entry.kind == field.kind) {
      return entry.name;
    }
  }
  return "unknown";
}

bool SetType(std::string_view name, Field* field) {
  for (const TypeEntry& entry : kTypes) {
    if (entry.name != name) {
      continue;
    }
    field->kind = entry.kind;
    if (TypeName(*field) != name) {
      field->more =
          std::make_shared<const FieldParameters>(FieldParameters{.type_name = std::string(name)});
    }
    return true;
  }
  return false;
}

Status CheckField(const Field& field) {
  const Status format = CheckDateFormat(field.parameters().format);
  if (!format.ok()) {
    return Status::InvalidArgument("Error parsing [format] on field [" + field.name +
                                   "]: " + format.message());
  }
  if (field.kind == FieldKind::kAlias && field.parameters().path.empty()) {
    return Status::InvalidArgument("The [path] property must be specified for field [" +
                                   field.name + "].");
  }
  return Status::Ok();
}

Status CheckNames(const Mapping& mapping) {
  for (const Field& field : mapping.fields()) {
    const FieldParameters& parameters = field.parameters();
    if (field.kind == FieldKind::kAlias) {
      const Field* const target = mapping.Find(parameters.path);
      const std::string begin =
          "Invalid [path] value [" + parameters.path + "] for field alias [" + field.name + "]: ";
      if (parameters.path == field.name) {
        return Status::InvalidArgument(begin + "an alias cannot refer to itself.");
      }
      if (target == nullptr || target->is_object()) {
        return Status::InvalidArgument(begin +
                                       "an alias must refer to an existing field in the mappings.");
      }
      if (target->kind == FieldKind::kAlias) {
        return Status::InvalidArgument(begin + "an alias cannot refer to another alias.");
      }
    }
    for (const std::string& name : parameters.copy_to) {
      const Field* const target = mapping.Find(name);
      if (field.is_multi_field()) {
        return Status::InvalidArgument("[copy_to] may not be used to copy from a multi-field: [" +
                                       field.name + "]");
      }
      if (target != nullptr && target->is_multi_field()) {
        return Status::InvalidArgument("[copy_to] may not be used to copy to a multi-field: [" +
                                       name + "]");
      }
      if (target != nullptr && target->is_object()) {
        return Status::InvalidArgument("Cannot copy to field [" + name +
                                       "] since it is mapped as an object");
      }
    }
  }
  return Status::Ok();
}

}  // namespace binseek::mapping
