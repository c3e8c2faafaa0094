// TermsAggregator: what terms aggregations over keywords and over numbers share.
//
// It hands documents on to the aggregations below, and builds the result from a table of buckets; a kind fills the table. Private to the terms
// aggregation. Single-threaded; borrows the options and the context. Errors: as Aggregator.
#ifndef BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_
#define BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_order.h"
#include "engine/search/bucket_table.h"
#include "engine/search/include_exclude.h"
#include "engine/search/terms_aggregation.h"
#include "engine/search/value_form.h"

namespace binseek::search {

// Key: std::string or int64_t.
template <class Key>
class TermsAggregator : public Aggregator {
 public:
  Result<AggregationResult> Build(uint32_t parent) override {
    AggregationResult result = EmptyResult();
    auto& out = *result.As<BucketsResult>();
    std::vector<CandidateBucket> shown;
    uint64_t total = 0;
    for (const uint32_t id : table_.OfParent(parent)) {
      if (table_.count(id) >= options_.min_doc_count) {
        total += table_.count(id);
        shown.push_back({.id = id, .count = table_.count(id)});
      }
    }
    BINSEEK_RETURN_IF_ERROR(BuildAndSort(
        options_.order, options_.size, [this](uint32_t a, uint32_t b) { return Compare(a, b); },
        children(), context_, &shown));
    for (CandidateBucket& bucket : shown) {
      AggregationBucket& to = out.buckets.emplace_back();
      Show(table_.key(bucket.id), &to);
      to.doc_count = bucket.count;
      to.children = std::move(bucket.children);
      total -= bucket.count;
    }
    out.sum_other_doc_count = total;
    return result;
  }

 protected:
  TermsAggregator(const TermsAggregation* options, AggregationContext* context,
                  std::string type_name, TermFilter filter, SubAggregators children)
      : options_(*options),
        context_(context),
        level_(context->bind.level),
        type_name_(std::move(type_name)),
        filter_(std::move(filter)),
        below_(context, std::move(children)),
        table_(context) {}

  virtual void Show(const Key& key, AggregationBucket* out) const = 0;

  // A document's buckets, between Begin and HandOn.
  void Begin() { below_.Clear(); }
  Status Add(uint32_t offset, uint32_t bucket) {
    table_.Count(bucket);
    return below_.Add(offset, bucket);
  }
  Status HandOn(const BucketedDocs& docs) { return below_.HandOn(docs); }

  const TermsAggregation& options() const { return options_; }
  const TermFilter& filter() const { return filter_; }
  AggregationContext* context() const { return context_; }
  std::string_view level() const { return level_; }  // of its documents
  SubAggregators* children() { return below_.children(); }
  BucketTable<Key>* table() { return &table_; }
  AggregationResult EmptyResult() const {
    AggregationResult result;
    result.type_name = type_name_;
    BucketsResult buckets;
    buckets.sum_other_doc_count = 0;
    buckets.shows_errors = options_.shows_errors;
    result.body = std::move(buckets);
    return result;
  }

 private:
  int Compare(uint32_t a, uint32_t b) const {
    const Key& left = table_.key(a);
    const Key& right = table_.key(b);
    return left < right ? -1 : (right < left ? 1 : 0);
  }

  const TermsAggregation& options_;
  AggregationContext* const context_;
  const std::string_view level_;
  const std::string type_name_;
  const TermFilter filter_;
  BucketedList below_;
  BucketTable<Key> table_;
};

// Over numbers, dates and booleans.
Result<std::unique_ptr<Aggregator>> MakeNumberTermsAggregator(const TermsAggregation* options,
                                                              AggregationContext* context,
                                                              ValueForm form, TermFilter filter,
                                                              SubAggregators children);
// "lterms", "ulterms", "dterms". REQUIRES: form.is_number().
const char* NumberTermsName(const ValueForm& form);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_
