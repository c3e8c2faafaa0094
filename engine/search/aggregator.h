// Aggregator: one aggregation of a request while its search runs, with all its sub-aggregations below it.
//
// A parent numbers its buckets from 0 and hands on which document belongs to which; so work goes by windows, and nothing is called per
// document. Life: OpenSegment, Collect for its windows in ascending order, and again for the next segment; Build at the end.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto root, spec.what->Make(spec, &context));
//   root->OpenSegment(0, segment);  root->Collect({.first = 0, .offsets = ..., .buckets = ...});  root->Build(0);
//
// Single-threaded. Borrows the context and the spec. Errors: kInvalidArgument (field, filter, missing value), kResourceExhausted (more buckets
// or bytes than the context allows), kAborted (cancelled). Past the deadline Collect leaves off, and the interrupt tells.
#ifndef BINSEEK_ENGINE_SEARCH_AGGREGATOR_H_
#define BINSEEK_ENGINE_SEARCH_AGGREGATOR_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/field_values.h"
#include "engine/search/interrupt.h"
#include "engine/search/weight.h"

namespace binseek::search {

// What all aggregators of a search share. Whatever grows with documents, buckets or values is counted in bytes, and never given back: tables live
// as long as their search.
struct AggregationContext {
  std::span<const index::IndexView* const> indices;
  BindContext bind;        // index is not looked at
  QueryPtr restriction{};  // SearchRequest's
  uint32_t max_buckets = kDefaultMaxBuckets;
  uint32_t buckets = 0;  // of the result so far
  uint64_t max_bytes = kDefaultMaxAggregationBytes;
  uint64_t bytes = 0;  // so far
  Interrupt* interrupt = nullptr;

  bool scores = false;  // BucketedDocs have them
  // Results are built of what is below a bucket that fills a gap: no terms without documents are looked for there.
  bool within_gap = false;
  NumberReaders numbers{};

  // Counts buckets that a result is about to hold.
  Status AddBuckets(uint64_t count);
  // Counts memory that is about to be taken.
  Status AddBytes(uint64_t count);
  // Room for `size` elements, at least doubled where there is too little.
  template <class T>
  Status Reserve(size_t size, std::vector<T>* vector) {
    if (size <= vector->capacity()) {
      return Status::Ok();
    }
    const size_t capacity = std::max(size, vector->capacity() * 2);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): elements may be pointers
    BINSEEK_RETURN_IF_ERROR(AddBytes(uint64_t{capacity - vector->capacity()} * sizeof(T)));
    vector->reserve(capacity);
    return Status::Ok();
  }
  // At least `size` elements.
  template <class T>
  Status Extend(size_t size, std::vector<T>* vector) {
    BINSEEK_RETURN_IF_ERROR(Reserve(size, vector));
    vector->resize(std::max(size, vector->size()));
    return Status::Ok();
  }
  template <class T>
  Status Append(T value, std::vector<T>* vector) {
    BINSEEK_RETURN_IF_ERROR(Reserve(vector->size() + 1, vector));
    vector->push_back(std::move(value));
    return Status::Ok();
  }
};

// Buckets held while collecting, whatever the result shows of them; bounds memory.
inline constexpr uint32_t kMaxCollectedBuckets = 1u << 24;
// Where one document means work for every range or filter, the interrupt is looked at this often.
inline constexpr size_t kDocsPerCheck = 256;

// Documents first + offsets[i] in bucket buckets[i]. A document comes once per bucket, offsets ascend; a window comes at most once.
struct BucketedDocs {
  DocId first = 0;
  std::span<const uint32_t> offsets;
  std::span<const uint32_t> buckets;
  const float* scores = nullptr;  // by offset; null: nobody asked for them

  // All of them in the first one's bucket.
  bool InOneBucket() const {
    return std::all_of(buckets.begin(), buckets.end(),
                       [this](uint32_t bucket) { return bucket == buckets.front(); });
  }
  // Other documents of the same window.
  BucketedDocs With(std::span<const uint32_t> other_offsets,
                    std::span<const uint32_t> other_buckets) const {
    return {.first = first, .offsets = other_offsets, .buckets = other_buckets, .scores = scores};
  }
};

class Aggregator {
 public:
  virtual ~Aggregator() = default;
  // `index`: ordinal in the context.
  [[nodiscard]] virtual Status OpenSegment(size_t index, const index::SegmentView& segment) = 0;
  [[nodiscard]] virtual Status Collect(const BucketedDocs& docs) = 0;
  // The result within the parent's `bucket`, which may have had no documents.
  [[nodiscard]] virtual Result<AggregationResult> Build(uint32_t bucket) = 0;
};

// The aggregations below one.
class SubAggregators {
 public:
  // Leaves out pipelines. `specs` are borrowed.
  Status Make(const std::vector<AggregationSpec>& specs, AggregationContext* context,
              bool top_level = false);
  bool empty() const { return aggregators_.empty(); }
  Status OpenSegment(size_t index, const index::SegmentView& segment);
  Status Collect(const BucketedDocs& docs);
  Result<std::vector<AggregationResult>> Build(uint32_t bucket);

 private:
  AggregationContext* context_ = nullptr;
  std::vector<std::unique_ptr<Aggregator>> aggregators_;
  std::vector<const AggregationSpec*> specs_;  // of each
};

// Where a parent notes down which of a window's documents go to which of its buckets, and hands them on. Reused from window to window.
class BucketedList {
 public:
  BucketedList(AggregationContext* context, SubAggregators children)
      : context_(context), children_(std::move(children)) {}

  SubAggregators* children() { return &children_; }
  void Clear() {
    offsets_.clear();
    buckets_.clear();
  }
  Status Add(uint32_t offset, uint32_t bucket) {
    if (children_.empty()) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(context_->Append(offset, &offsets_));
    return context_->Append(bucket, &buckets_);
  }
  Status HandOn(const BucketedDocs& docs) {
    return offsets_.empty() ? Status::Ok() : children_.Collect(docs.With(offsets_, buckets_));
  }

 private:
  AggregationContext* const context_;
  SubAggregators children_;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
};

// Whether any of them, or what is below, wants scores.
bool NeedsScores(const std::vector<AggregationSpec>& specs);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_AGGREGATOR_H_
