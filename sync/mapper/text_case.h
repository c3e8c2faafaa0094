// Upper and lower case of whole texts, and their blanks. Case is by Unicode's full mappings and those of no language.
//
// Thread-safety: pure functions. Errors: none; bytes that are no UTF-8 become U+FFFD.
#ifndef BINSEEK_SYNC_MAPPER_TEXT_CASE_H_
#define BINSEEK_SYNC_MAPPER_TEXT_CASE_H_

#include <string>
#include <string_view>

namespace binseek::mapper {

std::string LowerCaseText(std::string_view utf8);
std::string UpperCaseText(std::string_view utf8);
// Without the blanks at both ends; borrowed.
std::string_view TrimBlanks(std::string_view text);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TEXT_CASE_H_
