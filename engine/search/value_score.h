// Scores that are functions of a number of the document; of several numbers the best one counts. Internal to engine/search.
//
// Thread-safe where the function is.
#ifndef BINSEEK_ENGINE_SEARCH_VALUE_SCORE_H_
#define BINSEEK_ENGINE_SEARCH_VALUE_SCORE_H_

#include <cstdint>
#include <memory>

#include "engine/search/weight.h"

namespace binseek::search {

class ValueScore {
 public:
  virtual ~ValueScore() = default;
  // Not negative.
  virtual float Score(int64_t column_value) const = 0;
  // Why that value has its score, which is the explanation's value.
  virtual Explanation Explain(int64_t column_value) const = 0;
};

// Matches documents with a value.
std::unique_ptr<Weight> MakeValueScore(mapping::FieldId field, std::unique_ptr<ValueScore> score,
                                       bool scores);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_VALUE_SCORE_H_
