// TermsAggregator: what terms aggregations over keywords and over numbers share.
//
// It hands documents on to the aggregations below, and builds the result from a table of buckets; a kind fills the table. Private to the terms
// aggregation. Single-threaded; borrows the spec and the context. Errors: as Aggregator.
#ifndef BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_
#define BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_table.h"
#include "engine/search/terms_order.h"

namespace binseek::search {

// Key: std::string or int64_t.
template <class Key>
class TermsAggregator : public Aggregator {
 public:
  Result<AggregationResult> Build(uint32_t parent) override {
    AggregationResult result = EmptyResult();
    std::vector<CandidateBucket> shown;
    uint64_t total = 0;
    for (const uint32_t id : table_.OfParent(parent)) {
      if (table_.count(id) >= spec_->min_doc_count) {
        total += table_.count(id);
        shown.push_back({id, table_.count(id), {}, 0});
      }
    }
    const bool by_metric = OrdersByMetric(*spec_);
    if (by_metric) {
      // The buckets are built to be compared; most of them are not shown, and do not count against the limit.
      const uint32_t before = context_->buckets;
      for (CandidateBucket& bucket : shown) {
        BINSEEK_ASSIGN_OR_RETURN(bucket.children, children_.Build(bucket.id));
        bucket.buckets_below = context_->buckets - before;
        context_->buckets = before;
      }
    }
    SortBuckets(
        *spec_, [this](uint32_t a, uint32_t b) { return Compare(a, b); }, &shown);
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(shown.size()));
    for (CandidateBucket& bucket : shown) {
      AggregationBucket out;
      Show(table_.key(bucket.id), &out);
      out.doc_count = bucket.count;
      total -= bucket.count;
      if (by_metric) {
        BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(bucket.buckets_below));
        out.children = std::move(bucket.children);
      } else {
        BINSEEK_ASSIGN_OR_RETURN(out.children, children_.Build(bucket.id));
      }
      result.buckets.push_back(std::move(out));
    }
    result.sum_other_doc_count = total;
    return result;
  }

 protected:
  TermsAggregator(const AggregationSpec* spec, AggregationContext* context, std::string type_name,
                  SubAggregators children)
      : spec_(spec),
        context_(context),
        type_name_(std::move(type_name)),
        children_(std::move(children)),
        table_(context) {}

  virtual void Show(const Key& key, AggregationBucket* out) const = 0;

  // A document's buckets, between Begin and HandOn.
  void Begin() {
    offsets_.clear();
    buckets_.clear();
  }
  Status Add(uint32_t offset, uint32_t bucket) {
    table_.Count(bucket);
    if (!children_.empty()) {
      BINSEEK_RETURN_IF_ERROR(context_->Append(offset, &offsets_));
      BINSEEK_RETURN_IF_ERROR(context_->Append(bucket, &buckets_));
    }
    return Status::Ok();
  }
  Status HandOn(DocId first) {
    return offsets_.empty()
               ? Status::Ok()
               : children_.Collect({.first = first, .offsets = offsets_, .buckets = buckets_});
  }

  const AggregationSpec& spec() const { return *spec_; }
  AggregationContext* context() const { return context_; }
  SubAggregators* children() { return &children_; }
  BucketTable<Key>* table() { return &table_; }
  AggregationResult EmptyResult() const {
    AggregationResult result;
    result.name = spec_->name;
    result.kind = spec_->kind;
    result.type_name = type_name_;
    return result;
  }

 private:
  int Compare(uint32_t a, uint32_t b) const {
    const Key& left = table_.key(a);
    const Key& right = table_.key(b);
    return left < right ? -1 : (right < left ? 1 : 0);
  }

  const AggregationSpec* const spec_;
  AggregationContext* const context_;
  const std::string type_name_;
  SubAggregators children_;
  BucketTable<Key> table_;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATOR_H_
