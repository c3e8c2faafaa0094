// Bit packing: blocks of integers of one width, laid one behind the other, lowest bit first.
//
// Value i of a block of width w occupies the bits [i*w, (i+1)*w) of its bytes, bit b being bit b%8 of byte b/8. That layout is the same for every
// processor: AVX-512, AVX2 and plain code read the same bytes, and one value can be had without its neighbours. Which variant runs is decided once
// per process. Nothing needs alignment. Pure functions; thread-safe.
//
// Widths are in [0, 64] or [0, 32] and are checked by the caller where they come from a file. Width 0 takes no bytes and gives zeros.
#ifndef BINSEEK_ENGINE_CODEC_BIT_PACKING_H_
#define BINSEEK_ENGINE_CODEC_BIT_PACKING_H_

#include <bit>
#include <cstddef>
#include <cstdint>

namespace binseek::codec {

// Least width that holds `value`.
constexpr uint32_t BitWidth(uint64_t value) { return static_cast<uint32_t>(std::bit_width(value)); }

// --- Blocks of 256 values of up to 64 bits: numeric columns ---

inline constexpr uint32_t kBlock256 = 256;
constexpr size_t Block256Bytes(uint32_t width) { return size_t{32} * width; }

// Writes Block256Bytes(width) bytes. Bits of a value above `width` are dropped.
void PackBlock256(const uint64_t* in, uint32_t width, uint8_t* out);
// Reads Block256Bytes(width) bytes and none beyond; writes 256 values.
void UnpackBlock256(const uint8_t* in, uint32_t width, uint64_t* out);
// Value `index` of a block, index < 256; reads no byte outside the block.
uint64_t UnpackOne(const uint8_t* in, uint32_t width, uint32_t index);

// Kernels that work on packed values as they lie take widths from 1 to this, and may read, never use, as many bytes behind a block of 256.
inline constexpr uint32_t kNarrowWidth = 25;
inline constexpr size_t kBlock256Pad = 16;

// --- Blocks of 128 values of up to 32 bits: postings ---

inline constexpr uint32_t kBlock128 = 128;
// Unpacking may read, never use, as many bytes behind a block of 128.
inline constexpr size_t kBlock128Pad = 16;
constexpr size_t Block128Bytes(uint32_t width) { return size_t{16} * width; }

// Writes Block128Bytes(width) bytes. Bits of a value above `width` are dropped.
void PackBlock128(const uint32_t* in, uint32_t width, uint8_t* out);

// What one processor level offers. The plain variants are the definition; the others give the same answers (tests compare).
struct Kernels {
  const char* name;
  void (*unpack_block256)(const uint8_t* in, uint32_t width, uint64_t* out);
  // Bit i%64 of match[i/64]: low <= value i <= high. REQUIRES: 1 <= width <= kNarrowWidth, low <= high < 2^width, 4 words, kBlock256Pad readable bytes.
  void (*match_block256)(const uint8_t* in, uint32_t width, uint32_t low, uint32_t high,
                         uint64_t* match);
  // out[i] = base + factor * value i, modulo 2^64. REQUIRES: 1 <= width <= kNarrowWidth, kBlock256Pad readable bytes.
  void (*expand_block256)(const uint8_t* in, uint32_t width, uint64_t base, uint64_t factor,
                          uint64_t* out);
  // How many bits are set in all words.
  uint64_t (*count_bits)(const uint64_t* words, size_t size);
  // 128 values. REQUIRES: Block128Bytes(width) + kBlock128Pad bytes are readable.
  void (*unpack_block128)(const uint8_t* in, uint32_t width, uint32_t* out);
  // 128 ascending values from gaps less one: out[i] = out[i-1] + gap[i] + 1, with out[-1] = base, all modulo 2^32. REQUIRES: as above.
  void (*unpack_gaps128)(const uint8_t* in, uint32_t width, uint32_t base, uint32_t* out);
  // Numbers base + i, modulo 2^32, of the bits i that are set in `words` little-endian 64-bit words. Returns how many, or more than `limit` where
  // there are more, of which some are written. REQUIRES: room for `limit`, and kBitsPad more that may be overwritten.
  size_t (*expand_bits)(const uint8_t* in, size_t words, uint32_t base, size_t limit,
                        uint32_t* out);
  // First index in [from, size) with values[index] >= target, else size. REQUIRES: ascending. `values` are little-endian u32, unaligned.
  // Where the values do not ascend (a corrupt file): some index in [from, size].
  size_t (*find_first_ge)(const uint8_t* values, size_t from, size_t size, uint32_t target);
};
inline constexpr size_t kBitsPad = 16;

// The best variants of this processor; the same at every call.
const Kernels& BestKernels();

namespace internal {
const Kernels& ScalarKernels();
// Null where this processor lacks the instructions.
const Kernels* Avx2Kernels();
const Kernels* Avx512Kernels();  // VBMI, VBMI2 and VPOPCNTDQ too: Ice Lake, Zen 4 and later
}  // namespace internal

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_BIT_PACKING_H_
