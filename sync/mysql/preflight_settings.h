// The part of the preflight that needs nothing but the server's global variables.
//
// Thread-safety: pure function. Errors: none; a variable that is not there is one that this server
// does not have.
#ifndef BINSEEK_SYNC_MYSQL_PREFLIGHT_SETTINGS_H_
#define BINSEEK_SYNC_MYSQL_PREFLIGHT_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/preflight.h"

namespace binseek::mysql {

// By name in lower case, as SHOW GLOBAL VARIABLES prints them.
using ServerVariables = std::map<std::string, std::string>;

// The statement that reads all of them that CheckSettings looks at.
std::string SelectServerVariables();

// log_bin, binlog_format, binlog_row_image, binlog_row_metadata, gtid and retention. `brief_lock`: a server without GTIDs is well.
std::vector<PreflightCheck> CheckSettings(const ServerInfo& server,
                                          const ServerVariables& variables,
                                          bool brief_lock = false);

// The statements that take a MySQL server from these settings to gtid_mode = ON, while it is in use; values in any case.
std::vector<std::string> StepsToGtids(const ServerInfo& server, const std::string& gtid_mode,
                                      const std::string& enforce_gtid_consistency);

// The lines that set a variable now and after a restart. MySQL: SET PERSIST (from 8.0 on); else SET
// GLOBAL, and a line of my.cnf.
std::string SetVariable(const ServerInfo& server, const std::string& name,
                        const std::string& value);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_PREFLIGHT_SETTINGS_H_
