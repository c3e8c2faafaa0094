// Each table is filled from an ICU converter that is nearly the servers', and put right by the runs in which it is not: converters of
// like names differ in thousands of codes.
#include "sync/mysql/charset_table.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "engine/base/utf8.h"

namespace binseek::mysql {
// `count` codes from `first` on are the code points from `to` on, or none where that is '?'.
struct CodeRun {
  uint32_t first;
  uint16_t count;
  char16_t to;
};

struct Runs {
  const CodeRun* begin = nullptr;
  const CodeRun* end = nullptr;
};

namespace {

constexpr char16_t kNoCharacter = '?';

#include "sync/mysql/charset_differences.inc"

template <size_t kCount>
constexpr Runs All(const CodeRun (&runs)[kCount]) {
  return {runs, runs + kCount};
}

bool In(uint8_t byte, uint8_t low, uint8_t high) { return byte >= low && byte <= high; }

}  // namespace

class CharsetTableBuilder {
 public:
  using Shape = CharsetTable::Shape;

  struct Source {
    std::string_view charset;
    Shape shape;
    const char* converter;  // null: ASCII below 0x80, and nothing else
    Runs runs;
  };

  static const Source* FindSource(std::string_view charset);
  static size_t NumberOf(const Source* source);

  static void Build(const Source& source, CharsetTable* table) {
    table->shape_ = source.shape;
    const Base base(source.converter);
    for (uint32_t code = 0; code < 256; ++code) {
      // ICU's tables for DOS swap three control characters.
      table->one_[code] = code < 0x80 ? static_cast<char16_t>(code) : base.CharacterOf(code, 1);
    }
    if (source.shape != Shape::kOneByte) {
      table->two_.resize(kCodes);
      FillPlane(base, *table, 0x8000, 2, &table->two_);
    }
    if (source.shape == Shape::kEucjp) {
      table->three_.resize(kCodes);
      FillPlane(base, *table, 0x8f8000, 3, &table->three_);
    }
    for (const CodeRun* run = source.runs.begin; run != source.runs.end; ++run) {
      for (uint32_t i = 0; i < run->count; ++i) {
        char16_t& slot = Slot(table, run->first + i);
        slot = run->to == kNoCharacter ? kNoCharacter : static_cast<char16_t>(run->to + i);
      }
    }
  }

 private:
  static constexpr uint32_t kCodes = 0x8000;

  class Base {
   public:
    explicit Base(const char* converter) {
      UErrorCode error = U_ZERO_ERROR;
      converter_ = converter == nullptr ? nullptr : ucnv_open(converter, &error);
    }
    ~Base() { ucnv_close(converter_); }
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;

    char16_t CharacterOf(uint32_t code, int bytes) const {
      if (converter_ == nullptr) {
        return kNoCharacter;
      }
      char text[3];
      for (int i = 0; i < bytes; ++i) {
        text[i] = static_cast<char>(code >> (8 * (bytes - 1 - i)));
      }
      constexpr UChar kSubstitute = 0x1a;  // what some converters give for a single byte
      UChar out[8];
      UErrorCode error = U_ZERO_ERROR;
      ucnv_reset(converter_);
      const int32_t length = ucnv_toUChars(converter_, out, std::size(out), text, bytes, &error);
      const bool found = U_SUCCESS(error) && length == 1 && out[0] != kReplacementCharacter &&
                         out[0] != kSubstitute;
      return found ? out[0] : kNoCharacter;
    }

   private:
    UConverter* converter_ = nullptr;
  };

  static void FillPlane(const Base& base, const CharsetTable& table, uint32_t first, int bytes,
                        std::vector<char16_t>* plane) {
    for (uint32_t i = 0; i < kCodes; ++i) {
      const uint32_t code = first + i;
      const char text[3] = {static_cast<char>(code >> 16), static_cast<char>(code >> 8),
                            static_cast<char>(code)};
      const std::string_view character(text + 3 - bytes, static_cast<size_t>(bytes));
      (*plane)[i] = table.LengthOf(character) == character.size() ? base.CharacterOf(code, bytes)
                                                                  : kNoCharacter;
    }
  }

  static char16_t& Slot(CharsetTable* table, uint32_t code) {
    return code < 0x100     ? table->one_[code]
           : code < 0x10000 ? table->two_[code & (kCodes - 1)]
                            : table->three_[code & (kCodes - 1)];
  }
};

namespace {

using Shape = CharsetTableBuilder::Shape;

// Sorted by charset.
constexpr CharsetTableBuilder::Source kSources[] = {
    {"armscii8", Shape::kOneByte, nullptr, All(kArmscii8Runs)},
    {"ascii", Shape::kOneByte, nullptr, {}},  // bytes above it can be stored in some servers
    {"big5", Shape::kBig5, "ibm-1373_P100-2002", All(kBig5Runs)},
    {"cp1250", Shape::kOneByte, "windows-1250", All(kCp1250Runs)},
    {"cp1251", Shape::kOneByte, "windows-1251", All(kCp1251Runs)},
    {"cp1256", Shape::kOneByte, "windows-1256", All(kCp1256Runs)},
    {"cp1257", Shape::kOneByte, "windows-1257", All(kCp1257Runs)},
    {"cp850", Shape::kOneByte, "ibm-850", {}},
    {"cp852", Shape::kOneByte, "ibm-852", All(kCp852Runs)},
    {"cp866", Shape::kOneByte, "ibm-866", All(kCp866Runs)},
    {"cp932", Shape::kSjis, "ibm-943_P15A-2003", {}},
    {"dec8", Shape::kOneByte, nullptr, All(kDec8Runs)},
    {"eucjpms", Shape::kEucjp, "EUC-JP", All(kEucjpmsRuns)},
    {"euckr", Shape::kEuckr, "windows-949-2000", All(kEuckrRuns)},
    {"gb2312", Shape::kGb2312, "EUC-CN", All(kGb2312Runs)},
    {"gbk", Shape::kGbk, "ibm-1386_P100-2001", All(kGbkRuns)},
    {"geostd8", Shape::kOneByte, nullptr, All(kGeostd8Runs)},
    {"greek", Shape::kOneByte, "ibm-813_P100-1995", All(kGreekRuns)},
    {"hebrew", Shape::kOneByte, "iso-8859-8", All(kHebrewRuns)},
    {"hp8", Shape::kOneByte, "hp-roman8", All(kHp8Runs)},
    {"keybcs2", Shape::kOneByte, nullptr, All(kKeybcs2Runs)},
    {"koi8r", Shape::kOneByte, "KOI8-R", {}},
    {"koi8u", Shape::kOneByte, "KOI8-U", All(kKoi8uRuns)},
    // Of the servers: cp1252, with its five holes filled by the control characters of the same numbers; so does ICU's.
    {"latin1", Shape::kOneByte, "windows-1252", {}},
    {"latin2", Shape::kOneByte, "iso-8859-2", {}},
    {"latin5", Shape::kOneByte, "iso-8859-9", {}},
    {"latin7", Shape::kOneByte, "iso-8859-13", {}},
    {"macce", Shape::kOneByte, "x-mac-centraleurroman", {}},
    {"macroman", Shape::kOneByte, "macintosh", {}},
    {"sjis", Shape::kSjis, "ibm-943_P130-1999", All(kSjisRuns)},
    {"swe7", Shape::kOneByte, nullptr, All(kSwe7Runs)},
    {"tis620", Shape::kOneByte, "iso-8859-11", All(kTis620Runs)},
    {"ujis", Shape::kEucjp, "ibm-954_P101-2007", All(kUjisRuns)},
};

}  // namespace

const CharsetTableBuilder::Source* CharsetTableBuilder::FindSource(std::string_view charset) {
  const auto found =
      std::lower_bound(std::begin(kSources), std::end(kSources), charset,
                       [](const Source& source, std::string_view v) { return source.charset < v; });
  return found != std::end(kSources) && found->charset == charset ? found : nullptr;
}

size_t CharsetTableBuilder::NumberOf(const Source* source) {
  return static_cast<size_t>(source - std::begin(kSources));
}

const CharsetTable* CharsetTable::Find(std::string_view charset) {
  static std::array<CharsetTable, std::size(kSources)> tables;
  static std::array<std::once_flag, std::size(kSources)> built;
  const auto* source = CharsetTableBuilder::FindSource(charset);
  if (source == nullptr) {
    return nullptr;
  }
  const size_t number = CharsetTableBuilder::NumberOf(source);
  std::call_once(built[number], [&] { CharsetTableBuilder::Build(*source, &tables[number]); });
  return &tables[number];
}

size_t CharsetTable::LengthOf(std::string_view bytes) const {
  const auto a = static_cast<uint8_t>(bytes[0]);
  if (a < 0x80 || shape_ == Shape::kOneByte) {
    return 1;
  }
  if (shape_ == Shape::kSjis && In(a, 0xa1, 0xdf)) {
    return 1;
  }
  if (bytes.size() < 2) {
    return 0;
  }
  const auto b = static_cast<uint8_t>(bytes[1]);
  bool pair = false;
  switch (shape_) {
    case Shape::kBig5:
      pair = In(a, 0xa1, 0xf9) && (In(b, 0x40, 0x7e) || In(b, 0xa1, 0xfe));
      break;
    case Shape::kSjis:
      pair = (In(a, 0x81, 0x9f) || In(a, 0xe0, 0xfc)) && (In(b, 0x40, 0x7e) || In(b, 0x80, 0xfc));
      break;
    case Shape::kEuckr:
      pair = In(a, 0x81, 0xfe) && (In(b, 0x41, 0x5a) || In(b, 0x61, 0x7a) || In(b, 0x81, 0xfe));
      break;
    case Shape::kGb2312:
      pair = In(a, 0xa1, 0xf7) && In(b, 0xa1, 0xfe);
      break;
    case Shape::kGbk:
      pair = In(a, 0x81, 0xfe) && (In(b, 0x40, 0x7e) || In(b, 0x80, 0xfe));
      break;
    default:  // kEucjp
      if (a == 0x8f && bytes.size() >= 3 && In(b, 0xa1, 0xfe)) {
        return In(static_cast<uint8_t>(bytes[2]), 0xa1, 0xfe) ? 3 : 0;
      }
      pair = a == 0x8e ? In(b, 0xa1, 0xdf) : In(a, 0xa1, 0xfe) && In(b, 0xa1, 0xfe);
  }
  return pair ? 2 : 0;
}

void CharsetTable::ToUtf8(std::string_view bytes, std::string* out) const {
  out->clear();
  out->reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = LengthOf(bytes);
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    const char16_t character = length == 0   ? kNoCharacter
                               : length == 1 ? one_[byte(0)]
                               : length == 2 ? two_[(byte(0) & 0x7f) << 8 | byte(1)]
                                             : three_[(byte(1) & 0x7f) << 8 | byte(2)];
    AppendUtf8(character, out);
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
}

}  // namespace binseek::mysql
