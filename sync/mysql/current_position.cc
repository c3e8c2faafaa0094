#include "sync/mysql/current_position.h"

#include <charconv>

#include "sync/change/stop_code.h"

namespace binseek::mysql {

Result<change::SourcePosition> CurrentPosition(Connection* connection) {
  const ServerInfo& server = connection->server();
  change::SourcePosition position;
  position.flavor = server.flavor;
  // The executed set is read before the written end: whatever it holds is then written up to there.
  if (server.is_mariadb()) {
    BINSEEK_ASSIGN_OR_RETURN(auto gtids, connection->QueryCell("SELECT @@global.gtid_binlog_pos"));
    BINSEEK_ASSIGN_OR_RETURN(position.mariadb_gtids,
                             change::MariadbGtidPosition::Parse(gtids.value_or("")));
  } else {
    BINSEEK_ASSIGN_OR_RETURN(auto gtids, connection->QueryCell("SELECT @@global.gtid_executed"));
    BINSEEK_ASSIGN_OR_RETURN(position.gtids, change::GtidSet::Parse(gtids.value_or("")));
  }
  const bool new_words = !server.is_mariadb() && server.AtLeast(8, 2);
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows, connection->Query(new_words ? "SHOW BINARY LOG STATUS"
                                                                        : "SHOW MASTER STATUS"));
  if (rows.rows.empty() || rows.rows[0].size() < 2 || !rows.rows[0][0] || !rows.rows[0][1]) {
    return change::Because(change::StopCode::kBinlogOff,
                           Status::InvalidArgument("the server writes no binlog (log_bin is off)"));
  }
  position.binlog.file = *rows.rows[0][0];
  const std::string& offset = *rows.rows[0][1];
  const auto parsed =
      std::from_chars(offset.data(), offset.data() + offset.size(), position.binlog.offset);
  if (parsed.ec != std::errc()) {
    return Status::InvalidArgument("the server tells no binlog offset");
  }
  return position;
}

}  // namespace binseek::mysql
