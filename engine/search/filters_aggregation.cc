// filter and filters: a bucket per query.
#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/search/aggregator.h"
#include "engine/search/query.h"

namespace binseek::search {
namespace {

class FiltersAggregator final : public Aggregator {
 public:
  // `weights[index][filter]`.
  FiltersAggregator(const AggregationSpec* spec, AggregationContext* context,
                    std::vector<std::vector<std::unique_ptr<Weight>>> weights,
                    SubAggregators children)
      : spec_(spec),
        context_(context),
        weights_(std::move(weights)),
        children_(std::move(children)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    scorers_.clear();
    for (const auto& weight : weights_[index]) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, weight->MakeScorer(segment));
      scorers_.push_back(std::move(scorer));
    }
    return children_.OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    for (size_t filter = 0; filter < scorers_.size(); ++filter) {
      if (scorers_[filter] == nullptr || !scorers_[filter]->FillWindow(docs.first, &window_)) {
        continue;
      }
      offsets_.clear();
      buckets_.clear();
      for (size_t i = 0; i < docs.offsets.size(); ++i) {
        if (window_.Test(docs.offsets[i])) {
          const uint64_t bucket = uint64_t{docs.buckets[i]} * Filters() + filter;
          if (bucket >= kMaxCollectedBuckets) {
            return Status::ResourceExhausted("Trying to create too many buckets.");
          }
          offsets_.push_back(docs.offsets[i]);
          buckets_.push_back(static_cast<uint32_t>(bucket));
        }
      }
      Count();
      passes_.emplace_back(offsets_, buckets_);
    }
    return HandOn(docs.first);
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.name = spec_->name;
    result.kind = spec_->kind;
    result.type_name = spec_->kind == AggregationKind::kFilter ? "filter" : "filters";
    result.keyed = spec_->keyed;
    BINSEEK_RETURN_IF_ERROR(
        context_->AddBuckets(spec_->kind == AggregationKind::kFilter ? 0 : Filters()));
    for (const size_t filter : ShownOrder()) {
      const size_t own = size_t{bucket} * Filters() + filter;
      AggregationBucket out;
      out.key_text = spec_->filters[filter].name;
      JsonWriter(&out.key_json).String(out.key_text);
      out.doc_count = own < counts_.size() ? counts_[own] : 0;
      BINSEEK_ASSIGN_OR_RETURN(
          out.children,
          children_.Build(static_cast<uint32_t>(std::min<size_t>(own, kMaxCollectedBuckets))));
      result.buckets.push_back(std::move(out));
    }
    return result;
  }

 private:
  uint32_t Filters() const { return static_cast<uint32_t>(spec_->filters.size()); }

  void Count() {
    for (const uint32_t bucket : buckets_) {
      if (bucket >= counts_.size()) {
        counts_.resize(std::max<size_t>(bucket + size_t{1}, counts_.size() * 2));
      }
      ++counts_[bucket];
    }
  }

  // Merges the filters' passes by offset: children see a window once.
  Status HandOn(DocId first) {
    if (children_.empty() || passes_.empty()) {
      passes_.clear();
      return Status::Ok();
    }
    std::vector<std::pair<uint32_t, uint32_t>> merged;
    for (const auto& [offsets, buckets] : passes_) {
      for (size_t i = 0; i < offsets.size(); ++i) {
        merged.emplace_back(offsets[i], buckets[i]);
      }
    }
    passes_.clear();
    std::sort(merged.begin(), merged.end());
    offsets_.clear();
    buckets_.clear();
    for (const auto& [offset, bucket] : merged) {
      offsets_.push_back(offset);
      buckets_.push_back(bucket);
    }
    return children_.Collect({.first = first, .offsets = offsets_, .buckets = buckets_});
  }

  // Keyed filters are shown by name, anonymous ones as given.
  std::vector<size_t> ShownOrder() const {
    std::vector<size_t> order;
    for (size_t i = 0; i < spec_->filters.size(); ++i) {
      order.push_back(i);
    }
    if (spec_->keyed) {
      std::sort(order.begin(), order.end(), [this](size_t a, size_t b) {
        return spec_->filters[a].name < spec_->filters[b].name;
      });
    }
    return order;
  }

  const AggregationSpec* const spec_;
  AggregationContext* const context_;
  const std::vector<std::vector<std::unique_ptr<Weight>>> weights_;
  SubAggregators children_;
  std::vector<std::unique_ptr<Scorer>> scorers_;  // null: nothing of the segment
  Window window_{};
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
  std::vector<std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> passes_;
  std::vector<uint64_t> counts_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> MakeFiltersAggregator(const AggregationSpec& spec,
                                                          AggregationContext* context) {
  std::vector<std::vector<std::unique_ptr<Weight>>> weights;
  for (const index::IndexView* index : context->indices) {
    BindContext bind = context->bind;
    bind.index = index;
    bind.scores = false;
    weights.emplace_back();
    for (const NamedFilter& filter : spec.filters) {
      BINSEEK_RETURN_IF_ERROR(CheckLimits(*filter.query));
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, filter.query->Bind(bind, 1));
      weights.back().push_back(std::move(weight));
    }
  }
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<FiltersAggregator>(&spec, context, std::move(weights), std::move(children)));
}

}  // namespace binseek::search
