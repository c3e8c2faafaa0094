#include "engine/search/number_values.h"

#include <string>

#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/date_text.h"

namespace binseek::search {

Status NotSupported(const ValueForm& form, const ValuesSource& source, std::string_view type) {
  return Status::InvalidArgument("Field [" + source.field + "] of type [" +
                                 std::string(mapping::TypeName(form.field())) +
                                 "] is not supported for aggregation [" + std::string(type) + "]");
}

Result<ValueFormatPtr> FormatFor(const ValueForm& form, const ValuesSource& source) {
  const bool column = form.kind() == ValueForm::Kind::kColumn;
  if (column && form.field().is_date()) {
    return MakeDateFormat(source.format.empty() ? form.date_format() : source.format,
                          source.time_zone);
  }
  if (!source.format.empty()) {
    return MakeNumberFormat(source.format);
  }
  if (column && form.field().kind == mapping::FieldKind::kBoolean) {
    return MakeBooleanFormat();
  }
  return ValueFormatPtr();
}

Result<int64_t> MissingNumber(const ValueForm& form, const ValuesSource& source,
                              int64_t now_micros) {
  mapping::Field number;
  if (!form.is_number()) {
    number.kind = mapping::FieldKind::kDouble;
    return mapping::ParseColumnValue(number, *source.missing);
  }
  if (form.kind() == ValueForm::Kind::kDouble || !form.field().is_date()) {
    return form.Parse(*source.missing);
  }
  int64_t millis = 0;
  if (source.missing_is_number) {
    number.kind = mapping::FieldKind::kLong;
    BINSEEK_ASSIGN_OR_RETURN(millis, mapping::ParseColumnValue(number, *source.missing));
  } else {
    BINSEEK_ASSIGN_OR_RETURN(
        millis, ParseDateText(*source.missing,
                              source.format.empty() ? form.date_format() : source.format,
                              source.time_zone, now_micros));
  }
  return form.field().kind == mapping::FieldKind::kDateNanos ? millis * 1'000'000 : millis;
}

Result<NumberValues> NumberValues::Make(const ValuesSource& source, std::string_view type,
                                        AggregationContext* context) {
  NumberValues values;
  values.readers_ = &context->numbers;
  BINSEEK_ASSIGN_OR_RETURN(values.form_, ValueForm::Resolve(context->indices, source.field));
  if (values.form_.kind() == ValueForm::Kind::kText) {
    return NotSupported(values.form_, source, type);
  }
  BINSEEK_ASSIGN_OR_RETURN(values.format_, FormatFor(values.form_, source));
  if (source.missing) {
    BINSEEK_ASSIGN_OR_RETURN(values.missing_common_,
                             MissingNumber(values.form_, source, context->bind.now_micros));
    values.missing_ = values.form_.is_number()
                          ? values.form_.ToDouble(*values.missing_common_)
                          : mapping::DoubleFromSortable(*values.missing_common_);
  }
  return values;
}

Result<NumberValues> NumberValues::MakeDates(const ValuesSource& source, std::string_view type,
                                             AggregationContext* context) {
  ValuesSource without_format = source;
  without_format.format.clear();
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values, Make(without_format, type, context));
  BINSEEK_ASSIGN_OR_RETURN(
      values.format_,
      MakeDateFormat(source.format.empty() ? values.form_.date_format() : source.format,
                     source.time_zone));
  return values;
}

void NumberValues::OpenSegment(size_t index, const index::SegmentView& segment) {
  numbers_.reset();
  field_ = nullptr;
  if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
    field_ = ref->field;
    numbers_ = readers_->Get(segment, ref->field->id);
  }
}

}  // namespace binseek::search
