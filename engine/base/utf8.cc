#include "engine/base/utf8.h"

#include <bit>

#include "engine/base/coding.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace binseek {
namespace {

constexpr Utf8Char kInvalid = {kReplacementCharacter, 1, false};

constexpr bool IsContinuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Behind the ASCII that begins at `at`.
size_t PassAscii(std::string_view text, size_t at) {
#if defined(__SSE2__)
  constexpr size_t kStep = 16;
  for (; text.size() - at >= kStep; at += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto high = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (high != 0) {
      return at + static_cast<size_t>(std::countr_zero(high));
    }
  }
  if (text.size() >= kStep) {  // the last sixteen bytes, without those that were looked at
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + text.size() - kStep));
    const auto high =
        static_cast<unsigned>(_mm_movemask_epi8(bytes)) >> (kStep - (text.size() - at));
    return high == 0 ? text.size() : at + static_cast<size_t>(std::countr_zero(high));
  }
#endif
  while (text.size() - at >= 8 && (LoadU64(text.data() + at) & 0x8080808080808080) == 0) {
    at += 8;
  }
  while (at < text.size() && static_cast<uint8_t>(text[at]) < 0x80) {
    ++at;
  }
  return at;
}

// Behind the characters of three bytes that begin at `at`, as most of Chinese are, or before the last of them. Each is
// 1110xxxx 10yxxxxx 10xxxxxx, of which x, y = 0 are overlong and 1101 1 surrogates.
size_t PassThreeBytes(std::string_view text, size_t at) {
  while (text.size() - at >= 4) {
    const uint32_t word = LoadU32(text.data() + at);
    const uint32_t top = word & 0x200f;
    if ((word & 0xc0c0f0) != 0x8080e0 || top == 0 || top == 0x200d) {
      break;
    }
    at += 3;
  }
  return at;
}

}  // namespace

Utf8Char DecodeUtf8(std::string_view text, size_t at) {
  const auto first = static_cast<uint8_t>(text[at]);
  if (first < 0x80) {
    return {first, 1, true};
  }
  // 0x80..0xc1 are continuations or overlong two-byte forms; above 0xf4 lies nothing.
  if (first < 0xc2 || first > 0xf4) {
    return kInvalid;
  }
  const uint8_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() - at < length) {
    return kInvalid;
  }
  char32_t code_point = first & (0xff >> (length + 1));
  for (uint8_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[at + i]);
    if (!IsContinuation(byte)) {
      return kInvalid;
    }
    code_point = code_point << 6 | (byte & 0x3f);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (overlong || surrogate || code_point > 0x10ffff) {
    return kInvalid;
  }
  return {code_point, length, true};
}

void AppendUtf8(char32_t code_point, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | (code_point >> shift & 0x3f)));
  };
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xf0 | code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

size_t CountUtf16Units(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    units += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

size_t FindInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    at = PassThreeBytes(text, PassAscii(text, at));
    if (at == text.size()) {
      break;
    }
    const Utf8Char c = DecodeUtf8(text, at);
    if (!c.valid) {
      return at;
    }
    at += c.length;
  }
  return at;
}

}  // namespace binseek
