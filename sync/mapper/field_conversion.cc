// The part of FieldWriter that rules ask for: values in fields of another type than their own, and in those that they are copied to.
#include <utility>

#include "engine/mapping/date_format.h"
#include "engine/mapping/number.h"
#include "sync/mapper/field_writer.h"
#include "sync/mapper/value_json.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::Value;
using change::ValueKind;
using mapping::Field;
using mapping::FieldKind;

std::string TextOf(const JsonValue& scalar) {
  if (scalar.is_string()) {
    return scalar.AsString();
  }
  if (scalar.is_bool()) {
    return scalar.AsBool() ? "true" : "false";
  }
  return scalar.number_text();
}

// Calls visit(text) for the scalars of a JSON value, whatever their depth; null left out.
template <class Visit>
void ForEachLeaf(const JsonValue& value, const Visit& visit) {
  for (const JsonValue& item : value.array()) {
    ForEachLeaf(item, visit);
  }
  for (const auto& [name, member] : value.members()) {
    ForEachLeaf(member, visit);
  }
  if (!value.is_null() && !value.is_array() && !value.is_object()) {
    visit(TextOf(value));
  }
}

// Zero and partial dates are no moments: as without rules, they are null, or refused.
bool IsNoMoment(const Value& value) {
  switch (value.kind) {
    case ValueKind::kDate:
    case ValueKind::kDateTime:
      return !change::IsRealMoment(change::UnpackCalendar(value.integer));
    case ValueKind::kTimestamp:
      return value.integer == 0;
    default:
      return false;
  }
}

}  // namespace

// The form that the value has in _source where its column has no rule.
Status FieldWriter::AppendOwnToken(const Column& column, const Value& value) {
  token_.clear();
  switch (value.kind) {
    case ValueKind::kInt:
    case ValueKind::kUint:
      return AppendValueText(column, value, &token_);
    case ValueKind::kFloat:
      JsonWriter(&token_).Float(static_cast<float>(value.real));
      return Status::Ok();
    case ValueKind::kDouble:
      JsonWriter(&token_).Double(value.real);
      return Status::Ok();
    case ValueKind::kDate:
    case ValueKind::kDateTime:
    case ValueKind::kTimestamp:
      text_.clear();
      BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &text_));
      JsonWriter(&token_).String(text_);
      return Status::Ok();
    default:
      return AppendValueJson(column, value, &token_);
  }
}

Status FieldWriter::AddConverted(const ColumnPlan& plan, const Column& column, const Value& value) {
  if (IsNoMoment(value)) {
    return plan.TakeZeroDate();
  }
  BINSEEK_RETURN_IF_ERROR(AppendOwnToken(column, value));
  out_->source.AppendFragment(plan.field.id, token_);
  switch (plan.conversion) {
    case Conversion::kAsText:
      text_.clear();
      BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &text_));
      AddTerm(plan.field, plan.subfields, text_);
      return Status::Ok();
    case Conversion::kParsed:
      text_.clear();
      BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &text_));
      return AddParsed(plan.field, text_);
    case Conversion::kJsonLeaves:
    case Conversion::kObject: {
      BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(value.bytes));
      return plan.conversion == Conversion::kObject ? AddMembers(plan, "", json)
                                                    : AddLeaves(plan, json);
    }
    case Conversion::kDirect:
    case Conversion::kSourceOnly:
      break;
  }
  return Status::Ok();
}

Status FieldWriter::AddParsed(const Field& field, std::string_view text) {
  Result<int64_t> number = mapping::ParseCanonicalValue(field, text);
  if (!number.ok() && field.kind == FieldKind::kBoolean && (text == "0" || text == "1")) {
    number = text == "1" ? 1 : 0;
  }
  if (number.ok()) {
    out_->numbers.push_back({field.id, *number});
    return Status::Ok();
  }
  if (field.ignore_malformed) {
    out_->AddIgnored(field);
    return Status::Ok();
  }
  return Status::InvalidArgument("it is no value of the field's type [" +
                                 std::string(mapping::TypeName(field)) +
                                 "]; {ignore_malformed: true} leaves such values out");
}

Status FieldWriter::AddScalar(const TargetPlan& target, std::string_view text) {
  if (target.field.is_numeric()) {
    return AddParsed(target.field, text);
  }
  AddTerm(target.field, target.subfields, text);
  return Status::Ok();
}

Status FieldWriter::AddLeaves(const ColumnPlan& plan, const JsonValue& value) {
  if (value.is_array()) {
    for (const JsonValue& item : value.array()) {
      BINSEEK_RETURN_IF_ERROR(AddLeaves(plan, item));
    }
    return Status::Ok();
  }
  if (value.is_null()) {
    return Status::Ok();
  }
  if (value.is_object()) {
    return Status::InvalidArgument("a JSON object is no value of the field's type [" +
                                   std::string(mapping::TypeName(plan.field)) + "]");
  }
  const std::string text = TextOf(value);
  if (plan.field.is_numeric()) {
    return AddParsed(plan.field, text);
  }
  AddTerm(plan.field, plan.subfields, text);
  return Status::Ok();
}

// Members that have no field are in _source only.
Status FieldWriter::AddMembers(const ColumnPlan& plan, const std::string& path,
                               const JsonValue& value) {
  for (const JsonValue& item : value.array()) {
    BINSEEK_RETURN_IF_ERROR(AddMembers(plan, path, item));
  }
  for (const auto& [name, member] : value.members()) {
    std::string below = path;
    below += path.empty() ? "" : ".";
    below += name;
    BINSEEK_RETURN_IF_ERROR(AddMembers(plan, below, member));
  }
  if (value.is_array() || value.is_object() || value.is_null()) {
    return Status::Ok();
  }
  const auto target = plan.members.find(path);
  if (target == plan.members.end()) {
    return Status::Ok();
  }
  const Status added = AddScalar(target->second, TextOf(value));
  return added.ok() ? added : Status::InvalidArgument("member " + path + ": " + added.message());
}

Status FieldWriter::AddCopies(const ColumnPlan& plan, const Column& column, const Value& value) {
  if (IsNoMoment(value)) {
    return Status::Ok();
  }
  const auto add = [&](std::string_view term) {
    for (const TargetPlan& copy : plan.copies) {
      AddTerm(copy.field, copy.subfields, term);
    }
  };
  if (value.kind == ValueKind::kSet) {
    std::string_view labels = value.bytes;
    while (!labels.empty()) {
      const size_t comma = labels.find(',');
      add(labels.substr(0, comma));
      labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
    }
    return Status::Ok();
  }
  if (value.kind == ValueKind::kJson) {
    BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(value.bytes));
    ForEachLeaf(json, add);
    return Status::Ok();
  }
  text_.clear();
  BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &text_));
  add(text_);
  return Status::Ok();
}

}  // namespace binseek::mapper
