#include "sync/binlog/transaction_assembler.h"

#include <algorithm>
#include <utility>

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
TransactionAssembler::Open::Open(FingerprintBuilder builder, const SpillOptions* spill,
                                 std::shared_ptr<change::ImagePool> pool)
    : fingerprint(std::move(builder)), buffer(spill, std::move(pool)) {}

TransactionAssembler::TransactionAssembler(AssemblerOptions options)
    : options_(std::move(options)),
      mariadb_(options_.start.flavor == change::Flavor::kMariadb),
      position_(options_.start),
      next_ordinal_(options_.next_ordinal),
      rows_([this](std::string_view database,
                   std::string_view table) { return SchemaFor(database, table); },
            mariadb_, options_.max_event_bytes, options_.cascades_from),
      prepared_(options_.prepared != nullptr ? std::exchange(options_.prepared, nullptr)
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
  const bool known =
      open_ && open_->again;  // its rows have been taken before, maybe by another shape
  return reshaped || known ? nullptr : options_.schema_provider(database, table);
}

void TransactionAssembler::BeginStream(bool checksums) {
  DropOpen();
  lost_events_.reset();  // comes again: it lies behind the position
  check_.Cancel();
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

bool TransactionAssembler::Open::changes_anything() const {
  return !buffer.empty() || !buffer.left_out().empty() || !buffer.cascades().empty() ||
         !table_events.empty() || committed_xa || (xa && !xa->bytes().empty());
}

// Where the next transaction begins, or a file ends in order, the one before has ended: an end that was not recognised would take its rows along.
Status TransactionAssembler::CloseUnended() {
  if (open_ && open_->changes_anything() && !lost_events_) {
    return Status::NotFound("the transaction that began at " + open_->begin.ToString() +
                            " has rows and no end");
  }
  DropOpen();
  return Status::Ok();
}

TransactionAssembler::Open& TransactionAssembler::EnsureOpen() {
  if (!open_) {
    rows_.EndTransaction();
    open_.emplace(FingerprintBuilder(mariadb_, options_.captures_database), &options_.spill, pool_);
    open_->begin = event_begin_;
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
    const Status heard = HandleHeartbeat(*event);
    if (!heard.ok()) {
      return WithPlace(heard);
    }
    return std::optional<change::Transaction>();
  }
  stream_.Pass(event->header);
  event_begin_ = stream_.BeginOf(event->header);
  const Status handled = Handle(*event);
  if (!handled.ok()) {
    return WithPlace(handled);
  }
  if (!open_) {
    MoveOn();
    return std::optional<change::Transaction>();
  }
  open_->fingerprint.TakeEvent(*event);
  if (ended_ && (open_->again || check_.awaits_place())) {
    BINSEEK_RETURN_IF_ERROR(WithPlace(Recognise()));
    return std::optional<change::Transaction>();
  }
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
      lost_events_ = "the server lost events (INCIDENT: " + std::string(incident.message) + ")";
      if (EnsureOpen().standalone) {
        End(event.header);
      }
      return Status::Ok();
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
  // One that is in no file comes before a file's description, and then the file of before may end within a transaction.
  if ((event.header.flags & kFlagArtificial) == 0 && event.header.log_pos != 0) {
    BINSEEK_RETURN_IF_ERROR(CloseUnended());
  }
  rows_.BeginFile(format_);
  stream_.MoveTo(rotate.file, rotate.position);
  return Status::Ok();
}

Status TransactionAssembler::HandleFormatDescription(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(format_, DecodeFormatDescription(event.body));
  checksums_ = format_.checksums;
  DropOpen();  // of a file that ends within a transaction: the server went down while it wrote
  rows_.BeginFile(format_);
  return Status::Ok();
}

Status TransactionAssembler::HandleGtid(const Event& event) {
  const bool tagged = event.header.type == EventType::kGtidTagged;
  BINSEEK_ASSIGN_OR_RETURN(const GtidEvent gtid,
                           tagged ? DecodeGtidTagged(event.body) : DecodeGtid(event.body));
  BINSEEK_RETURN_IF_ERROR(CloseUnended());
  Open& open = EnsureOpen();
  if (event.header.type != EventType::kAnonymousGtid && gtid.gno != 0) {
    open.gtid = GtidText(gtid);
  }
  open.again = check_.Meets(open.gtid);
  open.fingerprint.TakeGtid(gtid, open.gtid);
  open.commit_time_us =
      gtid.original_commit_us != 0 ? gtid.original_commit_us : gtid.immediate_commit_us;
  return Status::Ok();
}

Status TransactionAssembler::HandleMariadbGtid(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const MariadbGtidEvent gtid, DecodeMariadbGtid(event.body));
  BINSEEK_RETURN_IF_ERROR(CloseUnended());
  Open& open = EnsureOpen();
  open.gtid = std::to_string(gtid.domain) + "-" + std::to_string(event.header.server_id) + "-" +
              std::to_string(gtid.sequence);
  open.standalone = gtid.standalone();  // the event stands for BEGIN, and for XA START
  open.again = check_.Meets(open.gtid);
  if (gtid.prepares_xa() && !open.again) {
    BeginXa();
  }
  return Status::Ok();
}

Status TransactionAssembler::HandlePayload(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                           PayloadReader::Open(event.body, options_.max_event_bytes));
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
  Open& open = EnsureOpen();
  BINSEEK_RETURN_IF_ERROR(open.fingerprint.TakeRows(event, format_));
  if (!open.xa) {
    return rows_.Take(event, &open.buffer);
  }
  return TakeXa(event);
}

void TransactionAssembler::End(const EventHeader& header) {
  Open& open = EnsureOpen();
  open.fingerprint.End(header.timestamp);
  if (open.commit_time_us == 0) {
    open.commit_time_us = header.timestamp * kMicros;
  }
  ended_ = true;
}

Status TransactionAssembler::HandleHeartbeat(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const HeartbeatEvent heartbeat, DecodeHeartbeat(event, mariadb_));
  if (open_) {
    return Status::Ok();
  }
  stream_.Hear(heartbeat);
  MoveOn();
  return check_.awaits_place() ? check_.NothingThere() : Status::Ok();
}

// The transaction that was asked for once more has come: position and ordinal are behind it already.
Status TransactionAssembler::Recognise() {
  Status same = check_.Compare(open_->gtid, open_->begin, open_->fingerprint.fingerprint());
  DropOpen();
  MoveOn();
  return same;
}

Result<change::Transaction> TransactionAssembler::Finish() {
  if (open_->xa) {  // committed without having been prepared
    BINSEEK_RETURN_IF_ERROR(ReplayXa(open_->xa->bytes()));
  }
  change::Transaction transaction;
  const RowBuffer::LeftOut left_out = open_->buffer.left_out();
  transaction.row_bytes = open_->buffer.bytes();
  transaction.cascades = open_->buffer.cascades();
  BINSEEK_ASSIGN_OR_RETURN(transaction.rows, open_->buffer.Take());
  if (open_->committed_xa) {
    ForgetPrepared(*open_->committed_xa);
    transaction.commits_xa = *open_->committed_xa;
  }
  transaction.source = options_.source;
  transaction.ordinal = next_ordinal_;
  transaction.flavor = mariadb_ ? change::Flavor::kMariadb : change::Flavor::kMysql;
  if (options_.use_gtids) {
    transaction.position.gtid = std::move(open_->gtid);
  }
  transaction.position.end = stream_.position();
  transaction.begin = std::move(open_->begin);
  transaction.commit_time_us = open_->commit_time_us;
  transaction.fingerprint = open_->fingerprint.fingerprint();
  transaction.table_events = std::move(open_->table_events);
  for (const auto& [table, why] : left_out) {
    transaction.table_events.push_back({.kind = change::TableEvent::Kind::kUnreadableRows,
                                        .database = table.first,
                                        .table = table.second,
                                        .statement = {},
                                        .why = why});
    for (change::CascadeSource& cascade : transaction.cascades) {
      cascade.unseen = cascade.unseen || cascade.table == table.first + "." + table.second;
    }
  }
  if (lost_events_) {
    AddUnseenRows("", "", *std::exchange(lost_events_, std::nullopt), &transaction.table_events);
  }
  next_ordinal_ += change::OrdinalsTaken(transaction);
  transaction.prepared = prepared_->empty() ? nullptr : prepared_;
  DropOpen();
  BINSEEK_RETURN_IF_ERROR(position_.Advance(transaction.position));
  return transaction;
}

}  // namespace binseek::binlog
