// The standard tokenizer: word boundaries of Unicode Standard Annex #29, with Lucene's choices where the annex leaves them open.
//
// Han and hiragana are tokens of one character, katakana and hangul stay in runs, scripts that need a dictionary (Thai, Lao,
// Khmer, Myanmar) stay in runs, emoji sequences, flags and keycaps are tokens; a token longer than 255 characters is cut into such pieces.
// The rules are applied by hand on ICU's character properties: ICU's own break iterator would segment CJK by dictionary.
// Thread-safe free function; linear in the text; bytes that are not UTF-8 separate tokens.
#ifndef BINSEEK_ENGINE_ANALYSIS_STANDARD_TOKENIZER_H_
#define BINSEEK_ENGINE_ANALYSIS_STANDARD_TOKENIZER_H_

#include <cstdint>
#include <functional>
#include <string_view>

namespace binseek::analysis {

inline constexpr uint32_t kMaxTokenCharacters = 255;

// Calls `emit(start, end)` with the byte range of each token, in order.
void TokenizeStandard(std::string_view utf8, const std::function<void(uint32_t, uint32_t)>& emit);

}  // namespace binseek::analysis

#endif  // BINSEEK_ENGINE_ANALYSIS_STANDARD_TOKENIZER_H_
