#include "sync/binlog/transaction_assembler.h"

#include <algorithm>

#include "engine/base/crc32c.h"
#include "sync/binlog/compression.h"
#include "sync/binlog/event_decoder.h"

namespace binseek::binlog {
namespace {

constexpr int64_t kMicros = 1'000'000;

std::string GtidText(const GtidEvent& gtid) {
  change::GtidSet set;
  set.Add({gtid.uuid, std::string(gtid.tag)}, gtid.gno, gtid.gno + 1);
  return set.ToString();
}

}  // namespace

// Not within the class, where clang cannot see yet that an Open can be made of nothing.
TransactionAssembler::Open::Open() = default;

TransactionAssembler::TransactionAssembler(AssemblerOptions options)
    : options_(std::move(options)),
      mariadb_(options_.start.flavor == change::Flavor::kMariadb),
      position_(options_.start),
      next_ordinal_(options_.next_ordinal),
      rows_([this](std::string_view database,
                   std::string_view table) { return SchemaFor(database, table); },
            mariadb_, options_.max_transaction_bytes),
      prepared_(options_.prepared != nullptr ? options_.prepared
                                             : std::make_shared<const change::PreparedSet>()) {}

// CREATE TABLE ... SELECT has its rows in the statement's own transaction: they are of a shape that nobody has been told yet.
std::shared_ptr<const change::TableSchema> TransactionAssembler::SchemaFor(
    std::string_view database, std::string_view table) const {
  const bool reshaped =
      open_ &&
      std::any_of(open_->table_events.begin(), open_->table_events.end(), [&](const auto& event) {
        return event.kind != change::TableEvent::Kind::kTruncate && event.database == database &&
               (event.table.empty() || event.table == table);
      });
  return reshaped ? nullptr : options_.schema_provider(database, table);
}

void TransactionAssembler::BeginStream(bool checksums) {
  DropOpen();
  checksums_ = checksums;
  format_ = FormatDescription();
  rows_.BeginFile(format_);
}

void TransactionAssembler::ForgetPlace() { position_.binlog = change::BinlogPosition(); }

// A stream that resumes by GTID begins at the head of a file, before what is known already.
void TransactionAssembler::MoveOn() {
  position_.binlog = std::max(position_.binlog, stream_.position());
}

void TransactionAssembler::DropOpen() {
  open_.reset();
  ended_ = false;
}

TransactionAssembler::Open& TransactionAssembler::EnsureOpen() {
  if (!open_) {
    rows_.EndTransaction();
    open_.emplace();
  }
  return *open_;
}

Status TransactionAssembler::WithPlace(const Status& status) const {
  std::string place = stream_.position().ToString();
  if (open_ && !open_->gtid.empty()) {
    place += " (GTID " + open_->gtid + ")";
  }
  return status.WithContext(place);
}

Result<std::optional<change::Transaction>> TransactionAssembler::Feed(std::string_view bytes) {
  const auto event = SplitEvent(bytes, checksums_);
  if (!event.ok()) {
    return WithPlace(event.status());
  }
  if (event->header.type == EventType::kHeartbeat ||
      event->header.type == EventType::kHeartbeatV2) {
    const auto heartbeat = DecodeHeartbeat(*event, mariadb_);
    if (!heartbeat.ok()) {
      return WithPlace(heartbeat.status());
    }
    if (!open_) {
      stream_.Hear(*heartbeat);
      MoveOn();
    }
    return std::optional<change::Transaction>();
  }
  stream_.Pass(event->header);
  const Status handled = Handle(*event);
  if (!handled.ok()) {
    return WithPlace(handled);
  }
  if (!open_) {
    MoveOn();
    return std::optional<change::Transaction>();
  }
  open_->length += event->header.size;
  if (ended_) {
    BINSEEK_ASSIGN_OR_RETURN(change::Transaction transaction, Finish());
    return std::optional<change::Transaction>(std::move(transaction));
  }
  return std::optional<change::Transaction>();
}

Status TransactionAssembler::Handle(const Event& event) {
  if (ended_) {
    return Status::Corruption(EventName(event.header.type) + " behind its transaction's end");
  }
  switch (event.header.type) {
    case EventType::kRotate:
      return HandleRotate(event);
    case EventType::kFormatDescription:
      return HandleFormatDescription(event);
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
      return HandleGtid(event);
    case EventType::kMariadbGtid:
      return HandleMariadbGtid(event);
    case EventType::kQuery:
    case EventType::kExecuteLoadQuery:
    case EventType::kMariadbQueryCompressed:
      return HandleQuery(event);
    case EventType::kXid:
      End(event.header);
      return Status::Ok();
    case EventType::kXaPrepare:
      return HandleXaPrepare(event);
    case EventType::kTransactionPayload:
      return HandlePayload(event);
    case EventType::kIncident: {
      BINSEEK_ASSIGN_OR_RETURN(const IncidentEvent incident, DecodeIncident(event.body));
      return Status::Aborted("the server lost events here (INCIDENT: " +
                             std::string(incident.message) + "): the tables must be read anew");
    }
    default:
      break;
  }
  if (RowEventReader::Takes(event.header.type)) {
    return HandleRows(event);
  }
  if (IsInformational(event.header.type) || (event.header.flags & kFlagIgnorable) != 0) {
    return Status::Ok();
  }
  return Status::Aborted(EventName(event.header.type) + " is not supported and may not be ignored");
}

Status TransactionAssembler::HandleRotate(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const RotateEvent rotate, DecodeRotate(event.body));
  DropOpen();  // a file that ends within a transaction: the server went down while it wrote
  rows_.BeginFile(format_);
  stream_.MoveTo(rotate.file, rotate.position);
  return Status::Ok();
}

Status TransactionAssembler::HandleFormatDescription(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(format_, DecodeFormatDescription(event.body));
  checksums_ = format_.checksums;
  DropOpen();
  rows_.BeginFile(format_);
  return Status::Ok();
}

Status TransactionAssembler::HandleGtid(const Event& event) {
  const bool tagged = event.header.type == EventType::kGtidTagged;
  BINSEEK_ASSIGN_OR_RETURN(const GtidEvent gtid,
                           tagged ? DecodeGtidTagged(event.body) : DecodeGtid(event.body));
  DropOpen();
  Open& open = EnsureOpen();
  if (event.header.type != EventType::kAnonymousGtid && gtid.gno != 0) {
    open.gtid = GtidText(gtid);
  }
  open.commit_time_us =
      gtid.original_commit_us != 0 ? gtid.original_commit_us : gtid.immediate_commit_us;
  return Status::Ok();
}

Status TransactionAssembler::HandleMariadbGtid(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const MariadbGtidEvent gtid, DecodeMariadbGtid(event.body));
  DropOpen();
  Open& open = EnsureOpen();
  open.gtid = std::to_string(gtid.domain) + "-" + std::to_string(event.header.server_id) + "-" +
              std::to_string(gtid.sequence);
  open.standalone = gtid.standalone();  // the event stands for BEGIN, and for XA START
  if (gtid.prepares_xa()) {
    BeginXa();
  }
  return Status::Ok();
}

Status TransactionAssembler::HandlePayload(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                           PayloadReader::Open(event.body, options_.max_transaction_bytes));
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const std::string_view bytes, payload->Next());
    if (bytes.empty()) {
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const Event inner, SplitEvent(bytes, false));
    if (inner.header.type == EventType::kTransactionPayload ||
        inner.header.type == EventType::kRotate ||
        inner.header.type == EventType::kFormatDescription) {
      return Status::Corruption(EventName(inner.header.type) + " within a TRANSACTION_PAYLOAD");
    }
    const Status handled = Handle(inner);
    if (!handled.ok()) {
      return handled.WithContext("within a TRANSACTION_PAYLOAD");
    }
  }
}

Status TransactionAssembler::HandleRows(const Event& event) {
  if (event.header.type != EventType::kTableMap) {
    Open& open = EnsureOpen();
    open.crc32c = Crc32c(event.body, open.crc32c);
  }
  if (!open_ || !open_->xa) {
    RowBuffer none;
    return rows_.Take(event, open_ ? &open_->buffer : &none);
  }
  BINSEEK_RETURN_IF_ERROR(open_->xa->Take(event, format_));
  return open_->xa->bytes().size() <= options_.max_transaction_bytes
             ? Status::Ok()
             : Status::ResourceExhausted("an XA transaction's rows take more than " +
                                         std::to_string(options_.max_transaction_bytes) + " bytes");
}

void TransactionAssembler::End(const EventHeader& header) {
  Open& open = EnsureOpen();
  if (open.commit_time_us == 0) {
    open.commit_time_us = header.timestamp * kMicros;
  }
  ended_ = true;
}

Result<change::Transaction> TransactionAssembler::Finish() {
  if (open_->xa) {
    BINSEEK_RETURN_IF_ERROR(
        ReplayXa(open_->xa->bytes()));  // committed without having been prepared
  }
  change::Transaction transaction;
  transaction.source = options_.source;
  transaction.ordinal = next_ordinal_;
  transaction.flavor = mariadb_ ? change::Flavor::kMariadb : change::Flavor::kMysql;
  next_ordinal_ += change::OrdinalsTaken(open_->buffer.rows.size());
  if (options_.use_gtids) {
    transaction.position.gtid = std::move(open_->gtid);
  }
  transaction.position.end = stream_.position();
  transaction.commit_time_us = open_->commit_time_us;
  transaction.fingerprint = {open_->commit_time_us, open_->length, open_->crc32c};
  transaction.rows = std::make_shared<change::RowVector>(std::move(open_->buffer.rows));
  transaction.table_events = std::move(open_->table_events);
  transaction.prepared = prepared_->empty() ? nullptr : prepared_;
  DropOpen();
  BINSEEK_RETURN_IF_ERROR(position_.Advance(transaction.position));
  return transaction;
}

}  // namespace binseek::binlog
