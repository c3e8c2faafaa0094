#include "sync/mapper/field_layout.h"

#include <memory>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "sync/mapper/column_field.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using mapping::Field;
using mapping::FieldKind;

constexpr uint32_t kIgnoreAbove = 256;

bool IsText(FieldKind kind) { return kind == FieldKind::kText || kind == FieldKind::kKeyword; }

// Kinds behind it are for documents over HTTP.
bool IsOfRows(FieldKind kind) { return kind <= FieldKind::kObject; }

Field OwnFieldOf(const FieldSource& source) {
  Field field = FieldOfColumn(*source.column, source.in_id);
  if (source.type == ExpressionType::kBool) {
    field.kind = FieldKind::kBoolean;
  } else if (source.type == ExpressionType::kList) {
    field.kind = FieldKind::kKeyword;
  }
  if (source.has_zone && source.column->type == ColumnType::kDateTime) {
    field.date_style = mapping::DateStyle::kInstant;
  }
  return field;
}

Status CheckNames(const Field& field) {
  if (field.kind == FieldKind::kText &&
      analysis::AnalysisRegistry::Find(field.analyzer) == nullptr) {
    return Status::InvalidArgument("there is no analyzer [" + field.analyzer +
                                   "]; there are standard, simple, whitespace, keyword");
  }
  if (!field.normalizer.empty() && field.normalizer != "lowercase") {
    return Status::InvalidArgument("there is no normalizer [" + field.normalizer +
                                   "]; there is lowercase");
  }
  return Status::Ok();
}

Result<std::vector<Field>> SubfieldsOf(const mapping::Mapping& parameters, const Field& field) {
  std::vector<Field> subfields;
  for (const Field* sub : parameters.MultiFieldsOf(field.id)) {
    if (!IsText(sub->kind)) {
      return Status::InvalidArgument("the subfield [" + sub->name +
                                     "] is neither text nor keyword");
    }
    BINSEEK_RETURN_IF_ERROR(CheckNames(*sub));
    subfields.push_back(*sub);
  }
  if (!subfields.empty() && !IsText(field.kind)) {
    return Status::InvalidArgument("only text and keyword fields have subfields");
  }
  return subfields;
}

void HideInSource(Field* field) {
  mapping::FieldParameters parameters = field->parameters();
  parameters.in_source = false;
  field->more = std::make_shared<const mapping::FieldParameters>(std::move(parameters));
}

Status AddMembers(const mapping::Mapping& parameters, FieldLayout* layout) {
  for (const Field& field : parameters.fields()) {
    if (field.is_multi_field() || field.name == layout->field.name) {
      continue;
    }
    BINSEEK_RETURN_IF_ERROR(CheckNames(field));
    MemberLayout& member = layout->members.emplace_back();
    member.field = field;
    HideInSource(&member.field);
    if (!IsOfRows(field.kind) ||
        (!IsText(field.kind) && !field.is_numeric() && field.kind != FieldKind::kObject)) {
      return Status::InvalidArgument("[" + field.name +
                                     "]: members of an object cannot be of type [" +
                                     std::string(mapping::TypeName(field)) + "] yet");
    }
    BINSEEK_ASSIGN_OR_RETURN(member.subfields, SubfieldsOf(parameters, field));
  }
  return Status::Ok();
}

bool IsInteger(const Field& own) {
  return own.kind == FieldKind::kLong || own.kind == FieldKind::kUnsignedLong;
}

// Whether texts of the column are numbers, dates or true and false, or may be.
bool MayParse(ColumnType type) {
  switch (type) {
    case ColumnType::kSet:
    case ColumnType::kTime:
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      return false;
    default:
      return true;
  }
}

// Sets conversion, in_place, and how numbers are kept; false where the column's values never fit.
bool Convert(const FieldSource& source, const Field& own, FieldLayout* layout) {
  Field& field = layout->field;
  const bool json = source.column->type == ColumnType::kJson;
  if (!IsOfRows(field.kind)) {
    return false;
  }
  if (IsText(field.kind)) {
    layout->conversion =
        json               ? (field.kind == FieldKind::kText && source.type != ExpressionType::kList
                                  ? Conversion::kAsText
                                  : Conversion::kJsonLeaves)
        : IsText(own.kind) ? Conversion::kDirect
                           : Conversion::kAsText;
    return true;
  }
  switch (field.kind) {
    case FieldKind::kFlattened:
    case FieldKind::kObject:
      layout->conversion =
          field.kind == FieldKind::kObject ? Conversion::kObject : Conversion::kDirect;
      return json && source.type != ExpressionType::kList;
    case FieldKind::kGeoPoint:
      return own.kind == FieldKind::kGeoPoint;
    case FieldKind::kBinary:
      layout->conversion = Conversion::kSourceOnly;
      return true;
    default:
      break;
  }
  if (json) {
    layout->conversion = Conversion::kJsonLeaves;
    return true;
  }
  const bool same =
      own.kind == field.kind && (field.kind != FieldKind::kDecimal || field.scale == own.scale);
  const bool flag = field.kind == FieldKind::kBoolean && IsInteger(own);
  if (same || flag) {
    field.in_place = (flag ? !source.in_id : own.in_place) && field.doc_values;
    field.scale = same ? own.scale : 0;
    field.date_style = own.date_style;
    return true;
  }
  layout->conversion = Conversion::kParsed;
  return MayParse(source.column->type);
}

}  // namespace

FieldLayout OwnField(const std::string& name, const FieldSource& source) {
  FieldLayout layout;
  layout.field = OwnFieldOf(source);
  layout.field.name = name;
  if (source.type == ExpressionType::kList) {
    layout.conversion = Conversion::kJsonLeaves;
  }
  if (layout.field.kind == FieldKind::kText) {
    Field& keyword = layout.subfields.emplace_back();
    keyword.name = name + ".keyword";
    keyword.kind = FieldKind::kKeyword;
    keyword.ignore_above = kIgnoreAbove;
  }
  return layout;
}

Result<FieldLayout> RuledField(const FieldSource& source, const mapping::Mapping& parameters) {
  FieldLayout layout;
  layout.field = parameters.fields().front();
  BINSEEK_RETURN_IF_ERROR(CheckNames(layout.field));
  BINSEEK_ASSIGN_OR_RETURN(layout.subfields, SubfieldsOf(parameters, layout.field));
  const Field own = OwnFieldOf(source);
  if (!Convert(source, own, &layout)) {
    return Status::InvalidArgument(
        "type [" + std::string(mapping::TypeName(layout.field)) + "] cannot hold values of " +
        std::string(SqlTypeName(source.column->type)) + "; its own type is [" +
        std::string(mapping::TypeName(own)) + "]");
  }
  if (layout.field.kind == FieldKind::kObject) {
    BINSEEK_RETURN_IF_ERROR(AddMembers(parameters, &layout));
  }
  return layout;
}

Result<FieldLayout> CopiedField(const mapping::Mapping& parameters) {
  FieldLayout layout;
  layout.field = parameters.fields().front();
  HideInSource(&layout.field);
  BINSEEK_RETURN_IF_ERROR(CheckNames(layout.field));
  BINSEEK_ASSIGN_OR_RETURN(layout.subfields, SubfieldsOf(parameters, layout.field));
  if (!IsText(layout.field.kind)) {
    return Status::InvalidArgument("values are copied to fields of type text or keyword only");
  }
  return layout;
}

}  // namespace binseek::mapper
