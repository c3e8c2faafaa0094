// Similarity: how a field's terms are scored, by Lucene's formulas; chosen by the index's setting `similarity`.
//
//   {"similarity": {"default": {"type": "BM25", "b": 0.3}, "short": {"type": "LMDirichlet", "mu": 500}}}
//
// Types and parameters are Elasticsearch's: BM25 (k1, b), boolean, DFR (basic_model, after_effect, normalization), DFI (independence_measure), IB
// (distribution, lambda, normalization), LMDirichlet (mu), LMJelinekMercer (lambda); and `classic`, TF-IDF, which it had until 7. "default" is what fields without
// a name of their own use; "BM25" and "boolean" are always there. BM25 and boolean scores equal Lucene's to the bit, the others as far as logarithms do.
// Immutable, thread-safe. Errors: kInvalidArgument names the setting.
#ifndef BINSEEK_ENGINE_SEARCH_SIMILARITY_MODEL_H_
#define BINSEEK_ENGINE_SEARCH_SIMILARITY_MODEL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/search/similarity.h"

namespace binseek::search {

// Over all segments, deleted documents included.
struct TermStatistics {
  uint64_t doc_freq = 0;
  uint64_t total_term_freq = 0;
};

class Similarity {
 public:
  virtual ~Similarity() = default;
  // Of one term, or of the terms of a phrase together. `form` concerns BM25 alone.
  virtual TermScore MakeScore(ScoreForm form, float boost, const FieldStatistics& field,
                              std::span<const TermStatistics> terms) const = 0;
};

// Those of one index.
class Similarities {
 public:
  Similarities();  // as without the setting
  // `settings`: the object of the setting `similarity`.
  static Result<Similarities> Parse(const JsonValue& settings);
  // From the settings of an index as they were given; without `similarity` in it there is nothing to read.
  static Result<Similarities> OfIndex(std::string_view settings_json);

  // Null: there is none of that name. Empty: the default.
  std::shared_ptr<const Similarity> Find(const std::string& name) const;

 private:
  std::map<std::string, std::shared_ptr<const Similarity>> by_name_;
};

Result<std::shared_ptr<const Similarity>> ParseSimilarity(const std::string& name,
                                                          const JsonValue& settings);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SIMILARITY_MODEL_H_
