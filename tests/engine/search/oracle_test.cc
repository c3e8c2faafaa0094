// Every query, sort and aggregation against a plain evaluation of the same documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/oracle.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

class OracleTest : public binseek::test::SeededTest {
 protected:
  OracleTest() : oracle_(&random()) {
    engine_.CreateIndex("products", kProductMapping, {"stock", "day"});
  }

  // A batch: documents written anew, deleted, and updated in place.
  void ApplyRandomBatch(uint64_t keys, uint64_t operations) {
    std::set<std::string> touched;
    for (uint64_t i = 0; i < operations; ++i) {
      const std::string id = std::to_string(Uniform(keys));
      if (!touched.insert(id).second) {
        continue;
      }
      const auto known = products_.find(id);
      if (known != products_.end() && OneIn(4)) {
        engine_.Delete("products", id);
        products_.erase(known);
      } else if (known != products_.end() && OneIn(2)) {
        UpdateInPlace(&known->second);
      } else {
        products_[id] = oracle_.MakeProduct(id);
        engine_.Put("products", id, products_[id].ToJson());
      }
    }
    engine_.Apply();
  }

  void UpdateInPlace(Product* product) {
    const bool to_null = OneIn(5);
    if (OneIn(2)) {
      product->stock =
          to_null ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(Uniform(20)) - 5);
      engine_.Update("products", product->id, "stock", product->stock);
    } else {
      product->day = to_null ? std::nullopt : std::optional<int64_t>(oracle_.MakeDay());
      engine_.Update("products", product->id, "day", product->day);
    }
  }

  const index::IndexView& Look() {
    view_ = engine_.view();
    engine_.HoldView(view_);
    oracle_.Look(*view_->Find("products"));
    return *view_->Find("products");
  }

  std::vector<const Product*> Matching(const Meaning& meaning) const {
    std::vector<const Product*> out;
    for (const auto& [id, product] : products_) {
      if (meaning(product)) {
        out.push_back(&product);
      }
    }
    return out;
  }

  uint64_t PlaceOf(const Product& product) const {
    const auto address = view_->Find("products")->FindKey(product.id);
    return uint64_t{address->segment} << 32 | address->doc;
  }

  void CheckScores(const MeantQuery& query) {
    SearchRequest request;
    request.query = query.query;
    request.size = 100'000;
    request.track_total_hits = SearchRequest::kCountAll;
    const SearchResult result = engine_.Search(request);
    const std::vector<const Product*> expected = Matching(query.meaning);
    ASSERT_EQ(result.total->value, expected.size());
    std::set<std::string> ids;
    for (size_t i = 0; i < result.hits.size(); ++i) {
      const Hit& hit = result.hits[i];
      ids.insert(hit.id);
      ASSERT_TRUE(products_.count(hit.id)) << hit.id;
      const std::optional<double> score = query.meaning(products_[hit.id]);
      ASSERT_TRUE(score) << hit.id;
      ASSERT_NEAR(*hit.score, *score, 1e-5 * std::max(1e-3, std::abs(*score))) << hit.id;
      if (i > 0) {
        const Hit& before = result.hits[i - 1];
        ASSERT_GE(*before.score, *hit.score);
        if (*before.score == *hit.score) {
          ASSERT_LT(PlaceOf(products_[before.id]), PlaceOf(products_[hit.id]));
        }
      }
    }
    ASSERT_EQ(ids.size(), expected.size());
    CheckFirstPage(request, result);
  }

  // A small page is the beginning of a big one.
  void CheckFirstPage(SearchRequest request, const SearchResult& all) {
    request.from = Uniform(5);
    request.size = 1 + Uniform(10);
    const std::vector<std::string> page = engine_.Ordered(request);
    std::vector<std::string> expected = IdsOf(all);
    expected.erase(expected.begin(),
                   expected.begin() + static_cast<std::ptrdiff_t>(
                                          std::min<size_t>(request.from, expected.size())));
    expected.resize(std::min<size_t>(expected.size(), request.size));
    ASSERT_EQ(page, expected);
  }

  // A value under one sort key: none, a number, or a text.
  struct Cell {
    int rank = 0;
    double number = 0;
    std::string text;
  };
  static Cell CellOf(const Product& product, const SortKey& key) {
    Cell cell;
    const bool greatest = key.descending;
    bool has = true;
    if (key.field == "tags") {
      has = !product.tags.empty();
      cell.text = !has       ? key.missing_value
                  : greatest ? *product.tags.rbegin()
                             : *product.tags.begin();
      has = has || !key.missing_value.empty();
    } else if (key.field == "sizes") {
      has = !product.sizes.empty();
      cell.number = static_cast<double>(!has       ? 0
                                        : greatest ? *product.sizes.rbegin()
                                                   : *product.sizes.begin());
    } else if (key.field == "stock") {
      has = product.stock.has_value();
      cell.number = static_cast<double>(product.stock.value_or(0));
    } else if (key.field == "price") {
      has = product.price.has_value();
      cell.number = product.price.value_or(0);
    } else if (key.field == "day") {
      has = product.day.has_value();
      cell.number = static_cast<double>(product.day.value_or(0) / 1000);
    } else {
      has = product.active.has_value();
      cell.number = product.active.value_or(false) ? 1 : 0;
    }
    cell.rank = has ? 0 : (key.missing_first ? -1 : 1);
    return cell;
  }

  void CheckSort(const MeantQuery& query) {
    static const char* const kFields[] = {"tags", "sizes", "stock", "price", "day", "active"};
    SearchRequest request;
    request.query = query.query;
    request.size = 100'000;
    for (uint64_t keys = 1 + Uniform(3); keys > 0; --keys) {
      SortKey key;
      key.field = kFields[Uniform(std::size(kFields))];
      key.descending = OneIn(2);
      key.missing_first = OneIn(3);
      if (key.field == "tags" && OneIn(3)) {
        key.missing_value = OneIn(2) ? oracle_.MakeTag() : oracle_.MakeTag() + "x";
      }
      request.sort.push_back(key);
    }
    std::vector<const Product*> expected = Matching(query.meaning);
    std::sort(expected.begin(), expected.end(), [&](const Product* a, const Product* b) {
      for (const SortKey& key : request.sort) {
        const Cell left = CellOf(*a, key);
        const Cell right = CellOf(*b, key);
        if (left.rank != right.rank) {
          return left.rank < right.rank;
        }
        if (left.number != right.number) {
          return (left.number < right.number) != key.descending;
        }
        if (left.text != right.text) {
          return (left.text < right.text) != key.descending;
        }
      }
      return PlaceOf(*a) < PlaceOf(*b);
    });
    std::vector<std::string> ids;
    for (const Product* product : expected) {
      ids.push_back(product->id);
    }
    const SearchResult all = engine_.Search(request);
    ASSERT_EQ(IdsOf(all), ids);
    CheckFirstPage(request, all);
    CheckPages(request, ids);
  }

  // Page after page by cursor is the whole.
  void CheckPages(SearchRequest request, const std::vector<std::string>& ids) {
    request.size = 1 + ids.size() / 4;
    std::vector<std::string> collected;
    for (;;) {
      const SearchResult page = engine_.Search(request);
      if (page.hits.empty()) {
        break;
      }
      for (const std::string& id : IdsOf(page)) {
        collected.push_back(id);
      }
      request.after = page.cursor;
    }
    ASSERT_EQ(collected, ids);
  }

  static std::vector<std::string> KeysOf(const Product& product, const std::string& field) {
    std::set<std::string> keys;
    if (field == "tags") {
      keys = product.tags;
    } else if (field == "stock" && product.stock) {
      keys.insert(std::to_string(*product.stock));
    } else if (field == "active" && product.active) {
      keys.insert(*product.active ? "1" : "0");
    } else if (field == "day" && product.day) {
      keys.insert(std::to_string(*product.day / 1000));
    } else if (field == "sizes") {
      for (const int64_t size : product.sizes) {
        keys.insert(std::to_string(size));
      }
    }
    return {keys.begin(), keys.end()};
  }

  void CheckTerms(const MeantQuery& query) {
    static const char* const kFields[] = {"tags", "stock", "active", "day", "sizes"};
    TermsAggregation terms = Terms(kFields[Uniform(std::size(kFields))],
                                   OneIn(2) ? 10'000 : static_cast<uint32_t>(1 + Uniform(5)));
    const bool alone = OneIn(2);  // counted in another way than with aggregations below
    if (alone && terms.source.field == "tags" && OneIn(3)) {
      terms.source.missing = OneIn(2) ? oracle_.MakeTag() : "none";
    }
    const bool by_key = OneIn(3);
    if (by_key) {
      terms.order.push_back({.by = BucketOrder::By::kKey, .descending = false, .metric = {}});
    }
    SearchRequest request;
    request.query = query.query;
    request.size = 0;
    request.aggregations = {SpecOf("values", terms)};
    if (!alone) {
      request.aggregations[0].children = {MetricSpec(Metric::kStats, "price"),
                                          TermsSpec("tags", 100)};
    }

    struct Expected {
      uint64_t count = 0;
      uint64_t prices = 0;
      double sum = 0;
      std::map<std::string, uint64_t> tags;
    };
    std::map<std::string, Expected> expected;
    uint64_t total = 0;
    for (const Product* product : Matching(query.meaning)) {
      std::vector<std::string> keys = KeysOf(*product, terms.source.field);
      if (keys.empty() && terms.source.missing) {
        keys.push_back(*terms.source.missing);
      }
      for (const std::string& key : keys) {
        Expected& bucket = expected[key];
        ++bucket.count;
        ++total;
        bucket.prices += product->price ? 1 : 0;
        bucket.sum += product->price.value_or(0);
        for (const std::string& tag : product->tags) {
          ++bucket.tags[tag];
        }
      }
    }
    const SearchResult found = engine_.Search(request);
    const BucketsResult& result = *found.aggregations[0].As<BucketsResult>();
    ASSERT_EQ(result.buckets.size(), std::min<size_t>(terms.size, expected.size()));
    for (size_t i = 0; i < result.buckets.size(); ++i) {
      const AggregationBucket& bucket = result.buckets[i];
      const Expected& wanted = expected[bucket.key_text];
      ASSERT_EQ(bucket.doc_count, wanted.count) << bucket.key_text;
      total -= bucket.doc_count;
      if (i > 0 && !by_key) {
        ASSERT_GE(result.buckets[i - 1].doc_count, bucket.doc_count);
      }
      if (i > 0 && by_key && terms.source.field == "tags") {
        ASSERT_LT(result.buckets[i - 1].key_text, bucket.key_text);
      }
      if (alone) {
        continue;
      }
      ASSERT_EQ(Stats(bucket.children[0]).count, wanted.prices) << bucket.key_text;
      ASSERT_DOUBLE_EQ(Stats(bucket.children[0]).sum, wanted.sum) << bucket.key_text;
      std::map<std::string, uint64_t> tags;
      for (const AggregationBucket& tag : Buckets(bucket.children[1])) {
        tags[tag.key_text] = tag.doc_count;
      }
      ASSERT_EQ(tags, wanted.tags) << bucket.key_text;
    }
    ASSERT_EQ(result.sum_other_doc_count, total);
    for (const auto& [key, wanted] :
         expected) {  // none that is left out has more than the last shown
      ASSERT_TRUE(by_key || result.buckets.size() == expected.size() ||
                  wanted.count <= result.buckets.front().doc_count)
          << key;
    }
  }

  void CheckQueries(uint64_t count) {
    Look();
    for (uint64_t i = 0; i < count && !HasFatalFailure(); ++i) {
      const MeantQuery query = oracle_.MakeQuery(3);
      SCOPED_TRACE(query.text);
      CheckScores(query);
      CheckSort(query);
      CheckTerms(query);
    }
  }

  TestEngine engine_;
  Oracle oracle_;
  std::map<std::string, Product> products_;
  std::shared_ptr<const index::EngineView> view_;
};

TEST_F(OracleTest, QueriesSortsAndAggregationsAreThoseOfAPlainEvaluation) {
  for (uint64_t round = 0; round < Iterations(12) && !HasFatalFailure(); ++round) {
    ApplyRandomBatch(300, 1 + Uniform(60));
    if (OneIn(4)) {
      engine_.Commit();
    }
    CheckQueries(25);
  }
}

TEST_F(OracleTest, SegmentsOfSeveralWindowsGiveTheSameAnswers) {
  for (uint64_t i = 0; i < 9000; ++i) {
    const std::string id = std::to_string(i);
    products_[id] = oracle_.MakeProduct(id);
    engine_.Put("products", id, products_[id].ToJson());
  }
  engine_.Apply();
  ApplyRandomBatch(9000, 500);
  CheckQueries(Iterations(6));
}

}  // namespace
}  // namespace binseek::search::test
