// term_dictionary_layout: what writer and reader of a term dictionary's index agree upon. Byte table: FORMATS.md, "Term dictionary".
//
// Thread-safety: pure functions. Nobody but BlockTermDictionaryWriter and BlockTermDictionary needs it.
#ifndef BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_LAYOUT_H_
#define BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_LAYOUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/coding.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

inline constexpr size_t kTermTrailerBytes = 32;

// First eight bytes as a number that sorts as they do, short ones padded with zeros: a < b implies head(a) <= head(b).
inline uint64_t TermHead(std::string_view bytes) {
  uint64_t head = 0;
  if (bytes.size() >= sizeof(head)) [[likely]] {
    head = LoadU64(bytes.data());
  } else if (!bytes.empty()) {
    std::memcpy(&head, bytes.data(), bytes.size());
  }
  return __builtin_bswap64(head);
}

inline uint8_t ShapeBits(PostingsShape shape) {
  return static_cast<uint8_t>((shape.freqs ? 1 : 0) | (shape.positions ? 2 : 0) |
                              (shape.offsets ? 4 : 0) | (shape.position_lengths ? 8 : 0));
}

// The inverse, for the trailer at the end of an index; of any bytes.
inline PostingsShape ShapeOfIndex(std::string_view index) {
  constexpr size_t kFromEnd = 3;
  const int bits = index.size() < kFromEnd ? 0 : index[index.size() - kFromEnd];
  return {.freqs = (bits & 1) != 0,
          .positions = (bits & 2) != 0,
          .offsets = (bits & 4) != 0,
          .position_lengths = (bits & 8) != 0};
}

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_LAYOUT_H_
