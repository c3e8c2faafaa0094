// What a line of SHOW GRANTS gives: "GRANT SELECT, RELOAD ON *.* TO ..." or "... ON `shop`.* TO ...".
//
// Thread-safety: pure function. Errors: none; a line of another form gives nothing.
#ifndef BINSEEK_SYNC_MYSQL_GRANT_LINE_H_
#define BINSEEK_SYNC_MYSQL_GRANT_LINE_H_

#include <string_view>

namespace binseek::mysql {

// Whether it gives the privilege for all that there is, or for all of `database`, where that is not empty.
bool Grants(std::string_view line, std::string_view privilege, std::string_view database);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_GRANT_LINE_H_
