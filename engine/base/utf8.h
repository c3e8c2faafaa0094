// UTF-8, decoded strictly: no overlong forms, no surrogates, nothing above U+10FFFF, no short end.
// Thread-safety: pure functions. Errors: none; a bad sequence is a value of its own.
#ifndef BINSEEK_ENGINE_BASE_UTF8_H_
#define BINSEEK_ENGINE_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace binseek {

constexpr char32_t kReplacementCharacter = 0xfffd;

struct Utf8Char {
  char32_t code_point;  // kReplacementCharacter when !valid
  uint8_t length;       // bytes to go on by: 1..4; 1 when !valid, so that a scan always advances
  bool valid;
};

// The character at `text[at]`. REQUIRES: at < text.size().
Utf8Char DecodeUtf8(std::string_view text, size_t at);

// REQUIRES: `code_point` is a Unicode scalar value.
void AppendUtf8(char32_t code_point, std::string* out);

// Offset of the first bad byte; text.size() when all is well. Cost: 8 bytes a step while ASCII.
size_t FindInvalidUtf8(std::string_view text);

// The length as Java counts it: two for what is above U+FFFF.
size_t CountUtf16Units(std::string_view text);

inline bool IsValidUtf8(std::string_view text) { return FindInvalidUtf8(text) == text.size(); }

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_UTF8_H_
