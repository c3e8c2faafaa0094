// ThingOracle: documents with fields of every special kind as plain values, and random queries over them that carry their own meaning.
//
// Beside oracle.h, and as it: shares nothing with the engine but the analyzer's tokens, and the JSON of stored documents for statistics. Single-threaded.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine_view.h"
#include "engine/mapping/geo.h"
#include "engine/search/function_score.h"
#include "engine/search/query.h"

namespace binseek::search::test {

struct Thing {
  std::string id;
  std::optional<std::string> name;   // text, half of its words of several bytes a letter
  std::optional<std::string> title;  // text
  std::set<std::string> tags;        // keyword
  std::vector<mapping::GeoPoint> places;
  std::vector<uint8_t> hosts;                       // ip 10.0.0.x
  std::vector<std::pair<int64_t, int64_t>> ranges;  // integer_range
  std::optional<float> rank;                        // rank_feature
  std::map<std::string, float> features;            // rank_features
  std::optional<int64_t> stock;                     // long, updated in place
  std::multiset<int64_t> sizes;                     // long, several values
  std::optional<int64_t> made;                      // date, days since 2026-01-01
  std::optional<int64_t> needed;                    // of terms_set

  std::string ToJson() const;
};

extern const char kThingMapping[];

using ThingMeaning = std::function<std::optional<double>(const Thing&)>;

struct MeantThingQuery {
  QueryPtr query;
  ThingMeaning meaning;
  std::string text;  // for people
};

class ThingOracle {
 public:
  explicit ThingOracle(std::mt19937_64* random) : random_(random) {}

  Thing MakeThing(const std::string& id);
  void Look(const index::IndexView& index);
  // Of the kind number `kind` modulo kKinds.
  MeantThingQuery MakeQuery(uint64_t kind);
  static constexpr uint64_t kKinds = 18;

  mapping::GeoPoint MakePoint();
  static double Meters(const mapping::GeoPoint& a, const mapping::GeoPoint& b);

 private:
  struct Facts {
    uint64_t docs = 0;
    uint64_t occurrences = 0;
    std::map<std::string, uint64_t> doc_freq;
  };

  uint64_t Uniform(uint64_t limit) { return (*random_)() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string Word();
  std::string Words(uint64_t longest);

  double Idf(double doc_freq, double docs) const;
  double TermScore(const Facts& facts, double doc_freq, double freq, double length) const;
  // Of name's terms with their boosts and the frequency that all are given (0: each its own).
  ThingMeaning NameTerms(std::map<std::string, double> boosts, uint64_t doc_freq) const;
  ThingMeaning NameHas(const std::string& word) const;

  MeantThingQuery Wildcard();
  MeantThingQuery Regexp();
  MeantThingQuery Prefix();
  MeantThingQuery Fuzzy(bool by_match);
  MeantThingQuery Boosting();
  MeantThingQuery FunctionScore();
  MeantThingQuery RankFeature();
  MeantThingQuery RankFeatures();
  MeantThingQuery DistanceFeature();
  MeantThingQuery GeoDistance();
  MeantThingQuery GeoBox();
  MeantThingQuery GeoPolygon();
  MeantThingQuery Hosts();
  MeantThingQuery Ranges();
  MeantThingQuery TermsSet();
  MeantThingQuery CombinedFields();
  MeantThingQuery CrossFields();
  MeantThingQuery Exists();

  struct Function {
    ScoreFunction function;
    std::function<double(const Thing&)> value;
    ThingMeaning filter;
  };
  Function MakeFunction();

  std::mt19937_64* const random_;
  Facts name_;
  Facts title_;
  double mean_rank_bits_ = 0;
  uint64_t documents_ = 0;
};

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_H_
