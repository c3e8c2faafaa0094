#include "sync/mapper/text_case.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <cstddef>
#include <cstdint>

namespace binseek::mapper {
namespace {

icu::UnicodeString Unicode(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8({utf8.data(), static_cast<int32_t>(utf8.size())});
}

std::string Utf8(const icu::UnicodeString& text) {
  std::string utf8;
  return text.toUTF8String(utf8);
}

}  // namespace

std::string LowerCaseText(std::string_view utf8) {
  return Utf8(Unicode(utf8).toLower(icu::Locale::getRoot()));
}

std::string UpperCaseText(std::string_view utf8) {
  return Utf8(Unicode(utf8).toUpper(icu::Locale::getRoot()));
}

std::string_view TrimBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace binseek::mapper
