#include "tests/engine/search/lucene_cases.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace binseek::search::test {

std::string BitsOf(float value) {
  char text[16];
  std::snprintf(text, sizeof(text), "%08x", std::bit_cast<uint32_t>(value));
  return text;
}

std::string LuceneCases::Document::ToJson() const {
  return R"({"a": ")" + a + R"(", "b": ")" + b + R"(", "k": ")" + k + R"("})";
}

std::string LuceneCases::Word() {
  // The smaller, the more frequent: least of three.
  uint64_t word = Uniform(40);
  word = std::min({word, Uniform(40), Uniform(40)});
  return "w" + std::to_string(word);
}

std::vector<LuceneCases::Document> LuceneCases::MakeDocuments(uint64_t count) {
  std::vector<Document> out(count);
  const auto text = [&](uint64_t words) {
    std::string made;
    for (uint64_t i = 0; i < words; ++i) {
      made += (i == 0 ? "" : " ") + Word();
    }
    return made;
  };
  for (Document& document : out) {
    document.a = text(OneIn(10) ? Uniform(120) : Uniform(14));
    document.b = text(Uniform(8));
    document.k = Word();
  }
  return out;
}

float LuceneCases::Boost() {
  if (!OneIn(4)) {
    return 1;
  }
  const auto dividend = static_cast<float>(1 + Uniform(50));
  return dividend / static_cast<float>(1 + Uniform(20));
}

LuceneQuery LuceneCases::Term() {
  const std::string field = OneIn(6) ? "k" : Field();
  const std::string word = Word();
  const float boost = Boost();
  return {MakeTerm(field, word, boost), "term " + field + " " + word + " " + BitsOf(boost)};
}

LuceneQuery LuceneCases::Phrase() {
  MatchPhraseOptions options;
  options.field = Field();
  options.slop = OneIn(2) ? 0 : static_cast<uint32_t>(1 + Uniform(6));
  options.boost = Boost();
  const uint64_t count = 2 + Uniform(OneIn(3) ? 4 : 2);
  std::string words;
  std::string last;
  for (uint64_t i = 0; i < count; ++i) {
    last = !last.empty() && OneIn(3) ? last : Word();  // repeats are worth a look
    options.text += last + " ";
    words += " " + std::to_string(i) + " " + last;
  }
  const std::string text = "phrase " + options.field + " " + std::to_string(options.slop) + " " +
                           BitsOf(options.boost) + " " + std::to_string(count) + words;
  return {MakeMatchPhrase(options), text};
}

LuceneQuery LuceneCases::MakeLeaf() {
  switch (Uniform(8)) {
    case 0:
    case 1:
      return Phrase();
    case 2: {
      const float boost = Boost();
      if (OneIn(3)) {
        return {MakeMatchAll(boost), "all " + BitsOf(boost)};
      }
      const LuceneQuery inner = Term();
      return {MakeConstantScore(inner.query, boost), "const " + BitsOf(boost) + " " + inner.text};
    }
    case 3: {
      const std::string field = Field();
      const std::string prefix = Word().substr(0, 2);
      const float boost = Boost();
      return {MakePrefix(field, prefix, false, boost),
              "prefix " + field + " " + prefix + " " + BitsOf(boost)};
    }
    default:
      return Term();
  }
}

LuceneQuery LuceneCases::Bool(int depth) {
  BoolOptions options;
  std::string counts;
  std::string clauses;
  const auto add = [&](uint64_t most, std::vector<QueryPtr>* out) {
    const uint64_t count = Uniform(most + 1);
    for (uint64_t i = 0; i < count; ++i) {
      LuceneQuery clause = MakeQuery(depth - 1);
      out->push_back(clause.query);
      clauses += " " + clause.text;
    }
    counts += " " + std::to_string(count);
  };
  add(2, &options.must);
  add(4, &options.should);
  add(OneIn(3) ? 2 : 0, &options.filter);
  const bool positive = !options.must.empty() || !options.should.empty() || !options.filter.empty();
  if (!positive) {
    return MakeLeaf();  // Lucene takes these for nothing, Elasticsearch for everything
  }
  add(OneIn(3) ? 2 : 0, &options.must_not);
  uint64_t minimum = 0;
  if (!options.should.empty() && OneIn(3)) {
    minimum = 1 + Uniform(options.should.size());
    options.minimum_should_match = std::to_string(minimum);
  }
  options.boost = OneIn(4) ? Boost() : 1;
  std::string text =
      "bool " + std::to_string(minimum) + " " + BitsOf(options.boost) + counts + clauses;
  return {MakeBool(options), std::move(text)};
}

LuceneQuery LuceneCases::DisMax(int depth) {
  std::vector<QueryPtr> queries;
  const float ties[] = {0, 0.25F, 0.7F, 1};
  const float tie = ties[Uniform(4)];
  const float boost = OneIn(3) ? Boost() : 1;
  const uint64_t count = 1 + Uniform(3);
  std::string text = "dismax " + BitsOf(tie) + " " + BitsOf(boost) + " " + std::to_string(count);
  for (uint64_t i = 0; i < count; ++i) {
    LuceneQuery clause = MakeQuery(depth - 1);
    queries.push_back(clause.query);
    text += " " + clause.text;
  }
  return {MakeDisMax(queries, tie, boost), text};
}

LuceneQuery LuceneCases::MakeQuery(int depth) {
  if (depth == 0 || OneIn(3)) {
    return MakeLeaf();
  }
  return OneIn(5) ? DisMax(depth) : Bool(depth);
}

}  // namespace binseek::search::test
