#include "engine/search/sampler_aggregation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/window.h"

namespace binseek::search {
namespace {

struct Sampled {
  float score = 0;
  uint32_t segment = 0;  // ordinal among those that were opened
  DocId doc = 0;
};
// The better one first; of equal ones the earlier.
bool Before(const Sampled& a, const Sampled& b) {
  return std::tuple(-a.score, a.segment, a.doc) < std::tuple(-b.score, b.segment, b.doc);
}

// Keeps the best of each index, and hands them to the aggregations below when the result is asked for.
class SamplerAggregator final : public Aggregator {
 public:
  SamplerAggregator(uint32_t most, AggregationContext* context, SubAggregators children)
      : most_(most), context_(context), children_(std::move(children)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    if (index != index_) {
      KeepBest();
      index_ = index;
    }
    segments_.emplace_back(index, &segment);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      const uint32_t bucket = docs.buckets[i];
      BINSEEK_RETURN_IF_ERROR(context_->Extend(bucket + size_t{1}, &buckets_));
      std::vector<Sampled>& best = buckets_[bucket].best;
      const float score = docs.scores == nullptr ? 0 : docs.scores[docs.offsets[i]];
      const Sampled sampled{score, static_cast<uint32_t>(segments_.size() - 1),
                            docs.first + docs.offsets[i]};
      if (best.size() < most_) {
        BINSEEK_RETURN_IF_ERROR(context_->Append(sampled, &best));
        std::push_heap(best.begin(), best.end(), Before);
      } else if (Before(sampled, best.front())) {
        std::pop_heap(best.begin(), best.end(), Before);
        best.back() = sampled;
        std::push_heap(best.begin(), best.end(), Before);
      }
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    if (!replayed_) {
      replayed_ = true;
      KeepBest();
      BINSEEK_RETURN_IF_ERROR(Replay());
    }
    SingleBucketResult out;
    out.doc_count = bucket < buckets_.size() ? buckets_[bucket].kept.size() : 0;
    BINSEEK_ASSIGN_OR_RETURN(out.children, children_.Build(bucket));
    AggregationResult result;
    result.type_name = "sampler";
    result.body = std::move(out);
    return result;
  }

 private:
  struct Bucket {
    std::vector<Sampled> best;  // of the present index, a heap with the worst one in front
    std::vector<Sampled> kept;  // of those before
  };
  struct Place {
    uint32_t segment = 0;
    DocId doc = 0;
    uint32_t bucket = 0;
    float score = 0;
  };

  void KeepBest() {
    for (Bucket& bucket : buckets_) {
      bucket.kept.insert(bucket.kept.end(), bucket.best.begin(), bucket.best.end());
      bucket.best.clear();
    }
  }

  Status Replay() {
    std::vector<Place> places;
    for (uint32_t b = 0; b < buckets_.size(); ++b) {
      for (const Sampled& sampled : buckets_[b].kept) {
        BINSEEK_RETURN_IF_ERROR(
            context_->Append(Place{sampled.segment, sampled.doc, b, sampled.score}, &places));
      }
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::tuple(a.segment, a.doc, a.bucket) < std::tuple(b.segment, b.doc, b.bucket);
    });
    for (size_t i = 0; i < places.size();) {
      const uint32_t segment = places[i].segment;
      BINSEEK_RETURN_IF_ERROR(
          children_.OpenSegment(segments_[segment].first, *segments_[segment].second));
      while (i < places.size() && places[i].segment == segment) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        BINSEEK_RETURN_IF_ERROR(HandOnWindow(places, &i));
      }
    }
    return Status::Ok();
  }

  Status HandOnWindow(const std::vector<Place>& places, size_t* at) {
    const uint32_t segment = places[*at].segment;
    const DocId first = places[*at].doc / Window::kDocs * Window::kDocs;
    offsets_.clear();
    of_buckets_.clear();
    for (; *at < places.size() && places[*at].segment == segment &&
           places[*at].doc < first + Window::kDocs;
         ++*at) {
      const Place& place = places[*at];
      offsets_.push_back(place.doc - first);
      of_buckets_.push_back(place.bucket);
      scores_[place.doc - first] = place.score;
    }
    return children_.Collect(
        {.first = first, .offsets = offsets_, .buckets = of_buckets_, .scores = scores_.data()});
  }

  const uint32_t most_;
  AggregationContext* const context_;
  SubAggregators children_;
  size_t index_ = 0;
  std::vector<std::pair<size_t, const index::SegmentView*>> segments_;
  std::vector<Bucket> buckets_;  // by number of the parent's
  bool replayed_ = false;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> of_buckets_;
  std::array<float, Window::kDocs> scores_{};
};

}  // namespace

Result<std::unique_ptr<Aggregator>> SamplerAggregation::Make(const AggregationSpec& spec,
                                                             AggregationContext* context) const {
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<SamplerAggregator>(shard_size, context, std::move(children)));
}

}  // namespace binseek::search
