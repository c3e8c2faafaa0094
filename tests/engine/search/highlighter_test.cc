// Highlighting against a plain marking of the same texts, and what single options do.
#include "engine/search/highlighter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/analysis/analyzer.h"
#include "engine/search/highlight_terms.h"
#include "tests/engine/search/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

using Texts = std::vector<std::string>;

mapping::Field TextField() {
  mapping::Field field;
  field.name = "text";
  field.kind = mapping::FieldKind::kText;
  return field;
}

WantedTerms Wanted(const std::vector<std::string>& terms) {
  WantedTerms wanted;
  wanted.terms.insert(terms.begin(), terms.end());
  return wanted;
}

WantedTerms Phrase(const std::vector<std::string>& words, uint32_t slop = 0) {
  WantedTerms wanted;
  WantedPhrase phrase;
  phrase.slop = slop;
  for (const std::string& word : words) {
    phrase.positions.push_back(word.empty() ? Texts() : Texts{word});
  }
  wanted.phrases.push_back(phrase);
  return wanted;
}

Texts Highlight(const HighlightOptions& options, const WantedTerms& wanted, const Texts& values,
                const mapping::Field& field = TextField()) {
  auto highlighter = Highlighter::Make(options);
  EXPECT_OK(highlighter);
  const std::vector<HighlightSource> sources = {{&field, &wanted}};
  return (*highlighter)->Highlight(sources, values);
}

TEST(HighlighterTest, PhrasesOverValuesFollowTheGap) {
  const auto mapping = mapping::Mapping::FromJson(
      R"({"properties":{"near":{"type":"text","position_increment_gap":0},)"
      R"("gaps":{"type":"text","analyzer":"stop","position_increment_gap":0}}})");
  ASSERT_OK(mapping);
  const HighlightOptions whole{.number_of_fragments = 0};
  const Texts values = {"a b", "c d"};
  EXPECT_EQ(Highlight(whole, Phrase({"b", "c"}), values, *mapping->Find("near")),
            (Texts{"a <em>b</em>", "<em>c</em> d"}));
  EXPECT_EQ(Highlight(whole, Phrase({"b", "c"}), values), Texts());
  // A stop word at the end of a value takes its place before the next one.
  const Texts stop = {"b the", "c"};
  EXPECT_EQ(Highlight(whole, Phrase({"b", "c"}), stop, *mapping->Find("gaps")), Texts());
  EXPECT_EQ(Highlight(whole, Phrase({"b", "", "c"}), stop, *mapping->Find("gaps")),
            (Texts{"<em>b</em> the", "<em>c</em>"}));
}

TEST(HighlighterTest, WholeFieldsShowTheValuesThatMatch) {
  const HighlightOptions whole{.number_of_fragments = 0};
  EXPECT_EQ(Highlight(whole, Wanted({"red"}), {"A red shoe.", "A blue one", "Red. And RED."}),
            (Texts{"A <em>red</em> shoe.", "<em>Red</em>. And <em>RED</em>."}));
  EXPECT_EQ(Highlight(whole, Wanted({"green"}), {"A red shoe."}), Texts());
  EXPECT_EQ(Highlight(whole, Wanted({"red"}), {}), Texts());
  EXPECT_EQ(Highlight(whole, Wanted({"red"}), {"", ""}), Texts());
}

TEST(HighlighterTest, ChineseAndEnglishKeepTheirPlaces) {
  const HighlightOptions whole{.number_of_fragments = 0};
  EXPECT_EQ(Highlight(whole, Wanted({"手", "phone"}), {"买手机 Phone壳，😀手 phone"}),
            (Texts{"买<em>手</em>机 <em>Phone</em>壳，😀<em>手</em> <em>phone</em>"}));
  EXPECT_EQ(
      Highlight({.fragment_size = 6}, Wanted({"机"}), {"我买了手机。你没有买。他的手机坏了！"}),
      (Texts{"我买了手<em>机</em>。", "他的手<em>机</em>坏了！"}));
}

TEST(HighlighterTest, PhrasesCountWhereTheyStand) {
  const HighlightOptions whole{.number_of_fragments = 0};
  const Texts text = {"quick fox, quick brown fox, brown fox quick"};
  EXPECT_EQ(Highlight(whole, Phrase({"quick", "brown"}), text),
            (Texts{"quick fox, <em>quick</em> <em>brown</em> fox, brown fox quick"}));
  EXPECT_EQ(Highlight(whole, Phrase({"quick", "", "fox"}), text),
            (Texts{"quick fox, <em>quick</em> brown <em>fox</em>, brown fox quick"}));
  EXPECT_EQ(Highlight(whole, Phrase({"brown", "quick"}, 1), text),
            (Texts{"quick fox, <em>quick</em> <em>brown</em> fox, <em>brown</em> fox "
                   "<em>quick</em>"}));
  EXPECT_EQ(Highlight(whole, Phrase({"fox", "quick"}), {"a fox", "quick it was"}), Texts())
      << "values are far from each other";
  WantedTerms both = Phrase({"quick", "brown"});
  both.Add(Wanted({"quick"}));
  EXPECT_EQ(Highlight(whole, both, text),
            (Texts{"<em>quick</em> fox, <em>quick</em> <em>brown</em> fox, brown fox "
                   "<em>quick</em>"}));
}

TEST(HighlighterTest, FragmentsEndWithSentencesAndWords) {
  const std::string text =
      "The first sentence has a red shoe. The second one has none. A third one is red again, and "
      "it "
      "goes on for a long while until it is red once more at its very end.";
  EXPECT_EQ(Highlight({.fragment_size = 40}, Wanted({"red"}), {text}),
            (Texts{"The first sentence has a <em>red</em> shoe.",
                   "A third one is <em>red</em> again, and it goes on",
                   "for a long while until it is <em>red</em> once more"}));
  EXPECT_EQ(Highlight({.fragment_size = 3}, Wanted({"cable"}), {"One black usb-c cable for sale"}),
            (Texts{"usb-c <em>cable</em>"}))
      << "what is joined by a hyphen is one word";
  EXPECT_EQ(Highlight({.fragment_size = 0}, Wanted({"second"}), {text}),
            (Texts{"The <em>second</em> one has none."}));
  EXPECT_EQ(Highlight({.breaks = PassageBreaks::kWord}, Wanted({"second"}), {text}),
            (Texts{"<em>second</em>"}));
  EXPECT_EQ(Highlight({.fragment_size = 40, .number_of_fragments = 1}, Wanted({"red"}), {text}),
            (Texts{"The first sentence has a <em>red</em> shoe."}));
}

TEST(HighlighterTest, NumbersBehindAFullStopBeginNoSentence) {
  EXPECT_EQ(Highlight({.fragment_size = 0}, Wanted({"seven"}), {"Size No. 7 is seven. Next one."}),
            (Texts{"Size No. 7 is <em>seven</em>."}));
}

TEST(HighlighterTest, TheBestFragmentsAreKept) {
  const std::string text =
      "One red thing stands here. Nothing of it. Red is the red of a red shoe. The end is red.";
  const HighlightOptions two{.fragment_size = 30, .number_of_fragments = 2};
  EXPECT_EQ(Highlight(two, Wanted({"red", "shoe"}), {text}),
            (Texts{"<em>Red</em> is the <em>red</em> of a <em>red</em> <em>shoe</em>.",
                   "The end is <em>red</em>."}));
  HighlightOptions best = two;
  best.number_of_fragments = 3;
  best.order_by_score = true;
  const Texts ordered = Highlight(best, Wanted({"red", "shoe"}), {text});
  ASSERT_EQ(ordered.size(), 3u);
  EXPECT_EQ(ordered[0], "<em>Red</em> is the <em>red</em> of a <em>red</em> <em>shoe</em>.");
}

TEST(HighlighterTest, WithoutAMatchTheBeginningIsShown) {
  const HighlightOptions options{.no_match_size = 9};
  EXPECT_EQ(Highlight(options, Wanted({"x"}), {"", "The quick brown fox"}), (Texts{"The quick"}));
  EXPECT_EQ(Highlight(options, Wanted({"x"}), {"Short"}), (Texts{"Short"}));
  EXPECT_EQ(Highlight(options, Wanted({"quick"}), {"The quick brown fox"}),
            (Texts{"The <em>quick</em> brown fox"}));
  EXPECT_EQ(Highlight(options, Wanted({}), {"A <b> & c"}), (Texts{"A <b> & c"}));
}

TEST(HighlighterTest, TagsAreAsWantedAndTextIsEscaped) {
  const HighlightOptions options{.pre_tag = "[", .post_tag = "]", .encode_html = true};
  EXPECT_EQ(Highlight(options, Wanted({"b"}), {"a < b & \"c\" it's a/b"}),
            (Texts{"a &lt; [b] &amp; &quot;c&quot; it&#x27;s a&#x2F;[b]"}));
}

TEST(HighlighterTest, AnalysisEndsWhereItMay) {
  const Texts text = {"red red red red"};
  EXPECT_EQ(Highlight({.max_analyzed_offset = 5}, Wanted({"red"}), text),
            (Texts{"<em>red</em> <em>red</em> red red"}));
}

TEST(HighlighterTest, SeveralAnalyzersLookAtOneText) {
  auto highlighter = Highlighter::Make({.number_of_fragments = 0});
  ASSERT_OK(highlighter);
  const mapping::Field standard = TextField();
  mapping::Field whole = TextField();
  whole.analyzer = "whitespace";
  const WantedTerms lower = Wanted({"red"});
  const WantedTerms exact = Wanted({"USB-C"});
  const std::vector<HighlightSource> sources = {{&standard, &lower}, {&whole, &exact}};
  EXPECT_EQ((*highlighter)->Highlight(sources, {"Red USB-C cable usb-c"}),
            (Texts{"<em>Red</em> <em>USB-C</em> cable usb-c"}));
}

class WeightTermsTest : public ShopTest {
 protected:
  std::string TermsOf(const QueryPtr& query) {
    const auto view = shop_.view();
    BindContext context;
    context.index = view->Find("products");
    context.scores = false;
    const auto weight = query->Bind(context, 1);
    EXPECT_OK(weight);
    const HighlightTerms terms(**weight);
    std::string text;
    for (const mapping::Field& field : context.index->mapping->fields()) {
      const WantedTerms& wanted = terms.Of(field.id);
      for (const std::string& term : wanted.terms) {
        text += (text.empty() ? "" : " ") + field.name + ":" + term;
      }
      for (const auto& accepts : wanted.automatons) {
        for (const char* const word : {"red", "Rot", "sale", "sport", "winter"}) {
          text += accepts(word) ? (text.empty() ? "" : " ") + field.name + "~" + word : "";
        }
      }
    }
    return text;
  }
};

TEST_F(WeightTermsTest, WeightsTellTheirTerms) {
  EXPECT_EQ(TermsOf(MakeMatch({.field = "name", .text = "Red Shoe"})), "name:red name:shoe");
  EXPECT_EQ(TermsOf(MakeMatch({.field = "brand", .text = "ACME"})), "brand:acme");
  EXPECT_EQ(TermsOf(MakeTerms("tags", {"winter", "sale"})), "tags~sale tags~winter");
  EXPECT_EQ(TermsOf(MakePrefix("tags", "s")), "tags~sale tags~sport");
  EXPECT_EQ(TermsOf(MakePrefix("name", "R", true)), "name~red name~Rot");
  EXPECT_EQ(TermsOf(MakeRange("tags", Bound{"sale", false}, Bound{"winter"})),
            "tags~sport tags~winter");
  EXPECT_EQ(TermsOf(MakeTerm("stock", "3")), "");
  EXPECT_EQ(TermsOf(MakeConstantScore(MakeTerm("tags", "x"))), "tags:x");
  EXPECT_EQ(TermsOf(MakeBool({.must = {MakeTerm("name", "a")},
                              .should = {MakeTerm("name", "b")},
                              .filter = {MakeTerm("name", "c")},
                              .must_not = {MakeTerm("name", "d")}})),
            "name:a name:b name:c");
  EXPECT_EQ(TermsOf(MakeNamed(MakeDisMax({MakeTerm("name", "a"), MakeTerm("tags", "b")}, 0), "n")),
            "name:a tags:b");
  MultiMatchOptions multi;
  multi.fields = {{"name", 1.0f}, {"tags", 2.0f}};
  multi.match.text = "red";
  EXPECT_EQ(TermsOf(MakeMultiMatch(multi)), "name:red tags:red");
}

// What a plain reader of the text would mark, by byte.
class RandomHighlightTest : public binseek::test::SeededTest {
 protected:
  struct Marked {
    std::vector<bool> in;     // bytes of marked tokens
    std::vector<bool> begin;  // first bytes of them
    bool any = false;
  };
  struct Word {
    std::string term;
    uint32_t start;
    uint32_t end;
  };
  class Words final : public analysis::TokenSink {
   public:
    void Add(const analysis::Token& token) override {
      words.push_back({std::string(token.term), token.start_offset, token.end_offset});
    }
    std::vector<Word> words;
  };

  std::string RandomWord() {
    static const char* const kWords[] = {"red", "Shoe", "手", "机", "blue", "a", "😀", "don't", "Ü"};
    return kWords[Uniform(std::size(kWords))];
  }
  std::string RandomTerm() { return analysis::Lowercase(RandomWord()); }

  std::string RandomText() {
    static const char* const kBetween[] = {" ", " ", " ", ", ", ". ", "。", "! ", "", "\n", " <b>"};
    std::string text;
    for (uint64_t i = Uniform(40); i > 0; --i) {
      text += RandomWord() + kBetween[Uniform(std::size(kBetween))];
    }
    return text;
  }

  static Marked Mark(const std::string& text, const WantedTerms& wanted) {
    Words sink;
    analysis::AnalysisRegistry::Find("standard")->Analyze(text, &sink);
    const std::vector<Word>& words = sink.words;
    std::vector<bool> chosen(words.size(), false);
    for (size_t i = 0; i < words.size(); ++i) {
      chosen[i] = wanted.terms.contains(words[i].term);
      for (const auto& accepts : wanted.automatons) {
        chosen[i] = chosen[i] || accepts(words[i].term);
      }
    }
    for (const WantedPhrase& phrase : wanted.phrases) {
      for (size_t i = 0; i + phrase.positions.size() <= words.size(); ++i) {
        bool whole = true;
        for (size_t p = 0; p < phrase.positions.size(); ++p) {
          whole = whole && phrase.positions[p][0] == words[i + p].term;
        }
        for (size_t p = 0; whole && p < phrase.positions.size(); ++p) {
          chosen[i + p] = true;
        }
      }
    }
    Marked marked{std::vector<bool>(text.size()), std::vector<bool>(text.size()), false};
    for (size_t i = 0; i < words.size(); ++i) {
      for (uint32_t at = words[i].start; chosen[i] && at < words[i].end; ++at) {
        marked.in[at] = true;
        marked.begin[at] = at == words[i].start;
        marked.any = true;
      }
    }
    return marked;
  }

  // [from, to) of the text with braces around the marked tokens.
  static std::string Tagged(const std::string& text, const Marked& marked, size_t from, size_t to) {
    std::string out;
    bool open = false;
    for (size_t at = from; at < to; ++at) {
      if (open && (!marked.in[at] || marked.begin[at])) {
        out += '}';
        open = false;
      }
      if (marked.begin[at] || (marked.in[at] && at == from)) {
        out += '{';
        open = true;
      }
      out += text[at];
    }
    return open ? out + '}' : out;
  }

  static std::string Trim(const std::string& text) {
    const size_t begin = text.find_first_not_of(" \n\t");
    return begin == std::string::npos
               ? ""
               : text.substr(begin, text.find_last_not_of(" \n\t") + 1 - begin);
  }

  static std::string Untagged(std::string text) {
    std::erase_if(text, [](char c) { return c == '{' || c == '}'; });
    return text;
  }

  WantedTerms RandomWanted() {
    WantedTerms wanted;
    for (uint64_t i = Uniform(3); i > 0; --i) {
      wanted.terms.insert(RandomTerm());
    }
    for (uint64_t i = Uniform(2); i > 0; --i) {
      wanted.Add(Phrase({RandomTerm(), RandomTerm()}));
    }
    if (OneIn(4)) {
      wanted.automatons.push_back([](std::string_view term) { return term.starts_with("s"); });
    }
    return wanted;
  }

  // Each fragment is a part of the text with exactly the marks that the part has.
  void CheckFragments(const std::string& text, const Marked& marked, const Texts& fragments) {
    for (const std::string& fragment : fragments) {
      const std::string plain = Untagged(fragment);
      bool found = false;
      for (size_t from = text.find(plain); from != std::string::npos && !found;
           from = text.find(plain, from + 1)) {
        found = Tagged(text, marked, from, from + plain.size()) == fragment;
      }
      ASSERT_TRUE(found) << "[" << fragment << "] of [" << text << "]";
      ASSERT_NE(fragment.find('{'), std::string::npos) << fragment;
    }
  }
};

TEST_F(RandomHighlightTest, MarksAreThoseOfAPlainReader) {
  const HighlightOptions whole{.number_of_fragments = 0, .pre_tag = "{", .post_tag = "}"};
  for (uint64_t i = 0; i < Iterations(2000) && !HasFatalFailure(); ++i) {
    const WantedTerms wanted = RandomWanted();
    Texts values;
    Texts expected;
    size_t matches = 0;
    for (uint64_t v = 1 + Uniform(3); v > 0; --v) {
      values.push_back(RandomText());
      const Marked marked = Mark(values.back(), wanted);
      if (marked.any) {
        expected.push_back(Trim(Tagged(values.back(), marked, 0, values.back().size())));
      }
      matches += static_cast<size_t>(std::count(marked.begin.begin(), marked.begin.end(), true));
    }
    ASSERT_EQ(Highlight(whole, wanted, values), expected);
    HighlightOptions parts = whole;
    parts.number_of_fragments = static_cast<uint32_t>(1 + Uniform(4));
    parts.fragment_size = static_cast<uint32_t>(Uniform(60));
    parts.breaks = OneIn(4) ? PassageBreaks::kWord : PassageBreaks::kSentence;
    const std::string& text = values[0];
    const Marked marked = Mark(text, wanted);
    const Texts fragments = Highlight(parts, wanted, {text});
    ASSERT_EQ(fragments.empty(), !marked.any) << text;
    ASSERT_LE(fragments.size(), parts.number_of_fragments);
    CheckFragments(text, marked, fragments);
    parts.number_of_fragments = 1000;
    size_t shown = 0;
    for (const std::string& fragment : Highlight(parts, wanted, values)) {
      shown += static_cast<size_t>(std::count(fragment.begin(), fragment.end(), '{'));
    }
    ASSERT_EQ(shown, matches) << text;
  }
}

}  // namespace
}  // namespace binseek::search::test
