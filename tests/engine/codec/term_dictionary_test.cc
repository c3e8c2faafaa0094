// The term dictionary against std::map: whatever it is asked, on any set of terms, and on damaged bytes.
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/codec/term_dictionary_reader.h"
#include "engine/codec/term_dictionary_writer.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

using Terms = std::map<std::string, TermInfo, std::less<>>;

constexpr uint32_t kMaxDoc = 1'000'000;
constexpr PostingsShape kFull = {.freqs = true, .positions = true, .offsets = true};

struct Dictionary {
  std::string blocks;
  std::string index;
  PostingsShape shape;

  Result<std::unique_ptr<const BlockTermDictionary>> Open() const {
    return BlockTermDictionary::Open(blocks, index, shape, kMaxDoc);
  }
};

Dictionary Write(const Terms& terms, PostingsShape shape, uint32_t block_shift) {
  StringSink blocks;
  StringSink index;
  BlockTermDictionaryWriter writer(shape, &blocks, &index, block_shift);
  for (const auto& [term, info] : terms) {
    EXPECT_OK(writer.Add(term, info));
  }
  EXPECT_OK(writer.Finish(kMaxDoc / 2));
  return {blocks.Take(), index.Take(), shape};
}

class TermDictionaryTest : public test::SeededTest {
 protected:
  PostingsShape RandomShape() {
    PostingsShape shape;
    shape.freqs = OneIn(2);
    shape.positions = shape.freqs && OneIn(2);
    shape.offsets = shape.positions && OneIn(2);
    shape.position_lengths = shape.positions && OneIn(4);
    return shape;
  }

  // Of few letters and in families, so that prefixes are shared; now and then empty, binary or long.
  std::string RandomTerm(const Terms& terms) {
    std::string term;
    if (!terms.empty() && OneIn(2)) {
      const auto at = terms.lower_bound(RandomBytes(3));
      const std::string& relative = at == terms.end() ? terms.begin()->first : at->first;
      term = relative.substr(0, Uniform(relative.size() + 1));
    }
    const uint64_t more = OneIn(300) ? Uniform(3'000) : Uniform(8);
    const uint64_t letters = OneIn(10) ? 256 : 3;
    for (uint64_t i = 0; i < more; ++i) {
      term.push_back(static_cast<char>(letters == 3 ? 'a' + Uniform(3) : Uniform(256)));
    }
    return term;
  }

  TermInfo RandomInfo(PostingsShape shape) {
    TermInfo info;
    info.doc_freq = OneIn(2) ? 1 : static_cast<uint32_t>(2 + Uniform(OneIn(9) ? kMaxDoc - 2 : 20));
    info.total_term_freq =
        shape.freqs ? info.doc_freq + (OneIn(2) ? 0 : Uniform(OneIn(9) ? 4'000'000'000 : 9))
                    : info.doc_freq;
    const auto start = [this] { return OneIn(50) ? random()() : Uniform(OneIn(5) ? 1 << 30 : 99); };
    if (info.doc_freq == 1) {
      info.only_doc = static_cast<DocId>(Uniform(kMaxDoc));
    } else {
      info.postings_start = start();
    }
    info.positions_start = shape.positions ? start() : 0;
    info.offsets_start = shape.offsets ? start() : 0;
    return info;
  }

  Terms RandomTerms(size_t limit, PostingsShape shape) {
    Terms terms;
    const size_t size = Uniform(limit + 1);
    const std::string family = OneIn(3) ? RandomBytes(30) : "";
    while (terms.size() < size) {
      terms[family + RandomTerm(terms)] = RandomInfo(shape);
      if (OneIn(40)) {
        terms[""] = RandomInfo(shape);
      }
    }
    return terms;
  }

  // Something near the terms: one of them, or one with an end cut off, changed or added.
  std::string RandomProbe(const Terms& terms) {
    if (terms.empty() || OneIn(20)) {
      return RandomBytes(12);
    }
    std::string probe =
        std::next(terms.begin(), static_cast<ptrdiff_t>(Uniform(terms.size())))->first;
    if (OneIn(3) && !probe.empty()) {
      probe.resize(Uniform(probe.size()));
    }
    if (OneIn(3) && !probe.empty()) {
      probe.back() = static_cast<char>(probe.back() + (OneIn(2) ? 1 : -1));
    }
    if (OneIn(3)) {
      probe.push_back(static_cast<char>(OneIn(2) ? 0 : Uniform(256)));
    }
    return probe;
  }
};

TEST_F(TermDictionaryTest, AnswersAsAMapDoes) {
  for (uint64_t round = 0; round < Iterations(150); ++round) {
    const PostingsShape shape = RandomShape();
    const Terms terms = RandomTerms(OneIn(10) ? 3'000 : 150, shape);
    const Dictionary bytes =
        Write(terms, shape, static_cast<uint32_t>(Uniform(kMaxTermBlockShift + 1)));
    const auto opened = bytes.Open();
    ASSERT_OK(opened);
    const auto& dictionary = *opened;
    ASSERT_EQ(dictionary->size(), terms.size());
    ASSERT_OK(dictionary->Verify());

    uint32_t ord = 0;
    for (const auto& [term, info] : terms) {
      TermInfo found;
      uint32_t found_ord = 0;
      ASSERT_TRUE(dictionary->Find(term, &found, &found_ord)) << term;
      ASSERT_EQ(found, info);
      ASSERT_EQ(found_ord, ord);
      ASSERT_EQ(dictionary->Info(ord), info);
      std::string text;
      ASSERT_TRUE(dictionary->Term(ord, &text));
      ASSERT_EQ(text, term);
      ++ord;
    }
    const auto ord_of = [&](Terms::const_iterator at) {
      return static_cast<uint32_t>(std::distance(terms.begin(), at));
    };
    for (int i = 0; i < 60; ++i) {
      const std::string probe = RandomProbe(terms);
      ASSERT_EQ(dictionary->Find(probe, nullptr, nullptr), terms.contains(probe));
      ASSERT_EQ(dictionary->LowerBound(probe), ord_of(terms.lower_bound(probe)));
      auto end = terms.lower_bound(probe);
      while (end != terms.end() && end->first.starts_with(probe)) {
        ++end;
      }
      const std::pair<uint32_t, uint32_t> range = {ord_of(terms.lower_bound(probe)), ord_of(end)};
      ASSERT_EQ(dictionary->OrdsWithPrefix(probe), range);
    }
    ASSERT_FALSE(dictionary->corrupt());
  }
}

TEST_F(TermDictionaryTest, CursorMovesAsAMapIteratorDoes) {
  for (uint64_t round = 0; round < Iterations(100); ++round) {
    const PostingsShape shape = RandomShape();
    const Terms terms = RandomTerms(300, shape);
    const Dictionary bytes =
        Write(terms, shape, static_cast<uint32_t>(Uniform(kMaxTermBlockShift + 1)));
    const auto opened = bytes.Open();
    ASSERT_OK(opened);
    const auto& dictionary = *opened;
    BlockTermDictionary::Cursor cursor(*dictionary);
    Terms::const_iterator at = terms.begin();
    bool started = false;
    for (int move = 0; move < 300; ++move) {
      bool moved = false;
      switch (Uniform(4)) {
        case 0: {
          const std::string probe = RandomProbe(terms);
          moved = cursor.SeekCeil(probe);
          at = terms.lower_bound(probe);
          break;
        }
        case 1: {
          const uint64_t ord = Uniform(terms.size() + 2);
          moved = cursor.SeekOrd(static_cast<uint32_t>(ord));
          at = ord < terms.size() ? std::next(terms.begin(), static_cast<ptrdiff_t>(ord))
                                  : terms.end();
          break;
        }
        default:
          moved = cursor.Next();
          if (!started) {
            at = terms.begin();
          } else if (at != terms.end()) {
            ++at;
          }
      }
      started = true;
      ASSERT_EQ(moved, at != terms.end());
      ASSERT_EQ(cursor.valid(), moved);
      if (moved) {
        ASSERT_EQ(cursor.term(), at->first);
        ASSERT_EQ(cursor.ord(), std::distance(terms.begin(), at));
        if (OneIn(2)) {
          ASSERT_EQ(cursor.info(), at->second);
        }
      }
    }
    ASSERT_FALSE(dictionary->corrupt());
  }
}

TEST_F(TermDictionaryTest, SeeksByAPartOfItsOwnTerm) {
  const TermInfo info = RandomInfo({});
  const Dictionary bytes = Write({{"a", info}, {"abde", info}, {"b", info}, {"dex", info}}, {}, 1);
  const auto opened = bytes.Open();
  ASSERT_OK(opened);
  BlockTermDictionary::Cursor cursor(**opened);
  ASSERT_TRUE(cursor.SeekCeil("abb"));
  ASSERT_TRUE(cursor.SeekCeil(cursor.term()));
  EXPECT_EQ(cursor.term(), "abde");
  ASSERT_TRUE(cursor.SeekCeil(cursor.term().substr(2)));
  EXPECT_EQ(cursor.term(), "dex");
}

TEST_F(TermDictionaryTest, KeepsStatisticsAndEdgeTerms) {
  Terms terms;
  terms[""] = RandomInfo(kFull);
  terms[std::string(1, '\0')] = RandomInfo(kFull);
  terms[std::string(2, '\0')] = RandomInfo(kFull);
  terms[std::string(kMaxTermBytes, 'x')] = RandomInfo(kFull);
  terms[std::string(kMaxTermBytes - 1, 'x') + "y"] = RandomInfo(kFull);
  terms[std::string(kMaxTermBytes, '\xff')] = RandomInfo(kFull);
  TermInfo greatest = {.doc_freq = kMaxDoc, .total_term_freq = uint64_t{1} << 62};
  greatest.postings_start = greatest.positions_start = greatest.offsets_start = ~uint64_t{0};
  terms["greatest"] = greatest;
  uint64_t doc_freqs = 0;
  uint64_t total_term_freqs = 0;
  for (const auto& [term, info] : terms) {
    doc_freqs += info.doc_freq;
    total_term_freqs += info.total_term_freq;
  }
  for (uint32_t shift = 0; shift <= kMaxTermBlockShift; ++shift) {
    const Dictionary bytes = Write(terms, kFull, shift);
    const auto opened = bytes.Open();
    ASSERT_OK(opened);
    const auto& dictionary = *opened;
    EXPECT_EQ(dictionary->doc_count(), kMaxDoc / 2);
    EXPECT_EQ(dictionary->sum_doc_freq(), doc_freqs);
    EXPECT_EQ(dictionary->sum_total_term_freq(), total_term_freqs);
    EXPECT_OK(dictionary->Verify());
    for (const auto& [term, info] : terms) {
      TermInfo found;
      ASSERT_TRUE(dictionary->Find(term, &found, nullptr));
      ASSERT_EQ(found, info);
    }
  }
}

TEST_F(TermDictionaryTest, AnEmptyDictionaryHasNothing) {
  const Dictionary bytes = Write({}, {}, kTermBlockShift);
  const auto opened = bytes.Open();
  ASSERT_OK(opened);
  const auto& dictionary = *opened;
  EXPECT_EQ(dictionary->size(), 0u);
  EXPECT_FALSE(dictionary->Find("", nullptr, nullptr));
  EXPECT_EQ(dictionary->LowerBound(""), 0u);
  BlockTermDictionary::Cursor cursor(*dictionary);
  EXPECT_FALSE(cursor.Next());
  EXPECT_FALSE(cursor.SeekCeil(""));
  EXPECT_FALSE(cursor.SeekOrd(0));
  EXPECT_OK(dictionary->Verify());
}

TEST_F(TermDictionaryTest, RefusesWhatItCannotHold) {
  StringSink blocks;
  StringSink index;
  BlockTermDictionaryWriter writer(kFull, &blocks, &index);
  const TermInfo info = {.doc_freq = 1, .total_term_freq = 1};
  EXPECT_OK(writer.Add("b", info));
  EXPECT_STATUS(writer.Add("b", info), kInvalidArgument);
  EXPECT_STATUS(writer.Add("a", info), kInvalidArgument);
  EXPECT_STATUS(writer.Add(std::string(kMaxTermBytes + 1, 'c'), info), kInvalidArgument);
  EXPECT_STATUS(writer.Add("c", {}), kInvalidArgument);
  EXPECT_STATUS(writer.Add("c", {.doc_freq = 2, .total_term_freq = 1}), kInvalidArgument);
  EXPECT_OK(writer.Add("c", info));
}

// Everything that a reader offers, on bytes that may be damaged: it must end, and stay within its bounds.
void UseAll(const Dictionary& bytes, const Terms& terms) {
  const auto opened = bytes.Open();
  if (!opened.ok()) {
    return;
  }
  const BlockTermDictionary& dictionary = **opened;
  ASSERT_LE(dictionary.size(), bytes.index.size() * 64);
  dictionary.Verify().IgnoreError();  // damage may leave another sound dictionary
  uint32_t scanned = 0;
  BlockTermDictionary::Cursor scan(dictionary);
  while (scan.Next()) {
    ASSERT_LT(scan.ord(), dictionary.size());
    ASSERT_LE(scan.term().size(), kMaxTermBytes);
    ASSERT_LE(scan.info().doc_freq, kMaxDoc);
    ++scanned;
  }
  ASSERT_LE(scanned, dictionary.size());
  BlockTermDictionary::Cursor cursor(dictionary);
  for (const auto& [term, info] : terms) {
    TermInfo found;
    uint32_t ord = 0;
    if (dictionary.Find(term, &found, &ord)) {
      ASSERT_LT(ord, dictionary.size());
      ASSERT_TRUE(found.doc_freq >= 1 && found.doc_freq <= kMaxDoc && found.only_doc < kMaxDoc);
    }
    ASSERT_LE(dictionary.LowerBound(term), dictionary.size());
    if (cursor.SeekCeil(term)) {
      ASSERT_LE(cursor.term().size(), kMaxTermBytes);
      cursor.Next();
    }
  }
  std::string text;
  for (uint32_t ord = 0; ord < dictionary.size(); ord += 1 + dictionary.size() / 50) {
    (void)dictionary.Info(ord);
    (void)dictionary.Term(ord, &text);
  }
}

TEST_F(TermDictionaryTest, SurvivesDamage) {
  for (uint64_t round = 0; round < Iterations(60); ++round) {
    const PostingsShape shape = RandomShape();
    const Terms terms = RandomTerms(60, shape);
    const Dictionary sound =
        Write(terms, shape, static_cast<uint32_t>(Uniform(kMaxTermBlockShift + 1)));
    for (int damage = 0; damage < 60; ++damage) {
      Dictionary bytes = sound;
      for (uint64_t flips = 1 + Uniform(4); flips != 0; --flips) {
        std::string& section = OneIn(2) || bytes.blocks.empty() ? bytes.index : bytes.blocks;
        const bool near_end = OneIn(3) && section.size() > 32;
        const size_t at = near_end ? section.size() - 1 - Uniform(32) : Uniform(section.size());
        section[at] = static_cast<char>(OneIn(2) ? section[at] ^ (1 << Uniform(8)) : Uniform(256));
      }
      if (OneIn(5)) {
        bytes.blocks.resize(Uniform(bytes.blocks.size() + 1));
      }
      if (OneIn(10)) {
        bytes.index.resize(Uniform(bytes.index.size() + 1));
      }
      // A copy of its own, without room behind it: AddressSanitizer sees a read beyond the end.
      bytes.blocks.shrink_to_fit();
      bytes.index.shrink_to_fit();
      ASSERT_NO_FATAL_FAILURE(UseAll(bytes, terms));
    }
  }
}

TEST_F(TermDictionaryTest, RefusesAnotherShape) {
  Dictionary bytes = Write(RandomTerms(50, kFull), kFull, kTermBlockShift);
  bytes.shape.offsets = false;
  EXPECT_STATUS(bytes.Open().status(), kCorruption);
}

}  // namespace
}  // namespace binseek::codec
