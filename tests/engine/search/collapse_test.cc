// Collapsing where there are many groups: what is known of those that are not among the best any more, and what a better document of a group costs.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/search/collapse_key.h"
#include "engine/search/top_docs.h"
#include "engine/search/weight.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class CollapseTest : public binseek::test::SeededTest {
 protected:
  CollapseTest() {
    engine_.CreateIndex("many", R"({"properties": {"k": {"type": "keyword"}, "g": {"type": "long"},
      "n": {"type": "long"}}})");
  }

  // Documents numbered from 0 on, in several segments.
  template <class Group>
  void Write(int documents, Group group, bool ascending) {
    for (int i = 0; i < documents; ++i) {
      const std::string g = std::to_string(group(i));
      const int64_t n = ascending ? i : static_cast<int64_t>(Uniform(1'000'000));
      const std::string id = std::to_string(i);
      engine_.Put("many", id,
                  R"({"k": "k)" + g + R"(", "g": )" + g + R"(, "n": )" + std::to_string(n) + "}");
      written_.push_back({id, g, n});
      if (i % (documents / 3 + 1) == 0) {
        engine_.Apply();
      }
    }
    engine_.Apply();
  }

  // The best of each group, those with the greatest `n` first.
  std::vector<std::string> Expected(size_t size) const {
    std::map<std::string, const Written*> best;
    for (const Written& one : written_) {
      const Written*& at = best[one.group];
      at = at == nullptr || one.n > at->n ? &one : at;
    }
    std::multimap<int64_t, std::string, std::greater<>> order;
    for (const auto& [group, one] : best) {
      order.emplace(one->n, one->id);
    }
    std::vector<std::string> ids;
    for (const auto& [n, id] : order) {
      if (ids.size() < size) {
        ids.push_back(id);
      }
    }
    return ids;
  }

  static SearchRequest Request(const std::string& field, uint64_t size) {
    SearchRequest request;
    request.collapse_field = field;
    request.sort.emplace_back();
    request.sort[0].field = "n";
    request.sort[0].descending = true;
    request.size = size;
    return request;
  }

  struct Written {
    std::string id;
    std::string group;
    int64_t n = 0;
  };
  TestEngine engine_;
  std::vector<Written> written_;
};

TEST_F(CollapseTest, GroupsThatComeAgainAreKnownAgain) {
  // Numbers mostly grow, so that groups are pushed out, and come back.
  Write(
      12'000, [this](int i) { return OneIn(3) ? static_cast<int>(Uniform(4000)) : i % 5000; },
      OneIn(2));
  for (const uint64_t size : {1, 3, 40}) {
    for (const char* const field : {"k", "g"}) {
      const SearchResult result = engine_.Search(Request(field, size));
      // Of equal numbers another may come first.
      std::vector<int64_t> numbers;
      for (const std::string& id : IdsOf(result)) {
        numbers.push_back(written_[std::stoul(id)].n);
      }
      std::vector<int64_t> expected;
      for (const std::string& id : Expected(size)) {
        expected.push_back(written_[std::stoul(id)].n);
      }
      ASSERT_EQ(numbers, expected) << field << " " << size;
      for (const Hit& hit : result.hits) {
        const std::string& group = written_[std::stoul(hit.id)].group;
        ASSERT_EQ(hit.collapse_value, field[0] == 'k' ? "\"k" + group + "\"" : group);
      }
    }
  }
}

TEST_F(CollapseTest, OfManyGroupsThoseAmongTheBestAloneStayKnown) {
  Write(
      9000, [](int i) { return i; }, true);  // each is better than all before
  const auto view = engine_.view();
  const index::IndexView* const index = view->Find("many");
  BindContext context;
  context.index = index;
  constexpr size_t kSize = 10;
  const SearchRequest request = Request("n", kSize);
  Result<SortPlan> plan = SortPlan::Make({{index}}, request.sort, context);
  ASSERT_OK(plan);
  for (const char* const field : {"k", "g"}) {
    Result<std::unique_ptr<CollapseKey>> key = CollapseKey::Make({{index}}, field);
    ASSERT_OK(key);
    TopDocs best(&*plan, kSize, nullptr, false);
    best.CollapseBy(key->get());
    const auto window = std::make_unique<Window>();
    for (uint32_t s = 0; s < index->segments.size(); ++s) {
      const index::SegmentView& segment = *index->segments[s];
      ASSERT_OK(best.OpenSegment(0, s, segment));
      for (DocId first = 0; first < segment.max_doc(); first += Window::kDocs) {
        window->ClearMatches();
        for (DocId doc = first; doc < std::min(first + Window::kDocs, segment.max_doc()); ++doc) {
          window->Set(doc - first);
        }
        best.Collect(first, *window);
      }
    }
    EXPECT_LT((*key)->groups(), 1500U) << field;
    const Result<std::vector<TopDoc>> docs = best.Take();
    ASSERT_OK(docs);
    EXPECT_EQ(docs->size(), kSize);
    EXPECT_EQ((*key)->ValueOf(docs->front().group), field[0] == 'k' ? "\"k8999\"" : "8999");
  }
}

TEST_F(CollapseTest, ABetterDocumentOfAGroupTakesItsPlaceAtOnce) {
  constexpr int kGroups = 8000;
  Write(
      5 * kGroups, [](int i) { return i % kGroups; }, true);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(engine_.Ordered(Request("g", kGroups)), Expected(kGroups));
  // Where each of them orders all groups anew, it takes ten times as long.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace binseek::search::test
