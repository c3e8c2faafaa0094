// WindowCollector without windows: where documents in order give the best, where all matches are found apart from them, and where these are counted alone.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/search/live_roots.h"
#include "engine/search/profile_timer.h"
#include "engine/search/scratch.h"
#include "engine/search/window_collector.h"

namespace binseek::search {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
// What is bound and begun once more has to be worth it.
constexpr uint32_t kLeastDocsApart = 4 * Window::kDocs;
// So many matches of a window, filters asked for each, take less time than its bits.
constexpr uint32_t kFewInWindow = 32;
// What is counted at a time: bits that fit into the nearest cache, beside the blocks that they come from.
constexpr uint32_t kStretch = 16 * Window::kDocs;
using StretchBits = std::array<uint64_t, kStretch / 64>;

}  // namespace

// Whether nothing is done with matches but to count them, to aggregate them, and to keep the best by score.
bool WindowCollector::TakesDocs() const {
  const SearchRequest& request = *plan_.request;
  return plan_.scores && plan_.best_score_first && !has_post_filter_ && !request.min_score &&
         request.terminate_after == 0 && !plan_.seeks_max_score && !plan_.stops_when_full &&
         request.collapse_field.empty();
}

// Whether documents in order give the best, and all matches where these are needed.
bool WindowCollector::PrefersDocs(const index::SegmentView& segment, const Scorer& scorer) const {
  if (!MatchesNeeded()) {
    return scorer.PrefersDocs(false);
  }
  const bool few = plan_.aggregations->empty() ||
                   scorer.cost() < uint64_t{segment.max_doc()} / Window::kDocs * kFewInWindow;
  return scorer.PrefersDocs(true) && few && !plan_.aggregates_scores;
}

Status WindowCollector::WalkDocs(const index::SegmentView& segment, DocId from, Scorer* scorer) {
  Scratch<DocBatch> batch;
  ProfileTimer timer(profile_ != nullptr);
  while (from < segment.max_doc()) {
    BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn());
    if (!goes_on) {
      break;
    }
    SetThresholds();
    from = scorer->NextDocs(from, window_.drop_below, batch.get());
    if (profile_ != nullptr) {
      timer.Lap(&profile_->match_nanos, &profile_->match_count);
    }
    KeepLiveRoots(segment, batch.get());
    BINSEEK_RETURN_IF_ERROR(AggregateDocs(*batch));
    index_hits_ += batch->count;
    AddHits(counted_ahead_ ? 0 : batch->count);
    plan_.top_docs->Collect(*batch);
    if (profile_ != nullptr) {
      timer.Lap(&profile_->collect_nanos, &profile_->collect_count);
    }
  }
  return FlushDocs();
}

// Those of one window may come in several batches, and go on at once.
Status WindowCollector::AggregateDocs(const DocBatch& batch) {
  if (plan_.aggregations->empty()) {
    return Status::Ok();
  }
  for (uint32_t i = 0; i < batch.count; ++i) {
    const DocId first = batch.docs[i] / Window::kDocs * Window::kDocs;
    if (first != held_first_) {
      BINSEEK_RETURN_IF_ERROR(FlushDocs());
      held_first_ = first;
    }
    offsets_[held_++] = batch.docs[i] - first;
  }
  return Status::Ok();
}

Status WindowCollector::FlushDocs() {
  return AggregateOffsets(held_first_, std::exchange(held_, 0));
}

// Whether all matches are needed besides the best, and so two scorers do less than one. Who looks at documents one by one is not asked twice.
bool WindowCollector::TakesApart(const index::SegmentView& segment, const Scorer& scorer) const {
  return segment.max_doc() >= kLeastDocsApart && TakesDocs() && !plan_.aggregates_scores &&
         MatchesNeeded() && scorer.match_cost() == 0 && scorer.PrefersDocs(false) &&
         !PrefersDocs(segment, scorer);
}

Result<std::unique_ptr<Scorer>> WindowCollector::MakeMatcher(const index::SegmentView& segment) {
  ProfileTimer timer(profile_ != nullptr);
  if (match_weight_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(match_weight_, query_->Bind(match_context_, 1));
    if (profile_ != nullptr) {
      timer.Lap(&profile_->bind_nanos, nullptr);
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, match_weight_->MakeScorer(segment));
  if (profile_ != nullptr) {
    timer.Lap(&profile_->build_scorer_nanos, &profile_->build_scorer_count);
  }
  return scorer;
}

// Both go on side by side: what they read of the same postings is in the cache, and a deadline finds them at about the same place.
Status WindowCollector::WalkApart(const index::SegmentView& segment, Scorer* best, Scorer* all) {
  Scratch<DocBatch> batch;
  ProfileTimer timer(profile_ != nullptr);
  const uint32_t max_doc = segment.max_doc();
  DocId from = 0;   // of the best
  DocId first = 0;  // of the matches
  while (from < max_doc || (first < max_doc && MatchesNeeded())) {
    BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn());
    if (!goes_on) {
      break;
    }
    timer.Restart();
    if (from >= max_doc || (first < from && first < max_doc && MatchesNeeded())) {
      BINSEEK_ASSIGN_OR_RETURN(first, CollectMatches(segment, first, all));
      continue;
    }
    from = best->NextDocs(from, UsefulScore(), batch.get());
    if (profile_ != nullptr) {
      timer.Lap(&profile_->match_nanos, &profile_->match_count);
    }
    KeepLiveRoots(segment, batch.get());
    plan_.top_docs->Collect(*batch);
    if (profile_ != nullptr) {
      timer.Lap(&profile_->collect_nanos, &profile_->collect_count);
    }
  }
  BINSEEK_RETURN_IF_ERROR(best->status());
  return all == nullptr ? Status::Ok() : all->status();
}

// Those of the first window from `first` on that has some. Gives where to go on.
Result<DocId> WindowCollector::CollectMatches(const index::SegmentView& segment, DocId first,
                                              Scorer* all) {
  if (all != nullptr && OnlyCounts(*all)) {
    return CountBits(segment, first, all);
  }
  const DocId next = all == nullptr ? codec::kNoMoreDocs : all->NextMatch(first, kLowest);
  if (next >= segment.max_doc()) {
    return codec::kNoMoreDocs;
  }
  first = next / Window::kDocs * Window::kDocs;
  ProfileTimer timer(profile_ != nullptr);
  const bool any = all->FillWindow(first, &window_);
  if (profile_ != nullptr) {
    timer.Lap(&profile_->match_nanos, &profile_->match_count);
  }
  if (any) {
    KeepLiveRoots(segment, first, &window_);
    if (!plan_.aggregations->empty()) {
      BINSEEK_RETURN_IF_ERROR(Aggregate(first));
    }
    AddHits(window_.CountMatches());
  }
  if (profile_ != nullptr) {
    timer.Lap(&profile_->collect_nanos, &profile_->collect_count);
  }
  return first + Window::kDocs;
}

// Whether nothing is to be done with the matches of `scorer` but to count them, and it gives them as bits.
bool WindowCollector::OnlyCounts(const Scorer& scorer) const {
  const SearchRequest& request = *plan_.request;
  return scorer.can_add_bits() && plan_.aggregations->empty() && !has_post_filter_ &&
         !request.min_score && request.terminate_after == 0;
}

Status WindowCollector::WalkBits(const index::SegmentView& segment, DocId first, Scorer* scorer) {
  while (first < segment.max_doc() && !index_done()) {
    BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn());
    if (!goes_on) {
      break;
    }
    first = CountBits(segment, first, scorer);
    stopped_ = plan_.stops_when_full && counted();
  }
  return scorer->status();
}

// Those of a stretch that begins with the first window that has some. Gives where to go on.
DocId WindowCollector::CountBits(const index::SegmentView& segment, DocId first, Scorer* scorer) {
  const DocId next = scorer->NextMatch(first, kLowest);
  if (next >= segment.max_doc()) {
    return codec::kNoMoreDocs;
  }
  ProfileTimer timer(profile_ != nullptr);
  first = next / Window::kDocs * Window::kDocs;
  const DocId end = first + std::min(segment.max_doc() - first, kStretch);
  const uint32_t words = (end - first + 63) / 64;
  Scratch<StretchBits> bits;
  std::fill_n(bits->begin(), words, 0);
  scorer->AddBits(first, end, bits->data());
  if (profile_ != nullptr) {
    timer.Lap(&profile_->match_nanos, &profile_->match_count);
  }
  KeepLiveRoots(segment, first, end, bits->data());
  AddHits(codec::BestKernels().count_bits(bits->data(), words));
  if (profile_ != nullptr) {
    timer.Lap(&profile_->collect_nanos, &profile_->collect_count);
  }
  return end;
}

}  // namespace binseek::search
