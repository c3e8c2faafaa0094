#include "engine/search/nested_aggregation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/block_level.h"
#include "engine/search/nested_query.h"

namespace binseek::search {
namespace {

// Hands on other documents than come in. Those are of other windows too, so what is to be handed on waits until nothing more can come for its window.
class LevelAggregator : public Aggregator {
 public:
  LevelAggregator(std::string_view type, AggregationContext* context, SubAggregators children)
      : type_(type), context_(context), children_(std::move(children)) {}

  Result<AggregationResult> Build(uint32_t bucket) override {
    BINSEEK_RETURN_IF_ERROR(HandOn(codec::kNoMoreDocs));
    SingleBucketResult body;
    body.doc_count = bucket < counts_.size() ? counts_[bucket] : 0;
    BINSEEK_ASSIGN_OR_RETURN(body.children, children_.Build(bucket));
    AggregationResult result;
    result.type_name = type_;
    result.body = std::move(body);
    return result;
  }

 protected:
  // To be called first by OpenSegment.
  Status OpenBelow(size_t index, const index::SegmentView& segment) {
    BINSEEK_RETURN_IF_ERROR(HandOn(codec::kNoMoreDocs));
    return children_.OpenSegment(index, segment);
  }
  const mapping::Mapping& MappingOf(size_t index) const {
    return *context_->indices[index]->mapping;
  }
  AggregationContext* context() const { return context_; }

  // REQUIRES: documents ascend within a segment; of one, in one bucket once.
  Status Add(DocId doc, uint32_t bucket, const float* score) {
    BINSEEK_RETURN_IF_ERROR(context_->Extend(bucket + size_t{1}, &counts_));
    ++counts_[bucket];
    if (children_.empty()) {
      return Status::Ok();
    }
    has_scores_ = score != nullptr;
    return context_->Append(Entry{doc, bucket, score == nullptr ? 0 : *score}, &waiting_);
  }

  // All windows that end at or before `end`.
  Status HandOn(DocId end) {
    size_t begin = 0;
    while (begin < waiting_.size()) {
      const DocId first = waiting_[begin].doc / Window::kDocs * Window::kDocs;
      if (uint64_t{first} + Window::kDocs > end) {
        break;
      }
      offsets_.clear();
      buckets_.clear();
      for (; begin < waiting_.size() && waiting_[begin].doc - first < Window::kDocs; ++begin) {
        const Entry& entry = waiting_[begin];
        BINSEEK_RETURN_IF_ERROR(context_->Append(entry.doc - first, &offsets_));
        BINSEEK_RETURN_IF_ERROR(context_->Append(entry.bucket, &buckets_));
        scores_[entry.doc - first] = entry.score;
      }
      BINSEEK_RETURN_IF_ERROR(
          children_.Collect({.first = first,
                             .offsets = offsets_,
                             .buckets = buckets_,
                             .scores = has_scores_ ? scores_.data() : nullptr}));
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(begin));
    return Status::Ok();
  }

  // False: past the deadline.
  Result<bool> GoesOn(size_t i) {
    if (i % kDocsPerCheck == 0) {
      BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
      return !context_->interrupt->TimedOut();
    }
    return true;
  }

 private:
  struct Entry {
    DocId doc = 0;
    uint32_t bucket = 0;
    float score = 0;
  };

  const std::string_view type_;
  AggregationContext* const context_;
  SubAggregators children_;
  std::vector<Entry> waiting_;
  std::vector<uint64_t> counts_;
  bool has_scores_ = false;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
  std::array<float, Window::kDocs> scores_{};
};

class NestedAggregator final : public LevelAggregator {
 public:
  NestedAggregator(const NestedAggregation* options, std::string_view level,
                   AggregationContext* context, SubAggregators children)
      : LevelAggregator("nested", context, std::move(children)),
        options_(*options),
        level_(level) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    BINSEEK_RETURN_IF_ERROR(OpenBelow(index, segment));
    objects_.reset();
    const mapping::Field* const field = FieldOfLevel(MappingOf(index), options_.path);
    if (field != nullptr && IsBelow(*field, level_)) {
      BINSEEK_ASSIGN_OR_RETURN(objects_, Level::Open(segment, field));
      BINSEEK_ASSIGN_OR_RETURN(parents_,
                               Level::Open(segment, FieldOfLevel(MappingOf(index), level_)));
    }
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    for (size_t i = 0; objects_ && i < docs.offsets.size();) {
      size_t end = i + 1;  // of the buckets of one document
      while (end < docs.offsets.size() && docs.offsets[end] == docs.offsets[i]) {
        ++end;
      }
      const DocId parent = docs.first + docs.offsets[i];
      const float* const score = docs.scores == nullptr ? nullptr : &docs.scores[docs.offsets[i]];
      size_t seen = 0;
      for (DocId object = objects_->Next(parents_->FirstChild(parent)); object < parent;
           object = objects_->Next(object + 1)) {
        BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(seen++));
        if (!goes_on) {
          return Status::Ok();
        }
        for (size_t j = i; j < end; ++j) {
          BINSEEK_RETURN_IF_ERROR(Add(object, docs.buckets[j], score));
        }
      }
      i = end;
    }
    // Objects of later documents are behind the last one here.
    return HandOn(docs.first);
  }

 private:
  const NestedAggregation& options_;
  const std::string_view level_;
  std::optional<Level> objects_;  // nullopt: the index has none
  std::optional<Level> parents_;
};

class ReverseNestedAggregator final : public LevelAggregator {
 public:
  ReverseNestedAggregator(const ReverseNestedAggregation* options, std::string_view level,
                          AggregationContext* context, SubAggregators children)
      : LevelAggregator("reverse_nested", context, std::move(children)),
        options_(*options),
        level_(level) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    BINSEEK_RETURN_IF_ERROR(OpenBelow(index, segment));
    std::fill(last_.begin(), last_.end(), codec::kNoMoreDocs);
    parents_.reset();
    const mapping::Field* const field = FieldOfLevel(MappingOf(index), level_);
    if (field != nullptr && IsBelow(*field, options_.path)) {
      const mapping::Field* const target = FieldOfLevel(MappingOf(index), options_.path);
      BINSEEK_ASSIGN_OR_RETURN(parents_, Level::Open(segment, target));
    }
    return Status::Ok();
  }

  // Objects of one document follow each other, whatever their buckets.
  Status Collect(const BucketedDocs& docs) override {
    for (size_t i = 0; parents_ && i < docs.offsets.size(); ++i) {
      BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(i));
      if (!goes_on) {
        return Status::Ok();
      }
      const DocId parent = parents_->Next(docs.first + docs.offsets[i]);
      const uint32_t bucket = docs.buckets[i];
      if (last_.size() <= bucket) {
        BINSEEK_RETURN_IF_ERROR(context()->Reserve(bucket + size_t{1}, &last_));
        last_.resize(bucket + size_t{1}, codec::kNoMoreDocs);
      }
      if (parent == codec::kNoMoreDocs || last_[bucket] == parent) {
        continue;
      }
      last_[bucket] = parent;
      BINSEEK_RETURN_IF_ERROR(
          Add(parent, bucket, docs.scores == nullptr ? nullptr : &docs.scores[docs.offsets[i]]));
    }
    // No later object belongs to a document before it.
    return HandOn(docs.first + Window::kDocs);
  }

 private:
  const ReverseNestedAggregation& options_;
  const std::string_view level_;
  std::optional<Level> parents_;
  std::vector<DocId> last_;  // by bucket: the document that was added last of this segment
};

// That the path is a nested object wherever an index has it.
Status CheckPath(std::string_view type, const std::string& path,
                 const AggregationContext& context) {
  for (const index::IndexView* const index : context.indices) {
    const mapping::Field* const field = index->mapping->Find(path);
    if (field != nullptr && field->is_object() && field->kind != mapping::FieldKind::kNested) {
      return Status::InvalidArgument("[" + std::string(type) + "] nested path [" + path +
                                     "] is not nested");
    }
  }
  return Status::Ok();
}

// What is below, made for documents of `level`.
Result<SubAggregators> MakeBelow(const AggregationSpec& spec, std::string_view level,
                                 AggregationContext* context) {
  SubAggregators children;
  const std::string_view around = std::exchange(context->bind.level, level);
  const Status made = children.Make(spec.children, context);
  context->bind.level = around;
  BINSEEK_RETURN_IF_ERROR(made);
  return children;
}

}  // namespace

Result<std::unique_ptr<Aggregator>> NestedAggregation::Make(const AggregationSpec& spec,
                                                            AggregationContext* context) const {
  BINSEEK_RETURN_IF_ERROR(CheckPath(type(), path, *context));
  BINSEEK_ASSIGN_OR_RETURN(SubAggregators children, MakeBelow(spec, path, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<NestedAggregator>(this, context->bind.level, context, std::move(children)));
}

Result<std::unique_ptr<Aggregator>> ReverseNestedAggregation::Make(
    const AggregationSpec& spec, AggregationContext* context) const {
  if (context->bind.level.empty()) {
    return Status::InvalidArgument("Reverse nested aggregation [" + spec.name +
                                   "] can not be used outside a [nested] aggregation");
  }
  BINSEEK_RETURN_IF_ERROR(CheckPath(type(), path, *context));
  BINSEEK_ASSIGN_OR_RETURN(SubAggregators children, MakeBelow(spec, path, context));
  return std::unique_ptr<Aggregator>(std::make_unique<ReverseNestedAggregator>(
      this, context->bind.level, context, std::move(children)));
}

}  // namespace binseek::search
