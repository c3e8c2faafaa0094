#include "engine/codec/impacts.h"

#include "engine/codec/norms.h"

namespace binseek::codec {
namespace {

constexpr uint32_t kExactFreqs = 64;

// Persisted (FORMATS.md, "Bounds").
constexpr std::array<uint32_t, 256> MakeFreqBounds() {
  std::array<uint32_t, 256> freqs{};
  for (uint32_t byte = 1; byte < freqs.size(); ++byte) {
    const uint64_t before = freqs[byte - 1];
    const uint64_t next = byte <= kExactFreqs ? byte : before + before / 10;
    freqs[byte] = static_cast<uint32_t>(std::min<uint64_t>(next, kUnboundedFreq));
  }
  return freqs;
}
constexpr std::array<uint32_t, 256> kFreqBounds = MakeFreqBounds();
static_assert(kFreqBounds.back() == kUnboundedFreq);

// Stands for the similarities to come when a split is chosen; any choice is a bound. BM25 with its usual parameters, for a field that is twice as long
// on average as the shortest document here.
double Score(uint32_t freq, uint16_t norm, uint16_t shortest) {
  const double relative = (1.0 + DecodeNorm(static_cast<uint8_t>(norm))) /
                          (2.0 * (1.0 + DecodeNorm(static_cast<uint8_t>(shortest))));
  return freq / (freq + 1.2 * (0.25 + 0.75 * relative));
}

}  // namespace

uint8_t EncodeFreqBound(uint32_t freq) {
  return static_cast<uint8_t>(freq <= kExactFreqs
                                  ? freq
                                  : std::lower_bound(kFreqBounds.begin(), kFreqBounds.end(), freq) -
                                        kFreqBounds.begin());
}

uint32_t DecodeFreqBound(uint8_t byte) { return kFreqBounds[byte]; }

uint32_t EncodeImpacts(const Impacts& impacts) {
  return uint32_t{EncodeFreqBound(impacts.low.freq)} | uint32_t{impacts.low.norm} << 8 |
         uint32_t{EncodeFreqBound(impacts.high.freq)} << 16 | uint32_t{impacts.high.norm} << 24;
}

Impacts DecodeImpacts(uint32_t bytes) {
  return {.low = {DecodeFreqBound(bytes & 0xff), static_cast<uint8_t>(bytes >> 8)},
          .high = {DecodeFreqBound(bytes >> 16 & 0xff), static_cast<uint8_t>(bytes >> 24)}};
}

void ImpactsBuilder::Clear() {
  least_norm_.fill(kEmpty);
  max_freq_ = 0;
}

Impacts ImpactsBuilder::Build() const {
  // least_behind[b]: the least norm of the frequencies behind bucket b.
  std::array<uint16_t, kBuckets> least_behind;
  uint16_t least = kEmpty;
  for (size_t b = kBuckets; b-- > 0;) {
    least_behind[b] = least;
    least = std::min(least, least_norm_[b]);
  }
  const Impact all = {max_freq_, static_cast<uint8_t>(least)};
  Impacts best = {all, all};
  double best_score = Score(max_freq_, least, least);
  uint16_t least_low = kEmpty;
  for (uint32_t b = 0; b + 1 < kBuckets; ++b) {
    least_low = std::min(least_low, least_norm_[b]);
    if (least_norm_[b] == kEmpty || least_behind[b] == kEmpty) {
      continue;
    }
    const double score =
        std::max(Score(b + 1, least_low, least), Score(max_freq_, least_behind[b], least));
    if (score < best_score) {
      best_score = score;
      best = {.low = {b + 1, static_cast<uint8_t>(least_low)},
              .high = {max_freq_, static_cast<uint8_t>(least_behind[b])}};
    }
  }
  return best;
}

}  // namespace binseek::codec
