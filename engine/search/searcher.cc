#include "engine/search/searcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/collapse_key.h"
#include "engine/search/hit_fetch.h"
#include "engine/search/interrupt.h"
#include "engine/search/live_roots.h"
#include "engine/search/pipeline_aggregation.h"
#include "engine/search/profile_timer.h"
#include "engine/search/request_limits.h"
#include "engine/search/rescore.h"
#include "engine/search/team_search.h"
#include "engine/search/top_docs.h"
#include "engine/search/weight.h"
#include "engine/search/window_collector.h"

namespace binseek::search {
namespace {

// One search from its first window to its result.
class SearchRun {
 public:
  SearchRun(const index::EngineView& view, std::span<const index::IndexView* const> indices,
            const SearchRequest& request, const SearchOptions& options)
      : indices_(indices),
        request_(request),
        options_(options),
        interrupt_(options.cancel, options.clock, request.timeout_ms) {
    bind_.view = &view;
    bind_.analysis = options_.analysis;
    bind_.form = options_.form;
    bind_.now_micros = options_.clock->NowMicros();
    bind_.interrupt = &interrupt_;
    bind_.filters = options_.filters;
  }

  Result<SearchResult> Run() {
    BINSEEK_RETURN_IF_ERROR(Prepare());
    BINSEEK_RETURN_IF_ERROR(TeamSearch::IsWorthwhile(options_.pool, request_, indices_)
                                ? SearchTogether()
                                : SearchAlone());
    return Finish();
  }

 private:
  Status Prepare() {
    query_ = request_.query != nullptr ? request_.query : MakeMatchAll();
    if (request_.restriction != nullptr) {
      query_ = MakeBool({.must = {query_}, .filter = {request_.restriction}});
    }
    BINSEEK_ASSIGN_OR_RETURN(plan_, SortPlan::Make(indices_, request_.sort, bind_));
    const Cursor* after = request_.after.get();
    if (request_.search_after) {
      BINSEEK_ASSIGN_OR_RETURN(search_after_, plan_.ParseSearchAfter(*request_.search_after));
      after = &search_after_;
    }
    if (after != nullptr && after->cells.size() != plan_.size()) {
      return Status::InvalidArgument("the cursor belongs to another sort");
    }
    const size_t k = WantedDocs();
    shows_score_ = k > 0 && (plan_.has_score() || request_.track_scores);
    const bool aggregates_scores = NeedsScores(request_.aggregations);
    bind_.scores = shows_score_ || request_.min_score.has_value() || aggregates_scores;
    seeks_max_score_ =
        shows_score_ && (request_.track_scores || (plan_.best_score_first() && after != nullptr));
    top_docs_plan_ = {.plan = &plan_, .k = k, .after = after, .scores = bind_.scores};
    if (!request_.collapse_field.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(collapse_, CollapseKey::Make(indices_, request_.collapse_field));
    }
    result_.profile.resize(request_.profile ? indices_.size() : 0);
    const bool one_score = query_->constant_score() && request_.index_boosts.empty();
    const bool in_order = plan_.by_place() || (plan_.by_score() && one_score);
    const bool stops_when_full =
        (k == 0 || in_order) && !seeks_max_score_ && request_.aggregations.empty();
    if (request_.after != nullptr && in_order && stops_when_full &&
        request_.track_total_hits == SearchRequest::kCountNone && request_.terminate_after == 0) {
      start_ = request_.after->position;
    }
    aggregation_context_.indices = indices_;
    aggregation_context_.restriction = request_.restriction;
    aggregation_context_.bind = bind_;
    aggregation_context_.max_buckets = options_.max_buckets;
    aggregation_context_.max_bytes = options_.max_aggregation_bytes;
    aggregation_context_.interrupt = &interrupt_;
    aggregation_context_.scores = aggregates_scores;
    BINSEEK_RETURN_IF_ERROR(CheckPipelines(request_.aggregations));
    BINSEEK_RETURN_IF_ERROR(aggregations_.Make(request_.aggregations, &aggregation_context_, true));
    collect_plan_ = {.request = &request_,
                     .aggregations = &aggregations_,
                     .interrupt = &interrupt_,
                     .scores = bind_.scores,
                     .aggregates_scores = aggregates_scores,
                     .seeks_max_score = seeks_max_score_,
                     .stops_when_full = stops_when_full,
                     .best_score_first = plan_.by_score() && k > 0,
                     .sorts_by_keys = !plan_.by_score() && k > 0,
                     .start = start_};
    return Status::Ok();
  }

  // The query and the post filter (null: there is none) bound to one index.
  struct Bound {
    BindContext context;
    std::unique_ptr<Weight> weight;
    std::unique_ptr<Weight> post_filter;
  };

  Result<Bound> BindTo(size_t ordinal, IndexProfile* profile) const {
    Bound bound;
    bound.context = bind_;
    bound.context.index = indices_[ordinal];
    ProfileTimer timer(profile != nullptr);
    const float boost = request_.index_boosts.empty() ? 1 : request_.index_boosts[ordinal];
    BINSEEK_ASSIGN_OR_RETURN(bound.weight, query_->Bind(bound.context, boost));
    if (profile != nullptr) {
      timer.Lap(&profile->bind_nanos, nullptr);
    }
    if (request_.post_filter != nullptr) {
      bound.context.scores = false;
      BINSEEK_ASSIGN_OR_RETURN(bound.post_filter, request_.post_filter->Bind(bound.context, 1));
    }
    return bound;
  }

  Status SearchAlone() {
    TopDocs top_docs(&plan_, top_docs_plan_.k, top_docs_plan_.after, top_docs_plan_.scores);
    if (collapse_ != nullptr) {
      top_docs.CollapseBy(collapse_.get());
    }
    collect_plan_.top_docs = &top_docs;
    const auto collector = std::make_unique<WindowCollector>(collect_plan_);
    for (size_t i = IndexOf(start_); i < indices_.size() && !collector->stopped(); ++i) {
      BINSEEK_RETURN_IF_ERROR(SearchIndex(i, collector.get()));
    }
    result_.terminated_early = collector->terminated_early();
    hits_ = collector->hits();
    max_score_ = collector->max_score();
    BINSEEK_ASSIGN_OR_RETURN(docs_, top_docs.Take());
    return Status::Ok();
  }

  Status SearchIndex(size_t ordinal, WindowCollector* collector) {
    IndexProfile* const profile = request_.profile ? &result_.profile[ordinal] : nullptr;
    BINSEEK_ASSIGN_OR_RETURN(const Bound bound, BindTo(ordinal, profile));
    const index::IndexView& index = *indices_[ordinal];
    collector->OpenIndex(*query_, bound.context, profile);
    for (uint32_t s = 0; s < index.segments.size() && !collector->index_done(); ++s) {
      if (PositionOf(ordinal, s, index.segments[s]->max_doc()) > start_) {
        BINSEEK_RETURN_IF_ERROR(collector->CollectSegment(ordinal, s, *index.segments[s],
                                                          *bound.weight, bound.post_filter.get()));
      }
    }
    return Status::Ok();
  }

  Status SearchTogether() {
    TeamSearch team(options_.pool, collect_plan_, top_docs_plan_);
    for (size_t i = IndexOf(start_); i < indices_.size(); ++i) {
      BINSEEK_ASSIGN_OR_RETURN(Bound bound, BindTo(i, nullptr));
      team.Add(i, *query_, bound.context, std::move(bound.weight), std::move(bound.post_filter));
    }
    BINSEEK_RETURN_IF_ERROR(team.Run());
    hits_ = team.hits();
    max_score_ = team.max_score();
    BINSEEK_ASSIGN_OR_RETURN(docs_, team.Take());
    return Status::Ok();
  }

  Result<SearchResult> Finish() {
    result_.shards = static_cast<uint32_t>(indices_.size());
    std::vector<TopDoc> docs = std::move(docs_);
    BINSEEK_RETURN_IF_ERROR(RescoreAll(&docs));
    if (collapse_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(collapse_->status());
    }
    std::optional<float> max_score = max_score_;
    if (!docs.empty()) {
      MakeCursor(docs.back());
      if (plan_.best_score_first() && (!seeks_max_score_ || !request_.rescorers.empty())) {
        max_score = docs.front().score;
      }
    }
    result_.max_score = max_score;
    result_.hits.reserve(docs.size() - std::min<size_t>(docs.size(), request_.from));
    for (size_t i = request_.from; i < docs.size(); ++i) {
      result_.hits.push_back(MakeHit(docs[i]));
    }
    FetchHits(request_.parts, result_.hits);
    if (request_.track_total_hits != SearchRequest::kCountNone) {
      const bool exact = hits_ <= request_.track_total_hits;
      result_.total = TotalHits{exact ? hits_ : request_.track_total_hits, exact};
    }
    BINSEEK_ASSIGN_OR_RETURN(result_.aggregations, aggregations_.Build(0));
    BINSEEK_RETURN_IF_ERROR(RunPipelines(request_.aggregations, interrupt_, &result_.aggregations));
    result_.timed_out = interrupt_.timed_out();
    return std::move(result_);
  }

  // How many of the best are kept: rescorers may bring some forward.
  size_t WantedDocs() const {
    uint64_t wanted = request_.size == 0 ? 0 : request_.from + request_.size;
    for (const Rescorer& rescorer : request_.rescorers) {
      wanted = request_.size == 0 ? 0 : std::max(wanted, rescorer.window_size);
    }
    return wanted;
  }

  Status RescoreAll(std::vector<TopDoc>* docs) const {
    for (size_t i = 0; i < request_.rescorers.size(); ++i) {
      BINSEEK_RETURN_IF_ERROR(
          Rescore(request_.rescorers[i], uint64_t{1} << i, indices_, bind_, docs));
    }
    if (!request_.rescorers.empty()) {
      docs->resize(std::min<size_t>(docs->size(), request_.from + request_.size));
    }
    return Status::Ok();
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
    if (shows_score_) {
      hit.score = doc.score;
    }
    for (size_t k = 0; k < doc.cells.size(); ++k) {
      plan_.AppendJson(k, doc.cells[k], &hit.sort.emplace_back());
    }
    hit.rescored = doc.rescored;
    if (collapse_ != nullptr) {
      hit.collapse_value = collapse_->ValueOf(doc.group);
    }
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
  uint64_t start_ = 0;            // nothing before this position is looked at
  std::unique_ptr<CollapseKey> collapse_;  // null: hits are not collapsed
  TopDocsPlan top_docs_plan_;
  CollectPlan collect_plan_;  // without what one thread has to itself
  AggregationContext aggregation_context_;
  SubAggregators aggregations_;
  std::vector<TopDoc> docs_;  // what was found, best first
  uint64_t hits_ = 0;
  std::optional<float> max_score_;
  SearchResult result_;
};

}  // namespace

Result<SearchResult> Search(const index::EngineView& view,
                            std::span<const index::IndexView* const> indices,
                            const SearchRequest& request, const SearchOptions& options) {
  BINSEEK_RETURN_IF_ERROR(CheckIndices(indices));
  BINSEEK_RETURN_IF_ERROR(CheckRequest(request, indices, options));
  return std::make_unique<SearchRun>(view, indices, request, options)->Run();
}

Result<uint64_t> Count(const index::EngineView& view,
                       std::span<const index::IndexView* const> indices, const QueryPtr& query,
                       const SearchOptions& options, int64_t timeout_ms,
                       std::optional<float> min_score) {
  if (query == nullptr && !min_score) {
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
  request.min_score = min_score;
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult result, Search(view, indices, request, options));
  if (result.timed_out) {
    return Status::Aborted("The count was not complete within [" + std::to_string(timeout_ms) +
                           "ms]");
  }
  return result.total->value;
}

}  // namespace binseek::search
