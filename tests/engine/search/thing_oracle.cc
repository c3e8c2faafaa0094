#include "tests/engine/search/thing_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/search/boosting_query.h"
#include "engine/search/combined_fields.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/terms_set_query.h"
#include "tests/engine/search/thing_oracle_parts.h"

namespace binseek::search::test {
namespace {

const char* const kWords[] = {"red",  "rede",  "reed", "read", "blau", "blaü",
                              "grün", "grüne", "gürn", "shoe", "shop", "shoes"};
const char* const kTags[] = {"", "sale", "Sale", "日本", "日本語", "new-1", "new-12", "élan", "z😀"};
}  // namespace

const char kThingMapping[] = R"({"properties": {
  "name": {"type": "text"}, "title": {"type": "text"}, "tags": {"type": "keyword"}, "places": {"type": "geo_point"},
  "hosts": {"type": "ip"}, "ranges": {"type": "integer_range"}, "rank": {"type": "rank_feature"},
  "features": {"type": "rank_features"}, "stock": {"type": "long"}, "sizes": {"type": "long"}, "made": {"type": "date"},
  "needed": {"type": "integer"}}})";

std::string Thing::ToJson() const {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  if (name) {
    json.Key("name").String(*name);
  }
  if (title) {
    json.Key("title").String(*title);
  }
  json.Key("tags").BeginArray();
  for (const std::string& tag : tags) {
    json.String(tag);
  }
  json.EndArray();
  json.Key("places").BeginArray();
  for (const mapping::GeoPoint& place : places) {
    json.BeginObject().Key("lat").Double(place.lat).Key("lon").Double(place.lon).EndObject();
  }
  json.EndArray();
  json.Key("hosts").BeginArray();
  for (const uint8_t host : hosts) {
    json.String("10.0.0." + std::to_string(host));
  }
  json.EndArray();
  json.Key("ranges").BeginArray();
  for (const auto& [low, high] : ranges) {
    json.BeginObject().Key("gte").Int(low).Key("lt").Int(high + 1).EndObject();
  }
  json.EndArray();
  if (rank) {
    json.Key("rank").Float(*rank);
  }
  json.Key("features").BeginObject();
  for (const auto& [feature, weight] : features) {
    json.Key(feature).Float(weight);
  }
  json.EndObject();
  if (stock) {
    json.Key("stock").Int(*stock);
  }
  json.Key("sizes").BeginArray();
  for (const int64_t size : sizes) {
    json.Int(size);
  }
  json.EndArray();
  if (made) {
    json.Key("made").String(Day(*made));
  }
  if (needed) {
    json.Key("needed").Int(*needed);
  }
  json.EndObject();
  return out;
}

std::string ThingOracle::Word() { return kWords[Uniform(std::size(kWords))]; }

std::string ThingOracle::Words(uint64_t longest) {
  std::string out;
  for (uint64_t n = Uniform(longest + 1); n > 0; --n) {
    out += (out.empty() ? "" : " ") + Word();
  }
  return out;
}

mapping::GeoPoint ThingOracle::MakePoint() {
  // In Vienna mostly, else anywhere, and often at the date line.
  const auto share = [this] { return static_cast<double>(Uniform(1'000'000)) / 1e6; };
  if (!OneIn(3)) {
    return {48 + share(), 16 + share()};
  }
  return OneIn(2) ? mapping::GeoPoint{share() * 4, OneIn(2) ? 179 + share() : -180 + share()}
                  : mapping::GeoPoint{share() * 180 - 90, share() * 360 - 180};
}

Thing ThingOracle::MakeThing(const std::string& id) {
  Thing thing;
  thing.id = id;
  if (!OneIn(8)) {
    thing.name = Words(6);
  }
  if (!OneIn(3)) {
    thing.title = Words(3);
  }
  for (uint64_t n = Uniform(4); n > 0; --n) {
    thing.tags.insert(kTags[Uniform(std::size(kTags))]);
  }
  for (uint64_t n = Uniform(3); n > 0; --n) {
    const mapping::GeoPoint point = MakePoint();
    thing.places.push_back(point);
  }
  for (uint64_t n = Uniform(3); n > 0; --n) {
    thing.hosts.push_back(static_cast<uint8_t>(Uniform(64)));
  }
  for (uint64_t n = Uniform(3); n > 0; --n) {
    const auto low = static_cast<int64_t>(Uniform(30)) - 10;
    thing.ranges.emplace_back(low, low + static_cast<int64_t>(Uniform(8)));
  }
  if (!OneIn(4)) {
    thing.rank = static_cast<float>(1 + Uniform(1000)) / 16;
  }
  for (const char* feature : {"a", "ab", "b"}) {
    if (OneIn(2)) {
      thing.features[feature] = static_cast<float>(1 + Uniform(20)) / 3;
    }
  }
  if (!OneIn(5)) {
    thing.stock = static_cast<int64_t>(Uniform(30)) + 1;
  }
  for (uint64_t n = Uniform(4); n > 0; --n) {
    thing.sizes.insert(static_cast<int64_t>(Uniform(20)));
  }
  if (!OneIn(5)) {
    thing.made = static_cast<int64_t>(Uniform(300));
  }
  if (!OneIn(5)) {
    thing.needed = static_cast<int64_t>(Uniform(4));
  }
  return thing;
}

void ThingOracle::Look(const index::IndexView& index) {
  name_ = {};
  title_ = {};
  documents_ = 0;
  uint64_t ranks = 0;
  uint64_t rank_bits = 0;
  for (uint32_t s = 0; s < index.segments.size(); ++s) {
    for (uint32_t doc = 0; doc < index.segments[s]->max_doc(); ++doc) {
      ++documents_;
      std::string source;
      BINSEEK_CHECK(index::AppendSource(index, {s, doc}, &source).ok(), "a stored document");
      const JsonValue json = ParseJson(source).value();
      for (const auto& [field, facts] : {std::pair{"name", &name_}, std::pair{"title", &title_}}) {
        const JsonValue* text = json.Find(field);
        const std::vector<std::string> tokens =
            text == nullptr ? std::vector<std::string>() : Tokens(text->AsString());
        facts->docs += tokens.empty() ? 0 : 1;
        facts->occurrences += tokens.size();
        for (const std::string& token : std::set<std::string>(tokens.begin(), tokens.end())) {
          ++facts->doc_freq[token];
        }
      }
      if (const JsonValue* rank = json.Find("rank")) {
        ++ranks;
        rank_bits += std::bit_cast<uint32_t>(static_cast<float>(*rank->AsDouble())) >> 15;
      }
    }
  }
  mean_rank_bits_ = ranks == 0 ? 0 : static_cast<double>(rank_bits) / static_cast<double>(ranks);
}

double ThingOracle::Idf(double doc_freq, double docs) const {
  return std::log(1 + (docs - doc_freq + 0.5) / (doc_freq + 0.5));
}

double ThingOracle::TermScore(const Facts& facts, double doc_freq, double freq,
                              double length) const {
  const double docs = static_cast<double>(facts.docs);
  const double average = static_cast<double>(facts.occurrences) / docs;
  return 2.2 * Idf(doc_freq, docs) * freq / (freq + 1.2 * (0.25 + 0.75 * length / average));
}

ThingMeaning ThingOracle::NameTerms(std::map<std::string, double> boosts, uint64_t doc_freq) const {
  return [this, boosts = std::move(boosts), doc_freq](const Thing& thing) {
    const std::vector<std::string> tokens = NameTokens(thing.name);
    double sum = 0;
    bool any = false;
    for (const auto& [term, boost] : boosts) {
      const auto freq = std::count(tokens.begin(), tokens.end(), term);
      if (freq == 0) {
        continue;
      }
      const uint64_t df = doc_freq != 0 ? doc_freq : name_.doc_freq.at(term);
      any = true;
      sum += boost * TermScore(name_, static_cast<double>(df), static_cast<double>(freq),
                               static_cast<double>(tokens.size()));
    }
    return When(any, sum);
  };
}

ThingMeaning ThingOracle::NameHas(const std::string& word) const {
  return NameTerms({{word, 1.0}}, 0);
}

MeantThingQuery ThingOracle::Wildcard() {
  const bool on_tags = OneIn(2);
  std::vector<std::string> pattern = Letters(on_tags ? kTags[Uniform(std::size(kTags))] : Word());
  for (std::string& letter : pattern) {
    letter = OneIn(3) ? (OneIn(2) ? "?" : "*") : letter;
  }
  if (OneIn(3)) {
    pattern.emplace_back("*");
  }
  std::string text;
  for (const std::string& letter : pattern) {
    text += letter;
  }
  const auto matches = [pattern](const std::string& term) {
    return MatchesWildcard(pattern, 0, Letters(term), 0);
  };
  return {MakeWildcard({.field = on_tags ? "tags" : "name", .value = text}),
          Always([=](const Thing& thing) {
            const std::vector<std::string> tokens = NameTokens(thing.name);
            return on_tags ? std::any_of(thing.tags.begin(), thing.tags.end(), matches)
                           : std::any_of(tokens.begin(), tokens.end(), matches);
          }),
          "wildcard " + text};
}

MeantThingQuery ThingOracle::Regexp() {
  // First letter, then anything or not, then one of two ends.
  const std::vector<std::string> a = Letters(Word());
  const std::vector<std::string> b = Letters(Word());
  const bool open = OneIn(2);
  const std::string text = a[0] + (open ? ".*" : ".{2}") + "(" + a.back() + "|" + b.back() + ")";
  const auto matches = [=](const std::string& term) {
    const std::vector<std::string> letters = Letters(term);
    return letters.size() >= 2 && (open || letters.size() == 4) && letters[0] == a[0] &&
           (letters.back() == a.back() || letters.back() == b.back());
  };
  return {MakeRegexpQuery({.field = "name", .value = text}), Always([=](const Thing& thing) {
            const std::vector<std::string> tokens = NameTokens(thing.name);
            return std::any_of(tokens.begin(), tokens.end(), matches);
          }),
          "regexp " + text};
}

MeantThingQuery ThingOracle::Prefix() {
  std::string prefix;
  const std::vector<std::string> letters = Letters(Word());
  for (size_t i = 0; i < 1 + Uniform(3); ++i) {
    prefix += letters[i];
  }
  std::map<std::string, double> boosts;
  for (const auto& [term, df] : name_.doc_freq) {
    if (term.starts_with(prefix)) {
      boosts[term] = 1;
    }
  }
  if (OneIn(2)) {
    // Equal boosts: the smallest terms.
    const size_t wanted = 1 + Uniform(3);
    while (boosts.size() > wanted) {
      boosts.erase(std::prev(boosts.end()));
    }
    return {MakePrefix("name", prefix, false, 1, "top_terms_" + std::to_string(wanted)),
            NameTerms(boosts, 0), "top prefix " + prefix};
  }
  if (OneIn(2)) {
    return {MakePrefix("name", prefix, false, 1, "scoring_boolean"), NameTerms(boosts, 0),
            "scored prefix " + prefix};
  }
  const ThingMeaning any = NameTerms(boosts, 0);
  return {MakePrefix("name", prefix),
          [any](const Thing& thing) { return When(any(thing).has_value()); }, "prefix " + prefix};
}

MeantThingQuery ThingOracle::Fuzzy(bool by_match) {
  const std::string word = Word();
  const size_t edits = by_match ? (Letters(word).size() < 6 ? 1 : 2) : Uniform(3);
  const size_t expansions = OneIn(2) ? 50 : 1 + Uniform(3);
  const std::vector<std::string> letters = Letters(word);
  const size_t prefix = OneIn(2) ? 0 : Uniform(3);
  struct Candidate {
    double boost;
    std::string term;
  };
  std::vector<Candidate> candidates;
  for (const auto& [term, df] : name_.doc_freq) {
    const std::vector<std::string> other = Letters(term);
    const size_t fixed = std::min(prefix, letters.size());
    if (other.size() < fixed ||
        !std::equal(letters.begin(), letters.begin() + static_cast<std::ptrdiff_t>(fixed),
                    other.begin())) {
      continue;
    }
    const size_t distance =
        Distance({letters.begin() + static_cast<std::ptrdiff_t>(fixed), letters.end()},
                 {other.begin() + static_cast<std::ptrdiff_t>(fixed), other.end()});
    if (distance <= edits) {
      const auto shorter = static_cast<double>(std::min(letters.size(), other.size()));
      candidates.push_back({1 - static_cast<double>(distance) / shorter, term});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.boost > b.boost; });
  candidates.resize(std::min(candidates.size(), expansions));
  std::map<std::string, double> boosts;
  uint64_t most = 0;
  for (const Candidate& candidate : candidates) {
    boosts[candidate.term] = candidate.boost;
    most = std::max(most, name_.doc_freq.at(candidate.term));
  }
  QueryPtr query = by_match ? MakeMatch({.field = "name",
                                         .text = word,
                                         .fuzziness = "AUTO",
                                         .prefix_length = static_cast<uint32_t>(prefix),
                                         .max_expansions = static_cast<uint32_t>(expansions)})
                            : MakeFuzzy({.field = "name",
                                         .value = word,
                                         .fuzziness = std::to_string(edits),
                                         .prefix_length = static_cast<uint32_t>(prefix),
                                         .max_expansions = static_cast<uint32_t>(expansions)});
  return {std::move(query), NameTerms(boosts, most),
          "fuzzy " + word + "~" + std::to_string(edits) + "/" + std::to_string(expansions)};
}

MeantThingQuery ThingOracle::Boosting() {
  const std::string word = Word();
  const auto limit = static_cast<int64_t>(Uniform(30));
  const ThingMeaning positive = NameHas(word);
  return {MakeBoosting(MakeTerm("name", word),
                       MakeRange("stock", Bound{std::to_string(limit)}, std::nullopt), 0.25F),
          [=](const Thing& thing) -> std::optional<double> {
            const auto score = positive(thing);
            const bool demoted = thing.stock && *thing.stock >= limit;
            return score ? std::optional<double>(*score * (demoted ? 0.25 : 1)) : score;
          },
          "boosting " + word};
}

MeantThingQuery ThingOracle::TermsSet() {
  std::set<std::string> words;
  for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
    words.insert(Word());
  }
  std::vector<ThingMeaning> meanings;
  for (const std::string& word : words) {
    meanings.push_back(NameHas(word));
  }
  return {MakeTermsSet(
              {.field = "name", .terms = {words.begin(), words.end()}, .minimum_field = "needed"}),
          [=](const Thing& thing) {
            double sum = 0;
            int64_t matched = 0;
            for (const ThingMeaning& meaning : meanings) {
              if (const auto score = meaning(thing)) {
                sum += *score;
                ++matched;
              }
            }
            return When(thing.needed && matched >= std::max<int64_t>(1, *thing.needed), sum);
          },
          "terms_set of " + std::to_string(words.size())};
}

MeantThingQuery ThingOracle::CombinedFields() {
  const std::string first = Word();
  const std::string second = Word();
  const bool both = OneIn(2);
  return {
      MakeCombinedFields({.text = first + " " + second,
                          .fields = {{"name", 1.0F}, {"title", 2.0F}},
                          .operator_and = both}),
      [=, this](const Thing& thing) {
        const std::vector<std::string> name = NameTokens(thing.name);
        const std::vector<std::string> title = NameTokens(thing.title);
        const double docs = static_cast<double>(std::max(name_.docs, title_.docs));
        const double average =
            static_cast<double>(name_.occurrences + 2 * title_.occurrences) / docs;
        const auto length = static_cast<double>(name.size() + 2 * title.size());
        double sum = 0;
        int matched = 0;
        for (const std::string& word : {first, second}) {
          const auto freq = static_cast<double>(std::count(name.begin(), name.end(), word) +
                                                2 * std::count(title.begin(), title.end(), word));
          if (freq == 0) {
            continue;
          }
          ++matched;
          const auto df = [&](const Facts& facts) {
            const auto it = facts.doc_freq.find(word);
            return it == facts.doc_freq.end() ? uint64_t{0} : it->second;
          };
          const auto doc_freq = static_cast<double>(std::max(df(name_), df(title_)));
          sum += 2.2 * Idf(doc_freq, docs) * freq / (freq + 1.2 * (0.25 + 0.75 * length / average));
        }
        return When(matched >= (both ? 2 : 1), sum);
      },
      "combined_fields " + first + " " + second};
}

MeantThingQuery ThingOracle::CrossFields() {
  const std::string first = Word();
  const std::string second = Word();
  const bool both = OneIn(2);
  MultiMatchOptions options{.fields = {{"name", 1.0F}, {"title", 3.0F}}};
  options.match.text = first + " " + second;
  options.match.operator_and = both;
  options.cross_fields = true;
  return {MakeMultiMatch(options),
          [=, this](const Thing& thing) {
            double sum = 0;
            int matched = 0;
            for (const std::string& word : {first, second}) {
              double best = 0;
              bool any = false;
              const auto df = [&](const Facts& facts) {
                const auto it = facts.doc_freq.find(word);
                return it == facts.doc_freq.end() ? uint64_t{0} : it->second;
              };
              const uint64_t most = std::max(df(name_), df(title_));
              const uint64_t cap = std::min(
                  {documents_, name_.occurrences, title_.occurrences, name_.docs, title_.docs});
              for (const auto& [facts, text, boost] :
                   {std::tuple{&name_, &thing.name, 1.0}, std::tuple{&title_, &thing.title, 3.0}}) {
                const std::vector<std::string> tokens = NameTokens(*text);
                const auto freq = std::count(tokens.begin(), tokens.end(), word);
                if (freq == 0) {
                  continue;
                }
                any = true;
                const uint64_t blended =
                    std::min(cap, std::min(cap, most) + (df(*facts) < most ? 1 : 0));
                best = std::max(best, boost * TermScore(*facts, static_cast<double>(blended),
                                                        static_cast<double>(freq),
                                                        static_cast<double>(tokens.size())));
              }
              matched += any ? 1 : 0;
              sum += best;
            }
            return When(matched >= (both ? 2 : 1), sum);
          },
          "cross_fields " + first + " " + second};
}

MeantThingQuery ThingOracle::Exists() {
  const struct {
    const char* field;
    bool (*has)(const Thing&);
  } kFields[] = {
      {"name", [](const Thing& t) { return !NameTokens(t.name).empty(); }},
      {"places", [](const Thing& t) { return !t.places.empty(); }},
      {"hosts", [](const Thing& t) { return !t.hosts.empty(); }},
      {"ranges", [](const Thing& t) { return !t.ranges.empty(); }},
      {"rank", [](const Thing& t) { return t.rank.has_value(); }},
      {"features", [](const Thing& t) { return !t.features.empty(); }},
      {"stock", [](const Thing& t) { return t.stock.has_value(); }},
      {"needed", [](const Thing& t) { return t.needed.has_value(); }},
  };
  const auto& field = kFields[Uniform(std::size(kFields))];
  return {MakeNamed(MakeExists(field.field), "there"), Always(field.has),
          std::string("exists ") + field.field};
}

MeantThingQuery ThingOracle::MakeQuery(uint64_t kind) {
  switch (kind % kKinds) {
    case 0:
      return Wildcard();
    case 1:
      return Regexp();
    case 2:
      return Prefix();
    case 3:
      return Fuzzy(false);
    case 4:
      return Fuzzy(true);
    case 5:
      return Boosting();
    case 6:
      return FunctionScore();
    case 7:
      return RankFeature();
    case 8:
      return RankFeatures();
    case 9:
      return DistanceFeature();
    case 10:
      return GeoDistance();
    case 11:
      return GeoBox();
    case 12:
      return GeoPolygon();
    case 13:
      return Hosts();
    case 14:
      return Ranges();
    case 15:
      return TermsSet();
    case 16:
      return OneIn(2) ? CombinedFields() : CrossFields();
    default:
      return Exists();
  }
}

}  // namespace binseek::search::test
