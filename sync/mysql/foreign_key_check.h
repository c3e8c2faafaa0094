// What the preflight says of foreign keys: whether the server logs what they change, and which do otherwise.
//
// Thread-safety: as the connection. Errors: the connection's.
#ifndef BINSEEK_SYNC_MYSQL_FOREIGN_KEY_CHECK_H_
#define BINSEEK_SYNC_MYSQL_FOREIGN_KEY_CHECK_H_

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/preflight.h"

namespace binseek::mysql {

Status AddForeignKeyChecks(Connection* connection, const std::vector<std::string>& databases,
                           std::vector<PreflightCheck>* checks);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_FOREIGN_KEY_CHECK_H_
