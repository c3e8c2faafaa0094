#include "engine/search/similarity.h"

#include <cmath>

#include "engine/codec/norms.h"

namespace binseek::search {

// Every step below is a float or a double where Lucene's is one: scores are compared bit by bit.
float Bm25Idf(uint64_t doc_freq, uint64_t doc_count) {
  const auto df = static_cast<double>(doc_freq);
  return static_cast<float>(std::log(1 + (static_cast<double>(doc_count) - df + 0.5) / (df + 0.5)));
}

Bm25Scorer::Bm25Scorer(ScoreForm form, float boost, float idf, const FieldStatistics& statistics,
                       float k1, float b)
    : k1_(k1), b_(b) {
  const float factor = form == ScoreForm::kElasticsearch ? boost * (1 + k1) : boost;
  weight_ = factor * idf;
  const float average_length =
      statistics.doc_count == 0
          ? 1.0f
          : static_cast<float>(static_cast<double>(statistics.sum_total_term_freq) /
                               static_cast<double>(statistics.doc_count));
  for (uint32_t norm = 0; norm < norm_inverse_.size(); ++norm) {
    const auto length = static_cast<float>(codec::DecodeNorm(static_cast<uint8_t>(norm)));
    norm_inverse_[norm] = 1.0f / (k1 * ((1 - b) + b * length / average_length));
  }
}

float Bm25Scorer::LeastRatio(float least) const {
  constexpr float kAny = -1;
  const auto weight = static_cast<double>(weight_);
  // The three steps from a ratio to its score round by less than that.
  const double score = static_cast<double>(least) - weight * 0x1p-21;
  if (!(weight > 0) || !std::isfinite(weight) || !(score > 0)) {
    return kAny;
  }
  if (score >= weight) {
    return std::numeric_limits<float>::infinity();
  }
  return static_cast<float>(score / (weight - score) * (1 - 0x1p-20));
}

}  // namespace binseek::search
