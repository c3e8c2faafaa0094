// BoolScorer: combines the windows of its clauses: required, optional (at least so many), prohibited.
//
// Matches combine as bitsets, scores as sums. Sums are taken in double over the scored required clauses and over the optional ones apart,
// each is cut to float, and then they are added as floats: Lucene's way, so that scores are equal to the bit and order is stable.
// Single-threaded. Cost of memory: about 50 KB while scoring, 16 KB else.
#ifndef BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/search/weight.h"

namespace binseek::search {

struct BoolClauses {
  std::vector<std::unique_ptr<Scorer>> filters;  // required, not scored
  std::vector<std::unique_ptr<Scorer>> musts;    // required, scored
  std::vector<std::unique_ptr<Scorer>> shoulds;  // optional, scored
  std::vector<std::unique_ptr<Scorer>> prohibited;
  uint32_t minimum_should_match = 0;
};

class BoolScorer final : public Scorer {
 public:
  // REQUIRES: a required or an optional clause; where there is no required one, minimum_should_match >= 1.
  BoolScorer(BoolClauses clauses, bool scores);
  bool FillWindow(DocId first, Window* window) override;
  uint64_t cost() const override;
  Status status() const override;

 private:
  struct Required {
    Scorer* scorer = nullptr;  // of clauses_
    bool scored = false;
  };

  using Words = std::array<uint64_t, Window::kWords>;
  using Sums = std::array<double, Window::kDocs>;

  bool Require(DocId first, Window* window);  // false: no document has all required clauses
  bool FillOptional(DocId first);             // into optional_match_ and optional_sums_
  void CountOptional(const Words& matched);
  void CombineScores(Window* window) const;

  BoolClauses clauses_;
  const bool scores_;
  std::vector<Required> required_;  // the cheapest first, so that most windows end with it
  Words match_{};                   // documents with all required clauses so far
  Words optional_match_{};          // documents with enough optional clauses
  Window child_{};
  std::unique_ptr<Sums> must_sums_;
  std::unique_ptr<Sums> optional_sums_;
  std::unique_ptr<std::array<uint16_t, Window::kDocs>>
      optional_counts_;  // where more than one must match
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_
