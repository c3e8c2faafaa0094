#include "sync/mysql/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "engine/base/utf8.h"
#include "sync/mysql/charset_table.h"

namespace binseek::mysql {
namespace {

struct CollationRange {
  uint16_t last;  // collation number; the range begins behind the one before
  std::string_view charset;
};

// Numbers of both servers, which agree where both have one. Gaps belong to the range that follows:
// no server uses them.
constexpr CollationRange kCollations[] = {
    {1, "big5"},      {2, "latin2"},    {3, "dec8"},      {4, "cp850"},      {5, "latin1"},
    {6, "hp8"},       {7, "koi8r"},     {8, "latin1"},    {9, "latin2"},     {10, "swe7"},
    {11, "ascii"},    {12, "ujis"},     {13, "sjis"},     {14, "cp1251"},    {15, "latin1"},
    {16, "hebrew"},   {18, "tis620"},   {19, "euckr"},    {20, "latin7"},    {21, "latin2"},
    {22, "koi8u"},    {23, "cp1251"},   {24, "gb2312"},   {25, "greek"},     {26, "cp1250"},
    {27, "latin2"},   {28, "gbk"},      {29, "cp1257"},   {30, "latin5"},    {31, "latin1"},
    {32, "armscii8"}, {33, "utf8mb3"},  {34, "cp1250"},   {35, "ucs2"},      {36, "cp866"},
    {37, "keybcs2"},  {38, "macce"},    {39, "macroman"}, {40, "cp852"},     {42, "latin7"},
    {43, "macce"},    {44, "cp1250"},   {46, "utf8mb4"},  {49, "latin1"},    {52, "cp1251"},
    {53, "macroman"}, {55, "utf16"},    {56, "utf16le"},  {57, "cp1256"},    {59, "cp1257"},
    {61, "utf32"},    {62, "utf16le"},  {63, "binary"},   {64, "armscii8"},  {65, "ascii"},
    {66, "cp1250"},   {67, "cp1256"},   {68, "cp866"},    {69, "dec8"},      {70, "greek"},
    {71, "hebrew"},   {72, "hp8"},      {73, "keybcs2"},  {74, "koi8r"},     {75, "koi8u"},
    {76, "utf8mb3"},  {77, "latin2"},   {78, "latin5"},   {79, "latin7"},    {80, "cp850"},
    {81, "cp852"},    {82, "swe7"},     {83, "utf8mb3"},  {84, "big5"},      {85, "euckr"},
    {86, "gb2312"},   {87, "gbk"},      {88, "sjis"},     {89, "tis620"},    {90, "ucs2"},
    {91, "ujis"},     {93, "geostd8"},  {94, "latin1"},   {96, "cp932"},     {98, "eucjpms"},
    {99, "cp1250"},   {124, "utf16"},   {159, "ucs2"},    {183, "utf32"},    {223, "utf8mb3"},
    {247, "utf8mb4"}, {250, "gb18030"}, {323, "utf8mb4"}, {578, "utf8mb3"},  {610, "utf8mb4"},
    {642, "ucs2"},    {674, "utf16"},   {738, "utf32"},   {2247, "utf8mb3"}, {2503, "utf8mb4"},
    {2759, "ucs2"},   {3015, "utf16"},  {3271, "utf32"},
};

// MariaDB numbers the NO PAD twin of a collation by adding this.
constexpr uint32_t kNoPad = 1024;
constexpr uint32_t kFirstUca1400 = 2048;

struct IcuName {
  std::string_view charset;
  const char* converter;
};

// Those whose characters are Unicode's own, only laid out otherwise. All others have tables.
constexpr IcuName kConverters[] = {
    {"gb18030", "gb18030"},
    {"utf16", "UTF-16BE"},
    {"utf16le", "UTF-16LE"},
    {"utf32", "UTF-32BE"},
};

const char* ConverterName(std::string_view charset) {
  const auto found = std::find_if(std::begin(kConverters), std::end(kConverters),
                                  [&](const IcuName& name) { return name.charset == charset; });
  return found != std::end(kConverters) ? found->converter : nullptr;
}

// Some servers store halves of surrogates here, and never join them: each is one character that is none (LengthOfInvalid).
void Ucs2ToUtf8(std::string_view bytes, std::string* out) {
  out->clear();
  for (; bytes.size() >= 2; bytes.remove_prefix(2)) {
    const auto unit =
        static_cast<char16_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
    const bool surrogate = unit >= 0xd800 && unit < 0xe000;
    AppendUtf8(surrogate ? kReplacementCharacter : unit, out);
  }
}

// `as_server`: not null where the servers write '?'. ICU's own substitution gives U+001A for some single bytes.
void WriteReplacement(const void* as_server, UConverterToUnicodeArgs* args, const char*, int32_t,
                      UConverterCallbackReason reason, UErrorCode* error) {
  if (reason <= UCNV_IRREGULAR) {
    const UChar replacement = as_server != nullptr ? u'?' : UChar{kReplacementCharacter};
    *error = U_ZERO_ERROR;
    ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
  }
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using ConverterPtr = std::unique_ptr<UConverter, CloseConverter>;

UConverter* FindConverter(std::string_view charset) {
  thread_local std::map<std::string, ConverterPtr, std::less<>> converters;
  if (const auto found = converters.find(charset); found != converters.end()) {
    return found->second.get();
  }
  const char* name = ConverterName(charset);
  UErrorCode error = U_ZERO_ERROR;
  ConverterPtr converter(name == nullptr ? nullptr : ucnv_open(name, &error));
  if (converter != nullptr) {
    const void* as_server = charset == "gb18030" ? name : nullptr;
    ucnv_setToUCallBack(converter.get(), WriteReplacement, as_server, nullptr, nullptr, &error);
  }
  return converters.emplace(charset, std::move(converter)).first->second.get();
}

// Of what is no UTF-8 there. MariaDB's utf32 holds surrogates, each of which its own conversion writes as three bytes: that is one character.
size_t LengthOfInvalid(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[at + i]); };
  const bool surrogate = bytes.size() - at >= 3 && byte(0) == 0xed && byte(1) >= 0xa0 &&
                         byte(1) < 0xc0 && byte(2) >= 0x80 && byte(2) < 0xc0;
  return surrogate ? 3 : DecodeUtf8(bytes, at).length;
}

}  // namespace

std::string_view CharsetOfCollation(uint32_t collation_id) {
  if (collation_id > kNoPad && collation_id < kFirstUca1400) {
    collation_id -= kNoPad;
  }
  if (collation_id == 0) {
    return {};
  }
  const auto found =
      std::lower_bound(std::begin(kCollations), std::end(kCollations), collation_id,
                       [](const CollationRange& range, uint32_t id) { return range.last < id; });
  return found == std::end(kCollations) ? std::string_view() : found->charset;
}

bool IsUtf8(std::string_view charset) {
  return charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8";
}

bool IsKnownCharset(std::string_view charset) {
  return IsUtf8(charset) || charset == "binary" || charset == "ucs2" ||
         ConverterName(charset) != nullptr || CharsetTable::Find(charset) != nullptr;
}

void SanitizeUtf8(std::string_view bytes, std::string* out) {
  size_t bad = FindInvalidUtf8(bytes);
  if (bad == bytes.size()) {
    out->assign(bytes);
    return;
  }
  out->clear();
  while (!bytes.empty()) {
    out->append(bytes.substr(0, bad));
    if (bad == bytes.size()) {
      return;
    }
    AppendUtf8(kReplacementCharacter, out);
    bytes.remove_prefix(bad + LengthOfInvalid(bytes, bad));
    bad = FindInvalidUtf8(bytes);
  }
}

Status ToUtf8(std::string_view charset, std::string_view bytes, std::string* out) {
  if (IsUtf8(charset)) {
    SanitizeUtf8(bytes, out);
    return Status::Ok();
  }
  if (charset == "ucs2") {
    Ucs2ToUtf8(bytes, out);
    return Status::Ok();
  }
  if (const CharsetTable* table = CharsetTable::Find(charset)) {
    table->ToUtf8(bytes, out);
    return Status::Ok();
  }
  UConverter* converter = FindConverter(charset);
  if (converter == nullptr) {
    return Status::InvalidArgument("character set \"" + std::string(charset) +
                                   "\" cannot be converted to UTF-8");
  }
  // No character of these sets takes more than 3 bytes of UTF-8 per byte of its own.
  out->resize(bytes.size() * 3 + 4);
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length =
      ucnv_toAlgorithmic(UCNV_UTF8, converter, out->data(), static_cast<int32_t>(out->size()),
                         bytes.data(), static_cast<int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) {
    out->clear();
    return Status::InvalidArgument("character set \"" + std::string(charset) +
                                   "\": " + u_errorName(error));
  }
  out->resize(static_cast<size_t>(length));
  return Status::Ok();
}

}  // namespace binseek::mysql
