// The preflight: what a server must be set to, and an account must be granted, before its rows can
// be followed; each finding with the reason and the very line that mends it. `binseek doctor`
// prints it, `serve` runs it first.
//
// Every check is made, whatever an earlier one found. What cannot be looked at for want of a
// privilege is a warning whose `fix` is the grant that is missing, never a guess.
//
// Thread-safety: as the connection. Errors: kUnavailable where the connection fails; everything
// else is a verdict. Cost: some twenty small statements.
#ifndef BINSEEK_SYNC_MYSQL_PREFLIGHT_H_
#define BINSEEK_SYNC_MYSQL_PREFLIGHT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

struct PreflightCheck {
  enum class Verdict : uint8_t {
    kPass,
    kWarn,  // works, but something is given up or could not be looked at: `why` says what
    kFail,  // must be mended first
  };
  std::string name;  // "binlog_row_image", "key of shop.product"; stable, lower case
  Verdict verdict = Verdict::kPass;
  std::string why;  // one sentence, of a passed check too: what was found and what it means
  // SQL statements or my.cnf lines, as they are to be pasted; empty where it passed.
  std::string fix;
};

// In this order: log_bin, binlog_format, binlog_row_image, binlog_row_metadata, gtid, retention,
// grants, server_id, key, charset, xa, foreign_keys, and those of logged_changes.h. `key` and `charset` have a line for every table that does
// not pass, or one where all do; that one for each database, "key of shop_1", where `wanted`, the URL's database, is a pattern of several
// (databases.h). `brief_lock`: tables may be locked for a moment where there are no GTIDs (snapshot.lock: brief).
Result<std::vector<PreflightCheck>> RunPreflight(Connection* connection, std::string_view wanted,
                                                 uint32_t our_server_id, bool brief_lock = false);

// True where no check failed.
bool PreflightPassed(const std::vector<PreflightCheck>& checks);

// "PASS", "WARN", "FAIL".
std::string_view VerdictName(PreflightCheck::Verdict verdict);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_PREFLIGHT_H_
