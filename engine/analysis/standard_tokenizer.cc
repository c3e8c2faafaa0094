#include "engine/analysis/standard_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <array>

namespace binseek::analysis {
namespace {

// The classes that the rules tell apart.
enum class CharClass : uint8_t {
  kOther,   // separates
  kLetter,  // ALetter (hangul is among them)
  kHebrew,
  kNumeric,
  kKatakana,
  kExtendNumLet,  // '_'
  kMidLetter,     // ':' and the like: between letters
  kMidNum,        // ',': between digits
  kMidNumLet,     // '.': between letters and between digits
  kSingleQuote,   // as '.', and behind a hebrew letter
  kDoubleQuote,   // between hebrew letters
  kExtend,        // combining marks, format characters, joiners: belong to what is before them
  kSingle,        // han, hiragana: a token each
  kComplex,       // scripts that need a dictionary
  kPictograph,
  kRegional,  // two are a flag
};

CharClass ClassOfCodePoint(UChar32 c) {
  switch (u_getIntPropertyValue(c, UCHAR_WORD_BREAK)) {
    case U_WB_ALETTER:
      return CharClass::kLetter;
    case U_WB_HEBREW_LETTER:
      return CharClass::kHebrew;
    case U_WB_NUMERIC:
      return CharClass::kNumeric;
    case U_WB_KATAKANA:
      return CharClass::kKatakana;
    case U_WB_EXTENDNUMLET:
      return CharClass::kExtendNumLet;
    case U_WB_MIDLETTER:
      return CharClass::kMidLetter;
    case U_WB_MIDNUM:
      return CharClass::kMidNum;
    case U_WB_MIDNUMLET:
      return CharClass::kMidNumLet;
    case U_WB_SINGLE_QUOTE:
      return CharClass::kSingleQuote;
    case U_WB_DOUBLE_QUOTE:
      return CharClass::kDoubleQuote;
    case U_WB_REGIONAL_INDICATOR:
      return CharClass::kRegional;
    case U_WB_EXTEND:
    case U_WB_FORMAT:
    case U_WB_ZWJ:
      // Marks of the dictionary scripts belong to their runs.
      return u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT
                 ? CharClass::kComplex
                 : CharClass::kExtend;
    default:
      break;
  }
  UErrorCode error = U_ZERO_ERROR;
  if (const UScriptCode script = uscript_getScript(c, &error);
      script == USCRIPT_HAN || script == USCRIPT_HIRAGANA) {
    return CharClass::kSingle;
  }
  if (u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT) {
    return CharClass::kComplex;
  }
  if (c > 0xFF && u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC)) {
    return CharClass::kPictograph;
  }
  return CharClass::kOther;
}

// Property look-ups cost about 20 ns each; most text is ASCII.
CharClass ClassOf(UChar32 c) {
  static const std::array<CharClass, 128> kAscii = [] {
    std::array<CharClass, 128> table{};
    for (UChar32 ascii = 0; ascii < 128; ++ascii) {
      table[static_cast<size_t>(ascii)] = ClassOfCodePoint(ascii);
    }
    return table;
  }();
  return c >= 0 && c < 128 ? kAscii[static_cast<size_t>(c)]
         : c < 0           ? CharClass::kOther
                           : ClassOfCodePoint(c);
}

bool IsLetter(CharClass c) { return c == CharClass::kLetter || c == CharClass::kHebrew; }

bool IsWord(CharClass c) {
  return IsLetter(c) || c == CharClass::kNumeric || c == CharClass::kKatakana ||
         c == CharClass::kExtendNumLet;
}

// Rules WB5, WB8-WB10, WB13, WB13a, WB13b: no break between these neighbours.
bool Joins(CharClass before, CharClass after) {
  if (before == CharClass::kExtendNumLet || after == CharClass::kExtendNumLet) {
    return true;  // both are word characters already
  }
  if (before == CharClass::kKatakana || after == CharClass::kKatakana) {
    return before == after;
  }
  return true;  // letters and digits in any order
}

bool IsMiddle(CharClass c) {
  return c == CharClass::kMidLetter || c == CharClass::kMidNum || c == CharClass::kMidNumLet ||
         c == CharClass::kSingleQuote || c == CharClass::kDoubleQuote;
}

// Rules WB6-WB7c, WB11-WB12: whether `middle` holds `before` and `after` together.
bool JoinsAcross(CharClass before, CharClass middle, CharClass after) {
  if (middle == CharClass::kDoubleQuote) {
    return before == CharClass::kHebrew && after == CharClass::kHebrew;
  }
  const bool either = middle == CharClass::kMidNumLet || middle == CharClass::kSingleQuote;
  if (IsLetter(before) && IsLetter(after)) {
    return either || middle == CharClass::kMidLetter;
  }
  return before == CharClass::kNumeric && after == CharClass::kNumeric &&
         (either || middle == CharClass::kMidNum);
}

class Scanner {
 public:
  Scanner(std::string_view text, const std::function<void(uint32_t, uint32_t)>& emit)
      : bytes_(reinterpret_cast<const uint8_t*>(text.data())),
        size_(static_cast<int32_t>(text.size())),
        emit_(emit) {}

  void Run() {
    while (at_ < size_) {
      const int32_t start = at_;
      const CharClass first = Take();
      if (IsWord(first)) {
        Word(start, first);
      } else if (first == CharClass::kSingle) {
        SkipExtend();
        Emit(start, at_);
      } else if (first == CharClass::kComplex) {
        while (PeekAt(at_) == CharClass::kComplex || PeekAt(at_) == CharClass::kExtend) {
          Take();
        }
        Emit(start, at_);
      } else if (first == CharClass::kPictograph) {
        while (PeekAt(at_) == CharClass::kExtend ||
               (joined_ && PeekAt(at_) == CharClass::kPictograph)) {
          Take();
        }
        Emit(start, at_);
      } else if (first == CharClass::kRegional) {
        SkipExtend();
        if (PeekAt(at_) == CharClass::kRegional) {
          Take();
          SkipExtend();
          Emit(start, at_);
        }
      } else if (bytes_[start] == '#' || bytes_[start] == '*') {
        if (SkipExtend()) {
          Emit(start, at_);
        }
      }
    }
  }

 private:
  CharClass Take() {
    UChar32 c = 0;
    U8_NEXT(bytes_, at_, size_, c);
    joined_ = c == 0x200D;  // zero width joiner
    keycap_ = c == 0x20E3;
    return ClassOf(c);
  }
  CharClass PeekAt(int32_t at) const {
    if (at >= size_) {
      return CharClass::kOther;
    }
    UChar32 c = 0;
    U8_NEXT(bytes_, at, size_, c);
    return ClassOf(c);
  }
  // Whether a keycap was among them, which makes a token of '#' too.
  bool SkipExtend() {
    bool keycap = false;
    while (at_ < size_ && PeekAt(at_) == CharClass::kExtend) {
      Take();
      keycap = keycap || keycap_;
    }
    return keycap;
  }

  // The rest of a word whose first character was taken. WB4: marks do not count as neighbours.
  void Word(int32_t start, CharClass last) {
    bool has_letter = last != CharClass::kExtendNumLet;
    for (;;) {
      SkipExtend();
      const int32_t before = at_;
      CharClass next = PeekAt(at_);
      if (IsWord(next) && Joins(last, next)) {
        Take();
      } else if (IsMiddle(next)) {
        Take();
        SkipExtend();
        const CharClass after = PeekAt(at_);
        if (JoinsAcross(last, next, after)) {
          Take();
          next = after;
        } else if (last != CharClass::kHebrew || next != CharClass::kSingleQuote) {  // WB7a
          at_ = before;
          break;
        }
      } else {
        break;
      }
      has_letter = has_letter || next != CharClass::kExtendNumLet;
      last = next;
    }
    if (has_letter) {
      Emit(start, at_);
    }
  }

  void Emit(int32_t start, int32_t end) {
    uint32_t characters = 0;
    int32_t piece = start;
    for (int32_t at = start; at < end;) {
      U8_FWD_1(bytes_, at, size_);
      if (++characters == kMaxTokenCharacters) {
        emit_(static_cast<uint32_t>(piece), static_cast<uint32_t>(at));
        piece = at;
        characters = 0;
      }
    }
    if (characters > 0) {
      emit_(static_cast<uint32_t>(piece), static_cast<uint32_t>(end));
    }
  }

  const uint8_t* const bytes_;
  const int32_t size_;
  const std::function<void(uint32_t, uint32_t)>& emit_;
  int32_t at_ = 0;
  bool joined_ = false;  // the last character taken was a joiner
  bool keycap_ = false;  // it was a combining keycap
};

}  // namespace

void TokenizeStandard(std::string_view utf8, const std::function<void(uint32_t, uint32_t)>& emit) {
  constexpr size_t kMaxBytes = size_t{1} << 30;  // ICU counts in 32 bits; no field comes near
  Scanner(utf8.substr(0, kMaxBytes), emit).Run();
}

}  // namespace binseek::analysis
