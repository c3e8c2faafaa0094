// Explanation: why a document has its score, as a tree worded as Lucene words it; and the same in one sentence.
//
// Plain value type and pure functions, thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_EXPLANATION_H_
#define BINSEEK_ENGINE_SEARCH_EXPLANATION_H_

#include <string>
#include <string_view>
#include <vector>

namespace binseek::search {

struct Explanation {
  bool matches = false;
  float value = 0;  // 0 where it does not match
  std::string description;
  std::vector<Explanation> details{};
  // What gives the value, for people who have not read Lucene: "\"shoe\" in name". The details of a node that has one need not be told.
  std::string plain{};
};

Explanation Matched(float value, std::string description, std::vector<Explanation> details = {});
Explanation NotMatched(std::string description, std::vector<Explanation> details = {});

// A number as Lucene's descriptions have it: "2.0".
std::string FloatText(float value);

// "Scores 2.53: 1.41 for \"shoe\" in name (2 times; 35 of 500 documents have it) and 1.12 for ...". One sentence, the greatest share first.
std::string ExplanationSentence(const Explanation& explanation);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_EXPLANATION_H_
