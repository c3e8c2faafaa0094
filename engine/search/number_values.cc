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
  if (form.is_moment()) {
    return MakeDateFormat(source.format.empty() ? form.date_format() : source.format,
                          source.time_zone);
  }
  if (!source.format.empty()) {
    return MakeNumberFormat(source.format);
  }
  if (form.kind() == ValueForm::Kind::kColumn &&
      form.field().kind == mapping::FieldKind::kBoolean) {
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
  if (!form.is_moment()) {
    return form.Parse(*source.missing);
  }
  if (source.missing_is_number) {
    number.kind = mapping::FieldKind::kLong;
    return mapping::ParseColumnValue(number, *source.missing);
  }
  return ParseDateText(*source.missing, source.format.empty() ? form.date_format() : source.format,
                       source.time_zone, now_micros);
}

Result<NumberValues> NumberValues::Resolve(const ValuesSource& source, std::string_view type,
                                           AggregationContext* context, bool dates) {
  NumberValues values;
  values.readers_ = &context->numbers;
  BINSEEK_ASSIGN_OR_RETURN(values.form_, ValueForm::Resolve(context->indices, source.field,
                                                            ValueForm::Moments::kMillis));
  if (values.form_.kind() == ValueForm::Kind::kText) {
    return NotSupported(values.form_, source, type);
  }
  if (dates) {
    values.form_.Assume("date");
  }
  if (!dates || values.is_moment()) {
    BINSEEK_ASSIGN_OR_RETURN(values.format_, FormatFor(values.form_, source));
  } else if (!source.format.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(values.format_, MakeDateFormat(source.format, source.time_zone));
  }
  if (source.missing) {
    BINSEEK_ASSIGN_OR_RETURN(values.missing_common_,
                             MissingNumber(values.form_, source, context->bind.now_micros));
    values.missing_ = values.form_.is_number()
                          ? values.form_.ToDouble(*values.missing_common_)
                          : mapping::DoubleFromSortable(*values.missing_common_);
  }
  return values;
}

Result<NumberValues> NumberValues::Make(const ValuesSource& source, std::string_view type,
                                        AggregationContext* context) {
  return Resolve(source, type, context, false);
}

Result<NumberValues> NumberValues::MakeDates(const ValuesSource& source, std::string_view type,
                                             AggregationContext* context) {
  return Resolve(source, type, context, true);
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
