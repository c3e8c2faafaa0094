#include "engine/search/window_collector.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/search/live_roots.h"
#include "engine/search/profile_timer.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

constexpr std::array<uint32_t, Window::kDocs> kRootBuckets{};

void Intersect(const Window& other, Window* window) {
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= other.match[w];
  }
}

void KeepFinite(Window* window) {
  constexpr uint32_t kExponent = 0x7F800000;
  // Mostly there is nothing to do, which is quicker seen over all numbers, those of no document included.
  bool any = false;
  const bool few = window->CountMatches() < Window::kDocs / 16;
  for (uint32_t i = 0; i < Window::kDocs && !few; ++i) {
    any |= (std::bit_cast<uint32_t>(window->score[i]) & kExponent) == kExponent;
  }
  if (!any && !few) {
    return;
  }
  ForEachBit(window->match,
             [&](uint32_t offset) { window->score[offset] = Finite(window->score[offset]); });
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

}  // namespace

void WindowCollector::OpenIndex(const Query& query, const BindContext& context,
                                IndexProfile* profile) {
  query_ = &query;
  match_weight_.reset();
  match_context_ = context;
  match_context_.scores = false;
  profile_ = profile;
  index_hits_ = 0;
  index_done_ = false;
}

Status WindowCollector::CollectSegment(size_t index, uint32_t segment_ord,
                                       const index::SegmentView& segment, const Weight& weight,
                                       const Weight* post_filter) {
  BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn());
  if (!goes_on) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(plan_.aggregations->OpenSegment(index, segment));
  has_post_filter_ = post_filter != nullptr;
  counted_ahead_ = CountAhead(weight, segment);
  if (counted_ahead_ && plan_.request->size == 0) {
    stopped_ = plan_.stops_when_full && counted();
    return Status::Ok();  // there was nothing to do but to count
  }
  ProfileTimer timer(profile_ != nullptr);
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, weight.MakeScorer(segment));
  if (profile_ != nullptr) {
    timer.Lap(&profile_->build_scorer_nanos, &profile_->build_scorer_count);
  }
  if (scorer == nullptr) {
    return Status::Ok();
  }
  post_filter_scorer_.reset();
  if (post_filter != nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(post_filter_scorer_, post_filter->MakeScorer(segment));
  }
  BINSEEK_RETURN_IF_ERROR(plan_.top_docs->OpenSegment(index, segment_ord, segment));
  const uint64_t place = PositionOf(index, segment_ord, 0);
  const DocId begin = place <= plan_.start ? DocOf(plan_.start) / Window::kDocs * Window::kDocs : 0;
  if (begin == 0 && TakesApart(segment, *scorer)) {
    BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> all, MakeMatcher(segment));
    return WalkApart(segment, scorer.get(), all.get());
  }
  if (plan_.request->size == 0 && !plan_.scores && OnlyCounts(*scorer)) {
    return WalkBits(segment, begin, scorer.get());
  }
  return Walk(segment, begin, scorer.get());
}

// Only what neither filters nor ends the pass leaves the weight's number what is to be counted.
bool WindowCollector::CountAhead(const Weight& weight, const index::SegmentView& segment) {
  const SearchRequest& request = *plan_.request;
  if (has_post_filter_ || request.min_score || request.terminate_after > 0 ||
      !plan_.aggregations->empty() || request.track_total_hits == SearchRequest::kCountNone) {
    return false;
  }
  const std::optional<uint64_t> count = weight.Count(segment);
  AddHits(count.value_or(0));
  return count.has_value();
}

Result<bool> WindowCollector::GoesOn() {
  BINSEEK_RETURN_IF_ERROR(plan_.interrupt->Check());
  stopped_ = stopped_ || plan_.interrupt->TimedOut() ||
             (plan_.shared != nullptr && plan_.shared->failed());
  if (!stopped_ && plan_.between_windows) {
    plan_.between_windows();
  }
  return !stopped_;
}

void WindowCollector::AddHits(uint64_t matches) {
  if (plan_.shared == nullptr) {
    hits_ += matches;
  } else {
    plan_.shared->AddHits(matches);
  }
}

bool WindowCollector::counted() const {
  const uint64_t wanted = plan_.request->track_total_hits;
  return wanted == SearchRequest::kCountNone || hits() > wanted;
}

bool WindowCollector::MatchesNeeded() const {
  return !plan_.aggregations->empty() || plan_.request->terminate_after > 0 ||
         (!counted_ahead_ && !counted());
}

// Places come in ascending order: what equals the worst that is kept here stays out. What equals the worst of another thread may come before it.
float WindowCollector::UsefulScore() {
  if (!plan_.best_score_first) {
    return kLowest;
  }
  float useful = plan_.shared == nullptr ? kLowest : plan_.shared->worst_score();
  if (plan_.top_docs->full()) {
    const float worst = plan_.top_docs->worst_score();
    useful = std::max(useful, std::nextafter(worst, std::numeric_limits<float>::infinity()));
    if (plan_.shared != nullptr) {
      plan_.shared->RaiseWorstScore(worst);
    }
  }
  return useful;
}

void WindowCollector::SetThresholds() {
  const SearchRequest& request = *plan_.request;
  matches_needed_ = MatchesNeeded();
  if (!plan_.scores) {
    return;
  }
  const float least = request.min_score.value_or(kLowest);
  const float useful = UsefulScore();
  window_.drop_below = std::max(least, matches_needed_ ? kLowest : useful);
  // min_score looks at the scores of all that are to be counted.
  const bool scores_needed = plan_.aggregates_scores || (matches_needed_ && request.min_score);
  window_.score_below = scores_needed ? least : std::max(least, useful);
}

Status WindowCollector::Walk(const index::SegmentView& segment, DocId begin, Scorer* scorer) {
  ProfileTimer timer(profile_ != nullptr);
  DocId first = begin;
  std::fill_n(window_.score, Window::kDocs, 0.0F);  // KeepFinite looks at all
  const bool takes_docs = TakesDocs();
  const bool sorted = plan_.sorts_by_keys && !plan_.seeks_max_score;
  // They never fall for one scorer; the next one begins anew, since whether matches are needed may differ.
  window_.drop_below = window_.score_below = kLowest;
  while (first < segment.max_doc() && !index_done()) {
    BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn());
    if (!goes_on) {
      break;
    }
    SetThresholds();
    timer.Restart();
    if (takes_docs && PrefersDocs(segment, *scorer)) {
      BINSEEK_RETURN_IF_ERROR(WalkDocs(segment, first, scorer));
      break;
    }
    const DocId next = scorer->NextMatch(first, window_.drop_below);
    if (next >= segment.max_doc()) {
      break;
    }
    first = next / Window::kDocs * Window::kDocs;
    if (sorted && !matches_needed_ && plan_.top_docs->RulesOut(first)) {
      first += Window::kDocs;
      continue;
    }
    const bool any = scorer->FillWindow(first, &window_);
    if (profile_ != nullptr) {
      timer.Lap(&profile_->match_nanos, &profile_->match_count);
    }
    if (any) {
      KeepLiveRoots(segment, first, &window_);
      if (plan_.scores) {
        KeepFinite(&window_);
      }
      if (plan_.request->min_score) {
        DropBelow(*plan_.request->min_score, &window_);
      }
      BINSEEK_RETURN_IF_ERROR(CollectWindow(first));
      if (profile_ != nullptr) {
        timer.Lap(&profile_->collect_nanos, &profile_->collect_count);
      }
    }
    if (counted_ahead_ && plan_.stops_when_full && plan_.top_docs->full()) {
      break;  // equal scores, and the segment is counted
    }
    first += Window::kDocs;
  }
  BINSEEK_RETURN_IF_ERROR(scorer->status());
  return post_filter_scorer_ != nullptr ? post_filter_scorer_->status() : Status::Ok();
}

Status WindowCollector::CollectWindow(DocId first) {
  const SearchRequest& request = *plan_.request;
  const bool aggregates = !plan_.aggregations->empty();
  if (has_post_filter_) {
    // What a post filter takes out is aggregated all the same.
    BINSEEK_RETURN_IF_ERROR(aggregates ? Aggregate(first) : Status::Ok());
    if (post_filter_scorer_ == nullptr ||
        !post_filter_scorer_->FillWindow(first, &filter_window_)) {
      return Status::Ok();
    }
    Intersect(filter_window_, &window_);
  }
  uint64_t matches = window_.CountMatches();
  if (request.terminate_after > 0 && index_hits_ + matches > request.terminate_after) {
    matches = request.terminate_after - index_hits_;
    Truncate(matches, &window_);
    terminated_early_ = true;
    index_done_ = true;
  }
  if (matches == 0) {
    return Status::Ok();
  }
  if (!has_post_filter_ && aggregates) {
    BINSEEK_RETURN_IF_ERROR(Aggregate(first));
  }
  index_hits_ += matches;
  AddHits(counted_ahead_ ? 0 : matches);
  if (plan_.seeks_max_score) {
    ForEachBit(window_.match, [&](uint32_t offset) {
      max_score_ =
          max_score_ ? std::max(*max_score_, window_.score[offset]) : window_.score[offset];
    });
  }
  // Equal scores in order of place: nothing behind the k first can come before them.
  if (!plan_.stops_when_full || !plan_.top_docs->full()) {
    plan_.top_docs->Collect(first, window_);
  }
  stopped_ = plan_.stops_when_full && counted() && plan_.top_docs->full();
  return Status::Ok();
}

Status WindowCollector::Aggregate(DocId first) {
  size_t count = 0;
  ForEachBit(window_.match, [&](uint32_t offset) { offsets_[count++] = offset; });
  return AggregateOffsets(first, count);
}

Status WindowCollector::AggregateOffsets(DocId first, size_t count) {
  if (count == 0) {
    return Status::Ok();
  }
  return plan_.aggregations->Collect(
      {.first = first,
       .offsets = std::span<const uint32_t>(offsets_.data(), count),
       .buckets = std::span<const uint32_t>(kRootBuckets.data(), count),
       .scores = plan_.aggregates_scores ? window_.score : nullptr});
}

}  // namespace binseek::search
