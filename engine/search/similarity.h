// BM25 as Lucene computes it, to the float bit, with one-byte length norms; and what other similarities (similarity_model.h) have in its place.
//
// Two forms, since a user who migrates keeps the scores that he knows: Lucene's (8 and later), and Elasticsearch's (7 and 8)
// with the factor (k1 + 1). Order within one field is the same in both. Thread-safe value types.
#ifndef BINSEEK_ENGINE_SEARCH_SIMILARITY_H_
#define BINSEEK_ENGINE_SEARCH_SIMILARITY_H_

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

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
  Bm25Scorer(ScoreForm form, float boost, float idf, const FieldStatistics& statistics,
             float k1 = 1.2F, float b = 0.75F);

  float Score(uint32_t freq, uint8_t norm) const {
    return ScoreOfFreq(static_cast<float>(freq), norm);
  }
  // Frequencies of phrases with slop are no whole numbers.
  float ScoreOfFreq(float freq, uint8_t norm) const { return ScoreOfRatio(Ratio(freq, norm)); }

  // The score in two steps, of which the first is cheap: it grows with the ratio.
  float Ratio(float freq, uint8_t norm) const { return freq * norm_inverse_[norm]; }
  float ScoreOfRatio(float ratio) const { return weight_ - weight_ / (1.0f + ratio); }
  // Who has a lesser ratio scores less than `least`.
  float LeastRatio(float least) const;
  float k1() const { return k1_; }
  float b() const { return b_; }

 private:
  float weight_ = 0;
  float k1_ = 1.2F;
  float b_ = 0.75F;
  std::array<float, 256> norm_inverse_{};
};

// Score of a term or phrase under another similarity than BM25. Immutable, thread-safe. Grows with `freq`, shrinks with the length that `norm` says.
class FreqScore {
 public:
  virtual ~FreqScore() = default;
  virtual float Score(float freq, uint8_t norm) const = 0;
};

// Either of them. BM25 is no virtual call, since it is what mostly runs.
class TermScore {
 public:
  TermScore() = default;
  explicit TermScore(const Bm25Scorer& bm25) : bm25_(bm25) {}
  explicit TermScore(std::shared_ptr<const FreqScore> other) : other_(std::move(other)) {}

  // Null: it is another similarity.
  const Bm25Scorer* bm25() const { return other_ == nullptr ? &bm25_ : nullptr; }
  float Score(float freq, uint8_t norm) const {
    return other_ == nullptr ? bm25_.ScoreOfFreq(freq, norm) : other_->Score(freq, norm);
  }
  // Not below the score of any document whose frequency is at most `freq` and whose norm is at least `norm`.
  float Bound(float freq, uint8_t norm) const {
    // Logarithms and powers are only about monotone in their last bits.
    const float score = other_ == nullptr ? Score(freq, norm) : Score(freq, norm) * 1.00001f;
    if (std::isnan(score)) {
      return std::numeric_limits<float>::infinity();  // beyond what a formula is made for
    }
    return score > 0 ? score : 0;
  }

 private:
  Bm25Scorer bm25_;
  std::shared_ptr<const FreqScore> other_;
};

// The norm of fields that keep no lengths (keywords): a length of one.
inline constexpr uint8_t kNormOfOne = 1;

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SIMILARITY_H_
