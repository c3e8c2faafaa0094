#include "engine/analysis/text_boundaries.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/utf16.h>

#include <utility>

#include "engine/base/utf8.h"

namespace binseek::analysis {

namespace {

// What holds the parts of a word together in Java's rules, and not in the annex.
bool IsJoiner(char16_t c) {
  return c == u'"' || c == 0x00AD || c == 0x2027 || u_charType(c) == U_DASH_PUNCTUATION;
}
bool IsLetter(char16_t c) {
  return u_isalpha(c) != 0 && u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) == 0;
}

}  // namespace

struct TextBoundaries::Iterator {
  UBreakIterator* breaks = nullptr;
  bool words = false;
  std::u16string_view text;

  Iterator() = default;
  Iterator(const Iterator&) = delete;
  Iterator& operator=(const Iterator&) = delete;
  ~Iterator() { ubrk_close(breaks); }
};

TextBoundaries::TextBoundaries(std::unique_ptr<Iterator> iterator)
    : iterator_(std::move(iterator)) {}
TextBoundaries::~TextBoundaries() = default;

std::unique_ptr<TextBoundaries> TextBoundaries::Make(Kind kind, const std::string& locale) {
  char name[ULOC_FULLNAME_CAPACITY] = "";
  UErrorCode error = U_ZERO_ERROR;
  if (!locale.empty()) {
    uloc_forLanguageTag(locale.c_str(), name, ULOC_FULLNAME_CAPACITY, nullptr, &error);
    if (U_FAILURE(error) != 0) {
      name[0] = '\0';
      error = U_ZERO_ERROR;
    }
  }
  auto iterator = std::make_unique<Iterator>();
  iterator->words = kind == Kind::kWord;
  iterator->breaks =
      ubrk_open(kind == Kind::kSentence ? UBRK_SENTENCE : UBRK_WORD, name, nullptr, 0, &error);
  if (U_FAILURE(error) != 0) {
    return nullptr;
  }
  return std::unique_ptr<TextBoundaries>(new TextBoundaries(std::move(iterator)));
}

void TextBoundaries::SetText(std::u16string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  iterator_->text = text;
  ubrk_setText(iterator_->breaks, text.data(), static_cast<int32_t>(text.size()), &error);
}

// Whether ICU breaks there and Java does not.
bool TextBoundaries::Joined(int32_t offset) const {
  const std::u16string_view text = iterator_->text;
  const auto at = static_cast<size_t>(offset);
  if (offset <= 0 || at >= text.size()) {
    return false;
  }
  if (!iterator_->words) {
    // "No. 7": a number begins no sentence behind a full stop.
    const size_t before = text.find_last_not_of(u" \t\u00A0", at - 1);
    return u_isdigit(text[at]) != 0 && before != std::u16string_view::npos && text[before] == u'.';
  }
  return (IsJoiner(text[at]) && at + 1 < text.size() && IsLetter(text[at - 1]) &&
          IsLetter(text[at + 1])) ||
         (IsJoiner(text[at - 1]) && at >= 2 && IsLetter(text[at - 2]) && IsLetter(text[at]));
}

int32_t TextBoundaries::Preceding(int32_t offset) const {
  // ICU would go back to the character that `offset` lies within, and then find nothing at its begin.
  const std::u16string_view text = iterator_->text;
  if (offset > 0 && static_cast<size_t>(offset) < text.size() &&
      U16_IS_TRAIL(text[static_cast<size_t>(offset)]) &&
      U16_IS_LEAD(text[static_cast<size_t>(offset) - 1])) {
    ++offset;
  }
  int32_t found = ubrk_preceding(iterator_->breaks, offset);
  while (found != UBRK_DONE && Joined(found)) {
    found = ubrk_previous(iterator_->breaks);
  }
  return found;
}

int32_t TextBoundaries::Following(int32_t offset) const {
  int32_t found = ubrk_following(iterator_->breaks, offset);
  while (found != UBRK_DONE && Joined(found)) {
    found = ubrk_next(iterator_->breaks);
  }
  return found;
}

std::u16string ToUtf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) {
    const Utf8Char c = DecodeUtf8(utf8, at);
    at += c.length;
    if (c.code_point < 0x10000) {
      out.push_back(static_cast<char16_t>(c.code_point));
    } else {
      out.push_back(static_cast<char16_t>(U16_LEAD(c.code_point)));
      out.push_back(static_cast<char16_t>(U16_TRAIL(c.code_point)));
    }
  }
  return out;
}

void AppendUtf8(std::u16string_view utf16, std::string* out) {
  for (size_t at = 0; at < utf16.size(); ++at) {
    const char16_t unit = utf16[at];
    if (U16_IS_LEAD(unit) && at + 1 < utf16.size() && U16_IS_TRAIL(utf16[at + 1])) {
      binseek::AppendUtf8(static_cast<char32_t>(U16_GET_SUPPLEMENTARY(unit, utf16[at + 1])), out);
      ++at;
    } else {
      binseek::AppendUtf8(U16_IS_SURROGATE(unit) ? kReplacementCharacter : char32_t{unit}, out);
    }
  }
}

}  // namespace binseek::analysis
