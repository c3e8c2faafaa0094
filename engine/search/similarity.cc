#include "engine/search/similarity.h"

#include <cmath>

#include "engine/codec/norms.h"

namespace binseek::search {

namespace {
constexpr float kK1 = 1.2f;
constexpr float kB = 0.75f;
}  // namespace

// Every step below is a float or a double where Lucene's is one: scores are compared bit by bit.
float Bm25Idf(uint64_t doc_freq, uint64_t doc_count) {
  const auto df = static_cast<double>(doc_freq);
  return static_cast<float>(std::log(1 + (static_cast<double>(doc_count) - df + 0.5) / (df + 0.5)));
}

Bm25Scorer::Bm25Scorer(ScoreForm form, float boost, float idf, const FieldStatistics& statistics) {
  const float factor = form == ScoreForm::kElasticsearch ? boost * (1 + kK1) : boost;
  weight_ = factor * idf;
  const float average_length =
      statistics.doc_count == 0
          ? 1.0f
          : static_cast<float>(static_cast<double>(statistics.sum_total_term_freq) /
                               static_cast<double>(statistics.doc_count));
  for (uint32_t norm = 0; norm < norm_inverse_.size(); ++norm) {
    const auto length = static_cast<float>(codec::DecodeNorm(static_cast<uint8_t>(norm)));
    norm_inverse_[norm] = 1.0f / (kK1 * ((1 - kB) + kB * length / average_length));
  }
}

}  // namespace binseek::search
