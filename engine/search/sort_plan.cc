#include "engine/search/sort_plan.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/date_format.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/number.h"
#include "engine/search/date_math.h"

namespace binseek::search {
namespace {

template <class T>
int ThreeWay(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

Result<PlannedKey> PlanDistance(std::span<const index::IndexView* const> indices,
                                const SortKey& key) {
  PlannedKey planned;
  planned.key = key;
  for (const index::IndexView* index : indices) {
    std::optional<FieldRef> ref = FindField(*index->mapping, key.field);
    if (!ref && !key.ignore_unmapped) {
      return Status::InvalidArgument("failed to find mapper for [" + key.field +
                                     "] for geo distance based sort");
    }
    if (ref && ref->field->kind != mapping::FieldKind::kGeoPoint) {
      return Status::InvalidArgument("unable to apply geo distance sort to field [" + key.field +
                                     "] of type [" + std::string(mapping::TypeName(*ref->field)) +
                                     "]");
    }
    planned.geo_refs.push_back(std::move(ref));
  }
  return planned;
}

constexpr double kInfinite = std::numeric_limits<double>::infinity();

void AppendDistance(double distance, JsonWriter* writer) {
  if (distance == kInfinite) {
    writer->String("Infinity");
  } else {
    writer->Double(distance);
  }
}

bool IsWhole(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

// A date as `sort` shows it, whatever the format of its field.
Result<int64_t> ParseMoment(std::string_view text) {
  mapping::Field number;
  number.kind = mapping::FieldKind::kLong;
  return mapping::ParseColumnValue(number, text);
}

Result<int64_t> ParseDistanceValue(std::string_view text) {
  if (text == "Infinity") {
    return mapping::SortableFromDouble(kInfinite);
  }
  mapping::Field field;
  field.kind = mapping::FieldKind::kDouble;
  return mapping::ParseColumnValue(field, text);
}

Status PlanFormat(PlannedKey* planned) {
  if (planned->key.format.empty() || planned->form.kind() == ValueForm::Kind::kNone) {
    return Status::Ok();
  }
  if (!planned->form.is_moment()) {
    return Status::InvalidArgument(
        "the [format] of a sort is not supported by binseek but on dates: [" + planned->key.field +
        "] is none");
  }
  BINSEEK_ASSIGN_OR_RETURN(planned->format, MakeDateFormat(planned->key.format, ""));
  return Status::Ok();
}

Result<int64_t> ParseFormatted(const PlannedKey& planned, std::string_view text) {
  if (planned.form.in_nanos()) {
    BINSEEK_ASSIGN_OR_RETURN(const mapping::ParsedDate date,
                             mapping::ParseDateAs(planned.key.format, text));
    BINSEEK_RETURN_IF_ERROR(mapping::CheckNanos(date.micros, text));
    return date.micros * 1000 + date.nanos;
  }
  BINSEEK_ASSIGN_OR_RETURN(const int64_t micros, ParseDateMath(text, {planned.key.format, ""},
                                                               /*now_micros=*/0, false));
  return mapping::MillisFromMicros(micros);
}

// Values of nested objects are asked for as such, but where documents are those objects.
Status CheckLevel(const index::IndexView& index, const std::string& name, std::string_view level) {
  const mapping::Field* const around = index.mapping->NestedAround(name);
  if (around == nullptr || around->name == level) {
    return Status::Ok();
  }
  return Status::InvalidArgument(
      "it is mandatory to set the [nested] context on the nested sort field: [" + name + "].");
}

Status PlanNested(std::span<const index::IndexView* const> indices, BindContext context,
                  PlannedKey* planned) {
  const SortKey& key = planned->key;
  if (key.nested == nullptr) {
    for (const index::IndexView* const index : indices) {
      BINSEEK_RETURN_IF_ERROR(CheckLevel(*index, key.field, context.level));
    }
    return Status::Ok();
  }
  for (const index::IndexView* const index : indices) {
    context.index = index;
    std::shared_ptr<const NestedKey> nested;
    if (FindField(*index->mapping, key.field)) {
      BINSEEK_ASSIGN_OR_RETURN(nested, NestedKey::Bind(context, *key.nested));
    }
    planned->nested.push_back(std::move(nested));
  }
  return Status::Ok();
}

Result<PlannedKey> PlanKey(std::span<const index::IndexView* const> indices, const SortKey& key,
                           const BindContext& context) {
  PlannedKey planned;
  planned.key = key;
  if (key.kind == SortKey::Kind::kGeoDistance) {
    BINSEEK_ASSIGN_OR_RETURN(planned, PlanDistance(indices, key));
    BINSEEK_RETURN_IF_ERROR(PlanNested(indices, context, &planned));
    return planned;
  }
  if (key.kind != SortKey::Kind::kField) {
    return planned;
  }
  BINSEEK_ASSIGN_OR_RETURN(planned.form,
                           ValueForm::Resolve(indices, key.field, ValueForm::Moments::kAsKept));
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!planned.form.ref(i) && key.unmapped_type.empty()) {
      return Status::InvalidArgument("No mapping found for [" + key.field +
                                     "] in order to sort on");
    }
  }
  if (!key.missing_value.empty() && planned.form.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(planned.missing_number, planned.form.Parse(key.missing_value));
  } else if (!key.missing_value.empty() && planned.is_ip()) {
    BINSEEK_ASSIGN_OR_RETURN(planned.missing_text, mapping::ParseIp(key.missing_value));
  } else if (!key.missing_value.empty() && planned.is_text()) {
    planned.missing_text = key.missing_value;
  }
  BINSEEK_RETURN_IF_ERROR(PlanFormat(&planned));
  if (planned.reduces() && planned.is_text()) {
    return Status::InvalidArgument("we only support AVG, MEDIAN and SUM on number based fields");
  }
  BINSEEK_RETURN_IF_ERROR(PlanNested(indices, context, &planned));
  return planned;
}

}  // namespace

int64_t NumberOfScore(float score) {
  return mapping::SortableFromDouble(static_cast<double>(score));
}

Result<SortPlan> SortPlan::Make(std::span<const index::IndexView* const> indices,
                                const std::vector<SortKey>& keys, const BindContext& context) {
  SortPlan plan;
  for (const SortKey& key : keys) {
    BINSEEK_ASSIGN_OR_RETURN(PlannedKey planned, PlanKey(indices, key, context));
    plan.keys_.push_back(std::move(planned));
  }
  if (keys.empty()) {
    PlannedKey by_score;
    by_score.key.kind = SortKey::Kind::kScore;
    by_score.key.descending = true;
    plan.keys_.push_back(std::move(by_score));
  }
  const SortKey& first = plan.keys_[0].key;
  plan.by_score_ =
      plan.keys_.size() == 1 && first.kind == SortKey::Kind::kScore && first.descending;
  return plan;
}

bool SortPlan::has_score() const {
  for (const PlannedKey& planned : keys_) {
    if (planned.key.kind == SortKey::Kind::kScore) {
      return true;
    }
  }
  return false;
}

bool SortPlan::by_place() const {
  return keys_.size() == 1 && keys_[0].key.kind == SortKey::Kind::kDoc && !keys_[0].key.descending;
}

int SortPlan::Compare(size_t k, const SortCell& a, const SortCell& b) const {
  if (a.rank != b.rank || a.rank != 0) {
    return ThreeWay(a.rank, b.rank);
  }
  if (!keys_[k].is_text()) {
    return ThreeWay(a.number, b.number);
  }
  const int order = ThreeWay(a.text, b.text);
  return keys_[k].key.descending ? -order : order;
}

void SortPlan::AppendJson(size_t k, const SortCell& cell, std::string* out) const {
  const PlannedKey& planned = keys_[k];
  JsonWriter writer(out);
  if (cell.rank != 0) {
    writer.Null();
  } else if (planned.is_text() || planned.form.kind() == ValueForm::Kind::kNone) {
    if (planned.key.kind == SortKey::Kind::kScore) {
      writer.Float(static_cast<float>(mapping::DoubleFromSortable(planned.Fold(cell.number))));
    } else if (planned.key.kind == SortKey::Kind::kDoc) {
      writer.Int(planned.Fold(cell.number));
    } else if (planned.key.kind == SortKey::Kind::kGeoDistance) {
      AppendDistance(mapping::DoubleFromSortable(planned.Fold(cell.number)), &writer);
    } else {
      writer.String(planned.is_ip() ? mapping::FormatIp(cell.text) : cell.text);
    }
  } else if (planned.format != nullptr) {
    const int64_t common = planned.Fold(cell.number);
    const std::optional<std::string> text = planned.form.in_nanos()
                                                ? planned.format->TextOfNanos(common)
                                                : planned.format->Text(static_cast<double>(common));
    writer.String(text.value_or(""));
  } else {
    planned.form.AppendJson(planned.Fold(cell.number), out);
  }
}

Result<SortCell> SortPlan::ParseCell(const PlannedKey& planned,
                                     const std::optional<std::string>& value) const {
  SortCell cell;
  const bool is_field = planned.key.kind == SortKey::Kind::kField;
  if (!value || (*value == "null" && !planned.is_text())) {
    cell.rank = planned.missing_rank();
    return cell;
  }
  if (planned.is_ip()) {
    BINSEEK_ASSIGN_OR_RETURN(cell.text, mapping::ParseIp(*value));
    return cell;
  }
  if (is_field && !planned.form.is_number()) {
    cell.text = *value;
    return cell;
  }
  Result<int64_t> number = int64_t{0};
  if (planned.format != nullptr) {
    number = ParseFormatted(planned, *value);
  } else if (is_field && !planned.form.date_format().empty() && IsWhole(*value)) {
    number = ParseMoment(*value);
  } else if (is_field) {
    number = planned.form.Parse(*value);
  } else if (planned.key.kind == SortKey::Kind::kGeoDistance) {
    number = ParseDistanceValue(*value);
  } else {
    mapping::Field field;
    field.kind = planned.key.kind == SortKey::Kind::kScore ? mapping::FieldKind::kFloat
                                                           : mapping::FieldKind::kLong;
    number = mapping::ParseColumnValue(field, *value);
  }
  if (!number.ok()) {
    const std::string name = is_field ? planned.key.field
                             : planned.key.kind == SortKey::Kind::kGeoDistance
                                 ? "_geo_distance"
                                 : (planned.key.kind == SortKey::Kind::kScore ? "_score" : "_doc");
    return Status::InvalidArgument("Failed to parse search_after value for field [" + name + "].");
  }
  cell.number = planned.Fold(*number);
  return cell;
}

Result<Cursor> SortPlan::ParseSearchAfter(
    const std::vector<std::optional<std::string>>& values) const {
  if (values.size() != keys_.size()) {
    return Status::InvalidArgument("search_after has " + std::to_string(values.size()) +
                                   " value(s) but sort has " + std::to_string(keys_.size()) + ".");
  }
  Cursor cursor;
  cursor.position = UINT64_MAX;  // behind all that are equal
  for (size_t k = 0; k < keys_.size(); ++k) {
    BINSEEK_ASSIGN_OR_RETURN(SortCell cell, ParseCell(keys_[k], values[k]));
    cursor.cells.push_back(std::move(cell));
  }
  return cursor;
}

}  // namespace binseek::search
