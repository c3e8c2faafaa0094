#include "engine/search/top_hits_aggregation.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/index_setting.h"
#include "engine/search/nested_path.h"
#include "engine/search/sort_plan.h"
#include "engine/search/top_docs.h"
#include "engine/search/window.h"

namespace binseek::search {
namespace {

// Keys are read a window at a time for the documents of all buckets together; a bucket keeps the cells of its best.
class TopHitsAggregator final : public Aggregator {
 public:
  TopHitsAggregator(const TopHitsAggregation* options, AggregationContext* context, SortPlan plan)
      : options_(*options),
        context_(context),
        level_(context->bind.level),
        plan_(std::move(plan)),
        shows_score_(plan_.has_score() || options->track_scores) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    const auto& segments = context_->indices[index]->segments;
    const auto at = std::find_if(segments.begin(), segments.end(),
                                 [&segment](const auto& other) { return other.get() == &segment; });
    place_ = PositionOf(index, static_cast<uint64_t>(at - segments.begin()), 0);
    for (const auto& reader : readers_) {
      BINSEEK_RETURN_IF_ERROR(reader->status());
    }
    readers_.clear();
    for (size_t k = 0; k < plan_.size(); ++k) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<KeyReader> reader,
                               KeyReader::Open(&plan_.key(k), index, segment, place_));
      readers_.push_back(std::move(reader));
    }
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    window_->ClearMatches();
    for (const uint32_t offset : docs.offsets) {
      window_->Set(offset);
      window_->score[offset] = docs.scores == nullptr ? 0 : docs.scores[offset];
    }
    for (const auto& reader : readers_) {
      reader->Fill(docs.first, *window_);
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(context_->Reserve(docs.buckets[i] + size_t{1}, &buckets_));
      if (buckets_.size() <= docs.buckets[i]) {
        buckets_.resize(docs.buckets[i] + size_t{1});
      }
      BINSEEK_RETURN_IF_ERROR(CollectOne(docs.first, docs.offsets[i], &buckets_[docs.buckets[i]]));
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    auto hits = std::make_shared<TopHits>();
    hits->shown = options_.shown;
    hits->level = level_;
    if (bucket < buckets_.size()) {
      std::vector<TopDoc> docs = buckets_[bucket].docs;
      std::sort(docs.begin(), docs.end(),
                [this](const TopDoc& a, const TopDoc& b) { return Before(a, b); });
      hits->total = buckets_[bucket].total;
      if (shows_score_ && hits->total > 0) {
        hits->max_score = buckets_[bucket].max_score;
      }
      for (size_t i = options_.from; i < docs.size(); ++i) {
        hits->hits.push_back(MakeHit(docs[i]));
      }
    }
    AggregationResult result;
    result.type_name = "top_hits";
    result.body = TopHitsResult{.hits = std::move(hits)};
    return result;
  }

 private:
  struct Bucket {
    uint64_t total = 0;
    float max_score = std::numeric_limits<float>::lowest();
    std::vector<TopDoc> docs;  // a heap, the worst on top, once it is full
  };

  bool Before(const TopDoc& a, const TopDoc& b) const {
    if (plan_.by_score()) {
      return a.score != b.score ? a.score > b.score : a.position < b.position;
    }
    for (size_t k = 0; k < plan_.size(); ++k) {
      if (const int order = plan_.Compare(k, a.cells[k], b.cells[k]); order != 0) {
        return order < 0;
      }
    }
    return a.position < b.position;
  }

  Status CollectOne(DocId first, uint32_t offset, Bucket* bucket) {
    const size_t keep = options_.from + options_.size;
    const float score = window_->score[offset];
    ++bucket->total;
    bucket->max_score = std::max(bucket->max_score, score);
    if (keep == 0) {
      return Status::Ok();
    }
    candidate_.position = place_ + first + offset;
    candidate_.score = score;
    BINSEEK_RETURN_IF_ERROR(ReadCells(offset));
    const auto before = [this](const TopDoc& a, const TopDoc& b) { return Before(a, b); };
    if (bucket->docs.size() == keep) {
      if (!Before(candidate_, bucket->docs.front())) {
        return Status::Ok();
      }
      std::pop_heap(bucket->docs.begin(), bucket->docs.end(), before);
      bucket->docs.back() = candidate_;
    } else {
      BINSEEK_RETURN_IF_ERROR(
          context_->AddBytes(sizeof(TopDoc) + candidate_.cells.size() * sizeof(SortCell)));
      bucket->docs.push_back(candidate_);
    }
    std::push_heap(bucket->docs.begin(), bucket->docs.end(), before);
    return Status::Ok();
  }

  // With texts, so that cells of all segments compare.
  Status ReadCells(uint32_t offset) {
    candidate_.cells.resize(plan_.by_score() ? 0 : plan_.size());
    for (size_t k = 0; k < candidate_.cells.size(); ++k) {
      SortCell& cell = candidate_.cells[k];
      cell.text.clear();
      readers_[k]->Copy(offset, &cell);
      if (plan_.key(k).is_text() && cell.rank == 0 && KeyReader::IsTerm(cell.number)) {
        BINSEEK_RETURN_IF_ERROR(readers_[k]->TextOf(cell.number, &cell.text));
      }
    }
    return Status::Ok();
  }

  Hit MakeHit(const TopDoc& doc) const {
    Hit hit = HitOf(*context_->indices[IndexOf(doc.position)],
                    {SegmentOf(doc.position), DocOf(doc.position)}, options_.parts);
    if (shows_score_) {
      hit.score = doc.score;
    }
    for (size_t k = 0; k < doc.cells.size(); ++k) {
      plan_.AppendJson(k, doc.cells[k], &hit.sort.emplace_back());
    }
    return hit;
  }

  const TopHitsAggregation& options_;
  AggregationContext* const context_;
  const std::string_view level_;
  const SortPlan plan_;
  const bool shows_score_;
  uint64_t place_ = 0;
  std::vector<std::unique_ptr<KeyReader>> readers_;
  const std::unique_ptr<Window> window_ = std::make_unique<Window>();
  TopDoc candidate_;
  std::vector<Bucket> buckets_;
};

}  // namespace

bool TopHitsAggregation::needs_scores() const {
  return track_scores || sort.empty() ||
         std::any_of(sort.begin(), sort.end(),
                     [](const SortKey& key) { return key.kind == SortKey::Kind::kScore; });
}

Result<std::unique_ptr<Aggregator>> TopHitsAggregation::Make(const AggregationSpec& spec,
                                                             AggregationContext* context) const {
  const uint64_t window =
      LeastSetting(context->indices, "index.max_inner_result_window", kMaxWindow, kMostWindow);
  if (from + size > window) {
    return Status::InvalidArgument(
        "Top hits result window is too large, the top hits aggregator [" + spec.name +
        "]'s from + size must be less than or equal to: [" + std::to_string(window) +
        "] but was [" + std::to_string(from + size) +
        "]. This limit can be set by changing the [index.max_inner_result_window] index level "
        "setting.");
  }
  BINSEEK_ASSIGN_OR_RETURN(SortPlan plan, SortPlan::Make(context->indices, sort, context->bind));
  return std::unique_ptr<Aggregator>(
      std::make_unique<TopHitsAggregator>(this, context, std::move(plan)));
}

}  // namespace binseek::search
