#include "engine/search/single_bucket_aggregation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/live_walk.h"
#include "engine/search/system_field.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

AggregationResult Bucket(std::string_view type, uint64_t doc_count,
                         std::vector<AggregationResult> children) {
  AggregationResult result;
  result.type_name = type;
  result.body = SingleBucketResult{.doc_count = doc_count, .children = std::move(children)};
  return result;
}

// Lets the query's matches pass, and walks over all documents itself at the end.
class GlobalAggregator final : public Aggregator {
 public:
  GlobalAggregator(AggregationContext* context, SubAggregators children)
      : context_(context), children_(std::move(children)) {
    scores_.fill(1);
  }

  Status OpenSegment(size_t /*index*/, const index::SegmentView& /*segment*/) override {
    return Status::Ok();
  }
  Status Collect(const BucketedDocs& /*docs*/) override { return Status::Ok(); }

  Result<AggregationResult> Build(uint32_t /*bucket*/) override {
    uint64_t count = 0;
    BINSEEK_RETURN_IF_ERROR(WalkLive(
        *context_, "", context_->restriction,
        [this](size_t index, const index::SegmentView& segment) {
          return children_.OpenSegment(index, segment);
        },
        [&](DocId first, const Window& window) {
          size_t matches = 0;
          ForEachBit(window.match, [&](uint32_t offset) { offsets_[matches++] = offset; });
          count += matches;
          return children_.Collect(
              {.first = first,
               .offsets = std::span<const uint32_t>(offsets_.data(), matches),
               .buckets = std::span<const uint32_t>(root_buckets_.data(), matches),
               .scores = context_->scores ? scores_.data() : nullptr});
        }));
    BINSEEK_ASSIGN_OR_RETURN(std::vector<AggregationResult> children, children_.Build(0));
    return Bucket("global", count, std::move(children));
  }

 private:
  AggregationContext* const context_;
  SubAggregators children_;
  std::array<uint32_t, Window::kDocs> offsets_{};
  const std::array<uint32_t, Window::kDocs> root_buckets_{};
  std::array<float, Window::kDocs> scores_{};
};

// The field in each index; any that has terms or a column.
Result<std::vector<std::optional<FieldRef>>> FieldsThatMayBeMissing(
    const AggregationContext& context, const std::string& name) {
  std::vector<std::optional<FieldRef>> refs;
  for (const index::IndexView* const index : context.indices) {
    BINSEEK_ASSIGN_OR_RETURN(std::optional<FieldRef> ref, FindValues(*index, name));
    if (ref && ref->field->is_object()) {
      ref.reset();
    }
    if (ref && ref->is_text()) {
      return FieldDataDisabled(name);
    }
    if (ref && !ref->has_terms() && !ref->field->has_column()) {
      return Status::InvalidArgument("Fielddata is not supported on field [" + name +
                                     "] of type [" + std::string(mapping::TypeName(*ref->field)) +
                                     "]");
    }
    refs.push_back(std::move(ref));
  }
  return refs;
}

class MissingAggregator final : public Aggregator {
 public:
  MissingAggregator(AggregationContext* context, std::vector<std::optional<FieldRef>> refs,
                    bool none, SubAggregators children)
      : context_(context),
        refs_(std::move(refs)),
        none_(none),
        below_(context, std::move(children)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    numbers_.reset();
    ords_.reset();
    if (const std::optional<FieldRef>& ref = refs_[index]; ref) {
      if (ref->has_terms()) {
        ords_ = std::make_unique<OrdReader>(segment, *ref);
      } else {
        numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
      }
    }
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    if (none_) {
      return Status::Ok();
    }
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    if (ords_ != nullptr) {
      ords_->Open(docs.first, docs.offsets.size());
    }
    below_.Clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      const uint32_t offset = docs.offsets[i];
      const bool any = (numbers_ != nullptr && numbers_->ForEach(offset, [](int64_t) {})) ||
                       (ords_ != nullptr && ords_->ForEach(offset, [](uint32_t) {}));
      if (!any) {
        BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &counts_));
        ++counts_[docs.buckets[i]];
        BINSEEK_RETURN_IF_ERROR(below_.Add(offset, docs.buckets[i]));
      }
    }
    BINSEEK_RETURN_IF_ERROR(ords_ != nullptr ? ords_->status() : Status::Ok());
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    BINSEEK_ASSIGN_OR_RETURN(std::vector<AggregationResult> children,
                             below_.children()->Build(bucket));
    return Bucket("missing", bucket < counts_.size() ? counts_[bucket] : 0, std::move(children));
  }

 private:
  AggregationContext* const context_;
  const std::vector<std::optional<FieldRef>> refs_;
  const bool none_;  // what is missing has a value in its place
  BucketedList below_;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<OrdReader> ords_;
  std::vector<uint64_t> counts_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> GlobalAggregation::Make(const AggregationSpec& spec,
                                                            AggregationContext* context) const {
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<GlobalAggregator>(context, std::move(children)));
}

Result<std::unique_ptr<Aggregator>> MissingAggregation::Make(const AggregationSpec& spec,
                                                             AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(auto refs, FieldsThatMayBeMissing(*context, source.field));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<MissingAggregator>(
      context, std::move(refs), source.missing.has_value(), std::move(children)));
}

}  // namespace binseek::search
