// rare_terms: counted as terms are, and then the rare ones are shown.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_order.h"
#include "engine/search/bucket_table.h"
#include "engine/search/include_exclude.h"
#include "engine/search/term_keys.h"
#include "engine/search/terms_aggregation.h"

namespace binseek::search {
namespace {

class RareTermsAggregator final : public Aggregator {
 public:
  RareTermsAggregator(const RareTermsAggregation* options, AggregationContext* context,
                      std::unique_ptr<TermKeys> keys, TermFilter filter, SubAggregators children)
      : options_(*options),
        context_(context),
        keys_(std::move(keys)),
        filter_(std::move(filter)),
        below_(context, std::move(children)),
        table_(context) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    BINSEEK_RETURN_IF_ERROR(keys_->OpenSegment(index, segment));
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    keys_->Open(docs.first, docs.offsets.size());
    below_.Clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(keys_->Read(docs.offsets[i], &of_document_));
      for (const int64_t key : of_document_) {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t bucket, table_.Find(docs.buckets[i], key));
        table_.Count(bucket);
        BINSEEK_RETURN_IF_ERROR(below_.Add(docs.offsets[i], bucket));
      }
    }
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t parent) override {
    std::vector<CandidateBucket> shown;
    for (const uint32_t id : table_.OfParent(parent)) {
      const int64_t key = table_.key(id);
      if (table_.count(id) <= options_.max_doc_count && keys_->Passes(filter_, key)) {
        shown.push_back({.id = id, .count = table_.count(id)});
      }
    }
    const std::vector<BucketOrder> order = {{.by = BucketOrder::By::kCount, .descending = false}};
    BINSEEK_RETURN_IF_ERROR(BuildAndSort(
        order, shown.size(),
        [this](uint32_t a, uint32_t b) { return keys_->Compare(table_.key(a), table_.key(b)); },
        below_.children(), context_, &shown));
    BucketsResult out;
    for (CandidateBucket& bucket : shown) {
      AggregationBucket& to = out.buckets.emplace_back();
      keys_->Show(table_.key(bucket.id), &to);
      to.doc_count = bucket.count;
      to.children = std::move(bucket.children);
    }
    AggregationResult result;
    const std::string name = TermsTypeName(keys_->form());
    result.type_name = keys_->form().kind() == ValueForm::Kind::kNone ? "umrareterms"
                       : name == "sterms"                             ? "srareterms"
                                                                      : "lrareterms";
    result.body = std::move(out);
    return result;
  }

 private:
  const RareTermsAggregation& options_;
  AggregationContext* const context_;
  const std::unique_ptr<TermKeys> keys_;
  const TermFilter filter_;
  BucketedList below_;
  BucketTable<int64_t> table_;
  std::vector<int64_t> of_document_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> RareTermsAggregation::Make(const AggregationSpec& spec,
                                                               AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<TermKeys> keys, TermKeys::Make(source, context));
  BINSEEK_ASSIGN_OR_RETURN(TermFilter accepted, TermFilter::Make(filter, keys->form(), spec.name));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<RareTermsAggregator>(
      this, context, std::move(keys), std::move(accepted), std::move(children)));
}

}  // namespace binseek::search
