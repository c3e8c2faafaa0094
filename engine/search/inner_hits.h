// Inner hits: the best nested objects of each of some documents that match a query, each as a hit.
//
//   BINSEEK_ASSIGN_OR_RETURN(const auto inner, InnerHitsSearch::Bind(context, options));   // once per index
//   BINSEEK_ASSIGN_OR_RETURN(const auto found, inner->Search(addresses));   // of many hits at once
//
// Immutable and thread-safe; borrows the view and what the context borrows. Errors: those of Bind and of sorts; kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_INNER_HITS_H_
#define BINSEEK_ENGINE_SEARCH_INNER_HITS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/searcher.h"
#include "engine/search/sort_plan.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct TopDoc;

struct InnerHitsOptions {
  std::string path{};
  QueryPtr query{};
  uint64_t from = 0;
  uint64_t size = 3;
  std::vector<SortKey> sort{};  // empty: by score, best first
  bool track_scores = false;
  HitParts parts{};
};

struct InnerHitsResult {
  uint64_t total = 0;
  std::optional<float> max_score{};
  std::vector<Hit> hits{};
};

class InnerHitsSearch {
 public:
  // `context`: of the documents whose objects are looked for. Null: the index has no such path.
  static Result<std::unique_ptr<const InnerHitsSearch>> Bind(const BindContext& context,
                                                             const InnerHitsOptions& options);

  // As `parents`. Cost: a scorer per segment. Past the deadline of the context's interrupt the rest has no hits.
  // REQUIRES: distinct documents of the context's index and level, in the order of places.
  Result<std::vector<InnerHitsResult>> Search(std::span<const index::DocAddress> parents) const;
  // Of the objects; for explanations.
  const Weight& weight() const { return *weight_; }

 private:
  InnerHitsSearch() = default;
  struct Block;

  Hit MakeHit(const TopDoc& doc) const;
  // `parents`: of one segment.
  [[nodiscard]] Status SearchSegment(std::span<const index::DocAddress> parents,
                                     InnerHitsResult* results) const;
  [[nodiscard]] Status CollectBlocks(std::span<Block> blocks, DocId first, Window* window) const;
  [[nodiscard]] Status Finish(Block* block) const;

  const index::IndexView* index_ = nullptr;
  Interrupt* interrupt_ = nullptr;
  const mapping::Field* level_ = nullptr;
  std::unique_ptr<Weight> weight_;
  SortPlan plan_;
  HitParts parts_;
  uint64_t from_ = 0;
  uint64_t size_ = 0;
  bool shows_score_ = false;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_INNER_HITS_H_
