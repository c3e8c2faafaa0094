// Automata run over a term dictionary must accept exactly the terms that they accept one by one, in order.
#include "engine/codec/term_intersection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/codec/term_dictionary_writer.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

// A table of transitions; state 0 is dead.
class TableAutomaton {
 public:
  using State = uint32_t;
  State Start() const { return 1; }
  State Step(State state, uint8_t byte) const {
    ++steps_;
    return next_[state][byte];
  }
  bool IsAccept(State state) const { return accepts_[state]; }
  bool CanMatch(State state) const { return state != 0; }
  bool Accepts(std::string_view term) const {
    State state = Start();
    for (const char byte : term) {
      state = next_[state][static_cast<uint8_t>(byte)];
    }
    return accepts_[state];
  }

  State AddState(bool accepts) {
    next_.emplace_back();
    accepts_.push_back(accepts);
    return static_cast<State>(next_.size() - 1);
  }
  void Connect(State from, uint8_t first, uint8_t last, State to) {
    std::fill(next_[from].begin() + first, next_[from].begin() + last + 1, to);
  }
  uint64_t steps() const { return steps_; }

 private:
  std::vector<std::array<State, 256>> next_ = {{}};
  std::vector<bool> accepts_ = {false};
  mutable uint64_t steps_ = 0;
};

// Strings within an edit distance of a word, by bytes: the state is the row of the distance table.
class FuzzyAutomaton {
 public:
  using State = std::vector<uint32_t>;
  FuzzyAutomaton(std::string word, uint32_t distance)
      : word_(std::move(word)), distance_(distance) {}
  State Start() const {
    State row(word_.size() + 1);
    for (uint32_t i = 0; i < row.size(); ++i) {
      row[i] = i;
    }
    return row;
  }
  State Step(const State& row, uint8_t byte) const {
    State next(row.size());
    next[0] = row[0] + 1;
    for (size_t i = 1; i < row.size(); ++i) {
      const uint32_t other = static_cast<uint8_t>(word_[i - 1]) == byte ? 0 : 1;
      next[i] = std::min({row[i] + 1, next[i - 1] + 1, row[i - 1] + other});
    }
    return next;
  }
  bool IsAccept(const State& row) const { return row.back() <= distance_; }
  bool CanMatch(const State& row) const {
    return *std::min_element(row.begin(), row.end()) <= distance_;
  }

 private:
  const std::string word_;
  const uint32_t distance_;
};

uint32_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<uint32_t>> table(a.size() + 1, std::vector<uint32_t>(b.size() + 1));
  for (uint32_t i = 0; i <= a.size(); ++i) {
    for (uint32_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                              table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
    }
  }
  return table[a.size()][b.size()];
}

struct Dictionary {
  std::vector<std::string> terms;
  std::string blocks;
  std::string index;
  std::unique_ptr<const BlockTermDictionary> reader;
};

Dictionary Write(const std::set<std::string>& terms, uint32_t block_shift) {
  Dictionary made;
  made.terms.assign(terms.begin(), terms.end());
  StringSink blocks;
  StringSink index;
  BlockTermDictionaryWriter writer({}, &blocks, &index, block_shift);
  for (const std::string& term : made.terms) {
    EXPECT_OK(writer.Add(term, {.doc_freq = 1, .total_term_freq = 1}));
  }
  EXPECT_OK(writer.Finish(1));
  made.blocks = blocks.Take();
  made.index = index.Take();
  auto opened = BlockTermDictionary::Open(made.blocks, made.index, {}, 1);
  EXPECT_OK(opened);
  made.reader = std::move(opened).value();
  return made;
}

class TermIntersectionTest : public test::SeededTest {
 protected:
  std::set<std::string> RandomTerms(size_t limit, char letters, size_t length) {
    std::set<std::string> terms;
    for (uint64_t n = Uniform(limit + 1); n != 0; --n) {
      std::string term;
      for (uint64_t left = Uniform(length + 1); left != 0; --left) {
        term.push_back(static_cast<char>(
            OneIn(40) ? Uniform(256) : 'a' + Uniform(static_cast<uint64_t>(letters))));
      }
      terms.insert(std::move(term));
    }
    return terms;
  }

  TableAutomaton RandomAutomaton(char letters) {
    TableAutomaton automaton;
    const uint32_t states = static_cast<uint32_t>(1 + Uniform(6));
    for (uint32_t i = 0; i < states; ++i) {
      automaton.AddState(OneIn(2));
    }
    for (uint64_t edges = Uniform(states * 4); edges != 0; --edges) {
      const uint8_t first = static_cast<uint8_t>('a' + Uniform(static_cast<uint64_t>(letters)));
      const uint8_t last = OneIn(9) ? 255 : first;
      automaton.Connect(static_cast<uint32_t>(1 + Uniform(states)), OneIn(9) ? 0 : first, last,
                        static_cast<uint32_t>(Uniform(states + 1)));
    }
    return automaton;
  }
};

TEST_F(TermIntersectionTest, AcceptsWhatTheAutomatonAcceptsTermByTerm) {
  for (uint64_t round = 0; round < Iterations(400); ++round) {
    const char letters = static_cast<char>(1 + Uniform(4));
    const Dictionary dictionary = Write(RandomTerms(OneIn(10) ? 3'000 : 200, letters, 9),
                                        static_cast<uint32_t>(Uniform(kMaxTermBlockShift + 1)));
    const TableAutomaton automaton = RandomAutomaton(letters);
    std::vector<std::string> expected;
    for (const std::string& term : dictionary.terms) {
      if (automaton.Accepts(term)) {
        expected.push_back(term);
      }
    }
    std::vector<std::string> accepted;
    Intersect(*dictionary.reader, automaton, [&](std::string_view term, uint32_t ord) {
      EXPECT_EQ(term, dictionary.terms[ord]);
      accepted.emplace_back(term);
      return true;
    });
    ASSERT_EQ(accepted, expected);
    ASSERT_FALSE(dictionary.reader->corrupt());
  }
}

TEST_F(TermIntersectionTest, FindsTheTermsWithinAnEditDistance) {
  for (uint64_t round = 0; round < Iterations(60); ++round) {
    const Dictionary dictionary = Write(RandomTerms(600, 3, 8), static_cast<uint32_t>(Uniform(4)));
    std::string word = "abcabcab";
    std::shuffle(word.begin(), word.end(), random());
    word.resize(Uniform(word.size() + 1));
    const uint32_t distance = static_cast<uint32_t>(Uniform(3));
    std::vector<uint32_t> expected;
    for (uint32_t ord = 0; ord < dictionary.terms.size(); ++ord) {
      if (EditDistance(word, dictionary.terms[ord]) <= distance) {
        expected.push_back(ord);
      }
    }
    std::vector<uint32_t> accepted;
    Intersect(*dictionary.reader, FuzzyAutomaton(word, distance),
              [&](std::string_view, uint32_t ord) {
                accepted.push_back(ord);
                return true;
              });
    ASSERT_EQ(accepted, expected);
  }
}

// "k9.*" over 100,000 numbers: what is not below the prefix must cost nearly nothing.
TEST_F(TermIntersectionTest, SkipsBlocksWithDeadPrefixes) {
  std::set<std::string> terms;
  for (int i = 0; i < 100'000; ++i) {
    terms.insert("k" + std::to_string(i));
  }
  const Dictionary dictionary = Write(terms, kTermBlockShift);
  TableAutomaton automaton;
  const uint32_t start = automaton.AddState(false);
  const uint32_t k = automaton.AddState(false);
  const uint32_t k9 = automaton.AddState(true);
  automaton.Connect(start, 'k', 'k', k);
  automaton.Connect(k, '9', '9', k9);
  uint32_t accepted = 0;
  Intersect(*dictionary.reader, automaton,
            [&](std::string_view, uint32_t) { return ++accepted != 0; });
  EXPECT_EQ(accepted, 1u);
  EXPECT_LT(automaton.steps(), 2'000u);
}

TEST_F(TermIntersectionTest, StopsWhenTheVisitorHasEnough) {
  const Dictionary dictionary = Write({"a", "ab", "abc", "b", "c"}, 1);
  TableAutomaton any;
  const uint32_t start = any.AddState(true);
  any.Connect(start, 0, 255, start);
  std::vector<std::string> seen;
  Intersect(*dictionary.reader, any, [&](std::string_view term, uint32_t) {
    seen.emplace_back(term);
    return seen.size() < 3;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "ab", "abc"}));
}

TEST_F(TermIntersectionTest, SurvivesDamage) {
  for (uint64_t round = 0; round < Iterations(300); ++round) {
    Dictionary dictionary =
        Write(RandomTerms(200, 3, 20), static_cast<uint32_t>(Uniform(kMaxTermBlockShift + 1)));
    for (uint64_t flips = 1 + Uniform(6); flips != 0; --flips) {
      std::string& section =
          OneIn(2) || dictionary.blocks.empty() ? dictionary.index : dictionary.blocks;
      section[Uniform(section.size())] ^= static_cast<char>(1 << Uniform(8));
    }
    const auto opened = BlockTermDictionary::Open(dictionary.blocks, dictionary.index, {}, 1);
    if (!opened.ok()) {
      continue;
    }
    const uint32_t size = (*opened)->size();
    uint64_t accepted = 0;
    Intersect(**opened, RandomAutomaton(3), [&](std::string_view term, uint32_t ord) {
      EXPECT_LE(term.size(), kMaxTermBytes);
      EXPECT_LT(ord, size);
      ++accepted;
      return true;
    });
    ASSERT_LE(accepted, size);
  }
}

}  // namespace
}  // namespace binseek::codec
