// Quoting, and what error numbers mean: the parts of connection.h that need no connection.
#include <cstdint>

#include "sync/mysql/connection.h"

namespace binseek::mysql {

std::string Quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    switch (c) {
      case '\'':
        quoted += "''";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\0':
        quoted += "\\0";
        break;
      default:
        quoted.push_back(c);
    }
  }
  quoted.push_back('\'');
  return quoted;
}

std::string QuoteBytes(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string quoted = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    quoted.push_back(kDigits[byte >> 4]);
    quoted.push_back(kDigits[byte & 15]);
  }
  quoted.push_back('\'');
  return quoted;
}

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') {
      quoted.push_back('`');
    }
    quoted.push_back(c);
  }
  quoted.push_back('`');
  return quoted;
}

StatusCode ClassifyError(unsigned error_number) {
  // Those of the server's machine: files that cannot be made or written, memory. No statement is to blame.
  constexpr unsigned kFirstOfTheServer = 1000;
  if (error_number < kFirstOfTheServer) {
    return StatusCode::kUnavailable;
  }
  switch (error_number) {
    case 2002:  // cannot connect through socket
    case 2003:  // cannot connect to host
    case 2005:  // unknown host: name servers fail too
    case 2006:  // server has gone away
    case 2012:  // error in handshake
    case 2013:  // lost during query
    case 2027:  // malformed packet: the stream is out of step, a new one is not
    case 2055:  // lost, with the system's reason
    case 1021:  // disk full
    case 1037:  // 1037, 1038, 1041: no memory
    case 1038:
    case 1040:  // too many connections
    case 1041:
    case 1047:  // a node that has left its Galera cluster answers nothing else, until it is back
    case 1053:  // shutdown in progress
    case 1114:  // a table is full: of a SELECT, that of its intermediate rows
    case 1129:  // our host is blocked for its many broken connections, until FLUSH HOSTS
    case 1135:  // no thread can be made
    case 1152:  // aborted connection
    case 1158:  // 1158..1161: the server's own network errors
    case 1159:
    case 1160:
    case 1161:
    case 1184:
    case 1203:  // too many connections of this user
    case 1205:  // lock wait timeout
    case 1206:  // no room for locks
    case 1213:  // deadlock
    case 1226:  // this user's connections or queries of the hour are used up
    case 1317:  // query interrupted
    case 1412:  // the table's definition has changed behind the read view: the next view is well
    case 1927:  // connection killed (MariaDB)
    case 1969:  // statement time exceeded (MariaDB)
    case 3024:  // the same, MySQL
    case 3032:  // the server is in offline mode
    case 3169:  // session killed
    case 4031:  // disconnected for inactivity
      return StatusCode::kUnavailable;
    case 2008:  // client out of memory
      return StatusCode::kResourceExhausted;
    case 1236:  // the binlog that was asked for cannot be had
      return StatusCode::kAborted;
    case 2014:  // commands out of sync
      return StatusCode::kInternal;
    default:
      return StatusCode::kInvalidArgument;
  }
}

change::StopCode RefusalOf(unsigned error_number) {
  switch (error_number) {
    case 2026:  // no TLS, or a certificate that is not trusted
      return change::StopCode::kTlsRefused;
    case 1044:  // no right to the database
    case 1045:  // user or password
    case 1130:  // not from this host
    case 1142:  // no right to the table
    case 1143:  // no right to a column
    case 1227:  // a privilege of the server's is missing
    case 1251:  // 1251, 2059, 2061: the way to prove who it is
    case 1698:  // no password is asked for, and it is another user
    case 1820:  // 1820, 1862: the password has expired
    case 1862:
    case 2059:
    case 2061:
    case 3118:  // 3118, 4151: the account is locked
    case 4151:
      return change::StopCode::kAccountRefused;
    default:
      return change::StopCode::kStatementRefused;
  }
}

}  // namespace binseek::mysql
