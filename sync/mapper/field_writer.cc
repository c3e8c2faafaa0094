#include "sync/mapper/field_writer.h"

#include <optional>

#include "engine/base/json.h"
#include "engine/mapping/date_format.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/number.h"
#include "sync/mapper/document_builder.h"
#include "sync/mapper/value_json.h"
#include "sync/mapper/value_number.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;
using mapping::Field;
using mapping::FieldKind;

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return count;
}

// Fewer bytes are surely few enough characters, so most values are never counted.
bool IsIgnored(const Field& field, std::string_view term) {
  return term.size() > kMaxTermBytes ||
         (field.ignore_above != 0 && term.size() > field.ignore_above &&
          CountCharacters(term) > field.ignore_above);
}

}  // namespace

Status FieldWriter::Add(const ColumnPlan& plan, const Column& column, const Value& value) {
  if (value.is_null()) {
    return Status::Ok();  // rendered as null for want of a value
  }
  if (plan.conversion == Conversion::kDirect) {
    BINSEEK_RETURN_IF_ERROR(AddDirect(plan, column, value));
  } else {
    BINSEEK_RETURN_IF_ERROR(AddConverted(plan, column, value));
  }
  return plan.copies.empty() ? Status::Ok() : AddCopies(plan, column, value);
}

Status FieldWriter::AddDirect(const ColumnPlan& plan, const Column& column, const Value& value) {
  if (plan.field.is_numeric()) {
    return AddNumber(plan, column, value);
  }
  if ((value.kind == ValueKind::kJson) != (plan.field.kind == FieldKind::kFlattened)) {
    return Status::InvalidArgument("the value is not of the column's type");
  }
  token_.clear();
  BINSEEK_RETURN_IF_ERROR(AppendValueJson(column, value, &token_));
  out_->source.AppendFragment(plan.field.id, token_);
  switch (plan.field.kind) {
    case FieldKind::kFlattened:
      return mapping::AppendFlattened(plan.field.id, value.bytes, &out_->texts);
    case FieldKind::kText:
    case FieldKind::kKeyword:
      return AddTerms(plan, column, value);
    case FieldKind::kGeoPoint:
      AddPoint(plan.field, token_);
      return Status::Ok();
    default:
      return Status::Ok();  // in _source only
  }
}

bool FieldWriter::AddStored(const ColumnPlan& plan, const Column& column, std::string_view token) {
  if (token == "null") {
    return true;
  }
  if (plan.conversion != Conversion::kDirect) {
    return false;
  }
  if (plan.field.is_numeric()) {
    return plan.copies.empty() && AddStoredNumber(plan.field, column, token);
  }
  out_->source.AppendFragment(plan.field.id, token);
  switch (plan.field.kind) {
    case FieldKind::kFlattened:
      return plan.copies.empty() &&
             mapping::AppendFlattened(plan.field.id, token, &out_->texts).ok();
    case FieldKind::kText:
    case FieldKind::kKeyword:
      return AddStoredTerms(plan, column, token);
    case FieldKind::kGeoPoint:
      AddPoint(plan.field, token);
      return plan.copies.empty();
    default:
      return plan.copies.empty();
  }
}

// Coordinates that are none on Earth, or of another reference system, stay in _source alone.
void FieldWriter::AddPoint(const Field& field, std::string_view token) {
  const Result<JsonValue> json = ParseJson(token);
  if (!json.ok()) {
    return;
  }
  const Result<mapping::GeoPoint> point = mapping::ParseGeo(*json);
  if (point.ok() && mapping::CheckGeo(*point, field.name).ok()) {
    out_->numbers.push_back({field.id, mapping::EncodeGeo(*point)});
  }
}

bool FieldWriter::AddStoredNumber(const Field& field, const Column& column,
                                  std::string_view token) {
  std::string_view text = token;
  if (text.size() >= 2 && text.front() == '"') {
    text = text.substr(1, text.size() - 2);  // a date, which needs no escapes
  }
  const Result<int64_t> number = mapping::ParseCanonicalValue(field, text);
  if (!number.ok()) {
    return false;
  }
  // The digits of a decimal are not those of the double that finds it.
  if (column.type != ColumnType::kDecimal || field.kind == FieldKind::kDecimal) {
    token_.clear();
    mapping::AppendJson(field, *number, &token_);
    if (token_ != token) {
      return false;
    }
  }
  out_->numbers.push_back({field.id, *number});
  if (!field.in_place) {
    out_->source.AppendFragment(field.id, token);
  }
  return true;
}

bool FieldWriter::AddStoredTerms(const ColumnPlan& plan, const Column& column,
                                 std::string_view token) {
  const Result<JsonValue> value = ParseJson(token);
  if (!value.ok() || value->is_array() != (column.type == ColumnType::kSet)) {
    return false;
  }
  token_.clear();
  JsonWriter(&token_).Value(*value);
  if (token_ != token) {
    return false;
  }
  const auto add = [&](const std::string& term) {
    AddTerm(plan.field, plan.subfields, term);
    for (const TargetPlan& copy : plan.copies) {
      AddTerm(copy.field, copy.subfields, term);
    }
  };
  for (const JsonValue& label : value->array()) {
    add(label.AsString());
  }
  if (value->is_string()) {
    add(value->AsString());
  }
  return value->is_string() || value->is_array();
}

Status FieldWriter::AddNumber(const ColumnPlan& plan, const Column& column, const Value& value) {
  const Field& field = plan.field;
  std::optional<int64_t> number;
  BINSEEK_RETURN_IF_ERROR(ColumnValueOf(field, value, plan.zone, &number));
  if (!number) {
    return plan.TakeZeroDate();
  }
  out_->numbers.push_back({field.id, *number});
  if (!field.in_place) {
    token_.clear();
    if (value.kind == ValueKind::kDecimal) {
      BINSEEK_RETURN_IF_ERROR(
          AppendValueJson(column, value, &token_));  // exact, whatever the field is
    } else {
      mapping::AppendJson(field, *number, &token_);
    }
    out_->source.AppendFragment(field.id, token_);
  }
  return Status::Ok();
}

Status FieldWriter::AddTerms(const ColumnPlan& plan, const Column& column, const Value& value) {
  if (value.kind == ValueKind::kSet) {
    std::string_view labels = value.bytes;
    while (!labels.empty()) {
      const size_t comma = labels.find(',');
      AddTerm(plan.field, plan.subfields, labels.substr(0, comma));
      labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
    }
    return Status::Ok();
  }
  if (value.kind == ValueKind::kText || value.kind == ValueKind::kEnum) {
    AddTerm(plan.field, plan.subfields, value.bytes);
    return Status::Ok();
  }
  token_.clear();
  BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &token_));
  AddTerm(plan.field, plan.subfields, token_);
  return Status::Ok();
}

void FieldWriter::AddTerm(const Field& own, const std::vector<Field>& subfields,
                          std::string_view term) {
  const auto add = [&](const Field& field) {
    if (field.kind != FieldKind::kText && IsIgnored(field, term)) {
      out_->AddIgnored(field);
    } else {
      out_->texts.push_back({field.id, std::string(term)});
    }
  };
  add(own);
  for (const Field& field : subfields) {
    add(field);
  }
}

}  // namespace binseek::mapper
