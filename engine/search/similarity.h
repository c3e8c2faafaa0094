// BM25 as Lucene computes it, to the float bit: k1 = 1.2, b = 0.75, one-byte length norms.
//
// Two forms, since a user who migrates keeps the scores that he knows: Lucene's (8 and later), and Elasticsearch's (7 and 8)
// with the factor (k1 + 1). Order within one field is the same in both. Thread-safe value types.
#ifndef BINSEEK_ENGINE_SEARCH_SIMILARITY_H_
#define BINSEEK_ENGINE_SEARCH_SIMILARITY_H_

#include <array>
#include <cstdint>

namespace binseek::search {

enum class ScoreForm : uint8_t { kLucene, kElasticsearch };

// Of one field in one index, deleted documents included until they are merged away.
struct FieldStatistics {
  uint64_t doc_count = 0;            // documents with a value
  uint64_t sum_total_term_freq = 0;  // occurrences of all terms
};

// Inverse document frequency of a term that `doc_freq` of `doc_count` documents have.
float Bm25Idf(uint64_t doc_freq, uint64_t doc_count);

// Score of a term in a document by its frequency and the document's norm byte.
class Bm25Scorer {
 public:
  Bm25Scorer() = default;
  Bm25Scorer(ScoreForm form, float boost, float idf, const FieldStatistics& statistics);

  float Score(uint32_t freq, uint8_t norm) const {
    return weight_ - weight_ / (1.0f + static_cast<float>(freq) * norm_inverse_[norm]);
  }

 private:
  float weight_ = 0;
  std::array<float, 256> norm_inverse_{};
};

// The norm of fields that keep no lengths (keywords): a length of one.
inline constexpr uint8_t kNormOfOne = 1;

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SIMILARITY_H_
