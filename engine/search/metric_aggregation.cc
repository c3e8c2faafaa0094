// min, max, avg, sum, stats, value_count.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

const char* NameOf(AggregationKind kind) {
  switch (kind) {
    case AggregationKind::kMin:
      return "min";
    case AggregationKind::kMax:
      return "max";
    case AggregationKind::kAvg:
      return "avg";
    case AggregationKind::kSum:
      return "sum";
    case AggregationKind::kStats:
      return "stats";
    default:
      return "value_count";
  }
}

// Kahan's sum, so that the order of segments does not show in the result.
struct Statistics {
  uint64_t count = 0;
  double sum = 0;
  double lost = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    ++count;
    const double wanted = value - lost;
    const double next = sum + wanted;
    lost = std::isfinite(next) ? (next - sum) - wanted : 0;
    sum = next;
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

class MetricAggregator final : public Aggregator {
 public:
  MetricAggregator(const AggregationSpec* spec, AggregationContext* context, ValueForm form,
                   std::optional<double> missing)
      : spec_(spec), context_(context), form_(std::move(form)), missing_(missing) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    numbers_.reset();
    ords_.reset();
    field_ = nullptr;
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      field_ = ref->field;
      if (ref->has_terms()) {
        ords_ = std::make_unique<OrdReader>(segment, *ref);
      } else {
        numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
      }
    }
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    if (ords_ != nullptr) {
      ords_->Open(docs.first, docs.offsets.size());
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &buckets_));
      CollectOne(docs.offsets[i], &buckets_[docs.buckets[i]]);
    }
    return ords_ != nullptr ? ords_->status() : Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.name = spec_->name;
    result.kind = spec_->kind;
    result.type_name = NameOf(spec_->kind);
    result.date =
        form_.kind() == ValueForm::Kind::kColumn && form_.field().kind == mapping::FieldKind::kDate;
    if (bucket < buckets_.size()) {
      result.count = buckets_[bucket].count;
      result.sum = buckets_[bucket].sum;
      result.min = buckets_[bucket].min;
      result.max = buckets_[bucket].max;
    }
    return result;
  }

 private:
  void CollectOne(uint32_t offset, Statistics* statistics) const {
    bool any = false;
    if (numbers_ != nullptr) {
      any = numbers_->ForEach(
          offset, [&](int64_t value) { statistics->Add(mapping::ToDouble(*field_, value)); });
    } else if (ords_ != nullptr) {
      any = ords_->ForEach(offset, [&](uint32_t) { ++statistics->count; });
    }
    if (!any && missing_) {
      statistics->Add(*missing_);
    }
  }

  const AggregationSpec* const spec_;
  AggregationContext* const context_;
  const ValueForm form_;
  const std::optional<double> missing_;
  const mapping::Field* field_ = nullptr;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<OrdReader> ords_;
  std::vector<Statistics> buckets_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> MakeMetricAggregator(const AggregationSpec& spec,
                                                         AggregationContext* context) {
  BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, spec.field));
  if (form.kind() == ValueForm::Kind::kText && spec.kind != AggregationKind::kValueCount) {
    return Status::InvalidArgument(
        "Field [" + spec.field + "] of type [" + std::string(mapping::TypeName(form.field())) +
        "] is not supported for aggregation [" + NameOf(spec.kind) + "]");
  }
  std::optional<double> missing;
  if (spec.missing && form.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(const int64_t common, form.Parse(*spec.missing));
    missing = form.ToDouble(common);
  } else if (spec.missing && form.kind() == ValueForm::Kind::kText) {
    missing = 0;  // only counted
  } else if (spec.missing) {
    mapping::Field number;
    number.kind = mapping::FieldKind::kDouble;
    BINSEEK_ASSIGN_OR_RETURN(const int64_t sortable,
                             mapping::ParseColumnValue(number, *spec.missing));
    missing = mapping::DoubleFromSortable(sortable);
  }
  return std::unique_ptr<Aggregator>(
      std::make_unique<MetricAggregator>(&spec, context, std::move(form), missing));
}

}  // namespace binseek::search
