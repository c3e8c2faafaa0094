// Facets and sorts over keywords that are counted by ids, by ordinals where a field has too many values, and by both, against plain maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

constexpr const char* kFields[] = {"tags", "brand", "code"};

class KeywordIdsTest : public binseek::test::SeededTest {
 protected:
  using Product = std::map<std::string, std::set<std::string>>;  // values by field
  using Counts = std::map<std::string, uint64_t>;

  KeywordIdsTest() : engine_(Options()) {
    engine_.CreateIndex("products", R"({"properties": {"tags": {"type": "keyword"},
        "brand": {"type": "keyword"}, "code": {"type": "keyword"}, "n": {"type": "long"}}})");
    engine_.Commit();  // so that the index outlives being opened anew
  }

  static index::EngineOptions Options() {
    index::EngineOptions options;
    options.background_merges = false;
    options.keyword_limits.values = 60;  // so that codes are closed after a while
    return options;
  }

  void Put(const std::string& id) {
    Product& product = products_[id] = {};
    for (uint64_t i = Uniform(4); i > 0; --i) {
      product["tags"].insert("tag" + std::to_string(Uniform(most_tags_)));
    }
    if (!OneIn(5)) {
      product["brand"].insert("b" + std::to_string(Uniform(12)));
    }
    if (!OneIn(3)) {
      product["code"].insert("code" + std::to_string(Uniform(100'000)));
    }
    std::string json = R"({"n": )" + id;
    for (const auto& [field, values] : product) {
      json += ", \"" + field + "\": [";
      for (const std::string& value : values) {
        json += (value == *values.begin() ? "\"" : ", \"") + value + "\"";
      }
      json += "]";
    }
    engine_.Put("products", id, json + "}");
  }

  void ApplyRandomBatch() {
    std::set<std::string> touched;
    for (uint64_t i = 1 + (OneIn(3) ? Uniform(60) : Uniform(4)); i > 0; --i) {
      const std::string id = std::to_string(Uniform(150));
      if (!touched.insert(id).second) {
        continue;
      }
      if (OneIn(4)) {
        engine_.Delete("products", id);
        products_.erase(id);
      } else {
        Put(id);
      }
    }
    engine_.Apply();
    most_tags_ = 20 + Uniform(20);
  }

  void Commit() {
    engine_.Commit();
    committed_ = products_;
  }

  Counts CountsOf(const std::string& field, const std::string& brand) const {
    Counts counts;
    for (const auto& [id, product] : products_) {
      if (brand.empty() || Values(product, "brand").count(brand) != 0) {
        for (const std::string& value : Values(product, field)) {
          ++counts[value];
        }
      }
    }
    return counts;
  }

  static const std::set<std::string>& Values(const Product& product, const std::string& field) {
    static const std::set<std::string> kNone;
    const auto it = product.find(field);
    return it == product.end() ? kNone : it->second;
  }

  static std::vector<std::pair<std::string, uint64_t>> BucketsOf(const AggregationResult& result) {
    std::vector<std::pair<std::string, uint64_t>> buckets;
    for (const AggregationBucket& bucket : Buckets(result)) {
      buckets.emplace_back(bucket.key_text, bucket.doc_count);
    }
    return buckets;
  }

  void CheckFacet(const std::string& field) {
    const std::string brand = OneIn(2) ? "" : "b" + std::to_string(Uniform(12));
    const Counts counts = CountsOf(field, brand);
    SearchRequest request;
    request.size = 0;
    request.query = brand.empty() ? nullptr : MakeTerm("brand", brand);
    TermsAggregation first_keys = Terms(field, 7);
    first_keys.order = {{.by = BucketOrder::By::kKey, .descending = OneIn(2)}};
    TermsAggregation with_empty = Terms(field, 10'000);
    with_empty.min_doc_count = 0;
    request.aggregations = {TermsSpec(field, 10'000), SpecOf("first", first_keys),
                            SpecOf("empty", with_empty), MetricSpec(Metric::kValueCount, field)};
    const SearchResult result = engine_.Search(request);

    std::vector<std::pair<std::string, uint64_t>> expected(counts.begin(), counts.end());
    const uint64_t all =
        std::accumulate(counts.begin(), counts.end(), uint64_t{0},
                        [](uint64_t sum, const auto& entry) { return sum + entry.second; });
    EXPECT_EQ(Number(result.aggregations[3]), static_cast<double>(all));
    auto by_key = expected;
    if (first_keys.order[0].descending) {
      std::reverse(by_key.begin(), by_key.end());
    }
    by_key.resize(std::min<size_t>(by_key.size(), 7));
    EXPECT_EQ(BucketsOf(result.aggregations[1]), by_key) << field;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    EXPECT_EQ(BucketsOf(result.aggregations[0]), expected) << field;
    EXPECT_EQ(result.aggregations[0].As<BucketsResult>()->sum_other_doc_count, 0u);

    // Values of no matching document are shown too, of dead documents perhaps.
    std::map<std::string, uint64_t> shown;
    for (const auto& [key, count] : BucketsOf(result.aggregations[2])) {
      EXPECT_TRUE(shown.emplace(key, count).second);
      EXPECT_EQ(count, counts.count(key) == 0 ? 0 : counts.at(key));
      EXPECT_TRUE(ever_[field].count(key) != 0);
    }
    for (const auto& [value, count] : CountsOf(field, "")) {
      EXPECT_TRUE(shown.count(value) != 0) << value;
    }
  }

  void CheckBelow() {
    SearchRequest request;
    request.size = 0;
    const std::string below_field = OneIn(2) ? "brand" : "code";
    TermsAggregation by_tag = Terms("tags", 100);
    by_tag.source.missing = "none";
    request.aggregations = {SpecOf("tags", by_tag, {TermsSpec(below_field, 1000)})};
    std::map<std::string, Counts> expected;
    std::map<std::string, uint64_t> docs;
    for (const auto& [id, product] : products_) {
      std::set<std::string> tags = Values(product, "tags");
      if (tags.empty()) {
        tags.insert("none");
      }
      for (const std::string& tag : tags) {
        ++docs[tag];
        for (const std::string& value : Values(product, below_field)) {
          ++expected[tag][value];
        }
      }
    }
    const SearchResult result = engine_.Search(request);
    EXPECT_EQ(Buckets(result.aggregations[0]).size(), docs.size());
    for (const AggregationBucket& bucket : Buckets(result.aggregations[0])) {
      EXPECT_EQ(bucket.doc_count, docs[bucket.key_text]);
      const auto below = BucketsOf(bucket.children[0]);
      EXPECT_EQ(Counts(below.begin(), below.end()), expected[bucket.key_text]);
    }
  }

  // Pages of a sort by two keys, behind each other by search_after.
  void CheckSort(const std::string& field) {
    SearchRequest request;
    request.size = 1 + Uniform(40);
    request.sort.resize(2);
    request.sort[0].field = field;
    request.sort[0].descending = OneIn(2);
    request.sort[0].missing_first = OneIn(2);
    if (OneIn(3)) {
      request.sort[0].missing_value = OneIn(2) ? "tag15" : "between";
    }
    request.sort[1].field = "n";
    const SortKey& key = request.sort[0];
    std::vector<std::tuple<int, std::string, std::string>> expected;  // rank, value, id
    for (const auto& [id, product] : products_) {
      const std::set<std::string>& values = Values(product, field);
      const bool missing = values.empty() && key.missing_value.empty();
      const std::string value = !values.empty()
                                    ? (key.descending ? *values.rbegin() : *values.begin())
                                    : key.missing_value;
      expected.emplace_back(missing ? (key.missing_first ? -1 : 1) : 0, value, id);
    }
    std::sort(expected.begin(), expected.end(), [&](const auto& a, const auto& b) {
      const auto& [rank_a, value_a, id_a] = a;
      const auto& [rank_b, value_b, id_b] = b;
      if (rank_a != rank_b) {
        return rank_a < rank_b;
      }
      if (value_a != value_b) {
        return key.descending ? value_a > value_b : value_a < value_b;
      }
      return std::stoi(id_a) < std::stoi(id_b);
    });
    std::vector<std::string> got;
    const auto view = engine_.view();
    engine_.HoldView(view);
    for (;;) {
      const SearchResult page = engine_.Search(request);
      for (const Hit& hit : page.hits) {
        got.push_back(hit.id);
      }
      if (page.hits.empty()) {
        break;
      }
      request.after = page.cursor;
    }
    engine_.HoldView(nullptr);
    std::vector<std::string> ids;
    for (const auto& [rank, value, id] : expected) {
      ids.push_back(id);
    }
    EXPECT_EQ(got, ids) << field;
  }

  void CheckAll() {
    for (const auto& [id, product] : products_) {
      for (const auto& [field, values] : product) {
        ever_[field].insert(values.begin(), values.end());
      }
    }
    for (const char* field : kFields) {
      CheckFacet(field);
      CheckSort(field);
    }
    CheckBelow();
  }

  // Segments with ids, and with ordinals, of the field.
  std::pair<size_t, size_t> Kinds(const std::string& field) const {
    const auto view = engine_.view();
    const index::IndexView* index = view->Find("products");
    const mapping::FieldId id = index->mapping->Find(field)->id;
    std::pair<size_t, size_t> kinds;
    for (const auto& segment : index->segments) {
      kinds.first += segment->segment().KeywordIds(id) != nullptr ? 1 : 0;
      kinds.second += segment->segment().Keywords(id) != nullptr ? 1 : 0;
    }
    return kinds;
  }

  TestEngine engine_;
  std::map<std::string, Product> products_;
  std::map<std::string, Product> committed_;
  std::map<std::string, std::set<std::string>> ever_;
  uint64_t most_tags_ = 20;
};

TEST_F(KeywordIdsTest, FacetsAndSortsAreThoseOfPlainMapsOverAnyHistory) {
  bool mixed = false;
  for (uint64_t i = 0; i < Iterations(80) && !HasFailure(); ++i) {
    ApplyRandomBatch();
    CheckAll();
    const auto [ids, ords] = Kinds("code");
    mixed = mixed || (ids > 0 && ords > 0);
    if (OneIn(6)) {
      Commit();
      CheckAll();
    }
    if (OneIn(12)) {
      engine_.ForceMerge("products", 1 + Uniform(2));
      CheckAll();
    }
    if (OneIn(12)) {
      products_ = committed_;
      engine_.Reopen();
      CheckAll();
    }
  }
  EXPECT_TRUE(mixed || Iterations(80) < 80) << "codes were never closed";
  EXPECT_GT(Kinds("tags").first, 0u);
  EXPECT_EQ(Kinds("tags").second, 0u);
}

TEST_F(KeywordIdsTest, AClosedFieldLosesItsTableWithItsLastIds) {
  for (int i = 0; i < 150; ++i) {
    Put(std::to_string(i));
    if (i % 40 == 0) {
      engine_.Apply();
      Commit();
    }
  }
  engine_.Apply();
  Commit();
  ASSERT_GT(Kinds("code").second, 0u);
  engine_.ForceMerge("products", 1);
  EXPECT_EQ(Kinds("code"), (std::pair<size_t, size_t>{0, 1}));
  CheckAll();
  Commit();
  engine_.Reopen();
  const auto view = engine_.view();
  const index::IndexView* index = view->Find("products");
  const index::KeywordView* codes = index->Keywords(index->mapping->Find("code")->id);
  ASSERT_NE(codes, nullptr);
  EXPECT_TRUE(codes->closed);
  EXPECT_EQ(codes->size, 0u);
  EXPECT_GT(index->Keywords(index->mapping->Find("tags")->id)->size, 0u);
  CheckAll();
}

TEST_F(KeywordIdsTest, AnIdMeansTheSameInAllSegments) {
  for (int i = 0; i < 5; ++i) {
    Put(std::to_string(i));
    engine_.Apply();
  }
  const auto view = engine_.view();
  const index::IndexView* index = view->Find("products");
  ASSERT_EQ(index->segments.size(), 5u);
  const mapping::FieldId tags = index->mapping->Find("tags")->id;
  for (const auto& segment : index->segments) {
    const codec::OrdColumn* ids = segment->segment().KeywordIds(tags);
    if (ids == nullptr) {
      continue;
    }
    std::vector<uint32_t> scratch;
    std::set<std::string> got;
    for (const uint32_t id : ids->Ords(0, &scratch)) {
      got.insert(std::string(index->Keywords(tags)->table->Value(id)));
    }
    EXPECT_EQ(got, Values(products_[std::string(segment->segment().Key(0))], "tags"));
  }
}

}  // namespace
}  // namespace binseek::search::test
