// The forms of text in which Values are kept, shared by both roads that make them.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MYSQL_VALUE_TEXT_H_
#define BINSEEK_SYNC_MYSQL_VALUE_TEXT_H_

#include <string>
#include <string_view>

namespace binseek::mysql {

// Replaces *out by the decimal without padding zeros and without the sign of a zero: "-0012.50" ->
// "-12.50",
// "-0.00" -> "0.00", ".50" -> "0.50". False where it is no decimal.
bool NormalizeDecimal(std::string_view text, std::string* out);

// Replaces *out by JSON text without white space between its tokens; tokens stay as they are. For
// text that the server printed: nothing is checked.
void CompactJson(std::string_view text, std::string* out);

// Appends a double as MySQL prints it within JSON: shortest digits that read back equal, "1.0",
// "1.5e-7", "1e20". REQUIRES: finite.
void AppendJsonDouble(double value, std::string* out);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_VALUE_TEXT_H_
