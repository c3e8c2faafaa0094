#include "sync/binlog/dump.h"

#include <errmsg.h>
#include <mysql.h>

#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/mutex.h"
#include "sync/binlog/dump_errors.h"
#include "sync/binlog/event.h"
#include "sync/binlog/event_decoder.h"
#include "sync/change/stop_code.h"

namespace binseek::binlog {
namespace {

// Not in the client library's list of commands.
constexpr auto kComBinlogDumpGtid = static_cast<enum_server_command>(0x1e);
constexpr uint16_t kDumpThroughGtid = 4;
constexpr uint32_t kFirstPosition = 4;
constexpr uint8_t kPacketEvent = 0x00;
constexpr uint8_t kPacketEnd = 0xfe;
constexpr size_t kMaxEndBytes = 9;
constexpr unsigned kFatalErrorReadingBinlog = 1236;

// So much of a transaction is told of before its end.
constexpr uint64_t kMostQuietBytes = 64 << 10;

// Whether more of the same transaction follows for sure, so that nobody is to be woken for it: a transaction of one row has five events.
bool EndsNothing(std::string_view event) {
  constexpr size_t kTypeOffset = 4;
  constexpr size_t kChecksumBytes = 4;
  constexpr std::string_view kBegin = "BEGIN";
  if (event.size() <= kTypeOffset + kChecksumBytes) {
    return false;
  }
  switch (const auto type = static_cast<EventType>(static_cast<uint8_t>(event[kTypeOffset]))) {
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
    case EventType::kTableMap:
    case EventType::kRowsQuery:
    case EventType::kMariadbAnnotate:
    case EventType::kMariadbGtid:
      return true;
    case EventType::kQuery:
      return event.ends_with(kBegin) ||
             event.substr(0, event.size() - kChecksumBytes).ends_with(kBegin);
    default:
      return IsRowsEvent(type);
  }
}

class DumpConnectionImpl final : public DumpConnection {
 public:
  DumpConnectionImpl(std::unique_ptr<mysql::Connection> connection, const DumpOptions& options)
      : options_(options), connection_(std::move(connection)) {}

  DumpConnectionImpl(const DumpConnectionImpl&) = delete;
  DumpConnectionImpl& operator=(const DumpConnectionImpl&) = delete;

  ~DumpConnectionImpl() override {
    Stop();
    if (reader_.joinable()) {
      reader_.join();
    }
  }

  Status Begin() {
    BINSEEK_RETURN_IF_ERROR(Negotiate());
    BINSEEK_RETURN_IF_ERROR(Register());
    BINSEEK_RETURN_IF_ERROR(SendDump());
    reader_ = std::thread([this] { Run(); });
    return Status::Ok();
  }

  Result<std::optional<std::string>> ReadEvent(std::chrono::milliseconds timeout) override {
    if (taken_.empty()) {
      BINSEEK_RETURN_IF_ERROR(TakeQueue(timeout));
    }
    if (taken_.empty()) {
      return std::optional<std::string>();
    }
    std::optional<std::string> event(std::move(taken_.front()));
    taken_.pop_front();
    return event;
  }

  bool checksums() const override { return checksums_; }
  bool lost_to_same_id() const override {
    MutexLock lock(&mutex_);
    return lost_to_same_id_;
  }
  bool cannot_be_read() const override {
    MutexLock lock(&mutex_);
    return cannot_be_read_;
  }

  void Stop() override {
    {
      MutexLock lock(&mutex_);
      stopped_ = true;
      not_full_.NotifyAll();
    }
    connection_->Interrupt();
  }

 private:
  // All that has been read ahead, so that events cost no lock each.
  Status TakeQueue(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    MutexLock lock(&mutex_);
    while (queue_.empty() && end_.ok()) {
      if (!not_empty_.WaitUntil(&mutex_, deadline)) {
        break;
      }
    }
    if (queue_.empty()) {
      return end_;
    }
    std::swap(taken_, queue_);
    queued_bytes_ = 0;
    not_full_.NotifyOne();
    return Status::Ok();
  }

  bool mariadb() const { return connection_->server().is_mariadb(); }

  Status Negotiate() {
    BINSEEK_ASSIGN_OR_RETURN(const auto checksum,
                             connection_->QueryCell("SELECT @@global.binlog_checksum"));
    checksums_ = checksum.has_value() && *checksum != "NONE";
    const std::string heartbeat_ns = std::to_string(options_.heartbeat.count() * 1'000'000);
    // One spelling serves both servers.
    std::string sql =
        "SET @master_binlog_checksum = @@global.binlog_checksum, @master_heartbeat_period = " +
        heartbeat_ns;
    if (mariadb()) {
      sql += ", @mariadb_slave_capability = 4";
      if (options_.by_gtid) {
        sql += ", @slave_connect_state = " + mysql::Quote(options_.start.mariadb_gtids.ToString()) +
               ", @slave_gtid_strict_mode = 1";
      }
    } else {
      sql += ", @source_binlog_checksum = @@global.binlog_checksum, @source_heartbeat_period = " +
             heartbeat_ns + ", @replica_uuid = " +
             (options_.replica_uuid.empty() ? "UUID()" : mysql::Quote(options_.replica_uuid)) +
             ", @slave_uuid = @replica_uuid";
    }
    return connection_->Execute(sql);
  }

  // So that the server's list of replicas names us; servers give binlogs to the unregistered, too.
  Status Register() {
    std::string command;
    PutU32(&command, options_.server_id);
    PutU8(&command, 0);  // host
    PutU8(&command, 0);  // user
    PutU8(&command, 0);  // password
    PutU16(&command, 0);
    PutU32(&command, 0);  // rank
    PutU32(&command, 0);  // id of the source
    return Send(COM_REGISTER_SLAVE, command, false);
  }

  Status SendDump() {
    const std::string& file = options_.start.binlog.file;
    const bool gtid_command = options_.by_gtid && !mariadb();
    std::string command;
    if (gtid_command) {
      const std::string set = options_.start.gtids.EncodeWire();
      PutU16(&command, kDumpThroughGtid);
      PutU32(&command, options_.server_id);
      PutU32(&command, 0);  // no file name
      PutU64(&command, kFirstPosition);
      PutU32(&command, static_cast<uint32_t>(set.size()));
      command += set;
    } else {
      const uint64_t offset =
          file.empty() || options_.by_gtid ? kFirstPosition : options_.start.binlog.offset;
      if (offset > UINT32_MAX) {
        return Status::NotFound("cannot resume at " + options_.start.binlog.ToString() +
                                ": the protocol reaches no offset above 4 GiB without GTIDs");
      }
      PutU32(&command, static_cast<uint32_t>(offset));
      PutU16(&command, 0);
      PutU32(&command, options_.server_id);
      command += options_.by_gtid ? std::string() : file;
    }
    return Send(gtid_command ? kComBinlogDumpGtid : COM_BINLOG_DUMP, command, true);
  }

  Status Send(enum_server_command command, const std::string& body, bool stream_follows) {
    MYSQL* mysql = connection_->raw();
    if (mysql->methods->db_command(mysql, command, body.data(), body.size(), stream_follows ? 1 : 0,
                                   nullptr) != 0) {
      return connection_->LastError("binlog dump");
    }
    return Status::Ok();
  }

  void Run() {
    Status status;
    do {
      status = ReadPacket();
    } while (status.ok());
    MutexLock lock(&mutex_);
    end_ = stopped_ ? Status::Aborted("stopped") : status;
    not_empty_.NotifyAll();
    mysql_thread_end();
  }

  Status ReadPacket() {
    MYSQL* mysql = connection_->raw();
    const unsigned long length = mysql_net_read_packet(mysql);
    if (length == packet_error) {
      return StreamError();
    }
    const std::string_view packet(reinterpret_cast<const char*>(mysql->net.read_pos), length);
    if (packet.empty()) {
      return Status::Unavailable("binlog dump: empty packet");
    }
    const auto first = static_cast<uint8_t>(packet[0]);
    if (first == kPacketEnd && length < kMaxEndBytes) {
      return Status::Unavailable("binlog dump: the server ended the stream");
    }
    if (first != kPacketEvent) {
      return Status::Unavailable("binlog dump: unexpected packet");
    }
    return Push(packet.substr(1));
  }

  Status StreamError() {
    Status error = connection_->LastError("binlog dump");
    // Somebody else came under our id: not our history's fault, and the next id is drawn anew.
    const bool clash = error.message().find("same server_uuid/server_id") != std::string::npos ||
                       error.message().find("same server_id") != std::string::npos;
    if (clash) {
      MutexLock lock(&mutex_);
      lost_to_same_id_ = true;
      return change::Because(change::StopCode::kReplicaIdClash,
                             Status::Unavailable(error.message()));
    }
    if (mysql_errno(connection_->raw()) != kFatalErrorReadingBinlog) {
      return error;
    }
    if (IsHistoryGone(error.message())) {
      return Status::NotFound(error.message());
    }
    MutexLock lock(&mutex_);
    cannot_be_read_ = true;
    return change::Because(change::StopCode::kBinlogUnreadable,
                           Status::Unavailable(error.message()));
  }

  Status Push(std::string_view event) {
    std::string copy(event);
    MutexLock lock(&mutex_);
    while (!stopped_ && !queue_.empty() && queued_bytes_ + copy.size() > options_.queue_bytes) {
      not_full_.Wait(&mutex_);
    }
    if (stopped_) {
      return Status::Aborted("stopped");
    }
    quiet_bytes_ = EndsNothing(copy) ? quiet_bytes_ + copy.size() : 0;
    queued_bytes_ += copy.size();
    queue_.push_back(std::move(copy));
    if (quiet_bytes_ == 0 || quiet_bytes_ > kMostQuietBytes) {
      quiet_bytes_ = 0;
      not_empty_.NotifyOne();
    }
    return Status::Ok();
  }

  // Constant once the reader runs; the connection is the reader's but for Interrupt.
  const DumpOptions options_;
  const std::unique_ptr<mysql::Connection> connection_;
  bool checksums_ = true;
  std::thread reader_;
  uint64_t quiet_bytes_ = 0;       // of the reader: that it has told nobody of
  std::deque<std::string> taken_;  // of the thread that calls ReadEvent

  mutable Mutex mutex_;
  CondVar not_empty_;
  CondVar not_full_;
  std::deque<std::string> queue_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t queued_bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
  Status end_ BINSEEK_GUARDED_BY(mutex_);
  bool stopped_ BINSEEK_GUARDED_BY(mutex_) = false;
  bool lost_to_same_id_ BINSEEK_GUARDED_BY(mutex_) = false;
  bool cannot_be_read_ BINSEEK_GUARDED_BY(mutex_) = false;
};

}  // namespace

Result<std::unique_ptr<DumpConnection>> DumpConnection::Start(
    std::unique_ptr<mysql::Connection> connection, const DumpOptions& options) {
  auto dump = std::make_unique<DumpConnectionImpl>(std::move(connection), options);
  BINSEEK_RETURN_IF_ERROR(dump->Begin());
  return dump;
}

}  // namespace binseek::binlog
