#include "engine/search/significant_terms_aggregation.h"

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/bucket_table.h"
#include "engine/search/live_walk.h"
#include "engine/search/term_keys.h"

namespace binseek::search {
namespace {

class SignificantTermsAggregator final : public Aggregator {
 public:
  SignificantTermsAggregator(const SignificantTermsAggregation* options,
                             AggregationContext* context, std::unique_ptr<TermKeys> keys,
                             TermFilter filter, SubAggregators children)
      : options_(*options),
        context_(context),
        level_(context->bind.level),
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
      BINSEEK_RETURN_IF_ERROR(context_->Extend(docs.buckets[i] + size_t{1}, &sizes_));
      ++sizes_[docs.buckets[i]];
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
    BINSEEK_RETURN_IF_ERROR(CountBackground());
    const uint64_t size = parent < sizes_.size() ? sizes_[parent] : 0;
    std::vector<Candidate> candidates;
    for (const uint32_t id : table_.OfParent(parent)) {
      const int64_t key = table_.key(id);
      if (table_.count(id) < options_.min_doc_count || !keys_->Passes(filter_, key)) {
        continue;
      }
      const auto known = background_.find(key);
      const uint64_t bg = known == background_.end() ? 0 : known->second;
      const double score = options_.heuristic.Score(table_.count(id), size, bg, background_size_);
      if (score > 0) {
        candidates.push_back({id, score, bg});
      }
    }
    std::sort(candidates.begin(), candidates.end(), [this](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score
                                : keys_->Compare(table_.key(a.id), table_.key(b.id)) < 0;
    });
    candidates.resize(std::min<size_t>(candidates.size(), options_.size));
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(candidates.size()));
    BucketsResult out;
    out.background = {.doc_count = size, .bg_count = background_size_};
    for (const Candidate& candidate : candidates) {
      AggregationBucket& to = out.buckets.emplace_back();
      keys_->Show(table_.key(candidate.id), &to);
      to.doc_count = table_.count(candidate.id);
      to.significance = {.score = candidate.score, .bg_count = candidate.bg};
      BINSEEK_ASSIGN_OR_RETURN(to.children, below_.children()->Build(candidate.id));
    }
    AggregationResult result;
    const std::string name = TermsTypeName(keys_->form());
    result.type_name = name == "sterms" ? "sigsterms" : "siglterms";
    result.body = std::move(out);
    return result;
  }

 private:
  struct Candidate {
    uint32_t id = 0;
    double score = 0;
    uint64_t bg = 0;
  };

  // Once, when all is collected: of the values that came.
  Status CountBackground() {
    if (std::exchange(counted_, true)) {
      return Status::Ok();
    }
    for (uint32_t bucket = 0; bucket < table_.size(); ++bucket) {
      background_.try_emplace(table_.key(bucket), 0);
    }
    BINSEEK_RETURN_IF_ERROR(context_->AddBytes(background_.size() * kNodeBytes));
    return WalkLive(
        *context_, level_, options_.background,
        [this](size_t index, const index::SegmentView& segment) {
          return keys_->OpenSegment(index, segment);
        },
        [this](DocId first, const Window& window) {
          background_size_ += window.CountMatches();
          keys_->Open(first, Window::kDocs);
          Status status;
          ForEachBit(window.match, [&](uint32_t offset) {
            if (status.PeekOk()) {
              status = keys_->Read(offset, &of_document_);
            }
            for (const int64_t key : of_document_) {
              if (const auto known = background_.find(key); known != background_.end()) {
                ++known->second;
              }
            }
          });
          return status;
        });
  }

  static constexpr size_t kNodeBytes = 48;

  const SignificantTermsAggregation& options_;
  AggregationContext* const context_;
  const std::string_view level_;  // of its documents
  const std::unique_ptr<TermKeys> keys_;
  const TermFilter filter_;
  BucketedList below_;
  BucketTable<int64_t> table_;
  std::vector<uint64_t> sizes_;  // documents of a parent
  std::vector<int64_t> of_document_;
  bool counted_ = false;
  uint64_t background_size_ = 0;
  std::unordered_map<int64_t, uint64_t> background_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> SignificantTermsAggregation::Make(
    const AggregationSpec& spec, AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<TermKeys> keys, TermKeys::Make(source, context));
  BINSEEK_ASSIGN_OR_RETURN(TermFilter accepted, TermFilter::Make(filter, keys->form(), spec.name));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<SignificantTermsAggregator>(
      this, context, std::move(keys), std::move(accepted), std::move(children)));
}

}  // namespace binseek::search
