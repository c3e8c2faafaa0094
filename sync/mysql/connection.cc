#include "sync/mysql/connection.h"

#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace binseek::mysql {
namespace {

// Unread rows that destroying a RowReader reads away; beyond, it is cheaper to connect anew.
constexpr int kRowsToDrain = 10'000;

Status InitLibrary() {
  static const int kFailed = mysql_library_init(0, nullptr, nullptr);
  return kFailed == 0 ? Status::Ok()
                      : Status::Internal("cannot initialise the MySQL client library");
}

void ApplyOptions(const ConnectionOptions& options, bool tls, MYSQL* mysql) {
  const auto connect_timeout = static_cast<unsigned>(options.connect_timeout.count());
  const auto read_timeout = static_cast<unsigned>(options.read_timeout.count());
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
  mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &read_timeout);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned long max_packet = 1UL << 30;  // the server's own limit for one event or row
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
  mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "binseek");
  if (!tls) {
    return;
  }
  const my_bool on = 1;
  mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
  if (!options.tls.ca.empty()) {
    mysql_options(mysql, MYSQL_OPT_SSL_CA, options.tls.ca.c_str());
  }
  if (!options.tls.cert.empty()) {
    mysql_options(mysql, MYSQL_OPT_SSL_CERT, options.tls.cert.c_str());
  }
  if (!options.tls.key.empty()) {
    mysql_options(mysql, MYSQL_OPT_SSL_KEY, options.tls.key.c_str());
  }
  if (options.tls.mode == TlsMode::kVerifyIdentity) {
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
  }
}

// TLS has one error number for everything: the end of a connection comes under it too, as it does for bad certificates.
bool IsLostTls(MYSQL* mysql, bool connected) {
  const std::string_view text = mysql_error(mysql);
  return mysql_errno(mysql) == CR_SSL_CONNECTION_ERROR &&
         (connected || text.find("unexpected eof") != text.npos ||
          text.find("reset by peer") != text.npos);
}

Status MakeError(MYSQL* mysql, std::string_view what, bool connected) {
  const unsigned number = mysql_errno(mysql);
  std::string text(what);
  text += ": ";
  text += number == 0 ? "connection lost" : mysql_error(mysql);
  if (number != 0) {
    text += " (error " + std::to_string(number) + ", " + mysql_sqlstate(mysql) + ")";
  }
  if (number == 0 || IsLostTls(mysql, connected)) {
    return Status::Unavailable(std::move(text));
  }
  const Status error = Status::FromCode(ClassifyError(number), std::move(text));
  return error.code() == StatusCode::kInvalidArgument ? change::Because(RefusalOf(number), error)
                                                      : error;
}

// Not for messages of size: what a statement begins with.
std::string Shorten(std::string_view sql) {
  constexpr size_t kShown = 120;
  return sql.size() <= kShown ? std::string(sql) : std::string(sql.substr(0, kShown)) + "...";
}

std::vector<std::string> ColumnNames(MYSQL_RES* result) {
  std::vector<std::string> names;
  const unsigned count = mysql_num_fields(result);
  const MYSQL_FIELD* fields = mysql_fetch_fields(result);
  names.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    names.emplace_back(fields[i].name, fields[i].name_length);
  }
  return names;
}

class UnbufferedReader final : public RowReader {
 public:
  UnbufferedReader(Connection* connection, MYSQL_RES* result, std::string what)
      : connection_(connection),
        result_(result),
        what_(std::move(what)),
        columns_(ColumnNames(result)) {
    cells_.resize(columns_.size());
  }

  ~UnbufferedReader() override {
    for (int i = 0; !at_end_ && i < kRowsToDrain; ++i) {
      at_end_ = mysql_fetch_row(result_) == nullptr;
    }
    if (!at_end_) {
      connection_->Interrupt();
    }
    mysql_free_result(result_);
  }
  UnbufferedReader(const UnbufferedReader&) = delete;
  UnbufferedReader& operator=(const UnbufferedReader&) = delete;

  const std::vector<std::string>& columns() const override { return columns_; }

  Result<const RowCells*> Next() override {
    if (at_end_) {
      return static_cast<const RowCells*>(nullptr);
    }
    const MYSQL_ROW row = mysql_fetch_row(result_);
    if (row == nullptr) {
      at_end_ = true;
      if (mysql_errno(connection_->raw()) != 0) {
        return connection_->LastError(what_);
      }
      return static_cast<const RowCells*>(nullptr);
    }
    const unsigned long* lengths = mysql_fetch_lengths(result_);
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (row[i] == nullptr) {
        cells_[i].reset();
      } else {
        cells_[i] = std::string_view(row[i], lengths[i]);
      }
    }
    return static_cast<const RowCells*>(&cells_);
  }

 private:
  Connection* const connection_;
  MYSQL_RES* const result_;
  const std::string what_;
  const std::vector<std::string> columns_;
  RowCells cells_;
  bool at_end_ = false;
};

int TakeVersionPart(std::string_view* text) {
  int part = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), part);
  text->remove_prefix(static_cast<size_t>(parsed.ptr - text->data()));
  if (!text->empty() && text->front() == '.') {
    text->remove_prefix(1);
  }
  return part;
}

}  // namespace

std::string ServerInfo::Identity() const {
  return is_mariadb() ? std::to_string(server_id) + "@" + host + ":" + std::to_string(port)
                      : server_uuid;
}

bool ServerInfo::AtLeast(int want_major, int want_minor, int want_patch) const {
  if (major != want_major) {
    return major > want_major;
  }
  return minor != want_minor ? minor > want_minor : patch >= want_patch;
}

int Rows::FindColumn(std::string_view name) const {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (size_t i = 0; i < columns.size(); ++i) {
    bool same = columns[i].size() == name.size();
    for (size_t k = 0; same && k < name.size(); ++k) {
      same = lower(columns[i][k]) == lower(name[k]);
    }
    if (same) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  BINSEEK_RETURN_IF_ERROR(InitLibrary());
  // The library asks the system's CAs for the server's name (verify_identity), but nobody without one.
  if (options.tls.mode == TlsMode::kVerifyCa && options.tls.ca.empty()) {
    return change::Because(
        change::StopCode::kTlsRefused,
        Status::InvalidArgument("ssl-mode=verify_ca without ssl-ca would accept any certificate: "
                                "name the CA's file, or use verify_identity, which knows the "
                                "system's CAs"));
  }
  std::unique_ptr<Connection> connection(new Connection(options));
  BINSEEK_RETURN_IF_ERROR(connection->Connect());
  BINSEEK_RETURN_IF_ERROR(connection->SetUpSession());
  BINSEEK_RETURN_IF_ERROR(connection->ReadServerInfo());
  BINSEEK_RETURN_IF_ERROR(connection->SetUpTimeouts());
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::OpenAnother(const ConnectionOptions& options) {
  auto opened = Open(options);
  return opened.ok()
             ? std::move(opened)
             : Result<std::unique_ptr<Connection>>(Status::Unavailable(opened.status().message()));
}

Connection::~Connection() {
  if (mysql_ != nullptr) {
    mysql_close(mysql_);
  }
  if (socket_ >= 0) {
    close(socket_);
  }
}

Status Connection::Connect() {
  const bool by_socket = !options_.unix_socket.empty();
  bool tls = options_.tls.mode == TlsMode::kPreferred ? !by_socket
                                                      : options_.tls.mode != TlsMode::kDisabled;
  const std::string where =
      by_socket ? options_.unix_socket : options_.host + ":" + std::to_string(options_.port);
  for (;;) {
    mysql_ = mysql_init(nullptr);
    if (mysql_ == nullptr) {
      return Status::ResourceExhausted("no memory for a MySQL connection");
    }
    ApplyOptions(options_, tls, mysql_);
    const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
    if (mysql_real_connect(mysql_, by_socket ? "localhost" : options_.host.c_str(),
                           options_.user.c_str(), options_.password.c_str(),
                           text(options_.database), options_.port, text(options_.unix_socket),
                           0) != nullptr) {
      socket_ = fcntl(static_cast<int>(mysql_get_socket(mysql_)), F_DUPFD_CLOEXEC, 0);
      return socket_ >= 0 ? Status::Ok()
                          : Status::Unavailable("cannot connect to " + where + ": " +
                                                std::generic_category().message(errno));
    }
    const bool retry_plain = tls && options_.tls.mode == TlsMode::kPreferred &&
                             mysql_errno(mysql_) == CR_SSL_CONNECTION_ERROR;
    if (!retry_plain) {
      return MakeError(mysql_, "cannot connect to " + where, false);
    }
    tls = false;
    mysql_close(mysql_);
    mysql_ = nullptr;
  }
}

// Nothing of what the server gives to all sessions may decide what a SELECT sees, or how much of it: a transaction that autocommit = 0 or
// completion_type = CHAIN leaves open shows the rows of before for as long as it lasts, and sql_select_limit cuts what has no LIMIT of its own.
Status Connection::SetUpSession() {
  return Execute(
      "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', "
      "net_write_timeout = 600, "
      "autocommit = 1, completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615, "
      "sql_big_selects = 1");
}

// A statement that the server ends for the time that it takes would be sent again for ever. One that waits for a lock ends before we would give the
// connection up, and leave its session waiting there.
Status Connection::SetUpTimeouts() {
  const int64_t lock_wait = std::max<int64_t>(1, options_.read_timeout.count() / 2);
  return Execute("SET SESSION lock_wait_timeout = " + std::to_string(lock_wait) +
                 (server_.is_mariadb() ? ", max_statement_time = 0" : ", max_execution_time = 0"));
}

Status Connection::ReadServerInfo() {
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows,
                           Query("SELECT VERSION(), @@version_comment, @@server_id"));
  if (rows.rows.size() != 1) {
    return Status::Unavailable("the server does not tell its version");
  }
  const auto& row = rows.rows[0];
  server_.version_text = row[0].value_or("");
  const bool mariadb = server_.version_text.find("MariaDB") != std::string::npos ||
                       row[1].value_or("").find("MariaDB") != std::string::npos ||
                       row[1].value_or("").find("mariadb") != std::string::npos;
  server_.flavor = mariadb ? change::Flavor::kMariadb : change::Flavor::kMysql;
  std::string_view version = server_.version_text;
  server_.major = TakeVersionPart(&version);
  server_.minor = TakeVersionPart(&version);
  server_.patch = TakeVersionPart(&version);
  const std::string id = row[2].value_or("0");
  std::from_chars(id.data(), id.data() + id.size(), server_.server_id);
  if (!mariadb) {
    BINSEEK_ASSIGN_OR_RETURN(auto uuid, QueryCell("SELECT @@server_uuid"));
    server_.server_uuid = std::move(uuid).value_or("");
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(auto place, Query("SELECT @@hostname, @@port"));
  if (place.rows.size() == 1) {
    server_.host = place.rows[0][0].value_or("");
    const std::string port = place.rows[0][1].value_or("0");
    std::from_chars(port.data(), port.data() + port.size(), server_.port);
  }
  return Status::Ok();
}

Result<Rows> Connection::Query(std::string_view sql) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) {
    return LastError(Shorten(sql));
  }
  Rows rows;
  MYSQL_RES* result = mysql_store_result(mysql_);
  if (result == nullptr) {
    if (mysql_field_count(mysql_) != 0) {
      return LastError(Shorten(sql));
    }
    return rows;
  }
  rows.columns = ColumnNames(result);
  rows.rows.reserve(mysql_num_rows(result));
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    auto& cells = rows.rows.emplace_back(rows.columns.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      if (row[i] != nullptr) {
        cells[i].emplace(row[i], lengths[i]);
      }
    }
  }
  mysql_free_result(result);
  return rows;
}

Status Connection::Execute(std::string_view sql) {
  const Result<Rows> rows = Query(sql);
  return rows.status();
}

Result<std::optional<std::string>> Connection::QueryCell(std::string_view sql) {
  BINSEEK_ASSIGN_OR_RETURN(Rows rows, Query(sql));
  std::optional<std::string> cell;
  if (!rows.rows.empty() && !rows.rows[0].empty()) {
    cell = std::move(rows.rows[0][0]);
  }
  return cell;
}

Result<std::unique_ptr<RowReader>> Connection::Stream(std::string_view sql) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) {
    return LastError(Shorten(sql));
  }
  MYSQL_RES* result = mysql_use_result(mysql_);
  if (result == nullptr) {
    if (mysql_field_count(mysql_) != 0) {
      return LastError(Shorten(sql));
    }
    return Status::InvalidArgument("statement has no result: " + Shorten(sql));
  }
  return std::make_unique<UnbufferedReader>(this, result, Shorten(sql));
}

void Connection::Interrupt() {
  if (socket_ >= 0) {
    shutdown(socket_, SHUT_RDWR);
  }
}

uint64_t Connection::thread_id() const { return mysql_thread_id(mysql_); }

bool Connection::uses_tls() const { return mysql_get_ssl_cipher(mysql_) != nullptr; }

Status Connection::LastError(std::string_view what) const { return MakeError(mysql_, what, true); }

}  // namespace binseek::mysql
