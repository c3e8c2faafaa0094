// Impacts: what bounds the score of the documents of a block of postings, kept as (frequency, norm), so that any similarity can make its own bound of it.
//
// A block's documents are split by frequency in two; of either part the greatest frequency and the least norm are kept, in a byte each; a frequency
// above 64 becomes one that is at most a tenth greater. A similarity that grows with the frequency and shrinks with the field's length scores no document of the block above the greater of its two scores. Plain values.
#ifndef BINSEEK_ENGINE_CODEC_IMPACTS_H_
#define BINSEEK_ENGINE_CODEC_IMPACTS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace binseek::codec {

// Any frequency.
inline constexpr uint32_t kUnboundedFreq = std::numeric_limits<uint32_t>::max();

struct Impact {
  uint32_t freq = 0;  // kUnboundedFreq: as if infinite
  uint8_t norm = 0;   // norms.h; 0, the shortest, where the field has no norms
  friend bool operator==(const Impact&, const Impact&) = default;
};

// The documents' impacts are each at or below `low` or at or below `high`. low.freq <= high.freq; both the same where there is but one.
struct Impacts {
  Impact low;
  Impact high;
  friend bool operator==(const Impacts&, const Impacts&) = default;

  // Whether a document with that frequency and norm may be among those that they bound.
  bool Bound(uint32_t freq, uint8_t norm) const {
    return (freq <= low.freq && norm >= low.norm) || (freq <= high.freq && norm >= high.norm);
  }
  // Bounds both.
  void Merge(const Impacts& other) {
    low.freq = std::max(low.freq, other.low.freq);
    low.norm = std::min(low.norm, other.low.norm);
    high.freq = std::max(high.freq, other.high.freq);
    high.norm = std::min(high.norm, other.high.norm);
  }
};

// A frequency as a byte: the least one whose frequency is not below it. Those up to 64 are exact, the others at most a tenth too great. Both ascend.
uint8_t EncodeFreqBound(uint32_t freq);
uint32_t DecodeFreqBound(uint8_t byte);

// Four bytes: low.freq, low.norm, high.freq, high.norm.
uint32_t EncodeImpacts(const Impacts& impacts);
Impacts DecodeImpacts(uint32_t bytes);

// Collects the documents of a block, then chooses where to split.
class ImpactsBuilder {
 public:
  ImpactsBuilder() { Clear(); }
  void Clear();
  // REQUIRES: freq > 0.
  void Add(uint32_t freq, uint8_t norm) {
    const uint32_t bucket = std::min(freq, kBuckets) - 1;
    least_norm_[bucket] = std::min<uint16_t>(least_norm_[bucket], norm);
    max_freq_ = std::max(max_freq_, freq);
  }
  // REQUIRES: Add was called since Clear.
  Impacts Build() const;

 private:
  static constexpr uint32_t kBuckets = 16;  // the last one holds all greater frequencies too
  static constexpr uint16_t kEmpty = 256;
  std::array<uint16_t, kBuckets> least_norm_;
  uint32_t max_freq_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_IMPACTS_H_
