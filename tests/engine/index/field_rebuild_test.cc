// What an index's writer keeps of a field that is being made anew: of the segments that there are, and of none once the name has moved.
#include "engine/index/field_rebuild.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/batch_applier.h"
#include "engine/index/engine_state.h"
#include "engine/index/field_change_run.h"
#include "engine/index/merge_run.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr IndexId kIndex{1};

class FieldRebuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    state_.publisher.Start(1, {}, {}, {}, 2, 1);
    auto index = std::make_shared<IndexView>();
    index->id = kIndex;
    index->name = "products";
    index->mapping = std::make_shared<const mapping::Mapping>(ShopMapping());
    state_.writers.Add(kIndex);
    Publication publication;
    publication.changed.push_back(std::move(index));
    ASSERT_OK(state_.publisher.Publish(std::move(publication)));
  }
  static EngineOptions Options() {
    EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    return options;
  }
  // A segment of its own.
  void Write(const std::string& key) {
    const auto claim = state_.claims.Take({kIndex});
    const auto view = state_.publisher.applied();
    PageEdit edit(state_.publisher.NextEdit(), &state_.memory->pool);
    BatchApplier applier(
        *view, [this](IndexId id) { return state_.writers.Find(id); }, &edit, state_.pool(),
        [this] { return state_.publisher.NextSegmentId(); });
    ASSERT_OK(applier.Apply(Upsert(kIndex, key, {"red phone", "acme", 1, 1})).status);
    auto changes = applier.Finish();
    ASSERT_OK(changes);
    Publication publication;
    publication.changed = std::move(changes->changed);
    publication.edits.push_back(&edit);
    ASSERT_OK(state_.publisher.Publish(std::move(publication)));
    applier.Published(0);
  }
  void MergeAll() {
    const std::set<uint64_t> sources = Segments();
    MergeRun merge(&state_, kIndex, {sources.begin(), sources.end()}, MergeRun::Target::kMemory);
    ASSERT_OK(merge.Read(state_.publisher.applied()));
    ASSERT_OK(merge.CatchUp());
    ASSERT_OK(merge.Install());
  }
  std::set<uint64_t> Segments() const {
    std::set<uint64_t> ids;
    const auto view = state_.publisher.applied();
    for (const auto& segment : view->Find(kIndex)->segments) {
      ids.insert(segment->id());
    }
    return ids;
  }
  const FieldRebuild& Rebuild() const { return *state_.writers.Find(kIndex)->rebuild; }

  EngineState state_{Options()};
};

TEST_F(FieldRebuildTest, OnlySegmentsThatThereAreAreRemembered) {
  for (int i = 0; i < 300; ++i) {  // more than are converted in the last step
    Write(std::to_string(i));
  }
  FieldChange change;
  change.field = "stock";
  change.definition.kind = mapping::FieldKind::kDouble;
  int calls = 0;
  change.progress = [&](const FieldChangeProgress&) {
    if (++calls == 1) {
      Write("new");
      EXPECT_EQ(Rebuild().covered.size(), 1u) << "writes go to both fields";
    }
    if (calls == 250) {  // each segment asks once
      Write("newer");
      EXPECT_GT(Rebuild().covered.size(), 200u);
      MergeAll();
      EXPECT_EQ(Rebuild().covered, std::set<uint64_t>()) << "some of its sources were not covered";
    }
    return true;
  };
  FieldChangeReport report;
  FieldChangeRun run(&state_, kIndex, change, [] { return Status::Ok(); });
  ASSERT_OK(run.Run(&report));
  EXPECT_GT(calls, 250);
  EXPECT_EQ(report.id, Rebuild().to());
  EXPECT_EQ(Rebuild().covered, std::set<uint64_t>());
  for (int i = 0; i < 20; ++i) {
    Write("late " + std::to_string(i));
  }
  MergeAll();
  Write("last");
  EXPECT_EQ(Rebuild().covered, std::set<uint64_t>()) << "nobody asks any more";
}

}  // namespace
}  // namespace binseek::index::test
