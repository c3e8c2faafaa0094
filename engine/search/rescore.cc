#include "engine/search/rescore.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/search/top_docs.h"
#include "engine/search/weight.h"
#include "engine/search/window.h"

namespace binseek::search {
namespace {

// The documents of a window of winners, in the order of their places, so that each segment's windows come once and ascending.
class RescoreRun {
 public:
  RescoreRun(const Rescorer& rescorer, std::span<const index::IndexView* const> indices,
             const BindContext& context)
      : rescorer_(rescorer), indices_(indices), context_(context) {}

  Status Run(std::span<TopDoc* const> docs) {
    for (size_t begin = 0; begin < docs.size();) {
      const uint64_t place = docs[begin]->position;
      size_t end = begin + 1;
      while (end < docs.size() && SameWindow(place, docs[end]->position)) {
        ++end;
      }
      BINSEEK_RETURN_IF_ERROR(OpenSegment(IndexOf(place), SegmentOf(place)));
      ScoreWindow(docs.subspan(begin, end - begin));
      begin = end;
    }
    return scorer_ != nullptr ? scorer_->status() : Status::Ok();
  }

 private:
  static bool SameWindow(uint64_t a, uint64_t b) { return a / Window::kDocs == b / Window::kDocs; }

  Status OpenSegment(size_t index, uint32_t segment) {
    if (weight_ == nullptr || index != index_) {
      context_.index = indices_[index];
      context_.scores = true;
      BINSEEK_ASSIGN_OR_RETURN(weight_, rescorer_.query->Bind(context_, 1));
    } else if (segment == segment_) {
      return Status::Ok();
    }
    if (scorer_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(scorer_->status());
    }
    index_ = index;
    segment_ = segment;
    BINSEEK_ASSIGN_OR_RETURN(scorer_, weight_->MakeScorer(*indices_[index]->segments[segment]));
    return Status::Ok();
  }

  void ScoreWindow(std::span<TopDoc* const> docs) {
    const DocId first = DocOf(docs[0]->position) / Window::kDocs * Window::kDocs;
    window_->ClearMatches();
    for (const TopDoc* const doc : docs) {
      window_->Set(DocOf(doc->position) - first);
      window_->score[DocOf(doc->position) - first] = 0;
    }
    const bool any = scorer_ != nullptr && scorer_->NarrowWindow(first, window_.get());
    for (TopDoc* const doc : docs) {
      const uint32_t offset = DocOf(doc->position) - first;
      const float score = doc->score;
      doc->score = any && window_->Test(offset) ? rescorer_.Combine(score, window_->score[offset])
                                                : rescorer_.Weigh(score);
    }
  }

  const Rescorer& rescorer_;
  const std::span<const index::IndexView* const> indices_;
  BindContext context_;
  std::unique_ptr<Weight> weight_;
  std::unique_ptr<Scorer> scorer_;
  size_t index_ = 0;
  uint32_t segment_ = 0;
  const std::unique_ptr<Window> window_ = std::make_unique<Window>();  // 17 KB
};

bool Better(const TopDoc& a, const TopDoc& b) {
  return a.score != b.score ? a.score > b.score : a.position < b.position;
}

}  // namespace

float Rescorer::Weigh(float first) const { return Finite(first * query_weight); }

float Rescorer::Combine(float first, float second) const {
  const float a = Weigh(first);
  const float b = Finite(second * rescore_query_weight);
  switch (mode) {
    case Mode::kTotal:
      return Finite(a + b);
    case Mode::kMultiply:
      return Finite(a * b);
    case Mode::kAvg:
      return Finite((a + b) / 2);
    case Mode::kMax:
      return std::max(a, b);
    case Mode::kMin:
      return std::min(a, b);
  }
  return a;
}

Status Rescore(const Rescorer& rescorer, uint64_t bit,
               std::span<const index::IndexView* const> indices, const BindContext& context,
               std::vector<TopDoc>* docs) {
  const size_t window = std::min<uint64_t>(rescorer.window_size, docs->size());
  std::vector<TopDoc*> by_place;
  for (size_t i = 0; i < window; ++i) {
    (*docs)[i].rescored |= bit;
    by_place.push_back(&(*docs)[i]);
  }
  std::sort(by_place.begin(), by_place.end(),
            [](const TopDoc* a, const TopDoc* b) { return a->position < b->position; });
  BINSEEK_RETURN_IF_ERROR(RescoreRun(rescorer, indices, context).Run(by_place));
  for (size_t i = window; i < docs->size(); ++i) {
    (*docs)[i].score = rescorer.Weigh((*docs)[i].score);
  }
  std::sort(docs->begin(), docs->end(), Better);
  return Status::Ok();
}

}  // namespace binseek::search
