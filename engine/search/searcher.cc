#include "engine/search/searcher.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/constant_query.h"
#include "engine/search/interrupt.h"
#include "engine/search/live_roots.h"
#include "engine/search/top_docs.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

constexpr size_t kMaxIndices =
    size_t{1} << 16;  // of one search, and segments of one index: what Cursor::position holds

void Intersect(const Window& other, Window* window) {
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= other.match[w];
  }
}

// Boosts may multiply beyond what a float holds; and only finite scores have one order.
void KeepFinite(Window* window) {
  constexpr float kGreatest = std::numeric_limits<float>::max();
  ForEachBit(window->match, [&](uint32_t offset) {
    float& score = window->score[offset];
    if (!std::isfinite(score)) {
      score = std::isnan(score) ? 0 : std::copysign(kGreatest, score);
    }
  });
}

void DropBelow(float min_score, Window* window) {
  ForEachBit(window->match, [&](uint32_t offset) {
    if (window->score[offset] < min_score) {
      window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
    }
  });
}

// Leaves the first `keep` matches.
void Truncate(uint64_t keep, Window* window) {
  ForEachBit(window->match, [&](uint32_t offset) {
    if (keep == 0) {
      window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
    } else {
      --keep;
    }
  });
}

Status CheckAggregations(const std::vector<AggregationSpec>& specs, uint32_t depth, size_t* count) {
  *count += specs.size();
  if (*count > kMaxAggregations) {
    return Status::InvalidArgument("The number of aggregations exceeds the maximum of [" +
                                   std::to_string(kMaxAggregations) + "]");
  }
  if (!specs.empty() && depth > kMaxAggregationDepth) {
    return Status::InvalidArgument("The nested depth of the aggregations exceeds the maximum of [" +
                                   std::to_string(kMaxAggregationDepth) + "]");
  }
  for (const AggregationSpec& spec : specs) {
    BINSEEK_RETURN_IF_ERROR(CheckAggregations(spec.children, depth + 1, count));
  }
  return Status::Ok();
}

Status CheckIndices(std::span<const index::IndexView* const> indices) {
  bool fits = indices.size() < kMaxIndices;
  for (const index::IndexView* index : indices) {
    fits = fits && index->segments.size() < kMaxIndices;
  }
  return fits ? Status::Ok()
              : Status::ResourceExhausted("too many indices or segments for one search");
}

Status CheckRequest(const SearchRequest& request, const SearchOptions& options) {
  if (request.from > options.max_result_window ||
      request.size > options.max_result_window - request.from) {
    return Status::InvalidArgument(
        "Result window is too large, from + size must be less than or equal to: [" +
        std::to_string(options.max_result_window) + "] but was [" +
        std::to_string(request.from + request.size) +
        "]. See the scroll api for a more efficient way to request large data sets. This limit can "
        "be set by changing the "
        "[index.max_result_window] index level setting.");
  }
  if (request.search_after && request.from > 0) {
    return Status::InvalidArgument("`from` parameter must be set to 0 when `search_after` is used");
  }
  if (request.query != nullptr) {
    BINSEEK_RETURN_IF_ERROR(CheckLimits(*request.query));
  }
  if (request.post_filter != nullptr) {
    BINSEEK_RETURN_IF_ERROR(CheckLimits(*request.post_filter));
  }
  size_t aggregations = 0;
  return CheckAggregations(request.aggregations, 1, &aggregations);
}

// One search from its first window to its result.
class SearchRun {
 public:
  SearchRun(std::span<const index::IndexView* const> indices, const SearchRequest& request,
            const SearchOptions& options)
      : indices_(indices),
        request_(request),
        options_(options),
        interrupt_(options.cancel, options.clock, request.timeout_ms) {}

  Result<SearchResult> Run() {
    BINSEEK_RETURN_IF_ERROR(Prepare());
    for (size_t i = 0; i < indices_.size() && !stopped_; ++i) {
      BINSEEK_RETURN_IF_ERROR(SearchIndex(i));
    }
    return Finish();
  }

 private:
  Status Prepare() {
    query_ = request_.query != nullptr ? request_.query : MakeMatchAll();
    BINSEEK_ASSIGN_OR_RETURN(plan_, SortPlan::Make(indices_, request_.sort));
    const Cursor* after = request_.after.get();
    if (request_.search_after) {
      BINSEEK_ASSIGN_OR_RETURN(search_after_, plan_.ParseSearchAfter(*request_.search_after));
      after = &search_after_;
    }
    if (after != nullptr && after->cells.size() != plan_.size()) {
      return Status::InvalidArgument("the cursor belongs to another sort");
    }
    const size_t k = request_.size == 0 ? 0 : request_.from + request_.size;
    shows_score_ = k > 0 && (plan_.has_score() || request_.track_scores);
    bind_.analysis = options_.analysis;
    bind_.form = options_.form;
    bind_.scores = shows_score_ || request_.min_score.has_value();
    bind_.now_micros = options_.clock->NowMicros();
    seeks_max_score_ =
        shows_score_ && (request_.track_scores || (plan_.best_score_first() && after != nullptr));
    top_docs_ = std::make_unique<TopDocs>(&plan_, k, after, bind_.scores);
    const bool in_order = plan_.by_place() || (plan_.by_score() && query_->constant_score());
    stops_when_full_ = (k == 0 || in_order) && !seeks_max_score_ && request_.aggregations.empty();
    if (request_.after != nullptr && in_order && stops_when_full_ &&
        request_.track_total_hits == SearchRequest::kCountNone && request_.terminate_after == 0) {
      start_ = request_.after->position;
    }
    aggregation_context_.indices = indices_;
    aggregation_context_.bind = bind_;
    aggregation_context_.max_buckets = options_.max_buckets;
    aggregation_context_.max_bytes = options_.max_aggregation_bytes;
    aggregation_context_.interrupt = &interrupt_;
    return aggregations_.Make(request_.aggregations, &aggregation_context_);
  }

  Status SearchIndex(size_t ordinal) {
    if (ordinal < IndexOf(start_)) {
      return Status::Ok();
    }
    const index::IndexView& index = *indices_[ordinal];
    BindContext context = bind_;
    context.index = &index;
    BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Weight> weight, query_->Bind(context, 1));
    std::unique_ptr<Weight> post_filter;
    if (request_.post_filter != nullptr) {
      context.scores = false;
      BINSEEK_ASSIGN_OR_RETURN(post_filter, request_.post_filter->Bind(context, 1));
    }
    index_hits_ = 0;
    index_done_ = false;
    for (uint32_t s = 0; s < index.segments.size() && !index_done_ && !stopped_; ++s) {
      if (PositionOf(ordinal, s, index.segments[s]->max_doc()) <= start_) {
        continue;
      }
      const index::SegmentView& segment = *index.segments[s];
      BINSEEK_RETURN_IF_ERROR(aggregations_.OpenSegment(ordinal, segment));
      BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, weight->MakeScorer(segment));
      if (scorer == nullptr) {
        continue;
      }
      post_filter_scorer_.reset();
      if (post_filter != nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(post_filter_scorer_, post_filter->MakeScorer(segment));
      }
      BINSEEK_RETURN_IF_ERROR(top_docs_->OpenSegment(ordinal, s, segment));
      const DocId begin =
          PositionOf(ordinal, s, 0) <= start_ ? DocOf(start_) / Window::kDocs * Window::kDocs : 0;
      BINSEEK_RETURN_IF_ERROR(SearchSegment(segment, begin, scorer.get()));
    }
    return Status::Ok();
  }

  Status SearchSegment(const index::SegmentView& segment, DocId begin, Scorer* scorer) {
    for (DocId first = begin; first < segment.max_doc() && !index_done_ && !stopped_;
         first += Window::kDocs) {
      BINSEEK_RETURN_IF_ERROR(interrupt_.Check());
      if (interrupt_.TimedOut()) {
        stopped_ = true;
        break;
      }
      if (scorer->FillWindow(first, &window_)) {
        KeepLiveRoots(segment, first, &window_);
        if (bind_.scores) {
          KeepFinite(&window_);
        }
        if (request_.min_score) {
          DropBelow(*request_.min_score, &window_);
        }
        BINSEEK_RETURN_IF_ERROR(CollectWindow(first));
      }
    }
    BINSEEK_RETURN_IF_ERROR(scorer->status());
    return post_filter_scorer_ != nullptr ? post_filter_scorer_->status() : Status::Ok();
  }

  Status CollectWindow(DocId first) {
    if (!aggregations_.empty()) {
      BINSEEK_RETURN_IF_ERROR(Aggregate(first));
    }
    if (request_.post_filter != nullptr) {
      if (post_filter_scorer_ == nullptr ||
          !post_filter_scorer_->FillWindow(first, &filter_window_)) {
        return Status::Ok();
      }
      Intersect(filter_window_, &window_);
    }
    uint64_t matches = window_.CountMatches();
    if (request_.terminate_after > 0 && index_hits_ + matches > request_.terminate_after) {
      matches = request_.terminate_after - index_hits_;
      Truncate(matches, &window_);
      result_.terminated_early = true;
      index_done_ = true;
    }
    if (matches == 0) {
      return Status::Ok();
    }
    index_hits_ += matches;
    hits_ += matches;
    if (seeks_max_score_) {
      ForEachBit(window_.match, [&](uint32_t offset) {
        max_score_ =
            max_score_ ? std::max(*max_score_, window_.score[offset]) : window_.score[offset];
      });
    }
    // Equal scores in order of place: nothing behind the k first can come before them.
    if (!stops_when_full_ || !top_docs_->full()) {
      top_docs_->Collect(first, window_);
    }
    const bool counted =
        request_.track_total_hits == SearchRequest::kCountNone || hits_ > request_.track_total_hits;
    stopped_ = stops_when_full_ && counted && top_docs_->full();
    return Status::Ok();
  }

  Status Aggregate(DocId first) {
    size_t count = 0;
    ForEachBit(window_.match, [&](uint32_t offset) { offsets_[count++] = offset; });
    if (count == 0) {
      return Status::Ok();
    }
    return aggregations_.Collect(
        {.first = first,
         .offsets = std::span<const uint32_t>(offsets_.data(), count),
         .buckets = std::span<const uint32_t>(root_buckets_.data(), count)});
  }

  Result<SearchResult> Finish() {
    result_.timed_out = interrupt_.timed_out();
    result_.shards = static_cast<uint32_t>(indices_.size());
    BINSEEK_ASSIGN_OR_RETURN(std::vector<TopDoc> docs, top_docs_->Take());
    if (!docs.empty()) {
      MakeCursor(docs.back());
      if (plan_.best_score_first() && !seeks_max_score_) {
        max_score_ = docs.front().score;
      }
    }
    result_.max_score = max_score_;
    for (size_t i = request_.from; i < docs.size(); ++i) {
      result_.hits.push_back(MakeHit(docs[i]));
    }
    if (request_.track_total_hits != SearchRequest::kCountNone) {
      const bool exact = hits_ <= request_.track_total_hits;
      result_.total = TotalHits{exact ? hits_ : request_.track_total_hits, exact};
    }
    BINSEEK_ASSIGN_OR_RETURN(result_.aggregations, aggregations_.Build(0));
    return std::move(result_);
  }

  void MakeCursor(const TopDoc& last) {
    Cursor cursor;
    cursor.cells = last.cells;
    cursor.position = last.position;
    if (plan_.by_score()) {
      SortCell cell;
      cell.number = plan_.key(0).Fold(NumberOfScore(last.score));
      cursor.cells = {cell};
    }
    result_.cursor = std::make_shared<const Cursor>(std::move(cursor));
  }

  Hit MakeHit(const TopDoc& doc) const {
    Hit hit;
    hit.index = indices_[IndexOf(doc.position)];
    hit.address = {SegmentOf(doc.position), DocOf(doc.position)};
    const index::SegmentView& segment = hit.index->at(hit.address);
    hit.id = segment.segment().Key(hit.address.doc);
    if (shows_score_) {
      hit.score = doc.score;
    }
    for (size_t k = 0; k < doc.cells.size(); ++k) {
      plan_.AppendJson(k, doc.cells[k], &hit.sort.emplace_back());
    }
    const index::SystemRow row = segment.System(hit.address.doc);
    hit.version = row.version.value_or(0);
    hit.seq_no = row.seq_no.value_or(0);
    return hit;
  }

  const std::span<const index::IndexView* const> indices_;
  const SearchRequest& request_;
  const SearchOptions& options_;
  Interrupt interrupt_;
  QueryPtr query_;
  SortPlan plan_;
  Cursor search_after_;
  BindContext bind_;
  bool shows_score_ = false;
  bool seeks_max_score_ = false;  // the best of all matches, where it is not simply the first hit's
  bool stops_when_full_ = false;  // matches come in the order of the result
  uint64_t start_ = 0;            // nothing before this position is looked at
  std::unique_ptr<TopDocs> top_docs_;
  AggregationContext aggregation_context_;
  SubAggregators aggregations_;

  // State of the walk.
  Window window_{};
  Window filter_window_{};
  std::array<uint32_t, Window::kDocs> offsets_{};
  const std::array<uint32_t, Window::kDocs> root_buckets_{};
  std::unique_ptr<Scorer> post_filter_scorer_;
  uint64_t hits_ = 0;
  uint64_t index_hits_ = 0;
  bool index_done_ = false;
  bool stopped_ = false;
  std::optional<float> max_score_;
  SearchResult result_;
};

}  // namespace

Result<SearchResult> Search(const index::EngineView& /*view*/,
                            std::span<const index::IndexView* const> indices,
                            const SearchRequest& request, const SearchOptions& options) {
  BINSEEK_RETURN_IF_ERROR(CheckIndices(indices));
  BINSEEK_RETURN_IF_ERROR(CheckRequest(request, options));
  return std::make_unique<SearchRun>(indices, request, options)->Run();
}

Result<uint64_t> Count(const index::EngineView& view,
                       std::span<const index::IndexView* const> indices, const QueryPtr& query,
                       const SearchOptions& options, int64_t timeout_ms) {
  if (query == nullptr) {
    uint64_t count = 0;
    for (const index::IndexView* index : indices) {
      for (const auto& segment : index->segments) {
        count += CountLiveRoots(*segment);
      }
    }
    return count;
  }
  SearchRequest request;
  request.query = query;
  request.size = 0;
  request.track_total_hits = SearchRequest::kCountAll;
  request.timeout_ms = timeout_ms;
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult result, Search(view, indices, request, options));
  if (result.timed_out) {
    return Status::Aborted("The count was not complete within [" + std::to_string(timeout_ms) +
                           "ms]");
  }
  return result.total->value;
}

}  // namespace binseek::search
