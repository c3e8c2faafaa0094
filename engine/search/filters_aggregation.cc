// filter and filters: a bucket per query.
#include <algorithm>
#include <array>
#include <iterator>
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
    BINSEEK_RETURN_IF_ERROR(FillWindows(docs.first));
    offsets_.clear();
    buckets_.clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      if (i % kDocsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      BINSEEK_RETURN_IF_ERROR(CollectOne(docs.offsets[i], docs.buckets[i]));
    }
    return offsets_.empty()
               ? Status::Ok()
               : children_.Collect({.first = docs.first, .offsets = offsets_, .buckets = buckets_});
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

  // Asks every filter about the window, and keeps the answers of those that match something there.
  Status FillWindows(DocId first) {
    matching_.clear();
    for (uint32_t filter = 0; filter < scorers_.size(); ++filter) {
      BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
      if (scorers_[filter] == nullptr) {
        continue;
      }
      const bool any = scorers_[filter]->FillWindow(first, &window_);
      BINSEEK_RETURN_IF_ERROR(scorers_[filter]->status());
      if (any) {
        BINSEEK_RETURN_IF_ERROR(context_->Extend(matching_.size() + 1, &matches_));
        std::copy(std::begin(window_.match), std::end(window_.match),
                  matches_[matching_.size()].begin());
        matching_.push_back(filter);
      }
    }
    return Status::Ok();
  }

  Status CollectOne(uint32_t offset, uint32_t parent) {
    for (size_t i = 0; i < matching_.size(); ++i) {
      if (((matches_[i][offset / 64] >> (offset % 64)) & 1) == 0) {
        continue;
      }
      const uint64_t bucket = uint64_t{parent} * Filters() + matching_[i];
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
  // Of the present window: filters that match something, and what.
  std::vector<uint32_t> matching_;
  std::vector<std::array<uint64_t, Window::kWords>> matches_;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
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
