#include "engine/search/value_form.h"

#include <charconv>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/field_checks.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/system_field.h"

namespace binseek::search {

using mapping::FieldKind;

Status FieldDataDisabled(const std::string& field) {
  return Status::InvalidArgument(
      "Text fields are not optimised for operations that require per-document field data like "
      "aggregations and sorting, so these "
      "operations are disabled by default. Please use a keyword field instead. Alternatively, set "
      "fielddata=true on [" +
      field +
      "] in order to load field data by uninverting the inverted index. Note that this can use "
      "significant memory.");
}

Result<ValueForm> ValueForm::Resolve(std::span<const index::IndexView* const> indices,
                                     const std::string& name, Moments moments) {
  ValueForm form;
  form.nanos_ = moments == Moments::kAsKept;
  for (const index::IndexView* index : indices) {
    BINSEEK_ASSIGN_OR_RETURN(std::optional<FieldRef> ref, FindValues(*index, name));
    if (ref && ref->field->is_object()) {
      ref.reset();
    }
    if (!ref) {
      form.refs_.push_back(ref);
      continue;
    }
    form.refs_.push_back(ref);
    const mapping::Field& field = *ref->field;
    form.nanos_ = form.nanos_ && field.kind == FieldKind::kDateNanos;
    if (ref->is_text()) {
      return FieldDataDisabled(name);
    }
    if (!ref->has_terms() && !ref->is_numeric()) {
      return Status::InvalidArgument("Fielddata is not supported on field [" + name +
                                     "] of type [" + std::string(mapping::TypeName(field)) + "]");
    }
    const Kind kind = ref->has_terms() ? Kind::kText : Kind::kColumn;
    if (form.kind_ == Kind::kNone) {
      form.kind_ = kind;
      form.field_ = ref->field;
    } else if ((form.kind_ == Kind::kText) != (kind == Kind::kText)) {
      return Status::InvalidArgument("the field [" + name + "] has incompatible types: [" +
                                     std::string(mapping::TypeName(*form.field_)) + "] and [" +
                                     std::string(mapping::TypeName(field)) + "] across shards!");
    } else if (form.is_moment() && field.is_date()) {
      // What reads and shows milliseconds is the coarser one.
      form.field_ = field.kind == FieldKind::kDate && form.field_->kind != FieldKind::kDate
                        ? ref->field
                        : form.field_;
    } else if (field.kind != form.field_->kind ||
               (field.kind == FieldKind::kDecimal && field.scale != form.field_->scale)) {
      form.kind_ = kind == Kind::kText ? Kind::kText : Kind::kDouble;
    }
  }
  return form;
}

void ValueForm::Assume(const std::string& type) {
  mapping::Field field;
  if (kind_ == Kind::kNone && mapping::SetType(type, &field) && field.is_numeric()) {
    assumed_ = std::make_shared<const mapping::Field>(std::move(field));
    field_ = assumed_.get();
    kind_ = Kind::kColumn;
  }
}

const std::string& ValueForm::date_format() const {
  static const std::string kNone;
  return is_moment() ? field_->parameters().format : kNone;
}

int64_t ValueForm::Common(const mapping::Field& field, int64_t column_value) const {
  if (kind_ == Kind::kDouble) {
    return mapping::SortableFromDouble(mapping::ToDouble(field, column_value));
  }
  if (!field.is_date() || nanos_) {
    return column_value;
  }
  return mapping::MillisFromMicros(field.kind == FieldKind::kDate ? column_value
                                                                  : column_value / 1000);
}

double ValueForm::ToDouble(int64_t common) const {
  if (kind_ == Kind::kDouble) {
    return mapping::DoubleFromSortable(common);
  }
  return is_moment() && !nanos_ ? static_cast<double>(common) : mapping::ToDouble(*field_, common);
}

Result<int64_t> ValueForm::Parse(std::string_view text) const {
  if (kind_ == Kind::kDouble) {
    mapping::Field as_double;
    as_double.kind = FieldKind::kDouble;
    return mapping::ParseColumnValue(as_double, text);
  }
  if (in_nanos()) {
    // As it is shown: a number of nanoseconds.
    int64_t nanos = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), nanos);
    if (error == std::errc() && end == text.data() + text.size() && text.size() > 4) {
      return nanos;
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const int64_t value, mapping::ParseColumnValue(*field_, text));
  return Common(*field_, value);
}

void ValueForm::AppendJson(int64_t common, std::string* out) const {
  if (kind_ == Kind::kDouble) {
    JsonWriter(out).Double(mapping::DoubleFromSortable(common));
  } else if (is_moment() && !nanos_) {
    out->append(std::to_string(common));
  } else {
    mapping::AppendSortJson(*field_, common, out);
  }
}

Result<std::string> ValueForm::TermOf(const std::string& text) const {
  return is_ip() ? mapping::ParseIp(text) : Result<std::string>(text);
}

std::string ValueForm::TextOf(const std::string& term) const {
  return is_ip() ? mapping::FormatIp(term) : term;
}

}  // namespace binseek::search
