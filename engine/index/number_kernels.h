// Kernels over the values of a number page: blocks of 64 integers of 1, 2, 4 or 8 bytes.
//
// Narrow ones are unsigned distances from the page's frame; those of 8 bytes are the signed values themselves.
// Each set of kernels gives the same results; Best() is chosen by what the processor can do. Thread-safe.
#ifndef BINSEEK_ENGINE_INDEX_NUMBER_KERNELS_H_
#define BINSEEK_ENGINE_INDEX_NUMBER_KERNELS_H_

#include <cstdint>
#include <vector>

namespace binseek::index {

struct NumberKernels {
  const char* name;
  // values[i] = frame + integers[i], for i in [0, n); n may be any. `frame` is 0 for width 8.
  void (*widen)(uint32_t width, const void* integers, uint32_t n, int64_t frame, int64_t* values);
  // Bit i of `match`: low <= integers[i] <= high, for `words` * 64 integers. REQUIRES: low <= high, both within the width
  void (*match)(uint32_t width, const void* integers, uint32_t words, int64_t low, int64_t high,
                uint64_t* match);

  static const NumberKernels& Best();
  static std::vector<const NumberKernels*> Supported();  // here; the scalar one first
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_NUMBER_KERNELS_H_
