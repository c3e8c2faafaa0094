// TestEngine: an engine in memory with indices written from JSON, and short ways to search them.
//
// Single-threaded, but view() and engine() may be used by other threads as the engine allows. What fails aborts the test.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_TEST_ENGINE_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_TEST_ENGINE_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/search/filter_cache.h"
#include "engine/search/query.h"
#include "engine/search/searcher.h"
#include "tests/support/fake_clock.h"

namespace binseek::search::test {

class TestEngine {
 public:
  TestEngine() : TestEngine(index::EngineOptions()) {}
  // In memory all the same.
  explicit TestEngine(index::EngineOptions options);

  // Fields named in `in_place` may be updated by Update.
  void CreateIndex(const std::string& name, const std::string& mapping_json,
                   const std::set<std::string>& in_place = {},
                   const std::string& settings_json = "{}");

  // Queue operations; Apply makes them visible in one batch, so in one segment.
  void Put(const std::string& index, const std::string& id, const std::string& json);
  // A block: documents of `children` before the one of `json`.
  void PutBlock(const std::string& index, const std::string& id, const std::string& json,
                const std::vector<std::string>& children);
  void Delete(const std::string& index, const std::string& id);
  void Update(const std::string& index, const std::string& id, const std::string& field,
              std::optional<int64_t> column_value);
  void Apply();
  void Commit();
  void ForceMerge(const std::string& index, uint64_t max_segments);
  // Ends the engine and opens its directory again: what was not committed is gone.
  void Reopen();

  index::Engine* engine() { return engine_.get(); }
  std::shared_ptr<const index::EngineView> view() const { return engine_->View(); }
  // From now on searches are of this view, which merges beside them do not change; null: of the newest one.
  void HoldView(std::shared_ptr<const index::EngineView> view) { held_view_ = std::move(view); }
  binseek::test::FakeClock* clock() { return &clock_; }
  SearchOptions options() const;

  // Over the indices named (empty: all).
  Result<SearchResult> TrySearch(const SearchRequest& request,
                                 const std::vector<std::string>& indices = {}) const;
  SearchResult Search(const SearchRequest& request,
                      const std::vector<std::string>& indices = {}) const;
  // Ids of all matches, sorted; the error's message where it fails.
  std::vector<std::string> Ids(const QueryPtr& query) const;
  // Score by id.
  std::map<std::string, float> Scores(const QueryPtr& query) const;
  std::string ErrorOf(const QueryPtr& query) const;
  // Ids in the order of the result.
  std::vector<std::string> Ordered(const SearchRequest& request) const;

 private:
  index::IndexId IdOf(const std::string& index) const;

  binseek::test::FakeClock clock_;
  index::EngineOptions options_;
  std::unique_ptr<index::Engine> engine_;
  index::Batch batch_;
  std::shared_ptr<const index::EngineView> held_view_;
  // Of the search that ran last: its result borrows from it.
  mutable std::shared_ptr<const index::EngineView> last_view_;
  // Keeps whatever comes twice, and lives longer than the engine: of each search, some filters are new and some are kept.
  mutable FilterCache filters_{{.max_bytes = 1 << 18, .least_docs = 1, .least_uses = 2}};
};

std::vector<std::string> IdsOf(const SearchResult& result);

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_TEST_ENGINE_H_
