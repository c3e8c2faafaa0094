#include "tests/engine/search/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/base/check.h"
#include "engine/base/json.h"

namespace binseek::search::test {
namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kFirstDay = 1'767'225'600'000'000;  // 2026-01-01
const char* const kWords[] = {"red",   "blue", "green", "shoe", "shirt",
                              "phone", "case", "usb",   "lamp", "desk"};
const char* const kTags[] = {"new", "sale", "seasonal", "Sale", "gift", "garden", "", "z"};

std::optional<double> When(bool matches, double score = 1) {
  return matches ? std::optional<double>(score) : std::nullopt;
}

Meaning Always(std::function<bool(const Product&)> matches, double boost = 1) {
  return [matches = std::move(matches), boost](const Product& product) {
    return When(matches(product), boost);
  };
}

Meaning Times(Meaning meaning, double boost) {
  return [meaning = std::move(meaning), boost](const Product& product) -> std::optional<double> {
    const std::optional<double> score = meaning(product);
    return score ? std::optional<double>(*score * boost) : std::nullopt;
  };
}

// At least `minimum` of them; the sum of their scores.
Meaning SumOf(std::vector<Meaning> meanings, size_t minimum) {
  return
      [meanings = std::move(meanings), minimum](const Product& product) -> std::optional<double> {
        size_t matched = 0;
        double sum = 0;
        for (const Meaning& meaning : meanings) {
          if (const std::optional<double> score = meaning(product); score) {
            ++matched;
            sum += *score;
          }
        }
        return When(matched >= minimum, sum);
      };
}

Meaning BestOf(std::vector<Meaning> meanings, double tie_breaker) {
  return [meanings = std::move(meanings),
          tie_breaker](const Product& product) -> std::optional<double> {
    bool any = false;
    double best = 0;
    double sum = 0;
    for (const Meaning& meaning : meanings) {
      if (const std::optional<double> score = meaning(product); score) {
        any = true;
        best = std::max(best, *score);
        sum += *score;
      }
    }
    return When(any, best + tie_breaker * (sum - best));
  };
}

template <class T>
bool Has(const std::optional<T>& value, T wanted) {
  return value && *value == wanted;
}

}  // namespace

const char kProductMapping[] = R"({"properties": {
  "name": {"type": "text"}, "tags": {"type": "keyword"}, "stock": {"type": "long"}, "price": {"type": "double"},
  "day": {"type": "date"}, "active": {"type": "boolean"}, "sizes": {"type": "long"}}})";

std::string Product::ToJson() const {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  if (name) {
    json.Key("name").String(*name);
  }
  json.Key("tags").BeginArray();
  for (const std::string& tag : tags) {
    json.String(tag);
  }
  json.EndArray();
  if (stock) {
    json.Key("stock").Int(*stock);
  }
  if (price) {
    json.Key("price").Double(*price);
  }
  if (day) {
    json.Key("day").String(DayText(*day));
  }
  if (active) {
    json.Key("active").Bool(*active);
  }
  json.Key("sizes").BeginArray();
  for (const int64_t size : sizes) {
    json.Int(size);
  }
  json.EndArray();
  json.EndObject();
  return out;
}

std::vector<std::string> Tokens(const std::string& text) {
  class Collector final : public analysis::TokenSink {
   public:
    void Add(const analysis::Token& token) override { tokens.emplace_back(token.term); }
    std::vector<std::string> tokens;
  };
  Collector collector;
  analysis::AnalysisRegistry::Find("standard")->Analyze(text, &collector);
  return collector.tokens;
}

std::string DayText(int64_t micros) {
  const int64_t since = micros - kFirstDay;
  char text[40];
  std::snprintf(text, sizeof(text), "2026-01-%02dT%02d:00:00Z", static_cast<int>(since / kDay) + 1,
                static_cast<int>(since % kDay / kHour));
  return text;
}

std::string Oracle::Word() {
  return kWords[std::min(Uniform(std::size(kWords)), Uniform(std::size(kWords)))];
}
std::string Oracle::MakeTag() { return kTags[Uniform(std::size(kTags))]; }
int64_t Oracle::MakeDay() {
  return kFirstDay + static_cast<int64_t>(Uniform(20)) * kDay +
         static_cast<int64_t>(Uniform(24)) * kHour;
}
double Oracle::MakePrice() { return static_cast<double>(Uniform(200)) / 8 - 5; }

Product Oracle::MakeProduct(const std::string& id) {
  Product product;
  product.id = id;
  if (!OneIn(8)) {
    product.name.emplace();
    for (uint64_t words = Uniform(7); words > 0; --words) {
      *product.name += (product.name->empty() ? "" : " ") + Word();
    }
  }
  for (uint64_t tags = Uniform(4); tags > 0; --tags) {
    product.tags.insert(MakeTag());
  }
  if (!OneIn(5)) {
    product.stock = static_cast<int64_t>(Uniform(20)) - 5;
  }
  if (!OneIn(5)) {
    product.price = MakePrice();
  }
  if (!OneIn(5)) {
    product.day = MakeDay();
  }
  if (!OneIn(5)) {
    product.active = OneIn(2);
  }
  for (uint64_t sizes = Uniform(4); sizes > 0; --sizes) {
    product.sizes.insert(static_cast<int64_t>(Uniform(10)));
  }
  return product;
}

void Oracle::Look(const index::IndexView& index) {
  name_ = {};
  tags_ = {};
  for (uint32_t s = 0; s < index.segments.size(); ++s) {
    for (uint32_t doc = 0; doc < index.segments[s]->max_doc(); ++doc) {
      std::string source;
      BINSEEK_CHECK(index::AppendSource(index, {s, doc}, &source).ok(), "a stored document");
      const JsonValue json = ParseJson(source).value();
      const JsonValue* name = json.Find("name");
      const std::vector<std::string> tokens =
          name == nullptr ? std::vector<std::string>() : Tokens(name->AsString());
      name_.docs += tokens.empty() ? 0 : 1;
      name_.occurrences += tokens.size();
      for (const std::string& token : std::set<std::string>(tokens.begin(), tokens.end())) {
        ++name_.doc_freq[token];
      }
      const auto& tags = json.Find("tags")->array();
      tags_.docs += tags.empty() ? 0 : 1;
      tags_.occurrences += tags.size();
      for (const JsonValue& tag : tags) {
        ++tags_.doc_freq[tag.AsString()];
      }
    }
  }
}

double Oracle::Bm25(const FieldFacts& facts, const std::string& term, double freq,
                    double length) const {
  const auto entry = facts.doc_freq.find(term);
  const double df = entry == facts.doc_freq.end() ? 0 : static_cast<double>(entry->second);
  const double docs = static_cast<double>(facts.docs);
  const double idf = std::log(1 + (docs - df + 0.5) / (df + 0.5));
  const double average = static_cast<double>(facts.occurrences) / docs;
  return 2.2 * idf * freq / (freq + 1.2 * (0.25 + 0.75 * length / average));
}

Meaning Oracle::NameHas(const std::string& token) const {
  return [this, token](const Product& product) -> std::optional<double> {
    const std::vector<std::string> tokens = Tokens(product.name.value_or(""));
    const auto freq = std::count(tokens.begin(), tokens.end(), token);
    return freq == 0 ? std::nullopt
                     : std::optional<double>(Bm25(name_, token, static_cast<double>(freq),
                                                  static_cast<double>(tokens.size())));
  };
}

Meaning Oracle::TagsHave(const std::string& tag) const {
  return [this, tag](const Product& product) -> std::optional<double> {
    return product.tags.count(tag) == 0 ? std::nullopt
                                        : std::optional<double>(Bm25(tags_, tag, 1, 1));
  };
}

MeantQuery Oracle::TermLeaf() {
  const double boost = OneIn(3) ? 2.5 : 1;
  if (OneIn(2)) {
    const std::string word = Word();
    return {MakeTerm("name", word, static_cast<float>(boost)), Times(NameHas(word), boost),
            "name:" + word};
  }
  const std::string tag = MakeTag();
  return {MakeTerm("tags", tag, static_cast<float>(boost)), Times(TagsHave(tag), boost),
          "tags:" + tag};
}

MeantQuery Oracle::NumberTermLeaf() {
  switch (Uniform(5)) {
    case 0: {
      const int64_t value = static_cast<int64_t>(Uniform(20)) - 5;
      return {MakeTerm("stock", std::to_string(value)),
              Always([=](const Product& p) { return Has(p.stock, value); }),
              "stock:" + std::to_string(value)};
    }
    case 1: {
      const double value = MakePrice();
      return {MakeTerm("price", std::to_string(value)),
              Always([=](const Product& p) { return Has(p.price, value); }),
              "price:" + std::to_string(value)};
    }
    case 2: {
      const bool value = OneIn(2);
      return {MakeTerm("active", value ? "true" : "false"),
              Always([=](const Product& p) { return Has(p.active, value); }),
              value ? "active:true" : "active:false"};
    }
    case 3: {
      const int64_t value = MakeDay();
      const int64_t day = (value - kFirstDay) / kDay;
      return {MakeTerm("day", DayText(value).substr(0, 10)),
              Always([=](const Product& p) { return p.day && (*p.day - kFirstDay) / kDay == day; }),
              "day:" + DayText(value)};
    }
    default: {
      const int64_t value = static_cast<int64_t>(Uniform(10));
      return {MakeTerm("sizes", std::to_string(value)),
              Always([=](const Product& p) { return p.sizes.count(value) != 0; }),
              "sizes:" + std::to_string(value)};
    }
  }
}

MeantQuery Oracle::TermsLeaf() {
  std::set<std::string> texts;
  if (OneIn(2)) {
    for (uint64_t n = Uniform(4); n > 0; --n) {
      texts.insert(MakeTag());
    }
    return {MakeTerms("tags", {texts.begin(), texts.end()}), Always([=](const Product& p) {
              return std::any_of(texts.begin(), texts.end(),
                                 [&](const std::string& text) { return p.tags.count(text) != 0; });
            }),
            "tags in " + std::to_string(texts.size())};
  }
  std::set<int64_t> numbers;
  for (uint64_t n = Uniform(9); n > 0; --n) {
    numbers.insert(static_cast<int64_t>(Uniform(10)) * (OneIn(2) ? 1 : 2));
  }
  for (const int64_t number : numbers) {
    texts.insert(std::to_string(number));
  }
  const bool several = OneIn(2);
  return {MakeTerms(several ? "sizes" : "stock", {texts.begin(), texts.end()}),
          Always([=](const Product& p) {
            if (several) {
              return std::any_of(p.sizes.begin(), p.sizes.end(),
                                 [&](int64_t size) { return numbers.count(size) != 0; });
            }
            return p.stock && numbers.count(*p.stock) != 0;
          }),
          several ? "sizes in" : "stock in"};
}

MeantQuery Oracle::RangeLeaf() {
  const double low = static_cast<double>(Uniform(60)) / 4 - 5;
  const double high = low + static_cast<double>(Uniform(40)) / 4;
  const bool with_low = !OneIn(4);
  const bool with_high = !OneIn(4);
  const bool low_inclusive = OneIn(2);
  const bool high_inclusive = OneIn(2);
  const auto inside = [=](double value) {
    return (!with_low || value > low || (low_inclusive && value == low)) &&
           (!with_high || value < high || (high_inclusive && value == high));
  };
  std::optional<Bound> lower;
  std::optional<Bound> upper;
  if (with_low) {
    lower = Bound{std::to_string(low), low_inclusive};
  }
  if (with_high) {
    upper = Bound{std::to_string(high), high_inclusive};
  }
  const std::string text = std::string(low_inclusive ? "[" : "(") +
                           (with_low ? lower->value : "*") + ", " +
                           (with_high ? upper->value : "*") + (high_inclusive ? "]" : ")");
  switch (Uniform(3)) {
    case 0:
      return {MakeRange("stock", lower, upper), Always([=](const Product& p) {
                return p.stock && inside(static_cast<double>(*p.stock));
              }),
              "stock in " + text};
    case 1:
      return {MakeRange("price", lower, upper),
              Always([=](const Product& p) { return p.price && inside(*p.price); }),
              "price in " + text};
    default:
      return {MakeRange("sizes", lower, upper), Always([=](const Product& p) {
                return std::any_of(p.sizes.begin(), p.sizes.end(),
                                   [&](int64_t size) { return inside(static_cast<double>(size)); });
              }),
              "sizes in " + text};
  }
}

MeantQuery Oracle::TermRangeLeaf() {
  const std::string low = MakeTag();
  const std::string high = MakeTag();
  const bool low_inclusive = OneIn(2);
  const bool high_inclusive = OneIn(2);
  return {MakeRange("tags", Bound{low, low_inclusive}, Bound{high, high_inclusive}),
          Always([=](const Product& p) {
            return std::any_of(p.tags.begin(), p.tags.end(), [&](const std::string& tag) {
              return (tag > low || (low_inclusive && tag == low)) &&
                     (tag < high || (high_inclusive && tag == high));
            });
          }),
          "tags between " + low + " and " + high};
}

MeantQuery Oracle::DateRangeLeaf() {
  const auto low = static_cast<int64_t>(Uniform(20));
  const auto high = low + static_cast<int64_t>(Uniform(10));
  const bool low_inclusive = OneIn(2);
  const bool high_inclusive = OneIn(2);
  // Whole days: "greater than" begins behind the day, "up to" ends with it.
  const int64_t from = kFirstDay + (low_inclusive ? low : low + 1) * kDay;
  const int64_t to = kFirstDay + (high_inclusive ? high + 1 : high) * kDay;
  const std::string lower = DayText(kFirstDay + low * kDay).substr(0, 10);
  const std::string upper = "2026-01-01||+" + std::to_string(high) + "d/d";
  return {MakeRange("day", Bound{lower, low_inclusive}, Bound{upper, high_inclusive}),
          Always([=](const Product& p) { return p.day && *p.day >= from && *p.day < to; }),
          "day from " + lower + " to " + upper};
}

MeantQuery Oracle::MatchLeaf() {
  std::vector<Meaning> meanings;
  MatchOptions options;
  options.field = "name";
  const uint64_t words = 1 + Uniform(4);
  for (uint64_t i = 0; i < words; ++i) {
    const std::string word = Word();
    options.text += (i == 0 ? "" : ", ") + word;
    meanings.push_back(NameHas(word));
  }
  size_t minimum = 1;
  options.operator_and = OneIn(3);
  if (options.operator_and) {
    minimum = words;
  } else if (OneIn(2)) {
    minimum = 1 + Uniform(words);
    options.minimum_should_match =
        OneIn(2) ? std::to_string(minimum) : "-" + std::to_string(words - minimum);
    if (minimum == words && options.minimum_should_match == "-0") {
      options.minimum_should_match = "100%";
    }
  }
  const std::string text = "name~" + options.text + "/" + std::to_string(minimum);
  return {MakeMatch(std::move(options)), SumOf(std::move(meanings), minimum), text};
}

MeantQuery Oracle::PhraseLeaf() {
  MatchPhraseOptions options;
  options.field = "name";
  std::vector<std::string> words;
  for (uint64_t n = 2 + Uniform(2); n > 0; --n) {
    words.push_back(Word());
  }
  options.last_is_prefix = OneIn(3);
  if (options.last_is_prefix) {
    words.back() = words.back().substr(0, 1 + Uniform(2));
  }
  std::string text = "name~\"";
  for (const std::string& word : words) {
    options.text += word + " ";
    text += word + " ";
  }
  const bool prefix = options.last_is_prefix;
  // Every term that may stand there counts with its rarity.
  const auto meaning = [this, words, prefix](const Product& product) -> std::optional<double> {
    const std::vector<std::string> tokens = Tokens(product.name.value_or(""));
    double freq = 0;
    for (size_t at = 0; at + words.size() <= tokens.size(); ++at) {
      bool all = true;
      for (size_t i = 0; i < words.size(); ++i) {
        const bool last = prefix && i + 1 == words.size();
        all = all && (last ? tokens[at + i].starts_with(words[i]) : tokens[at + i] == words[i]);
      }
      freq += all ? 1 : 0;
    }
    if (freq == 0) {
      return std::nullopt;
    }
    double score = 0;
    const auto length = static_cast<double>(tokens.size());
    for (size_t i = 0; i < words.size(); ++i) {
      if (!prefix || i + 1 < words.size()) {
        score += Bm25(name_, words[i], freq, length);
        continue;
      }
      for (const auto& [term, docs] : name_.doc_freq) {
        score += term.starts_with(words[i]) ? Bm25(name_, term, freq, length) : 0;
      }
    }
    return score;
  };
  return {MakeMatchPhrase(std::move(options)), meaning, text + (prefix ? "*\"" : "\"")};
}

MeantQuery Oracle::MultiMatchLeaf() {
  MultiMatchOptions options;
  const std::string word = Word();
  options.match.text = word;
  options.fields = {{"nam*", 2.0f}, {"tags", 1.0f}, {"no_such", 1.0f}};
  options.most_fields = OneIn(2);
  options.tie_breaker = 0.25f;
  const double tie_breaker = options.most_fields ? 1 : 0.25;
  return {MakeMultiMatch(std::move(options)),
          BestOf({Times(NameHas(word), 2), TagsHave(word)}, tie_breaker), "any~" + word};
}

MeantQuery Oracle::ExistsLeaf() {
  switch (Uniform(4)) {
    case 0:
      return {MakeExists("name"),
              Always([](const Product& p) { return !Tokens(p.name.value_or("")).empty(); }),
              "has name"};
    case 1:
      return {MakeExists("tags"), Always([](const Product& p) { return !p.tags.empty(); }),
              "has tags"};
    case 2:
      return {MakeExists("day"), Always([](const Product& p) { return p.day.has_value(); }),
              "has day"};
    default:
      return {MakeExists("sizes"), Always([](const Product& p) { return !p.sizes.empty(); }),
              "has sizes"};
  }
}

MeantQuery Oracle::PrefixLeaf() {
  const std::string prefix = MakeTag().substr(0, Uniform(4));
  return {MakePrefix("tags", prefix), Always([=](const Product& p) {
            return std::any_of(p.tags.begin(), p.tags.end(),
                               [&](const std::string& tag) { return tag.starts_with(prefix); });
          }),
          "tags:" + prefix + "*"};
}

MeantQuery Oracle::IdsLeaf() {
  std::set<std::string> ids;
  for (uint64_t n = Uniform(30); n > 0; --n) {
    ids.insert(std::to_string(Uniform(300)));
  }
  return {MakeIds({ids.begin(), ids.end()}),
          Always([=](const Product& p) { return ids.count(p.id) != 0; }), "ids"};
}

MeantQuery Oracle::MakeLeaf() {
  switch (Uniform(15)) {
    case 14:
      return PhraseLeaf();
    case 0:
    case 1:
      return TermLeaf();
    case 2:
      return NumberTermLeaf();
    case 3:
      return TermsLeaf();
    case 4:
    case 5:
      return RangeLeaf();
    case 6:
      return TermRangeLeaf();
    case 7:
      return DateRangeLeaf();
    case 8:
    case 9:
      return MatchLeaf();
    case 10:
      return MultiMatchLeaf();
    case 11:
      return ExistsLeaf();
    case 12:
      return PrefixLeaf();
    default:
      break;
  }
  if (OneIn(2)) {
    return IdsLeaf();
  }
  if (OneIn(4)) {
    return {MakeMatchNone(), Always([](const Product&) { return false; }), "nothing"};
  }
  return {MakeMatchAll(1.5f), Always([](const Product&) { return true; }, 1.5), "all"};
}

MeantQuery Oracle::MakeBoolQuery(int depth) {
  BoolOptions options;
  std::vector<Meaning> scored;
  std::vector<Meaning> optional;
  std::vector<Meaning> required;
  std::vector<Meaning> prohibited;
  std::string text = "bool(";
  const auto add = [&](uint64_t most, const char* sign, std::vector<QueryPtr>* clauses,
                       std::vector<Meaning>* meanings) {
    for (uint64_t n = Uniform(most + 1); n > 0; --n) {
      MeantQuery clause = MakeQuery(depth - 1);
      clauses->push_back(clause.query);
      meanings->push_back(clause.meaning);
      text += sign + clause.text + " ";
    }
  };
  add(2, "+", &options.must, &scored);
  add(3, "", &options.should, &optional);
  add(1, "#", &options.filter, &required);
  add(1, "-", &options.must_not, &prohibited);
  const double boost = OneIn(3) ? 0.5 : 1;
  options.boost = static_cast<float>(boost);
  const bool anchored = !scored.empty() || !required.empty();
  size_t minimum = anchored || optional.empty() ? 0 : 1;
  if (!optional.empty() && OneIn(2)) {
    minimum = 1 + Uniform(optional.size());
    options.minimum_should_match = std::to_string(minimum);
  }
  const bool empty = !anchored && optional.empty() && prohibited.empty();
  text += ")/" + std::to_string(minimum);
  return {
      MakeBool(std::move(options)),
      [=, must = SumOf(scored, scored.size()), should = SumOf(optional, minimum),
       filter = SumOf(required, required.size())](const Product& product) -> std::optional<double> {
        const bool hit =
            must(product) && should(product) && filter(product) &&
            std::none_of(prohibited.begin(), prohibited.end(),
                         [&](const Meaning& meaning) { return meaning(product).has_value(); });
        return When(hit, hit ? (empty ? 1 : *must(product) + *should(product)) * boost : 0);
      },
      text};
}

MeantQuery Oracle::MakeDisMaxQuery(int depth) {
  std::vector<QueryPtr> queries;
  std::vector<Meaning> meanings;
  std::string text = "best(";
  for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
    MeantQuery query = MakeQuery(depth - 1);
    queries.push_back(query.query);
    meanings.push_back(query.meaning);
    text += query.text + " ";
  }
  return {MakeDisMax(std::move(queries), 0.5f, 2), Times(BestOf(std::move(meanings), 0.5), 2),
          text + ")"};
}

MeantQuery Oracle::MakeQuery(int depth) {
  if (depth <= 0 || OneIn(3)) {
    return MakeLeaf();
  }
  switch (Uniform(6)) {
    case 0:
      return MakeDisMaxQuery(depth);
    case 1: {
      const MeantQuery query = MakeQuery(depth - 1);
      return {
          MakeConstantScore(query.query, 3),
          Always([meaning = query.meaning](const Product& p) { return meaning(p).has_value(); }, 3),
          "constant(" + query.text + ")"};
    }
    default:
      return MakeBoolQuery(depth);
  }
}

}  // namespace binseek::search::test
