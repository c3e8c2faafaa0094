// Loops over 256 values, for columns and for column pages. Which of them are in [low, high]? What do those that were unpacked stand for?
//
// The comparison of ranges is (value - low) <= (high - low) modulo 2^64, so signed values are given as they are: both ends cast from int64_t with low <= high
// as signed numbers do what they say. AVX-512, AVX2 or plain code, decided once per process. Pure functions; thread-safe.
#ifndef BINSEEK_ENGINE_CODEC_RANGE_MATCH_H_
#define BINSEEK_ENGINE_CODEC_RANGE_MATCH_H_

#include <cstdint>

namespace binseek::codec {

// Bit i%64 of match[i/64] says whether values[i] is within. REQUIRES: 256 values, 4 words; low <= high in the order that is meant.
void MatchRange256(const uint64_t* values, uint64_t low, uint64_t high, uint64_t* match);

// values[i] = base + factor * values[i] modulo 2^64, or 0 where bit i of `present` is not set (null: all are). REQUIRES: 256 values, 4 words.
void Rebase256(uint64_t base, uint64_t factor, const uint64_t* present, uint64_t* values);

// out[i] = values[i], or `none` where it is not below `limit` or bit i of `present` is not set. REQUIRES: 256 values, 4 words; limit <= 2^32.
void Narrow256(const uint64_t* values, const uint64_t* present, uint64_t limit, uint32_t none,
               uint32_t* out);

namespace internal {

// The variants, for the test that they agree and for measuring. The plain one is the definition.
struct RangeKernels {
  const char* name;
  void (*match_range)(const uint64_t* values, uint64_t low, uint64_t high, uint64_t* match);
  void (*rebase)(uint64_t base, uint64_t factor, const uint64_t* present, uint64_t* values);
  void (*narrow)(const uint64_t* values, const uint64_t* present, uint64_t limit, uint32_t none,
                 uint32_t* out);
};
const RangeKernels& ScalarRangeKernels();
// Null where this processor lacks the instructions.
const RangeKernels* Avx2RangeKernels();
const RangeKernels* Avx512RangeKernels();

}  // namespace internal
}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_RANGE_MATCH_H_
