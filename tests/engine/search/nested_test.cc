// Nested queries, sorts, aggregations and inner hits against what they mean for the JSON of random documents: on few and many segments, with blocks that reach over
// windows, documents that are deleted or written anew, and merges between.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "engine/search/filters_aggregation.h"
#include "engine/search/inner_hits.h"
#include "engine/search/nested_aggregation.h"
#include "engine/search/nested_path.h"
#include "engine/search/weight.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/nested_model.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

bool Near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(a)); }

class NestedTest : public binseek::test::SeededTest {
 protected:
  NestedTest() : model_(&random()) { engine_.CreateIndex("shop", kNestedMapping); }

  void Put(const std::string& id, uint64_t most) {
    const std::string json = model_.MakeDocument(most);
    engine_.Put("shop", id, json);
    documents_[id] = *ParseJson(json);
  }
  void Fill(uint64_t documents, uint64_t segments) {
    for (uint64_t i = 0; i < documents; ++i) {
      // Some blocks are longer than windows of 4,096 documents.
      Put(std::to_string(i), i % 701 == 350 ? 3000 : i % 97 == 5 ? 200 : 3);
      if (i % (documents / segments + 1) == documents / segments) {
        engine_.Apply();
      }
    }
    engine_.Apply();
  }
  // Deletes some, writes others anew, and takes in some more.
  void Change(uint64_t changes) {
    std::set<std::string> touched;
    for (uint64_t i = 0; i < changes; ++i) {
      const std::string id = std::to_string(Uniform(documents_.size() + 20));
      if (!touched.insert(id).second) {
        continue;
      }
      if (documents_.count(id) != 0 && OneIn(3)) {
        engine_.Delete("shop", id);
        documents_.erase(id);
      } else {
        Put(id, 4);
      }
    }
    engine_.Apply();
  }
  void Settle(uint64_t segments) {
    if (segments > 0) {
      engine_.ForceMerge("shop", segments);
    }
    engine_.HoldView(nullptr);
    engine_.HoldView(engine_.view());
  }
  // All there is to try of a state: few and many segments, before and after changes and merges.
  template <class Check>
  void OnManyStates(uint64_t documents, Check check) {
    const uint64_t segments = std::vector<uint64_t>{1, 3, 30}[Uniform(3)];
    SCOPED_TRACE(segments);
    Fill(documents, segments);
    Settle(segments == 1 ? 1 : 0);
    check();
    Change(documents / 5);
    Settle(0);
    check();
    Settle(OneIn(2) ? 1 : 2);
    check();
  }

  void CheckQuery(const MeantNested& meant) {
    SearchRequest request;
    request.query = meant.query;
    request.size = 100'000;
    request.track_total_hits = SearchRequest::kCountAll;
    const SearchResult whole = engine_.Search(request);
    std::map<std::string, double> expected;
    for (const auto& [id, document] : documents_) {
      if (const std::optional<double> score = meant.meaning(document)) {
        expected[id] = *score;
      }
    }
    ASSERT_EQ(whole.total->value, expected.size());
    ASSERT_EQ(whole.hits.size(), expected.size());
    for (const Hit& hit : whole.hits) {
      const auto found = expected.find(hit.id);
      ASSERT_NE(found, expected.end()) << hit.id;
      ASSERT_TRUE(Near(*hit.score, found->second)) << *hit.score << " " << found->second;
    }
    CheckPages(request, whole);
    CheckExplanations(meant, whole);
  }

  // What thresholds leave out is nothing that a page shows.
  void CheckPages(SearchRequest request, const SearchResult& whole) {
    for (const uint64_t size : {uint64_t{1}, uint64_t{7}, 1 + Uniform(40)}) {
      request.size = size;
      request.track_total_hits = OneIn(2) ? SearchRequest::kCountNone : 10;
      const SearchResult page = engine_.Search(request);
      ASSERT_EQ(page.hits.size(), std::min<size_t>(size, whole.hits.size()));
      for (size_t i = 0; i < page.hits.size(); ++i) {
        ASSERT_EQ(page.hits[i].id, whole.hits[i].id) << i;
        ASSERT_EQ(*page.hits[i].score, *whole.hits[i].score) << i;
      }
    }
  }

  void CheckExplanations(const MeantNested& meant, const SearchResult& whole) {
    if (whole.hits.empty()) {
      return;
    }
    BindContext context;
    context.index = whole.hits[0].index;
    const auto weight = meant.query->Bind(context, 1);
    ASSERT_TRUE(weight.ok());
    for (size_t i = 0; i < whole.hits.size(); i += 1 + whole.hits.size() / 5) {
      const Hit& hit = whole.hits[i];
      const auto explanation = (*weight)->Explain(hit.index->at(hit.address), hit.address.doc);
      ASSERT_TRUE(explanation.ok());
      ASSERT_TRUE(explanation->matches);
      ASSERT_EQ(explanation->value, *hit.score);
    }
  }

  // The object that a hit stands for, by where it says that it is.
  static void CheckPath(const JsonValue& document, const std::string& path, const Hit& hit,
                        const MeantNested& inner) {
    const auto steps = NestedPathOf(*hit.index, hit.address);
    ASSERT_TRUE(steps.ok());
    const JsonValue* object = &document;
    std::string level;
    for (const NestedStep& step : *steps) {
      const std::string next = level.empty() ? step.field : level + "." + step.field;
      const std::vector<const JsonValue*> objects = ObjectsAt(*object, level, next);
      ASSERT_LT(step.offset, objects.size());
      object = objects[step.offset];
      level = next;
    }
    ASSERT_EQ(level, path);
    const std::optional<double> score = inner.meaning(*object);
    ASSERT_TRUE(score.has_value());
    ASSERT_TRUE(Near(*score, *hit.score));
  }

  // What is counted of the offers with one color.
  struct Color {
    uint64_t offers = 0;
    uint64_t notes = 0;
    int64_t ranks = 0;
    std::map<std::string, std::set<std::string>> roots;  // by their k
  };
  std::map<std::string, Color> CountColors(const MeantNested& query, const MeantNested& filter,
                                           uint64_t* offers, uint64_t* picked) const {
    std::map<std::string, Color> colors;
    for (const auto& [id, document] : documents_) {
      if (!query.meaning(document)) {
        continue;
      }
      for (const JsonValue* const offer : ObjectsAt(document, "", "offers")) {
        ++*offers;
        if (!filter.meaning(*offer)) {
          continue;
        }
        ++*picked;
        Color& color = colors[ValuesIn(*offer, "offers", "offers.color")[0]];
        ++color.offers;
        for (const JsonValue* const note : ObjectsAt(*offer, "offers", "offers.notes")) {
          ++color.notes;
          for (const int64_t rank : NumbersIn(*note, "offers.notes", "offers.notes.rank")) {
            color.ranks += rank;
          }
        }
        color.roots[ValuesIn(document, "", "k")[0]].insert(id);
      }
    }
    return colors;
  }

  void CheckBuckets(const MeantNested& query, const MeantNested& filter) {
    NestedAggregation offers;
    offers.path = "offers";
    NestedAggregation notes;
    notes.path = "offers.notes";
    const AggregationSpec of_color = SpecOf(
        "colors", Terms("offers.color", 100),
        {SpecOf("roots", ReverseNestedAggregation(), {SpecOf("k", Terms("k", 100))}),
         SpecOf("notes", std::move(notes), {MetricSpec(Metric::kSum, "offers.notes.rank")})});
    SearchRequest request;
    request.query = query.query;
    request.size = 0;
    request.aggregations = {
        SpecOf("offers", std::move(offers),
               {SpecOf("picked", FilterAggregation(filter.query), {of_color})})};
    const SearchResult result = engine_.Search(request);
    uint64_t count = 0;
    uint64_t picked = 0;
    const std::map<std::string, Color> expected = CountColors(query, filter, &count, &picked);
    const auto* const all = result.aggregations[0].As<SingleBucketResult>();
    ASSERT_EQ(all->doc_count, count);
    const auto* const some = all->children[0].As<SingleBucketResult>();
    ASSERT_EQ(some->doc_count, picked);
    const std::vector<AggregationBucket>& colors = Buckets(some->children[0]);
    ASSERT_EQ(colors.size(), expected.size());
    for (const AggregationBucket& bucket : colors) {
      CheckColor(bucket, expected.at(bucket.key_text));
    }
  }

  static void CheckColor(const AggregationBucket& bucket, const Color& color) {
    ASSERT_EQ(bucket.doc_count, color.offers);
    const auto* const roots = bucket.children[0].As<SingleBucketResult>();
    uint64_t all_roots = 0;
    const std::vector<AggregationBucket>& ks = Buckets(roots->children[0]);
    ASSERT_EQ(ks.size(), color.roots.size());
    for (const AggregationBucket& k : ks) {
      ASSERT_EQ(k.doc_count, color.roots.at(k.key_text).size());
      all_roots += k.doc_count;
    }
    ASSERT_EQ(roots->doc_count, all_roots);
    const auto* const notes = bucket.children[1].As<SingleBucketResult>();
    ASSERT_EQ(notes->doc_count, color.notes);
    ASSERT_EQ(*Number(notes->children[0]), static_cast<double>(color.ranks));
  }

  // A sort by numbers of objects, and the numbers that a document has for it.
  struct MeantSort {
    SortKey key;
    std::function<std::vector<int64_t>(const JsonValue&)> numbers;
  };
  MeantSort MakeSort() {
    MeantSort sort;
    auto nested = std::make_shared<NestedSort>();
    const std::string field = OneIn(3)   ? "tags.rank"
                              : OneIn(2) ? "offers.price"
                                         : "offers.notes.rank";
    const std::string path = field.substr(0, field.rfind('.'));
    const MeantNested filter = model_.MakeQuery(path, 1);
    const bool filters = OneIn(2);
    const uint64_t most = OneIn(4) ? 1 + Uniform(3) : UINT64_MAX;
    nested->path = path;
    nested->filter = filters ? filter.query : nullptr;
    nested->max_children = most;
    const MeantNested outer = model_.MakeQuery("offers", 1);
    const bool within = path == "offers.notes" && OneIn(2);
    if (within) {
      auto around = std::make_shared<NestedSort>();
      around->path = "offers";
      around->filter = outer.query;
      around->nested = std::move(nested);
      nested = std::move(around);
    }
    sort.key.field = field;
    sort.key.nested = std::move(nested);
    sort.numbers = [=](const JsonValue& document) {
      std::vector<int64_t> numbers;
      uint64_t left = most;
      const auto add = [&](const JsonValue& object, const std::string& level) {
        for (const JsonValue* const one : ObjectsAt(object, level, path)) {
          if ((filters && !filter.meaning(*one)) || left == 0) {
            continue;
          }
          --left;
          const std::vector<int64_t> own = NumbersIn(*one, path, field);
          numbers.insert(numbers.end(), own.begin(), own.end());
        }
      };
      if (!within) {
        add(document, "");
        return numbers;
      }
      for (const JsonValue* const offer : ObjectsAt(document, "", "offers")) {
        if (outer.meaning(*offer)) {
          add(*offer, "offers");
        }
      }
      return numbers;
    };
    return sort;
  }

  static double Combined(const SortKey& key, const std::vector<int64_t>& numbers) {
    int64_t sum = 0;
    for (const int64_t number : numbers) {
      sum += number;
    }
    const auto [least, greatest] = std::minmax_element(numbers.begin(), numbers.end());
    switch (key.mode) {
      case SortKey::Mode::kSum:
        return static_cast<double>(sum);
      case SortKey::Mode::kAvg:
        return static_cast<double>(sum) / static_cast<double>(numbers.size());
      case SortKey::Mode::kMin:
        return static_cast<double>(*least);
      case SortKey::Mode::kMax:
        return static_cast<double>(*greatest);
      default:
        return static_cast<double>(key.descending ? *greatest : *least);
    }
  }

  void CheckSort() {
    MeantSort sort = MakeSort();
    sort.key.descending = OneIn(2);
    constexpr SortKey::Mode kModes[] = {SortKey::Mode::kDefault, SortKey::Mode::kMin,
                                        SortKey::Mode::kMax, SortKey::Mode::kSum,
                                        SortKey::Mode::kAvg};
    sort.key.mode = kModes[Uniform(5)];
    SearchRequest request;
    request.sort = {sort.key};
    request.size = 100'000;
    const SearchResult result = engine_.Search(request);
    ASSERT_EQ(result.hits.size(), documents_.size());
    std::optional<double> before;
    bool missing = false;
    for (const Hit& hit : result.hits) {
      const std::vector<int64_t> numbers = sort.numbers(documents_.at(hit.id));
      ASSERT_EQ(hit.sort[0] == "null", numbers.empty()) << hit.id << " " << hit.sort[0];
      if (numbers.empty()) {
        missing = true;
        continue;
      }
      ASSERT_FALSE(missing);
      const double shown = std::stod(hit.sort[0]);
      // Means of whole numbers are rounded to one.
      ASSERT_NEAR(shown, Combined(sort.key, numbers),
                  sort.key.mode == SortKey::Mode::kAvg ? 0.5 : 0);
      ASSERT_FALSE(before && (sort.key.descending ? shown > *before : shown < *before));
      before = shown;
    }
    // A few alone, with nothing counted: what zones of values rule out is passed over.
    request.track_total_hits = SearchRequest::kCountNone;
    for (const uint64_t size : {1, 3, 20}) {
      request.size = size;
      std::vector<std::string> expected = IdsOf(result);
      expected.resize(std::min<size_t>(expected.size(), size));
      ASSERT_EQ(engine_.Ordered(request), expected) << size;
    }
  }

  NestedModel model_;
  TestEngine engine_;
  std::map<std::string, JsonValue> documents_;
};

TEST_F(NestedTest, QueriesMeanWhatTheySay) {
  OnManyStates(OneIn(3) ? 1500 : 300, [this] {
    for (uint64_t i = 0; i < Iterations(60); ++i) {
      SCOPED_TRACE(i);
      CheckQuery(OneIn(3) ? model_.MakeQuery("") : model_.MakeNestedQuery("", 3));
      ASSERT_FALSE(HasFatalFailure());
    }
  });
}

TEST_F(NestedTest, AQueryNarrowsWhatOthersHaveFound) {
  OnManyStates(400, [this] {
    for (uint64_t i = 0; i < Iterations(60); ++i) {
      const std::string k(1, static_cast<char>('a' + Uniform(6)));
      const MeantNested nested = model_.MakeNestedQuery("", 2);
      const bool scored = OneIn(2);
      BoolOptions both;
      both.filter = {MakeTerm("k", k)};
      (scored ? both.must : both.filter).push_back(nested.query);
      CheckQuery({MakeBool(std::move(both)), [=](const JsonValue& object) {
                    const std::optional<double> score = nested.meaning(object);
                    return ValuesIn(object, "", "k")[0] != k || !score
                               ? std::nullopt
                               : std::optional(scored ? *score : 0.0);
                  }});
      ASSERT_FALSE(HasFatalFailure());
    }
  });
}

TEST_F(NestedTest, InnerHitsAreTheObjectsThatMatch) {
  OnManyStates(300, [this] {
    const auto view = engine_.view();
    BindContext context;
    context.index = view->Find("shop");
    for (uint64_t i = 0; i < Iterations(40); ++i) {
      const std::string path = OneIn(3) ? "tags" : OneIn(2) ? "offers" : "offers.notes";
      const MeantNested inner = model_.MakeQuery(path, 2);
      const uint64_t from = OneIn(3) ? Uniform(3) : 0;
      const auto search = InnerHitsSearch::Bind(
          context, {.path = path, .query = inner.query, .from = from, .size = 5});
      ASSERT_TRUE(search.ok());
      std::map<std::pair<uint32_t, index::DocId>, std::string> asked;
      const uint64_t of = OneIn(2) ? 2 : 20;
      for (const auto& [id, document] : documents_) {
        if (OneIn(of)) {
          const index::DocAddress address = *context.index->FindKey(id);
          asked[{address.segment, address.doc}] = id;
        }
      }
      std::vector<index::DocAddress> parents;
      for (const auto& [address, id] : asked) {
        parents.push_back({address.first, address.second});
      }
      const auto all = (*search)->Search(parents);
      ASSERT_TRUE(all.ok());
      ASSERT_EQ(all->size(), parents.size());
      auto found = all->begin();
      for (const auto& [address, id] : asked) {
        const JsonValue& document = documents_.at(id);
        std::vector<double> scores;
        for (const JsonValue* const object : ObjectsAt(document, "", path)) {
          if (const auto score = inner.meaning(*object)) {
            scores.push_back(*score);
          }
        }
        ASSERT_EQ(found->total, scores.size());
        std::sort(scores.rbegin(), scores.rend());
        ASSERT_EQ(found->hits.size(),
                  std::min<size_t>(5, scores.size() - std::min<size_t>(scores.size(), from)));
        for (size_t h = 0; h < found->hits.size(); ++h) {
          ASSERT_EQ(found->hits[h].id, id);
          ASSERT_TRUE(Near(*found->hits[h].score, scores[from + h]));
          CheckPath(document, path, found->hits[h], inner);
        }
        ++found;
      }
    }
  });
}

TEST_F(NestedTest, BucketsAreOfObjectsAndOfWhatTheyBelongTo) {
  OnManyStates(400, [this] {
    for (uint64_t i = 0; i < Iterations(20); ++i) {
      const MeantNested query = model_.MakeQuery("", 2);
      const MeantNested filter = model_.MakeQuery("offers", 2);
      CheckBuckets(query, filter);
      ASSERT_FALSE(HasFatalFailure());
    }
  });
}

TEST_F(NestedTest, SortsReadTheObjectsThatCount) {
  OnManyStates(300, [this] {
    for (uint64_t i = 0; i < Iterations(40); ++i) {
      CheckSort();
      ASSERT_FALSE(HasFatalFailure());
    }
  });
}

TEST_F(NestedTest, WhatIsNotThereIsRefusedOrMatchesNothing) {
  Put("1", 3);
  engine_.Apply();
  const auto nested = [](const std::string& path, bool ignore) {
    return MakeNested({.path = path, .query = MakeMatchAll(), .ignore_unmapped = ignore});
  };
  EXPECT_EQ(engine_.ErrorOf(nested("none", false)),
            "failed to create query: [nested] failed to find nested object under path [none]");
  EXPECT_EQ(engine_.Ids(nested("none", true)), std::vector<std::string>());
  SearchRequest request;
  request.sort.emplace_back();
  request.sort[0].field = "offers.price";
  EXPECT_EQ(
      engine_.TrySearch(request).status().message(),
      "it is mandatory to set the [nested] context on the nested sort field: [offers.price].");
}

}  // namespace
}  // namespace binseek::search::test
