// Automata against plain matchers on random patterns and texts, many of them of several bytes a character.
#include "engine/search/automaton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "engine/search/levenshtein.h"
#include "engine/search/regexp.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search {
namespace {

const char* const kLetters[] = {"a", "b", "c", "B", "1", "é", "É", "日", "😀", "-"};

using Points = std::vector<uint32_t>;
using Ends = std::set<size_t>;

// A regular expression as a tree that says by itself where its matches end.
struct Node {
  enum class Kind {
    kChar,
    kAny,
    kClass,
    kNotClass,
    kEmpty,
    kConcat,
    kEither,
    kRepeat,
    kNot,
    kBoth,
    kAnyText
  };
  Kind kind = Kind::kEmpty;
  Points chars{};
  std::unique_ptr<Node> left{};
  std::unique_ptr<Node> right{};
  size_t least = 0;
  size_t most = 0;  // SIZE_MAX: any

  std::string Text() const {
    std::string out;
    switch (kind) {
      case Kind::kChar:
        out = chars[0] == '-' || chars[0] == '1' ? "\\" : "";
        out = chars[0] == '1' ? "" : out;
        AppendUtf8(chars[0], &out);
        return out;
      case Kind::kAny:
        return ".";
      case Kind::kAnyText:
        return "@";
      case Kind::kClass:
      case Kind::kNotClass:
        out = kind == Kind::kClass ? "[" : "[^";
        for (const uint32_t c : chars) {
          out += "\\";
          AppendUtf8(c, &out);
        }
        return out + "]";
      case Kind::kEmpty:
        return "()";
      case Kind::kConcat:
        return left->Text() + right->Text();
      case Kind::kEither:
        return "(" + left->Text() + "|" + right->Text() + ")";
      case Kind::kBoth:
        return "(" + left->Text() + "&" + right->Text() + ")";
      case Kind::kNot:
        return "~(" + left->Text() + ")";
      case Kind::kRepeat:
        break;
    }
    out = "(" + left->Text() + ")";
    if (least == 0 && most == SIZE_MAX) {
      return out + "*";
    }
    if (least == 1 && most == SIZE_MAX) {
      return out + "+";
    }
    if (least == 0 && most == 1) {
      return out + "?";
    }
    return out + "{" + std::to_string(least) +
           (most == SIZE_MAX ? ",}"
            : most == least  ? "}"
                             : "," + std::to_string(most) + "}");
  }

  Ends Match(const Points& text, size_t from) const {
    const bool more = from < text.size();
    const auto one = [&](bool matches) { return matches ? Ends{from + 1} : Ends{}; };
    switch (kind) {
      case Kind::kChar:
        return one(more && text[from] == chars[0]);
      case Kind::kAny:
        return one(more);
      case Kind::kClass:
      case Kind::kNotClass: {
        const bool in = more && std::find(chars.begin(), chars.end(), text[from]) != chars.end();
        return one(more && in == (kind == Kind::kClass));
      }
      case Kind::kEmpty:
        return {from};
      case Kind::kConcat: {
        Ends out;
        for (const size_t middle : left->Match(text, from)) {
          out.merge(right->Match(text, middle));
        }
        return out;
      }
      case Kind::kEither: {
        Ends out = left->Match(text, from);
        out.merge(right->Match(text, from));
        return out;
      }
      case Kind::kBoth: {
        const Ends first = left->Match(text, from);
        const Ends second = right->Match(text, from);
        Ends out;
        std::set_intersection(first.begin(), first.end(), second.begin(), second.end(),
                              std::inserter(out, out.end()));
        return out;
      }
      case Kind::kAnyText:
      case Kind::kNot: {
        const Ends first = kind == Kind::kNot ? left->Match(text, from) : Ends{};
        Ends out;
        for (size_t end = from; end <= text.size(); ++end) {
          if (first.count(end) == 0) {
            out.insert(end);
          }
        }
        return out;
      }
      case Kind::kRepeat:
        break;
    }
    return Repeated(text, from);
  }

 private:
  Ends Repeated(const Points& text, size_t from) const {
    Ends out;
    Ends at = {from};
    Ends seen;
    for (size_t times = 0; times <= most && !at.empty(); ++times) {
      if (times >= least) {
        const size_t before = out.size();
        out.insert(at.begin(), at.end());
        if (times > least && out.size() == before) {
          break;
        }
      }
      Ends next;
      for (const size_t place : at) {
        next.merge(left->Match(text, place));
      }
      at = std::move(next);
    }
    return out;
  }
};

class AutomatonTest : public binseek::test::SeededTest {
 protected:
  std::string Letter() { return kLetters[Uniform(std::size(kLetters))]; }
  std::string Text(uint64_t longest) {
    std::string out;
    for (uint64_t n = Uniform(longest + 1); n > 0; --n) {
      out += Letter();
    }
    return out;
  }

  std::unique_ptr<Node> MakeNode(int depth) {
    using Kind = Node::Kind;
    auto node = std::make_unique<Node>();
    const auto leaf = [&](Kind kind) {
      node->kind = kind;
      const size_t wanted = kind == Kind::kChar ? 1 : 1 + Uniform(3);
      while (node->chars.size() < wanted) {
        node->chars.push_back(CodePointsOf(Letter())[0]);
      }
    };
    if (depth == 0 || OneIn(4)) {
      static constexpr Kind kLeaves[] = {Kind::kChar,  Kind::kChar,   Kind::kChar,
                                         Kind::kAny,   Kind::kClass,  Kind::kNotClass,
                                         Kind::kEmpty, Kind::kAnyText};
      leaf(kLeaves[Uniform(std::size(kLeaves))]);
      return node;
    }
    static constexpr Kind kInner[] = {Kind::kConcat, Kind::kConcat, Kind::kEither,
                                      Kind::kRepeat, Kind::kNot,    Kind::kBoth};
    node->kind = kInner[Uniform(std::size(kInner))];
    node->left = MakeNode(depth - 1);
    if (node->kind == Kind::kRepeat) {
      node->least = Uniform(3);
      node->most = OneIn(2) ? SIZE_MAX : std::max<size_t>(1, node->least + Uniform(2));
    } else if (node->kind != Kind::kNot) {
      node->right = MakeNode(depth - 1);
    }
    return node;
  }
};

bool MatchesWildcard(const Points& pattern, size_t p, const Points& text, size_t t) {
  if (p == pattern.size()) {
    return t == text.size();
  }
  if (pattern[p] == '*') {
    for (size_t end = t; end <= text.size(); ++end) {
      if (MatchesWildcard(pattern, p + 1, text, end)) {
        return true;
      }
    }
    return false;
  }
  return t < text.size() && (pattern[p] == '?' || pattern[p] == text[t]) &&
         MatchesWildcard(pattern, p + 1, text, t + 1);
}

TEST_F(AutomatonTest, WildcardsMatchWhatAPlainMatcherMatches) {
  for (uint64_t round = 0; round < Iterations(2000); ++round) {
    std::string pattern;
    for (uint64_t n = Uniform(7); n > 0; --n) {
      pattern += OneIn(3) ? "*" : OneIn(4) ? "?" : Letter();
    }
    const auto dfa = CompileWildcard(pattern, false, "", 10'000);
    ASSERT_OK(dfa);
    for (int i = 0; i < 20; ++i) {
      const std::string text = Text(6);
      ASSERT_EQ(dfa->Accepts(text),
                MatchesWildcard(CodePointsOf(pattern), 0, CodePointsOf(text), 0))
          << pattern << " on " << text;
    }
  }
  EXPECT_TRUE(CompileWildcard("a\\*b\\?\\\\", false, "", 100)->Accepts("a*b?\\"));
  EXPECT_FALSE(CompileWildcard("a\\*", false, "", 100)->Accepts("ab"));
  EXPECT_TRUE(CompileWildcard("ÄB*", true, "x", 100)->Accepts("xäbc"));
  EXPECT_FALSE(CompileWildcard("*", false, "", 100)->Accepts("\xff"));
  EXPECT_FALSE(CompileWildcard("?", false, "", 100)->Accepts("\xc0\xaf")) << "written too long";
}

TEST_F(AutomatonTest, RegularExpressionsMatchWhatAPlainMatcherMatches) {
  uint64_t accepted = 0;
  for (uint64_t round = 0; round < Iterations(2000); ++round) {
    const auto node = MakeNode(3);
    const std::string pattern = node->Text();
    const auto dfa = CompileRegexp(pattern, {});
    ASSERT_OK(dfa);
    for (int i = 0; i < 20; ++i) {
      const std::string text = Text(5);
      const Points points = CodePointsOf(text);
      const bool expected = node->Match(points, 0).count(points.size()) != 0;
      accepted += expected ? 1 : 0;
      ASSERT_EQ(dfa->Accepts(text), expected) << pattern << " on " << text;
    }
  }
  EXPECT_GT(accepted, 100U);
}

TEST_F(AutomatonTest, DeadStatesAreKnownToBeDead) {
  const auto dfa = CompileRegexp("ab(c|d)&a@", {});
  ASSERT_OK(dfa);
  auto state = dfa->Start();
  EXPECT_TRUE(dfa->CanMatch(state));
  state = dfa->Step(state, 'a');
  EXPECT_TRUE(dfa->CanMatch(state));
  EXPECT_FALSE(dfa->CanMatch(dfa->Step(state, 'c')));
  EXPECT_FALSE(dfa->CanMatch(CompileRegexp("#", {})->Start()));
}

TEST_F(AutomatonTest, TheSyntaxIsLucenes) {
  const struct {
    const char* pattern;
    const char* accepted;
    const char* refused;
  } kCases[] = {
      {"<1-12>", "007", "13"},          {"<01-12>", "07", "7"},     {"<12-1>", "5", "0"},
      {"<8-123>", "99", "7"},           {"\"a.b\"", "a.b", "axb"},  {"\\d+", "42", "4a"},
      {"\\w\\W\\s\\S", "a- x", "a-xx"}, {"[\\d-]+", "1-2", "a"},    {"a|b|", "", "c"},
      {"a\\Sb", "axb", "a\tb"},         {"a[\\S]b", "axb", "a\nb"}, {"\\S", "!", "\r"},
      {"[a-c]{2}", "bc", "bd"},         {"~a", "b", "a"},           {"a\\", "a\\", "b"},
  };
  for (const auto& c : kCases) {
    const auto dfa = CompileRegexp(c.pattern, {});
    if (std::string(c.pattern) == "a\\" || std::string(c.pattern) == "a|b|") {
      EXPECT_EQ(dfa.status().message(), "unexpected end-of-string") << c.pattern;
      continue;
    }
    ASSERT_OK(dfa) << c.pattern;
    EXPECT_TRUE(dfa->Accepts(c.accepted)) << c.pattern;
    EXPECT_FALSE(dfa->Accepts(c.refused)) << c.pattern;
  }
  const RegexpOptions plain{.flags = RegexpFlagsOfValue(0)};
  EXPECT_TRUE(CompileRegexp("~@#&<", plain)->Accepts("~@#&<"));
  EXPECT_TRUE(CompileRegexp("aB[c-d]", {.ignore_case = true})->Accepts("AbD"));
}

TEST_F(AutomatonTest, WhatIsNoExpressionIsSaidToBeNone) {
  const struct {
    const char* pattern;
    const char* error;
  } kCases[] = {
      {"a{", "integer expected at position 2"},
      {"a{1", "expected '}' at position 3"},
      {"a{3,2}", "invalid repetition range(out of order): 3..2"},
      {"[a", "expected ']' at position 2"},
      {"[", "unexpected end-of-string"},
      {"(a", "expected ')' at position 2"},
      {"a)", "end-of-string expected at position 1"},
      {"\"a", "expected '\"' at position 2"},
      {"<1-2", "expected '>' at position 4"},
      {"<a>", "'a' not found"},
      {"[b-a]", "invalid range: from (98) cannot be > to (97)"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(CompileRegexp(c.pattern, {}).status().message(), c.error) << c.pattern;
  }
}

TEST_F(AutomatonTest, NoPatternTakesMoreThanItsLimit) {
  std::string nested;
  for (int i = 0; i < 150; ++i) {
    nested += "(";
  }
  nested += "a";
  for (int i = 0; i < 150; ++i) {
    nested += "{9})";
  }
  const std::string hostile[] = {
      "(a|b)*a(a|b){20}",
      "(((a{100}){100}){100}){100}",
      "~(@a@b@c@)&~(@c@b@a@)&~(@(abc){30}@)",
      "a{100000}",
      "[^a]*[^b]{500}[^c]*[^d]{500}",
      nested,
      std::string(1000, '~') + "a",
      std::string(300, '('),
  };
  for (const std::string& pattern : hostile) {
    const auto begin = std::chrono::steady_clock::now();
    const auto dfa = CompileRegexp(pattern, {});
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(std::chrono::duration<double>(took).count(), 20) << pattern.substr(0, 50);
    if (dfa.ok()) {
      EXPECT_LE(dfa->nodes(), 10'002U);
    } else {
      EXPECT_STATUS(dfa, kInvalidArgument);
    }
  }
  EXPECT_STATUS(CompileRegexp("(a|b)*a(a|b){20}", {}), kInvalidArgument);
  EXPECT_STATUS(CompileWildcard("*a????????????????????", false, "", 10'000), kInvalidArgument);
}

// Of whole texts; a swap of neighbours is one edit, and what was swapped is not edited again.
size_t Distance(const Points& a, const Points& b, bool transpositions) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (transpositions && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

TEST_F(AutomatonTest, FuzzyMatchesAreThoseOfTheDistanceTable) {
  uint64_t accepted = 0;
  for (uint64_t round = 0; round < Iterations(1500); ++round) {
    const std::string text = Text(8);
    const Points points = CodePointsOf(text);
    const auto edits = static_cast<uint32_t>(Uniform(3));
    const auto prefix = static_cast<uint32_t>(OneIn(2) ? 0 : Uniform(4));
    const bool transpositions = OneIn(2);
    const auto dfa = CompileLevenshtein(text, edits, prefix, transpositions, "p");
    ASSERT_OK(dfa);
    for (int i = 0; i < 40; ++i) {
      // Some edits away, mostly.
      Points other = points;
      for (uint64_t n = Uniform(4); n > 0; --n) {
        const size_t at = Uniform(other.size() + 1);
        const uint32_t c = CodePointsOf(Letter())[0];
        if (at + 1 < other.size() && OneIn(3)) {
          std::swap(other[at], other[at + 1]);
        } else if (at < other.size() && OneIn(2)) {
          other.erase(other.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          other.insert(other.begin() + static_cast<std::ptrdiff_t>(at), c);
        }
      }
      std::string written = "p";
      for (const uint32_t c : other) {
        AppendUtf8(c, &written);
      }
      const size_t fixed = std::min<size_t>(prefix, points.size());
      size_t distance = SIZE_MAX;
      if (other.size() >= fixed &&
          std::equal(points.begin(), points.begin() + fixed, other.begin())) {
        distance = Distance({points.begin() + fixed, points.end()},
                            {other.begin() + fixed, other.end()}, transpositions);
      }
      const size_t label = distance <= edits ? distance + 1 : 0;
      accepted += label != 0 ? 1 : 0;
      ASSERT_EQ(dfa->LabelOf(written), label)
          << text << " " << edits << " edits, prefix " << prefix << " on " << written;
    }
  }
  EXPECT_GT(accepted, 100U);
  const auto dfa = CompileLevenshtein(std::string(255, 'a'), 2, 0, true, "");
  ASSERT_OK(dfa);
  EXPECT_LT(dfa->nodes(), 10'000U) << "a few for each character";
  EXPECT_STATUS(CompileLevenshtein(std::string(300, 'a'), 2, 0, true, ""), kInvalidArgument);
}

// A row of all code points for each of its 4,000 nodes took 8 MB.
TEST(LevenshteinTest, ALongTokenTakesLittle) {
  Points points;
  for (uint32_t i = 0; i < 255; ++i) {
    points.push_back(i < 90 ? '!' + i : 0x4E00 + 3 * i);
  }
  const auto written = [](const Points& of) {
    std::string text = "p";
    for (const uint32_t c : of) {
      AppendUtf8(c, &text);
    }
    return text;
  };
  const auto dfa = CompileLevenshtein(written(points).substr(1), 2, 0, true, "p");
  ASSERT_OK(dfa);
  EXPECT_LT(dfa->bytes(), 600'000U);
  for (size_t at = 0; at + 7 < points.size(); at += 7) {
    Points other = points;
    for (int edit = 0; edit < 4; ++edit) {
      const size_t distance = Distance(points, other, true);
      ASSERT_EQ(dfa->LabelOf(written(other)), distance <= 2 ? distance + 1 : 0)
          << at << " " << edit;
      if (edit % 2 == 0) {
        std::swap(other[at], other[at + 1]);
      } else if (at % 2 == 0) {
        other.erase(other.begin() + static_cast<std::ptrdiff_t>(at) + 3);
      } else {
        other.insert(other.begin() + static_cast<std::ptrdiff_t>(at) + 4, other[at]);
      }
    }
  }
}

TEST_F(AutomatonTest, CasesAreThoseOfUnicode) {
  EXPECT_EQ(CaseVariants('a'), (Points{'A', 'a'}));
  EXPECT_EQ(CaseVariants('1'), (Points{'1'}));
  EXPECT_EQ(CaseVariants(0xE4), (Points{0xC4, 0xE4}));
  EXPECT_EQ(CaseVariants(0x416), (Points{0x416, 0x436}));
}

}  // namespace
}  // namespace binseek::search
