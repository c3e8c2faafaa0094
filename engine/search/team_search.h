// TeamSearch: the segments of one search gone over by several threads: the one that runs it, and those of a pool that are idle once it has run for a while.
//
// Segments are dealt out in the order of places, one at a time, to whoever is free. So places ascend for each thread as they do for a search alone: each keeps its best by the
// same rules, and the best of all threads' best are those that one alone would have kept, to the bit. What the threads share is SharedProgress.
//
//   TeamSearch team(pool, collect_plan, top_docs_plan);
//   team.Add(0, query, context, std::move(weight), nullptr);      // and the other indices
//   BINSEEK_RETURN_IF_ERROR(team.Run());
//   BINSEEK_ASSIGN_OR_RETURN(std::vector<TopDoc> docs, team.Take());
//
// Single-threaded but for what Run does; owner: the search. Borrows the pool and everything in its plans. Errors: those of WindowCollector; of several threads', that of the first.
#ifndef BINSEEK_ENGINE_SEARCH_TEAM_SEARCH_H_
#define BINSEEK_ENGINE_SEARCH_TEAM_SEARCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/search_pool.h"
#include "engine/search/shared_progress.h"
#include "engine/search/top_docs.h"
#include "engine/search/weight.h"
#include "engine/search/window_collector.h"

namespace binseek::search {

// What each thread's TopDocs is made of.
struct TopDocsPlan {
  const SortPlan* plan = nullptr;
  size_t k = 0;
  const Cursor* after = nullptr;
  bool scores = false;
};

class TeamSearch {
 public:
  // Whether several threads may go over it, and there are documents enough behind the first segment.
  static bool IsWorthwhile(const SearchPool* pool, const SearchRequest& request,
                           std::span<const index::IndexView* const> indices);

  // Of `collect`, what is one thread's own is left out: `top_docs`, `shared`, `between_windows`.
  TeamSearch(SearchPool* pool, const CollectPlan& collect, const TopDocsPlan& top_docs);

  // The next index, whose `ordinal` is greater than that of the one before. `post_filter` may be null.
  void Add(size_t ordinal, const Query& query, const BindContext& context,
           std::unique_ptr<Weight> weight, std::unique_ptr<Weight> post_filter);
  // Once, after all indices.
  Status Run();

  // After Run. Best first; once.
  Result<std::vector<TopDoc>> Take();
  uint64_t hits() const { return progress_.hits(); }
  std::optional<float> max_score() const;

 private:
  struct BoundIndex {
    size_t ordinal = 0;
    const Query* query = nullptr;
    BindContext context;
    std::unique_ptr<Weight> weight;
    std::unique_ptr<Weight> post_filter;
  };
  struct Unit {
    size_t index = 0;  // of indices_
    uint32_t segment = 0;
    uint64_t docs_left = 0;  // of this and all behind it
  };
  // What one thread has to itself.
  struct Member {
    Member(const CollectPlan& plan, const TopDocsPlan& top_docs);
    TopDocs top_docs;
    WindowCollector collector;
    size_t index = SIZE_MAX;  // that was opened last
  };

  // Until nothing is left, or nothing more can be of use. `helps`: another search's thread could use the processor better.
  void Work(Member* member, bool helps) BINSEEK_EXCLUDES(mutex_);
  Status Collect(Member* member, const Unit& unit) const;
  void Help() BINSEEK_EXCLUDES(mutex_);
  void CallHelpWhereItPays(SearchCrew* crew);

  // Constant while Run runs.
  SearchPool* const pool_;
  const CollectPlan collect_;
  const TopDocsPlan top_docs_;
  std::vector<BoundIndex> indices_;
  std::vector<Unit> units_;  // in order of places

  // The search's thread's alone.
  bool has_help_ = false;
  uint32_t windows_ = 0;
  int64_t next_call_micros_ = 0;

  // Self-synchronised.
  SharedProgress progress_;
  std::atomic<size_t> next_unit_{0};

  mutable Mutex mutex_;  // a leaf
  std::vector<std::unique_ptr<Member>> members_ BINSEEK_GUARDED_BY(mutex_);
  Status status_ BINSEEK_GUARDED_BY(mutex_);  // the first that was no success
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TEAM_SEARCH_H_
