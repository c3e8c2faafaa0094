// Numbers that change while their documents stay: none, one, several and none again, seen by queries, sorts and aggregations.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/search/searcher.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class ChangingValuesTest : public binseek::test::SeededTest {
 protected:
  using Values = std::vector<int64_t>;  // ascending

  ChangingValuesTest() {
    engine_.CreateIndex("shop", R"({"properties":{"n":{"type":"long"}}})");
    field_ = engine_.view()->Find("shop")->mapping->Find("n")->id;
    index_ = engine_.view()->Find("shop")->id;
  }

  void Put(const std::string& id, const std::string& value, Values values) {
    engine_.Put("shop", id, value.empty() ? "{}" : R"({"n":)" + value + "}");
    std::sort(values.begin(), values.end());
    documents_[id] = std::move(values);
  }
  void Change(const std::string& id, Values values) {
    index::Batch batch;
    index::Operation& operation = batch.operations.emplace_back();
    operation.kind = index::OpKind::kUpdateColumns;
    operation.index = index_;
    operation.key = id;
    for (const int64_t value : values) {
      operation.columns.push_back({field_, value});
    }
    if (values.empty()) {
      operation.columns.push_back({field_, std::nullopt});
    }
    const auto result = engine_.engine()->Apply(batch);
    ASSERT_OK(result);
    ASSERT_OK(result->results[0].status);
    std::sort(values.begin(), values.end());
    documents_[id] = std::move(values);
  }

  template <class Matches>
  std::vector<std::string> Expected(const Matches& matches) const {
    std::vector<std::string> ids;
    for (const auto& [id, values] : documents_) {
      if (std::any_of(values.begin(), values.end(), matches)) {
        ids.push_back(id);
      }
    }
    return ids;
  }

  void CheckQueries(int64_t low, int64_t high) {
    EXPECT_EQ(engine_.Ids(MakeExists("n")), Expected([](int64_t) { return true; }));
    EXPECT_EQ(engine_.Ids(MakeTerm("n", std::to_string(low))),
              Expected([&](int64_t value) { return value == low; }));
    EXPECT_EQ(engine_.Ids(MakeRange("n", Bound{std::to_string(low)},
                                    Bound{std::to_string(high), /*inclusive=*/false})),
              Expected([&](int64_t value) { return value >= low && value < high; }));
  }

  void CheckSort(bool descending, bool missing_first) {
    SearchRequest request;
    request.size = documents_.size();
    SortKey& key = request.sort.emplace_back();
    key.field = "n";
    key.descending = descending;
    key.missing_first = missing_first;
    std::vector<std::string> shown;
    for (const Hit& hit : engine_.Search(request).hits) {
      shown.push_back(hit.sort[0]);
      const Values& values = documents_.at(hit.id);
      EXPECT_EQ(hit.sort[0], values.empty()
                                 ? "null"
                                 : std::to_string(descending ? values.back() : values.front()));
    }
    Values found;
    for (const auto& [id, values] : documents_) {
      if (!values.empty()) {
        found.push_back(descending ? values.back() : values.front());
      }
    }
    std::sort(found.begin(), found.end());
    if (descending) {
      std::reverse(found.begin(), found.end());
    }
    std::vector<std::string> wanted(documents_.size(), "null");
    std::transform(
        found.begin(), found.end(),
        missing_first ? wanted.end() - static_cast<ptrdiff_t>(found.size()) : wanted.begin(),
        [](int64_t value) { return std::to_string(value); });
    EXPECT_EQ(shown, wanted);
  }

  void CheckAggregations() {
    SearchRequest request;
    request.size = 0;
    request.aggregations = {MetricSpec(Metric::kStats, "n"), TermsSpec("n", 1000)};
    const SearchResult result = engine_.Search(request);
    uint64_t count = 0;
    double sum = 0;
    std::map<std::string, uint64_t> wanted;
    for (const auto& [id, values] : documents_) {
      for (size_t i = 0; i < values.size(); ++i) {
        ++count;
        sum += static_cast<double>(values[i]);
        wanted[std::to_string(values[i])] += i == 0 || values[i - 1] != values[i] ? 1 : 0;
      }
    }
    EXPECT_EQ(Stats(result.aggregations[0]).count, count)
        << "a value that is there twice counts twice";
    EXPECT_EQ(Stats(result.aggregations[0]).sum, sum);
    std::map<std::string, uint64_t> found;
    for (const AggregationBucket& bucket : Buckets(result.aggregations[1])) {
      found[bucket.key_text] = bucket.doc_count;
    }
    EXPECT_EQ(found, wanted);
  }

  void CheckAll() {
    const auto low = static_cast<int64_t>(Uniform(12));
    CheckQueries(low, low + static_cast<int64_t>(Uniform(6)));
    CheckSort(OneIn(2), OneIn(2));
    CheckAggregations();
  }

  TestEngine engine_;
  mapping::FieldId field_{};
  index::IndexId index_{};
  std::map<std::string, Values> documents_;
};

TEST_F(ChangingValuesTest, FromMissingToOneToManyToEmptyAndBack) {
  Put("a", "", {});
  Put("b", "null", {});
  Put("c", "[]", {});
  Put("d", "[3]", {3});
  Put("e", "[5,1,5]", {1, 5, 5});
  engine_.Apply();
  CheckAll();
  for (int round = 0; round < 2; ++round) {
    for (const Values& values :
         {Values{7}, Values{9, 2, 7}, Values{}, Values{2, 2}, Values{0}, Values{}}) {
      for (const char* id : {"a", "c", "e"}) {
        Change(id, values);
      }
      CheckAll();
    }
    engine_.Commit();
    CheckAll();
  }
}

TEST_F(ChangingValuesTest, RandomChangesAreSeenByAll) {
  constexpr uint64_t kDocuments = 300;
  for (uint64_t i = 0; i < kDocuments; ++i) {
    const uint64_t shape = Uniform(4);
    const auto a = static_cast<int64_t>(Uniform(16));
    const auto b = static_cast<int64_t>(Uniform(16));
    const std::string one = std::to_string(a);
    Put(std::to_string(i),
        shape == 0   ? ""
        : shape == 1 ? one
                     : "[" + one + "," + std::to_string(b) + "]",
        shape == 0   ? Values{}
        : shape == 1 ? Values{a}
                     : Values{a, b});
    if (OneIn(80)) {
      engine_.Apply();
    }
  }
  engine_.Apply();
  for (uint64_t round = 0; round < Iterations(12); ++round) {
    for (int i = 0; i < 25; ++i) {
      Values values;
      for (uint64_t n = Uniform(4); n > 0; --n) {
        values.push_back(static_cast<int64_t>(Uniform(16)));
      }
      Change(std::to_string(Uniform(kDocuments)), std::move(values));
    }
    CheckAll();
    if (OneIn(4)) {
      engine_.Commit();
      CheckAll();
    }
    if (OneIn(6)) {
      ASSERT_OK(engine_.engine()->ForceMerge(index_, 1));
      CheckAll();
    }
  }
}

}  // namespace
}  // namespace binseek::search::test
