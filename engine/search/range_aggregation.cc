// range: a bucket per interval of a numeric field.
#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

std::string EndText(const std::optional<double>& end) {
  std::string text;
  if (end) {
    JsonWriter(&text).Double(*end);
  }
  return end ? text : "*";
}

bool StartsBefore(const AggregationRange& a, const AggregationRange& b) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::pair left(a.from.value_or(-infinity), a.to.value_or(infinity));
  const std::pair right(b.from.value_or(-infinity), b.to.value_or(infinity));
  return left < right;
}

class RangeAggregator final : public Aggregator {
 public:
  RangeAggregator(const AggregationSpec* spec, AggregationContext* context, ValueForm form,
                  std::optional<double> missing, SubAggregators children)
      : spec_(spec),
        context_(context),
        form_(std::move(form)),
        missing_(missing),
        children_(std::move(children)),
        ranges_(spec->ranges) {
    std::stable_sort(ranges_.begin(), ranges_.end(), StartsBefore);
  }

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    numbers_.reset();
    field_ = nullptr;
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      field_ = ref->field;
      numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
    }
    return children_.OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    offsets_.clear();
    buckets_.clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      if (i % kDocsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      values_.clear();
      if (numbers_ != nullptr) {
        numbers_->ForEach(docs.offsets[i], [&](int64_t value) {
          values_.push_back(mapping::ToDouble(*field_, value));
        });
      }
      if (values_.empty() && missing_) {
        values_.push_back(*missing_);
      }
      BINSEEK_RETURN_IF_ERROR(CollectOne(docs.offsets[i], docs.buckets[i]));
    }
    return children_.empty()
               ? Status::Ok()
               : children_.Collect({.first = docs.first, .offsets = offsets_, .buckets = buckets_});
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.name = spec_->name;
    result.kind = spec_->kind;
    result.type_name = "range";
    result.keyed = spec_->keyed;
    result.date =
        form_.kind() == ValueForm::Kind::kColumn && form_.field().kind == mapping::FieldKind::kDate;
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(ranges_.size()));
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const size_t own = size_t{bucket} * ranges_.size() + i;
      AggregationBucket out;
      out.key_text = ranges_[i].key.empty()
                         ? EndText(ranges_[i].from) + "-" + EndText(ranges_[i].to)
                         : ranges_[i].key;
      JsonWriter(&out.key_json).String(out.key_text);
      out.from = ranges_[i].from;
      out.to = ranges_[i].to;
      out.doc_count = own < counts_.size() ? counts_[own] : 0;
      BINSEEK_ASSIGN_OR_RETURN(
          out.children,
          children_.Build(static_cast<uint32_t>(std::min<size_t>(own, kMaxCollectedBuckets))));
      result.buckets.push_back(std::move(out));
    }
    return result;
  }

 private:
  // A document counts once in a range, however many of its values lie there.
  Status CollectOne(uint32_t offset, uint32_t parent) {
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const AggregationRange& range = ranges_[i];
      const bool inside = std::any_of(values_.begin(), values_.end(), [&](double value) {
        return (!range.from || value >= *range.from) && (!range.to || value < *range.to);
      });
      if (!inside) {
        continue;
      }
      const uint64_t bucket = uint64_t{parent} * ranges_.size() + i;
      if (bucket >= kMaxCollectedBuckets) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      BINSEEK_RETURN_IF_ERROR(context_->Extend(bucket + 1, &counts_));
      ++counts_[bucket];
      if (!children_.empty()) {
        BINSEEK_RETURN_IF_ERROR(context_->Append(offset, &offsets_));
        BINSEEK_RETURN_IF_ERROR(context_->Append(static_cast<uint32_t>(bucket), &buckets_));
      }
    }
    return Status::Ok();
  }

  const AggregationSpec* const spec_;
  AggregationContext* const context_;
  const ValueForm form_;
  const std::optional<double> missing_;
  SubAggregators children_;
  std::vector<AggregationRange> ranges_;  // as shown: by from, then by to
  const mapping::Field* field_ = nullptr;
  std::unique_ptr<NumberReader> numbers_;
  std::vector<double> values_;  // of one document
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
  std::vector<uint64_t> counts_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> MakeRangeAggregator(const AggregationSpec& spec,
                                                        AggregationContext* context) {
  BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, spec.field));
  if (form.kind() == ValueForm::Kind::kText) {
    return Status::InvalidArgument("Field [" + spec.field + "] of type [" +
                                   std::string(mapping::TypeName(form.field())) +
                                   "] is not supported for aggregation [range]");
  }
  if (spec.ranges.size() > context->max_buckets) {
    return Status::ResourceExhausted("Trying to create too many buckets.");
  }
  std::optional<double> missing;
  if (spec.missing && form.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(const int64_t common, form.Parse(*spec.missing));
    missing = form.ToDouble(common);
  }
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<RangeAggregator>(
      &spec, context, std::move(form), missing, std::move(children)));
}

}  // namespace binseek::search
