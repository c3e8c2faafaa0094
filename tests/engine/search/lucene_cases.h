// LuceneCases: documents and queries that both this engine and Lucene (LuceneOracle.java) can run, and what Lucene found.
//
// The same seed gives the same cases everywhere. A query has a text form, in which the Java side reads it:
//   all BOOST | term FIELD WORD BOOST | phrase FIELD SLOP BOOST COUNT (POSITION WORD)* | prefix FIELD WORD BOOST | const BOOST QUERY
//   bool MINIMUM BOOST MUSTS SHOULDS FILTERS NOTS QUERY* | dismax TIE BOOST COUNT QUERY*
// Boosts are floats as the hexadecimal number of their bits. Single-threaded.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_LUCENE_CASES_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_LUCENE_CASES_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search::test {

struct LuceneQuery {
  QueryPtr query;
  std::string text;
};

class LuceneCases {
 public:
  explicit LuceneCases(uint64_t seed) : random_(seed) {}

  // Texts of the fields a, b and the keyword k of document after document.
  struct Document {
    std::string a, b, k;
    std::string ToJson() const;
  };
  std::vector<Document> MakeDocuments(uint64_t count);
  LuceneQuery MakeQuery(int depth);
  // Of one term or one phrase.
  LuceneQuery MakeLeaf();

 private:
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string Word();
  std::string Field() { return OneIn(3) ? "b" : "a"; }
  float Boost();
  LuceneQuery Term();
  LuceneQuery Phrase();
  LuceneQuery Bool(int depth);
  LuceneQuery DisMax(int depth);

  std::mt19937_64 random_;
};

// How documents are deleted in the cases with deletes.
constexpr bool IsDeleted(uint64_t document) { return document % 7 == 3; }

// A float as the hexadecimal number of its bits.
std::string BitsOf(float value);

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_LUCENE_CASES_H_
