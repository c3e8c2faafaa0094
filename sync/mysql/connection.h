// Connection: one session with a MySQL or MariaDB server, and what its SELECTs return.
//
// Sessions are set up for reading rows exactly: time_zone '+00:00', sql_mode '', results in utf8mb4
// (binary columns arrive as their bytes), so that equal rows read at any time from either server
// give equal cells. They have neither the server's limits of time and rows for a SELECT nor a transaction that nobody began; for a lock they
// wait half of read_timeout (kUnavailable then).
//
//   BINSEEK_ASSIGN_OR_RETURN(auto connection, mysql::Connection::Open(options));
//   BINSEEK_ASSIGN_OR_RETURN(auto rows, connection->Query("SELECT @@server_id"));
//   rows.rows[0][0]  // optional<string>
//
// Thread-compatible: one thread at a time, but for Interrupt(), which any thread may call.
// Errors: kUnavailable where trying again later may help (refused, lost, timed out, server going
// down, too many connections, out of space or memory there); kResourceExhausted where we have none;
// kInvalidArgument for everything that the server refuses (access denied, unknown table, syntax),
// with its error number and text. No message holds a password.
#ifndef BINSEEK_SYNC_MYSQL_CONNECTION_H_
#define BINSEEK_SYNC_MYSQL_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/change/stop_code.h"

// The client library's own structure; its header is included by .cc files only.
struct st_mysql;

namespace binseek::mysql {

enum class TlsMode : uint8_t {
  kDisabled,
  kPreferred,  // TLS where the server offers it, plain otherwise
  kRequired,   // TLS, certificate not checked
  kVerifyCa,   // TLS, certificate signed by `ca`, which has to be named
  kVerifyIdentity,  // as kVerifyCa, or by a CA of the system's where none is named, and issued for the host's name
};

struct TlsOptions {
  TlsMode mode = TlsMode::kPreferred;
  std::string ca;  // PEM files; empty: none
  std::string cert;
  std::string key;
};

struct ConnectionOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  std::string user;
  std::string password;
  std::string database;     // default database; may be empty
  std::string unix_socket;  // where set, used instead of host and port
  TlsOptions tls;
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds read_timeout{60};  // of each single read, not of a whole result
};

struct ServerInfo {
  change::Flavor flavor = change::Flavor::kMysql;
  std::string version_text;  // "9.7.4-2", "10.11.19-MariaDB-..."
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string server_uuid;  // MySQL; empty on MariaDB
  uint32_t server_id = 0;
  std::string host;   // MariaDB: of its machine, as the server itself calls it; empty on MySQL
  uint32_t port = 0;  // MariaDB: that it listens on

  // Tells this server from others, by text that outlives its restarts; file names and offsets of binlogs mean something between equal
  // identities only.
  //   MySQL    server_uuid
  //   MariaDB  "<server_id>@<host>:<port>": it has no uuid. server_id alone is 1 wherever nobody set it, and equal on all nodes of many
  //            Galera clusters. server_uid of late versions is left out: it hashes the network card's address, which containers change
  //            when they restart.
  // Two that are taken for one are found out by their histories (binlog::HistoryCheck); one that is taken for two costs some reading.
  std::string Identity() const;

  bool is_mariadb() const { return flavor == change::Flavor::kMariadb; }
  bool AtLeast(int want_major, int want_minor, int want_patch = 0) const;
};

// A small result, held whole. Cells are text as the server prints it; SQL NULL is nullopt.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;

  // Ordinal of the column named so (ASCII case ignored), or -1.
  int FindColumn(std::string_view name) const;
};

using RowCells = std::vector<std::optional<std::string_view>>;

// A large result, read row by row as the server sends it. Borrows its Connection, which takes no
// other statement until this reader is destroyed (which reads what is left, or closes the
// connection where that would be much).
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // The next row's cells, borrowed until the next call; null at the end.
  [[nodiscard]] virtual Result<const RowCells*> Next() = 0;
};

class Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  // One more to a server that is followed already: as Open, but that an account which is refused now is to be waited for, too. Whether that is
  // the end of it is for the stream to say.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> OpenAnother(
      const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ServerInfo& server() const { return server_; }
  const ConnectionOptions& options() const { return options_; }

  // Runs one statement. The result is held whole: for results of known, small size.
  [[nodiscard]] Result<Rows> Query(std::string_view sql);
  // A statement without result, or whose result does not matter.
  [[nodiscard]] Status Execute(std::string_view sql);
  // The first cell of the first row; nullopt where it is NULL or there is no row.
  [[nodiscard]] Result<std::optional<std::string>> QueryCell(std::string_view sql);
  // Runs a SELECT whose rows are not held. REQUIRES: no other reader of this connection is open.
  [[nodiscard]] Result<std::unique_ptr<RowReader>> Stream(std::string_view sql);

  // Makes whatever this connection waits for, now and later, fail with kUnavailable. From any
  // thread; harmless where the connection has ended.
  void Interrupt();

  uint64_t thread_id() const;  // the server's id of this session
  bool uses_tls() const;

  // For the replication commands of sync/binlog.
  st_mysql* raw() { return mysql_; }
  // The library's last error as a Status with `what` before it; never OK.
  Status LastError(std::string_view what) const;

 private:
  explicit Connection(ConnectionOptions options) : options_(std::move(options)) {}
  Status Connect();
  Status SetUpSession();
  Status SetUpTimeouts();
  Status ReadServerInfo();

  const ConnectionOptions options_;
  st_mysql* mysql_ = nullptr;
  // For Interrupt, a duplicate of mysql_'s socket: the library closes its own when the connection is lost, and the number may then
  // be that of another file.
  int socket_ = -1;
  ServerInfo server_;
};

// "it's" -> 'it''s' (backslashes doubled), as a literal of a session set up as above.
std::string Quote(std::string_view text);
// As a hexadecimal literal x'0aff', for bytes of any kind.
std::string QuoteBytes(std::string_view bytes);
// odd`name -> `odd``name`
std::string QuoteIdentifier(std::string_view name);

// kUnavailable, kInvalidArgument, ... of a server's or client library's error number.
StatusCode ClassifyError(unsigned error_number);
// Of an error that is kInvalidArgument: who, or what, the server refuses.
change::StopCode RefusalOf(unsigned error_number);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_CONNECTION_H_
