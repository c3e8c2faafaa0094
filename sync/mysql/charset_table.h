// CharsetTable: a character set of one to three bytes a character, by the servers' own table of it.
//
// Immutable and thread-safe. Errors: none; what the servers know no character for becomes '?', as they print it.
#ifndef BINSEEK_SYNC_MYSQL_CHARSET_TABLE_H_
#define BINSEEK_SYNC_MYSQL_CHARSET_TABLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binseek::mysql {

class CharsetTable {
 public:
  // Null where the character set has no table: those of Unicode, and unknown ones. Cost: milliseconds for the first call of a set
  // of several bytes, then a search by name.
  static const CharsetTable* Find(std::string_view charset);

  // Replaces *out.
  void ToUtf8(std::string_view bytes, std::string* out) const;

 private:
  friend class CharsetTableBuilder;
  // How many bytes a character takes, by its first bytes.
  enum class Shape : uint8_t { kOneByte, kBig5, kSjis, kEuckr, kGb2312, kGbk, kEucjp };

  // The bytes of the character at the front, which the set allows there; 0: none begins so.
  size_t LengthOf(std::string_view bytes) const;

  Shape shape_ = Shape::kOneByte;
  std::array<char16_t, 256> one_{};
  std::vector<char16_t> two_;    // by both bytes, the first without its high bit
  std::vector<char16_t> three_;  // by the bytes behind 0x8f likewise; kEucjp only
};

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_CHARSET_TABLE_H_
