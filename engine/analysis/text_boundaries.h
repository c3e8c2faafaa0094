// TextBoundaries: where sentences or words of a text begin and end, as Unicode Standard Annex #29 has it; words of Chinese, Japanese and Thai by dictionary.
// A hyphen between letters ends no word, and a full stop before a number no sentence, as in Java, whose rules decide where Lucene's fragments end.
//
// Offsets are UTF-16 code units, as clients of Elasticsearch count. Single-threaded. The text is borrowed.
#ifndef BINSEEK_ENGINE_ANALYSIS_TEXT_BOUNDARIES_H_
#define BINSEEK_ENGINE_ANALYSIS_TEXT_BOUNDARIES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace binseek::analysis {

class TextBoundaries {
 public:
  enum class Kind : uint8_t { kSentence, kWord };
  static constexpr int32_t kNone = -1;

  // `locale`: "" for none, else a language tag, "en-US". Null: ICU's data is not there.
  static std::unique_ptr<TextBoundaries> Make(Kind kind, const std::string& locale);
  ~TextBoundaries();
  TextBoundaries(const TextBoundaries&) = delete;
  TextBoundaries& operator=(const TextBoundaries&) = delete;

  void SetText(std::u16string_view text);
  // The nearest boundary before, and behind `offset`; the text's ends are boundaries. kNone: there is none. REQUIRES: SetText was called.
  int32_t Preceding(int32_t offset) const;
  int32_t Following(int32_t offset) const;

 private:
  struct Iterator;
  bool Joined(int32_t offset) const;
  explicit TextBoundaries(std::unique_ptr<Iterator> iterator);

  const std::unique_ptr<Iterator> iterator_;
};

// Bytes that are not UTF-8 become U+FFFD.
std::u16string ToUtf16(std::string_view utf8);
void AppendUtf8(std::u16string_view utf16, std::string* out);

}  // namespace binseek::analysis

#endif  // BINSEEK_ENGINE_ANALYSIS_TEXT_BOUNDARIES_H_
