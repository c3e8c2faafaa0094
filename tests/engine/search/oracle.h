// Oracle: the documents of one index as plain values, and random queries that carry their own meaning.
//
// It shares nothing with the engine but the analyzer's tokens and the view's list of stored documents, dead ones included, which BM25's
// statistics count. Single-threaded.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_ORACLE_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_ORACLE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/index/engine_view.h"
#include "engine/search/query.h"

namespace binseek::search::test {

struct Product {
  std::string id;
  std::optional<std::string> name;  // text
  std::set<std::string> tags;       // keyword
  std::optional<int64_t> stock;     // long
  std::optional<double> price;      // double
  std::optional<int64_t> day;       // date, microseconds
  std::optional<bool> active;       // boolean
  std::multiset<int64_t> sizes;     // long, several values

  std::string ToJson() const;
};

extern const char kProductMapping[];

std::vector<std::string> Tokens(const std::string& text);
std::string DayText(int64_t micros);  // with hour

// Score of a product that matches; nullopt: it does not match.
using Meaning = std::function<std::optional<double>(const Product&)>;

struct MeantQuery {
  QueryPtr query;
  Meaning meaning;
  std::string text;  // for people
};

// Makes products and queries. The statistics are those of the view that was looked at last.
class Oracle {
 public:
  explicit Oracle(std::mt19937_64* random) : random_(random) {}

  Product MakeProduct(const std::string& id);
  int64_t MakeDay();
  double MakePrice();
  std::string MakeTag();

  void Look(const index::IndexView& index);
  MeantQuery MakeQuery(int depth);

 private:
  struct FieldFacts {
    uint64_t docs = 0;
    uint64_t occurrences = 0;
    std::map<std::string, uint64_t> doc_freq;
  };

  uint64_t Uniform(uint64_t limit) { return (*random_)() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string Word();

  double Bm25(const FieldFacts& facts, const std::string& term, double freq, double length) const;
  Meaning NameHas(const std::string& token) const;
  Meaning TagsHave(const std::string& tag) const;

  MeantQuery MakeLeaf();
  MeantQuery TermLeaf();
  MeantQuery NumberTermLeaf();
  MeantQuery TermsLeaf();
  MeantQuery RangeLeaf();
  MeantQuery TermRangeLeaf();
  MeantQuery DateRangeLeaf();
  MeantQuery MatchLeaf();
  MeantQuery PhraseLeaf();
  MeantQuery MultiMatchLeaf();
  MeantQuery ExistsLeaf();
  MeantQuery PrefixLeaf();
  MeantQuery IdsLeaf();
  MeantQuery MakeBoolQuery(int depth);
  MeantQuery MakeDisMaxQuery(int depth);

  std::mt19937_64* const random_;
  FieldFacts name_;
  FieldFacts tags_;
};

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_ORACLE_H_
