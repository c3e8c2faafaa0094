#include "engine/codec/impacts.h"

#include "engine/codec/norms.h"

namespace binseek::codec {
namespace {

constexpr uint32_t kSaturated = 255;

// Stands for the similarities to come when a split is chosen; any choice is a bound. BM25 with its usual parameters, for a field that is twice as long
// on average as the shortest document here.
double Score(uint32_t freq, uint16_t norm, uint16_t shortest) {
  const double relative = (1.0 + DecodeNorm(static_cast<uint8_t>(norm))) /
                          (2.0 * (1.0 + DecodeNorm(static_cast<uint8_t>(shortest))));
  return freq / (freq + 1.2 * (0.25 + 0.75 * relative));
}

}  // namespace

uint32_t EncodeImpacts(const Impacts& impacts) {
  return std::min(impacts.low.freq, kSaturated) | uint32_t{impacts.low.norm} << 8 |
         std::min(impacts.high.freq, kSaturated) << 16 | uint32_t{impacts.high.norm} << 24;
}

Impacts DecodeImpacts(uint32_t bytes) {
  const auto freq = [](uint32_t byte) { return byte == kSaturated ? kUnboundedFreq : byte; };
  return {.low = {freq(bytes & 0xff), static_cast<uint8_t>(bytes >> 8)},
          .high = {freq(bytes >> 16 & 0xff), static_cast<uint8_t>(bytes >> 24)}};
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
