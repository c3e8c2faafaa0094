// What thresholds leave out: pages of the best, however small, are the beginning of the whole; beside counts, aggregations and min_score too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

class PruningTest : public binseek::test::SeededTest {
 protected:
  // Words of very different frequency, texts of very different length; words crowd in places, so that blocks differ.
  std::string Word(uint64_t place) {
    if (OneIn(12)) {
      return "r" +
             std::to_string(Uniform(500));  // so rare that documents are gone through one by one
    }
    const double x = std::pow(static_cast<double>(Uniform(1'000'000)) / 1'000'000, 4);
    const auto word = static_cast<uint64_t>(x * 60);
    return "w" + std::to_string(OneIn(3) ? (word + place / 700) % 60 : word);
  }
  std::string Text(uint64_t place) {
    std::string text;
    const uint64_t words = OneIn(20) ? Uniform(200) : Uniform(12);
    for (uint64_t i = 0; i < words; ++i) {
      text += Word(place) + " ";
    }
    return text;
  }

  void Fill(uint64_t documents, uint64_t segments) {
    engine_.CreateIndex("products", R"({"properties": {"a": {"type": "text"}, "b": {"type": "text"},
        "n": {"type": "long"}, "k": {"type": "keyword"}}})");
    documents_ = documents;
    for (uint64_t i = 0; i < documents; ++i) {
      engine_.Put("products", std::to_string(i),
                  R"({"a": ")" + Text(i) + R"(", "b": ")" + Text(i / 3) + R"(", )" +
                      (OneIn(40) ? "" : R"("n": )" + std::to_string(Uniform(100)) + ", ") +
                      R"("k": ")" + Word(i) + R"("})");
      if (i % (documents / segments + 1) == documents / segments) {
        engine_.Apply();
      }
    }
    Finish();
  }
  // Searches that are compared are of one view: merges that go on meanwhile change the order of equal scores.
  void Finish() {
    engine_.Apply();
    engine_.HoldView(engine_.view());
  }
  void DeleteSome() {
    for (uint64_t i = 0; i < documents_ / 10; ++i) {
      engine_.Delete("products", std::to_string(i * 10 + Uniform(10)));
    }
    Finish();
  }

  QueryPtr Leaf() {
    const std::string field = OneIn(3) ? "b" : "a";
    const float boost = OneIn(4) ? static_cast<float>(1 + Uniform(40)) / 8 : 1;
    switch (Uniform(9)) {
      case 0:
        return MakeRange("n", Bound{std::to_string(Uniform(100))}, std::nullopt, boost);
      case 1: {
        MatchPhraseOptions phrase;
        phrase.field = field;
        phrase.text = Word(Uniform(documents_)) + " " + Word(Uniform(documents_));
        phrase.slop = OneIn(2) ? 0 : static_cast<uint32_t>(Uniform(5));
        phrase.boost = boost;
        return MakeMatchPhrase(phrase);
      }
      case 2:
      case 3: {
        MatchOptions match;
        match.field = field;
        for (uint64_t i = 0; i < 2 + Uniform(4); ++i) {
          match.text += Word(Uniform(documents_)) + " ";
        }
        match.operator_and = OneIn(3);
        match.boost = boost;
        return MakeMatch(match);
      }
      case 4:
        return MakeTerm("k", Word(0), boost);
      case 5:
        return MakeConstantScore(MakeTerm(field, Word(0)), boost);
      default:
        return MakeTerm(field, Word(Uniform(documents_)), boost);
    }
  }
  QueryPtr Tree(int depth) {
    if (depth == 0 || OneIn(4)) {
      return Leaf();
    }
    if (OneIn(5)) {
      std::vector<QueryPtr> queries;
      for (uint64_t i = 0; i < 1 + Uniform(3); ++i) {
        queries.push_back(Tree(depth - 1));
      }
      return MakeDisMax(queries, OneIn(2) ? 0 : 0.3F);
    }
    BoolOptions options;
    const auto add = [&](uint64_t most, std::vector<QueryPtr>* clauses) {
      for (uint64_t i = Uniform(most + 1); i > 0; --i) {
        clauses->push_back(Tree(depth - 1));
      }
    };
    add(2, &options.must);
    add(4, &options.should);
    if (OneIn(3)) {
      add(1, &options.filter);
    }
    if (OneIn(3)) {
      add(1, &options.must_not);
    }
    if (!options.should.empty() && OneIn(3)) {
      options.minimum_should_match = std::to_string(1 + Uniform(options.should.size()));
    }
    return MakeBool(options);
  }

  void CheckQuery(const QueryPtr& query) {
    SearchRequest whole;
    whole.query = query;
    whole.size = 10 * documents_;  // never full: nothing is left out
    whole.track_total_hits = SearchRequest::kCountAll;
    const SearchResult all = engine_.Search(whole);
    ASSERT_EQ(all.hits.size(), all.total->value);
    for (const uint64_t k : {uint64_t{1}, uint64_t{10}, 1 + Uniform(200)}) {
      SearchRequest request;
      request.query = query;
      request.size = k;
      const uint64_t limits[] = {SearchRequest::kCountNone, SearchRequest::kCountAll,
                                 1 + Uniform(500)};
      request.track_total_hits = limits[Uniform(3)];
      size_t left = all.hits.size();
      if (OneIn(3) && !all.hits.empty()) {
        request.min_score = *all.hits[Uniform(all.hits.size())].score;
        left = static_cast<size_t>(
            std::count_if(all.hits.begin(), all.hits.end(),
                          [&](const Hit& hit) { return *hit.score >= *request.min_score; }));
      }
      CheckPage(request, all, left);
    }
  }

  void CheckPage(SearchRequest request, const SearchResult& all, size_t left) {
    if (OneIn(4)) {
      request.aggregations.push_back(TermsSpec("k"));
    }
    const SearchResult page = engine_.Search(request);
    if (!page.aggregations.empty()) {
      uint64_t counted = page.aggregations[0].As<BucketsResult>()->sum_other_doc_count.value_or(0);
      for (const AggregationBucket& bucket : Buckets(page.aggregations[0])) {
        counted += bucket.doc_count;
      }
      ASSERT_EQ(counted, left);  // every document has one key
    }
    ASSERT_EQ(page.hits.size(), std::min<size_t>(request.size, left));
    for (size_t i = 0; i < page.hits.size(); ++i) {
      ASSERT_EQ(page.hits[i].id, all.hits[i].id) << i << " of " << request.size;
      ASSERT_EQ(*page.hits[i].score, *all.hits[i].score) << page.hits[i].id;
    }
    if (request.track_total_hits == SearchRequest::kCountNone) {
      ASSERT_FALSE(page.total);
    } else if (left <= request.track_total_hits) {
      ASSERT_TRUE(page.total->exact);
      ASSERT_EQ(page.total->value, left);
    } else {
      ASSERT_FALSE(page.total->exact);
      ASSERT_EQ(page.total->value, request.track_total_hits);
    }
  }

  TestEngine engine_;
  uint64_t documents_ = 0;
};

TEST_F(PruningTest, SmallPagesAreTheBeginningOfTheWholeInOneSegment) {
  Fill(20'000, 1);
  for (uint64_t i = 0; i < Iterations(150); ++i) {
    ASSERT_NO_FATAL_FAILURE(CheckQuery(Tree(2)));
  }
}

// Required, optional and prohibited words beside one another, and filters: the shapes that give documents in order, without windows.
TEST_F(PruningTest, TheFirstFewOfCombinedTermsAreThoseOfTheWhole) {
  Fill(40'000, 1);
  const auto term = [this] { return MakeTerm("a", Word(Uniform(documents_))); };
  for (uint64_t i = 0; i < Iterations(200); ++i) {
    BoolOptions options;
    if (OneIn(3)) {
      options.must = {MakeBool({.should = {term(), term(), term()}})};
    } else {
      for (uint64_t n = 0; n < 1 + Uniform(3); ++n) {
        options.must.push_back(term());
      }
    }
    for (uint64_t n = Uniform(4); n > 0; --n) {
      options.should.push_back(term());
    }
    if (OneIn(4)) {  // a sum within the sum, cut to float by itself
      options.should.push_back(
          MakeBool({.should = {term(), term()}, .boost = static_cast<float>(1 + Uniform(20)) / 8}));
    }
    if (OneIn(3)) {
      options.must_not = {term()};
    }
    if (OneIn(3)) {
      options.filter = {
          OneIn(2) ? term() : MakeRange("n", Bound{std::to_string(Uniform(90))}, std::nullopt)};
    }
    ASSERT_NO_FATAL_FAILURE(CheckQuery(MakeBool(options)));
  }
}

// Pages of documents whose numbers lie behind the worst kept are passed over.
TEST_F(PruningTest, TheFirstFewByANumberAreThoseOfTheWhole) {
  Fill(20'000, 1);
  for (uint64_t i = 0; i < Iterations(60); ++i) {
    SearchRequest request;
    SortKey key;
    key.field = "n";
    key.descending = OneIn(2);
    key.missing_first = OneIn(4);
    request.sort = {key};
    if (OneIn(2)) {
      SortKey second;
      second.field = "k";
      second.descending = OneIn(2);
      request.sort.push_back(second);
    }
    request.query = OneIn(2) ? MakeMatchAll() : Leaf();
    request.size = 10 * documents_;
    const SearchResult all = engine_.Search(request);
    for (const uint64_t size : {uint64_t{1}, uint64_t{10}, 1 + Uniform(300)}) {
      request.size = size;
      request.track_total_hits = OneIn(2) ? SearchRequest::kCountNone : SearchRequest::kCountAll;
      std::vector<std::string> expected = IdsOf(all);
      const size_t matches = expected.size();
      expected.resize(std::min<size_t>(expected.size(), size));
      const SearchResult page = engine_.Search(request);
      ASSERT_EQ(IdsOf(page), expected) << i;
      ASSERT_EQ(page.total ? page.total->value : matches, matches);
    }
  }
}

// Where most is left out: terms alone and in pairs, few places, nothing counted.
TEST_F(PruningTest, TheFirstFewOfTermsAndPairsAreThoseOfTheWhole) {
  Fill(40'000, 1);
  for (uint64_t i = 0; i < Iterations(120); ++i) {
    const std::string first = "w" + std::to_string(i % 60);
    QueryPtr query = MakeTerm("a", first);
    if (i >= 60) {
      query = MakeBool({.should = {query, MakeTerm("a", Word(Uniform(documents_)))}});
    }
    SearchRequest request;
    request.query = query;
    request.size = 10 * documents_;
    const SearchResult all = engine_.Search(request);
    request.track_total_hits = SearchRequest::kCountNone;
    for (const uint64_t size : {1, 2, 5, 20}) {
      request.size = size;
      std::vector<std::string> expected = IdsOf(all);
      expected.resize(std::min<size_t>(expected.size(), size));
      ASSERT_EQ(engine_.Ordered(request), expected) << first << " " << i;
    }
  }
}

TEST_F(PruningTest, SmallPagesAreTheBeginningOfTheWholeInSegmentsWithDeletes) {
  Fill(15'000, 3);
  DeleteSome();
  for (uint64_t i = 0; i < Iterations(80); ++i) {
    ASSERT_NO_FATAL_FAILURE(CheckQuery(Tree(2)));
  }
}

TEST_F(PruningTest, SmallPagesAreTheBeginningOfTheWholeInManySegments) {
  Fill(6'000, 30);
  for (uint64_t i = 0; i < Iterations(80); ++i) {
    ASSERT_NO_FATAL_FAILURE(CheckQuery(Tree(3)));
  }
}

// Matches that nobody looks at are counted many windows at a time: frequent words, rare ones and gaps of many windows, over several such stretches.
TEST_F(PruningTest, CountsOfLongSegmentsAreThoseOfTheirDocuments) {
  documents_ = 140'000;
  engine_.CreateIndex("products",
                      R"({"properties": {"k": {"type": "keyword"}, "n": {"type": "long"},
                                         "t": {"type": "text", "analyzer": "whitespace"}}})");
  const std::vector<uint64_t> steps = {2, 7, 1'000, 30'011, 69'999};
  const auto has = [](uint64_t doc, uint64_t step) {
    return doc % step == step / 2 && (doc < 66'000 || doc > 90'000);
  };
  const auto number = [](uint64_t doc) { return doc * 7 % 100; };
  // Its words in the order of its text.
  const auto words_of = [&](uint64_t doc) {
    std::vector<uint64_t> words;
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(words),
                 [&](uint64_t step) { return has(doc, step); });
    if (doc % 3 == 0) {
      std::reverse(words.begin(), words.end());
    }
    return words;
  };
  const auto together = [&](uint64_t doc, uint64_t a, uint64_t b) {
    const std::vector<uint64_t> words = words_of(doc);
    const auto at = std::find(words.begin(), words.end(), a);
    return at != words.end() && at + 1 != words.end() && at[1] == b;
  };
  for (uint64_t doc = 0; doc < documents_; ++doc) {
    std::string list;
    std::string text;
    for (const uint64_t word : words_of(doc)) {
      list += (list.empty() ? "\"" : ", \"") + std::to_string(word) + "\"";
      text += std::to_string(word) + " ";
    }
    engine_.Put("products", std::to_string(doc),
                R"({"k": [)" + list + R"(], "t": ")" + text + R"(", "n": )" +
                    std::to_string(number(doc)) + "}");
  }
  Finish();
  const QueryPtr range = MakeRange("n", Bound{"60"}, std::nullopt);
  for (const bool deleted : {false, true}) {
    const auto dead = [deleted](uint64_t doc) { return deleted && doc % 10 == 7; };
    for (uint64_t doc = 0; deleted && doc < documents_; ++doc) {
      if (dead(doc)) {
        engine_.Delete("products", std::to_string(doc));
      }
    }
    Finish();
    for (const uint64_t a : steps) {
      for (const uint64_t b : steps) {
        const QueryPtr first = MakeTerm("k", std::to_string(a));
        const QueryPtr second = MakeTerm("k", std::to_string(b));
        const QueryPtr phrase =
            MakeMatchPhrase({.field = "t", .text = std::to_string(a) + " " + std::to_string(b)});
        const QueryPtr queries[] = {
            MakeBool({.should = {first, second}}),
            MakeBool({.must = {first, second}}),
            MakeBool({.must = {first}, .must_not = {second}}),
            MakeBool({.must = {MakeBool({.should = {first, second}})}, .filter = {range}}),
            MakeBool({.must = {first}, .should = {second}, .must_not = {range}}),
            MakeBool({.must_not = {first, second}}),
            phrase,
            MakeBool({.must = {phrase}, .filter = {range}}),
            MakeBool({.must = {first}, .must_not = {phrase}})};
        uint64_t expected[std::size(queries)] = {};
        for (uint64_t doc = 0; doc < documents_; ++doc) {
          const bool x = has(doc, a);
          const bool y = has(doc, b);
          const bool in_range = number(doc) >= 60;
          const bool z = x && y && together(doc, a, b);
          const bool matches[] = {x || y,         x && y,   x && !y, (x || y) && in_range,
                                  x && !in_range, !x && !y, z,       z && in_range,
                                  x && !z};
          for (size_t i = 0; i < std::size(queries); ++i) {
            expected[i] += static_cast<uint64_t>(matches[i] && !dead(doc));
          }
        }
        for (size_t i = 0; i < std::size(queries); ++i) {
          SearchRequest request;
          request.query = queries[i];
          request.track_total_hits = SearchRequest::kCountAll;
          for (const uint64_t size : {0, 3}) {
            request.size = size;
            ASSERT_EQ(engine_.Search(request).total->value, expected[i])
                << a << " " << b << " " << i << " " << size << " " << deleted;
          }
          request.size = 0;
          request.track_total_hits = 1'000;
          ASSERT_EQ(engine_.Search(request).total->value, std::min<uint64_t>(expected[i], 1'000));
        }
      }
    }
  }
}

}  // namespace
}  // namespace binseek::search::test
