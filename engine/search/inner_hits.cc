#include "engine/search/inner_hits.h"

#include <algorithm>
#include <utility>

#include "engine/search/block_level.h"
#include "engine/search/nested_path.h"
#include "engine/search/nested_query.h"
#include "engine/search/top_docs.h"

namespace binseek::search {

Result<std::unique_ptr<const InnerHitsSearch>> InnerHitsSearch::Bind(
    const BindContext& context, const InnerHitsOptions& options) {
  BINSEEK_ASSIGN_OR_RETURN(const mapping::Field* const field,
                           FindNested(*context.index->mapping, options.path, true));
  if (field == nullptr || !IsBelow(*field, context.level)) {
    return std::unique_ptr<const InnerHitsSearch>();
  }
  std::unique_ptr<InnerHitsSearch> search(new InnerHitsSearch());
  search->index_ = context.index;
  search->level_ = FieldOfLevel(*context.index->mapping, context.level);
  search->parts_ = options.parts;
  search->from_ = options.from;
  search->size_ = options.size;
  BINSEEK_ASSIGN_OR_RETURN(search->weight_, BindNested(*field, options.query, context, 1));
  BindContext within = context;
  within.level = field->name;
  BINSEEK_ASSIGN_OR_RETURN(search->plan_, SortPlan::Make({{context.index}}, options.sort, within));
  search->shows_score_ = search->plan_.has_score() || options.track_scores;
  return std::unique_ptr<const InnerHitsSearch>(std::move(search));
}

Hit InnerHitsSearch::MakeHit(const TopDoc& doc) const {
  Hit hit = HitOf(*index_, {SegmentOf(doc.position), DocOf(doc.position)}, parts_);
  if (shows_score_) {
    hit.score = doc.score;
  }
  for (size_t k = 0; k < doc.cells.size(); ++k) {
    plan_.AppendJson(k, doc.cells[k], &hit.sort.emplace_back());
  }
  return hit;
}

Result<InnerHitsResult> InnerHitsSearch::Search(index::DocAddress parent) const {
  const index::SegmentView& segment = index_->at(parent);
  InnerHitsResult result;
  BINSEEK_ASSIGN_OR_RETURN(const Level parents, Level::Open(segment, level_));
  const DocId begin = parents.FirstChild(parent.doc);
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, weight_->MakeScorer(segment));
  if (begin == parent.doc || scorer == nullptr) {
    return result;
  }
  TopDocs best(&plan_, from_ + size_, nullptr, true);
  BINSEEK_RETURN_IF_ERROR(best.OpenSegment(0, parent.segment, segment));
  const auto window = std::make_unique<Window>();
  for (DocId first = begin / Window::kDocs * Window::kDocs; first < parent.doc;
       first += Window::kDocs) {
    window->ClearMatches();
    const DocId end = std::min(parent.doc, first + Window::kDocs);
    for (DocId doc = std::max(begin, first); doc < end; ++doc) {
      if (segment.IsLive(doc)) {
        window->Set(doc - first);
      }
    }
    if (!scorer->NarrowWindow(first, window.get())) {
      continue;
    }
    result.total += window->CountMatches();
    ForEachBit(window->match, [&](uint32_t offset) {
      result.max_score =
          std::max(result.max_score.value_or(window->score[offset]), window->score[offset]);
    });
    if (from_ + size_ > 0) {
      best.Collect(first, *window);
    }
  }
  BINSEEK_RETURN_IF_ERROR(scorer->status());
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<TopDoc> docs, best.Take());
  for (size_t i = from_; i < docs.size(); ++i) {
    result.hits.push_back(MakeHit(docs[i]));
  }
  if (!shows_score_) {
    result.max_score.reset();
  }
  return result;
}

}  // namespace binseek::search
