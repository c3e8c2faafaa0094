#include "tests/engine/search/nested_model.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace binseek::search::test {
namespace {

std::string TextOf(const JsonValue& value) {
  return value.is_string() ? value.AsString() : std::string(value.number_text());
}

// What stands behind "offers." of "offers.notes", within an object of offers.
std::string Relative(const std::string& level, const std::string& name) {
  return level.empty() ? name : name.substr(level.size() + 1);
}

void Collect(const JsonValue& value, const std::string& path, std::vector<const JsonValue*>* out) {
  if (value.is_array()) {
    for (const JsonValue& element : value.array()) {
      Collect(element, path, out);
    }
    return;
  }
  if (path.empty()) {
    out->push_back(&value);
    return;
  }
  const size_t dot = std::min(path.find('.'), path.size());
  const JsonValue* const member = value.is_object() ? value.Find(path.substr(0, dot)) : nullptr;
  if (member != nullptr) {
    Collect(*member, path.substr(std::min(dot + 1, path.size())), out);
  }
}

}  // namespace

std::vector<const JsonValue*> ObjectsAt(const JsonValue& object, const std::string& level,
                                        const std::string& path) {
  std::vector<const JsonValue*> found;
  Collect(object, Relative(level, path), &found);
  std::erase_if(found, [](const JsonValue* value) { return !value->is_object(); });
  return found;
}

std::vector<std::string> ValuesIn(const JsonValue& object, const std::string& level,
                                  const std::string& field) {
  std::vector<std::string> values;
  // Objects are documents of their own, but for those that the root includes.
  const std::string own = Relative(level, field);
  if (own.find('.') != std::string::npos && !own.starts_with("tags.")) {
    return values;
  }
  std::vector<const JsonValue*> found;
  Collect(object, own, &found);
  for (const JsonValue* const value : found) {
    if (value->is_string() || value->is_number()) {
      values.push_back(TextOf(*value));
    }
  }
  return values;
}

std::vector<int64_t> NumbersIn(const JsonValue& object, const std::string& level,
                               const std::string& field) {
  std::vector<int64_t> numbers;
  for (const std::string& text : ValuesIn(object, level, field)) {
    numbers.push_back(std::stoll(text));
  }
  return numbers;
}

std::string NestedModel::MakeDocument(uint64_t most) {
  std::string json;
  JsonWriter writer(&json);
  const auto small = [&] {  // notes and tags
    writer.BeginArray();
    for (uint64_t i = OneIn(3) ? 0 : Uniform(4); i > 0; --i) {
      if (OneIn(8)) {
        writer.Null();
        continue;
      }
      writer.BeginObject();
      if (!OneIn(5)) {
        writer.Key("word").String(Word());
      }
      writer.Key("rank").BeginArray();
      for (uint64_t v = Uniform(3); v > 0; --v) {
        writer.Int(static_cast<int64_t>(Uniform(10)) - 3);
      }
      writer.EndArray().EndObject();
    }
    writer.EndArray();
  };
  writer.BeginObject();
  writer.Key("k").String(Word());
  writer.Key("n").Int(static_cast<int64_t>(Uniform(10)));
  writer.Key("tags");
  small();
  writer.Key("offers").BeginArray();
  for (uint64_t i = Uniform(most + 1); i > 0; --i) {
    writer.BeginObject();
    writer.Key("notes");
    small();
    writer.Key("color").String(Word());
    if (!OneIn(6)) {
      writer.Key("price").Int(static_cast<int64_t>(Uniform(100)));
    }
    writer.Key("text").String(Word() + " " + Word() + " " + Word());
    writer.EndObject();
  }
  writer.EndArray().EndObject();
  return json;
}

MeantNested NestedModel::MakePhrase() {
  const std::string first = Word();
  const std::string second = Word();
  const float boost = Boost();
  MatchPhraseOptions phrase;
  phrase.field = "offers.text";
  phrase.text = first + " " + second;
  return {MakeConstantScore(MakeMatchPhrase(phrase), boost),
          [=](const JsonValue& object) -> std::optional<double> {
            const std::vector<std::string> texts = ValuesIn(object, "offers", "offers.text");
            const bool has =
                !texts.empty() &&
                (" " + texts[0] + " ").find(" " + first + " " + second + " ") != std::string::npos;
            return has ? std::optional(static_cast<double>(boost)) : std::nullopt;
          }};
}

MeantNested NestedModel::MakeLeaf(const std::string& level) {
  struct Names {
    const char* level;
    const char* words;
    const char* numbers;
  };
  // The last one: what the root has of its tags.
  constexpr Names kNames[] = {{"", "k", "n"},
                              {"offers", "offers.color", "offers.price"},
                              {"offers.notes", "offers.notes.word", "offers.notes.rank"},
                              {"tags", "tags.word", "tags.rank"},
                              {"", "tags.word", "tags.rank"}};
  size_t at = level.empty() && OneIn(3) ? 4 : 0;
  while (kNames[at].level != level) {
    ++at;
  }
  const std::string words = kNames[at].words;
  const std::string numbers = kNames[at].numbers;
  const float boost = Boost();
  const auto meant = [wide = static_cast<double>(boost)](bool matches) {
    return matches ? std::optional(wide) : std::nullopt;
  };
  switch (Uniform(level == "offers" ? 5 : 4)) {
    case 0: {
      const std::string word = Word();
      return {MakeConstantScore(MakeTerm(words, word), boost), [=](const JsonValue& object) {
                const auto values = ValuesIn(object, level, words);
                return meant(std::find(values.begin(), values.end(), word) != values.end());
              }};
    }
    case 1: {
      const auto from = static_cast<int64_t>(Uniform(numbers == "offers.price" ? 100 : 9)) - 3;
      return {MakeRange(numbers, Bound{std::to_string(from)}, std::nullopt, boost),
              [=](const JsonValue& object) {
                const auto values = NumbersIn(object, level, numbers);
                return meant(std::any_of(values.begin(), values.end(),
                                         [from](int64_t value) { return value >= from; }));
              }};
    }
    case 2: {
      const std::string field = OneIn(2) ? words : numbers;
      return {MakeExists(field, boost), [=](const JsonValue& object) {
                return meant(!ValuesIn(object, level, field).empty());
              }};
    }
    case 3:
      return {MakeMatchAll(boost), [=](const JsonValue&) { return meant(true); }};
    default:
      return MakePhrase();
  }
}

MeantNested NestedModel::MakeBoolQuery(const std::string& level, int depth) {
  BoolOptions options;
  struct Clause {
    uint64_t occurs;
    ObjectMeaning meaning;
  };
  auto clauses = std::make_shared<std::vector<Clause>>();
  for (uint64_t i = 1 + Uniform(4); i > 0; --i) {
    const uint64_t occurs = Uniform(5);
    MeantNested clause = MakeQuery(level, depth - 1);
    (occurs == 0   ? options.must
     : occurs == 1 ? options.filter
     : occurs == 2 ? options.must_not
                   : options.should)
        .push_back(clause.query);
    clauses->push_back({std::min<uint64_t>(occurs, 3), clause.meaning});
  }
  const bool required = !options.must.empty() || !options.filter.empty();
  const bool any_should = !options.should.empty() && !required;
  return {MakeBool(std::move(options)),
          [clauses, any_should](const JsonValue& object) -> std::optional<double> {
            double sum = 0;
            bool should = false;
            for (const Clause& clause : *clauses) {
              const std::optional<double> score = clause.meaning(object);
              if (clause.occurs == 2 ? score.has_value() : !score && clause.occurs < 2) {
                return std::nullopt;
              }
              should = should || (clause.occurs == 3 && score);
              sum += (clause.occurs == 0 || clause.occurs == 3) && score ? *score : 0;
            }
            return any_should && !should ? std::nullopt : std::optional(sum);
          }};
}

MeantNested NestedModel::MakeNestedQuery(const std::string& level, int depth) {
  std::vector<std::string> below;
  for (const char* const path : {"offers", "offers.notes", "tags"}) {
    if (level.empty() || std::string(path).starts_with(level + ".")) {
      below.emplace_back(path);
    }
  }
  const std::string path = below[Uniform(below.size())];
  const MeantNested inner = MakeQuery(path, depth - 1);
  const auto mode = static_cast<NestedScoreMode>(Uniform(5));
  const float boost = Boost();
  return {MakeNested({.path = path, .query = inner.query, .score_mode = mode, .boost = boost}),
          [=](const JsonValue& object) -> std::optional<double> {
            std::vector<double> scores;
            for (const JsonValue* const child : ObjectsAt(object, level, path)) {
              if (const std::optional<double> score = inner.meaning(*child)) {
                scores.push_back(*score * static_cast<double>(boost));
              }
            }
            if (scores.empty()) {
              return std::nullopt;
            }
            double sum = 0;
            for (const double score : scores) {
              sum += score;
            }
            switch (mode) {
              case NestedScoreMode::kAvg:
                return static_cast<double>(
                    static_cast<float>(sum / static_cast<double>(scores.size())));
              case NestedScoreMode::kSum:
                return sum;
              case NestedScoreMode::kMin:
                return *std::min_element(scores.begin(), scores.end());
              case NestedScoreMode::kMax:
                return *std::max_element(scores.begin(), scores.end());
              case NestedScoreMode::kNone:
                return 0;
            }
            return 0;
          }};
}

MeantNested NestedModel::MakeQuery(const std::string& level, int depth) {
  const bool has_below = level.empty() || level == "offers";
  if (depth > 0 && OneIn(3)) {
    return MakeBoolQuery(level, depth);
  }
  if (depth > 0 && has_below && !OneIn(3)) {
    return MakeNestedQuery(level, depth);
  }
  return MakeLeaf(level);
}

}  // namespace binseek::search::test
