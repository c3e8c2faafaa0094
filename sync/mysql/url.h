// mysql://user:password@host:port/database?ssl-mode=required&ssl-ca=/path: the one line that names
// a source.
//
// Parts are percent-encoded where they hold a delimiter. Options: ssl-mode (disabled, preferred,
// required, verify_ca, verify_identity; where only ssl-ca is given, verify_ca), ssl-ca, ssl-cert, ssl-key, socket, connect-timeout and
// read-timeout (seconds). The database may be a pattern (databases.h), shop_* or shop_%; a '%' before two hexadecimal digits is an encoding.
//
// Thread-safety: pure functions. Errors: kInvalidArgument; no message ever holds the password or
// the whole URL.
#ifndef BINSEEK_SYNC_MYSQL_URL_H_
#define BINSEEK_SYNC_MYSQL_URL_H_

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

Result<ConnectionOptions> ParseMysqlUrl(std::string_view url);

// The same source for logs and status: "mysql://user@host:3306/shop", without password and options.
std::string DisplayUrl(const ConnectionOptions& options);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_URL_H_
