#include "engine/search/inner_hits.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/search/block_level.h"
#include "engine/search/interrupt.h"
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
  search->interrupt_ = context.interrupt;
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

// The objects of one parent.
struct InnerHitsSearch::Block {
  uint32_t segment = 0;
  DocId begin = 0;
  DocId end = 0;  // the parent
  InnerHitsResult* result = nullptr;
  std::unique_ptr<TopDocs> best{};  // null: none has matched yet
};

Result<std::vector<InnerHitsResult>> InnerHitsSearch::Search(
    std::span<const index::DocAddress> parents) const {
  std::vector<InnerHitsResult> results(parents.size());
  for (size_t begin = 0; begin < parents.size();) {
    size_t end = begin + 1;
    while (end < parents.size() && parents[end].segment == parents[begin].segment) {
      ++end;
    }
    BINSEEK_RETURN_IF_ERROR(
        SearchSegment(parents.subspan(begin, end - begin), results.data() + begin));
    begin = end;
  }
  return results;
}

Status InnerHitsSearch::SearchSegment(std::span<const index::DocAddress> parents,
                                      InnerHitsResult* results) const {
  const index::SegmentView& segment = index_->at(parents[0]);
  BINSEEK_ASSIGN_OR_RETURN(const Level level, Level::Open(segment, level_));
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, weight_->MakeScorer(segment));
  std::vector<Block> blocks;
  for (size_t i = 0; i < parents.size() && scorer != nullptr; ++i) {
    const DocId begin = level.FirstChild(parents[i].doc);
    if (begin < parents[i].doc) {
      blocks.push_back({parents[i].segment, begin, parents[i].doc, results + i});
    }
  }
  const auto window = std::make_unique<Window>();
  DocId first = 0;
  for (size_t open = 0; open < blocks.size(); first += Window::kDocs) {
    if (interrupt_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(interrupt_->Check());
      if (interrupt_->TimedOut()) {
        break;
      }
    }
    first = std::max(first, blocks[open].begin / Window::kDocs * Window::kDocs);
    window->ClearMatches();
    size_t end = open;
    for (; end < blocks.size() && blocks[end].begin < first + Window::kDocs; ++end) {
      const DocId last = std::min(blocks[end].end, first + Window::kDocs);
      for (DocId doc = std::max(blocks[end].begin, first); doc < last; ++doc) {
        if (segment.IsLive(doc)) {
          window->Set(doc - first);
        }
      }
    }
    if (scorer->NarrowWindow(first, window.get())) {
      BINSEEK_RETURN_IF_ERROR(
          CollectBlocks(std::span(blocks).subspan(open, end - open), first, window.get()));
    }
    for (; open < end && blocks[open].end <= first + Window::kDocs; ++open) {
      BINSEEK_RETURN_IF_ERROR(Finish(&blocks[open]));
    }
  }
  return scorer == nullptr ? Status::Ok() : scorer->status();
}

// Of the window, whose matches are those of all blocks.
Status InnerHitsSearch::CollectBlocks(std::span<Block> blocks, DocId first, Window* window) const {
  std::array<uint64_t, Window::kWords> all;
  std::copy_n(window->match, Window::kWords, all.begin());
  for (Block& block : blocks) {
    const uint32_t begin = std::max(block.begin, first) - first;
    const uint32_t end = std::min(block.end - first, Window::kDocs);
    window->ClearMatches();
    for (uint32_t offset = begin; offset < end; ++offset) {
      if (((all[offset / 64] >> (offset % 64)) & 1) != 0) {
        window->Set(offset);
      }
    }
    if (!window->AnyMatch()) {
      continue;
    }
    InnerHitsResult& result = *block.result;
    result.total += window->CountMatches();
    ForEachBit(window->match, [&](uint32_t offset) {
      result.max_score =
          std::max(result.max_score.value_or(window->score[offset]), window->score[offset]);
    });
    if (from_ + size_ == 0) {
      continue;
    }
    if (block.best == nullptr) {
      block.best = std::make_unique<TopDocs>(&plan_, from_ + size_, nullptr, true);
      BINSEEK_RETURN_IF_ERROR(
          block.best->OpenSegment(0, block.segment, *index_->segments[block.segment]));
    }
    block.best->Collect(first, *window);
  }
  return Status::Ok();
}

Status InnerHitsSearch::Finish(Block* block) const {
  if (!shows_score_) {
    block->result->max_score.reset();
  }
  if (block->best == nullptr) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<TopDoc> docs, block->best->Take());
  block->best.reset();
  for (size_t i = from_; i < docs.size(); ++i) {
    block->result->hits.push_back(MakeHit(docs[i]));
  }
  return Status::Ok();
}

}  // namespace binseek::search
