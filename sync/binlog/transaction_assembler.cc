#include "sync/binlog/transaction_assembler.h"

#include <algorithm>

#include "engine/base/crc32c.h"
#include "engine/base/log.h"
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

// Savepoints are known by their names whatever the case.
bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

// Not within the class, where clang cannot see yet that an Open can be made of nothing.
TransactionAssembler::Open::Open() = default;

TransactionAssembler::TransactionAssembler(AssemblerOptions options)
    : options_(std::move(options)),
      mariadb_(options_.start.flavor == change::Flavor::kMariadb),
      position_(options_.start),
      next_ordinal_(options_.next_ordinal),
      tables_([this](std::string_view database,
                     std::string_view table) { return SchemaFor(database, table); },
              mariadb_) {}

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
  tables_.Clear();
  checksums_ = checksums;
  format_ = FormatDescription();
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
    tables_.Trim();
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
  if (event->header.type == EventType::kHeartbeat) {
    if (!open_) {
      stream_.Hear(event->body, event->header.log_pos);
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
    case EventType::kTableMap: {
      const Status added = tables_.Add(event.body, format_.table_id_bytes());
      return added.ok() ? added : added.WithContext(EventName(event.header.type));
    }
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
  if (IsRowsEvent(event.header.type)) {
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
  tables_.Clear();
  stream_.MoveTo(rotate.file, rotate.position);
  return Status::Ok();
}

Status TransactionAssembler::HandleFormatDescription(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(format_, DecodeFormatDescription(event.body));
  checksums_ = format_.checksums;
  DropOpen();
  tables_.Clear();
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
  open.standalone = gtid.standalone();  // the event stands for BEGIN
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

Status TransactionAssembler::HandleQuery(const Event& event) {
  // The post-header of an EXECUTE_LOAD_QUERY has a file's id and places within the text besides.
  const bool load = event.header.type == EventType::kExecuteLoadQuery;
  BINSEEK_ASSIGN_OR_RETURN(const QueryEvent query, DecodeQuery(event.body, load));
  std::string_view sql = query.sql;
  if (event.header.type == EventType::kMariadbQueryCompressed) {
    BINSEEK_RETURN_IF_ERROR(InflateMariadb(sql, options_.max_transaction_bytes, &unpacked_));
    sql = unpacked_;
  }
  const Statement statement = ParseStatement(sql, query.database);
  EnsureOpen();
  BINSEEK_RETURN_IF_ERROR(ApplyStatement(statement, sql));
  switch (statement.kind) {
    case Statement::Kind::kBegin:
      open_->standalone = false;
      break;
    case Statement::Kind::kCommit:
    case Statement::Kind::kRollback:
      End(event.header);
      break;
    default:
      if (open_->standalone) {
        End(event.header);
      }
  }
  return Status::Ok();
}

Status TransactionAssembler::ApplyStatement(const Statement& statement, std::string_view sql) {
  switch (statement.kind) {
    case Statement::Kind::kRollback:
      open_->rows.clear();
      break;
    case Statement::Kind::kSavepoint:
      open_->savepoints.emplace_back(statement.name, open_->rows.size());
      break;
    case Statement::Kind::kRollbackTo:
      return RollBackTo(statement.name);
    case Statement::Kind::kXaCommit:
      // Captured rows stop the stream at their XA PREPARE; what was prepared before the stream began is not seen.
      Log(LogLevel::kWarn,
          "XA COMMIT in the binlog: rows prepared before this stream began are not in the index",
          {{"gtid", open_->gtid}, {"position", stream_.position().ToString()}});
      break;
    case Statement::Kind::kDdl:
    case Statement::Kind::kTruncate:
    case Statement::Kind::kDrop:
      AddTableEvents(statement, sql);
      break;
    case Statement::Kind::kRowsAsText:
      return RefuseRowsAsText(statement, sql);
    default:
      break;
  }
  return Status::Ok();
}

Status TransactionAssembler::RollBackTo(const std::string& savepoint) {
  auto& savepoints = open_->savepoints;
  const auto found =
      std::find_if(savepoints.rbegin(), savepoints.rend(),
                   [&](const auto& candidate) { return SameName(candidate.first, savepoint); });
  if (found == savepoints.rend()) {
    return open_->rows.empty() ? Status::Ok()
                               : Status::Aborted("ROLLBACK TO savepoint " + savepoint +
                                                 ", which the binlog did not set");
  }
  open_->rows.resize(std::min(open_->rows.size(), found->second));
  savepoints.erase(found.base(), savepoints.end());
  return Status::Ok();
}

bool TransactionAssembler::IsCaptured(const Statement::Table& table) const {
  if (options_.captures_database) {
    return options_.captures_database(table.database);
  }
  return table.table.empty() || options_.schema_provider(table.database, table.table) != nullptr;
}

void TransactionAssembler::AddTableEvents(const Statement& statement, std::string_view sql) {
  for (const Statement::Table& table : statement.tables) {
    if (!IsCaptured(table)) {
      continue;
    }
    change::TableEvent& event = open_->table_events.emplace_back();
    event.kind = statement.kind == Statement::Kind::kDrop ? change::TableEvent::Kind::kDrop
                 : statement.kind == Statement::Kind::kTruncate
                     ? change::TableEvent::Kind::kTruncate
                     : change::TableEvent::Kind::kDdl;
    event.database = table.database;
    event.table = table.table;
    event.statement.assign(sql);
  }
}

Status TransactionAssembler::RefuseRowsAsText(const Statement& statement, std::string_view sql) {
  constexpr size_t kShown = 120;
  for (const Statement::Table& table : statement.tables) {
    // Of a view or of a procedure's table nothing is known: the database decides.
    if (!table.table.empty() && IsCaptured(table)) {
      return Status::Aborted(
          "table " + table.database + "." + table.table +
          ": rows changed by a logged statement, not by row events; set binlog_format=ROW: " +
          std::string(sql.substr(0, kShown)));
    }
  }
  return Status::Ok();
}

Status TransactionAssembler::HandleRows(const Event& event) {
  const EventType type = event.header.type;
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t table_id, DecodeTableId(event, format_));
  BINSEEK_ASSIGN_OR_RETURN(const RowDecoder* decoder, tables_.Find(table_id));
  Open& open = EnsureOpen();
  open.crc32c = Crc32c(event.body, open.crc32c);
  if (decoder == nullptr) {
    return Status::Ok();
  }
  if (type == EventType::kPartialUpdateRows) {
    return Status::Aborted(
        "table " + decoder->schema()->QualifiedName() +
        ": partial JSON updates are not supported; SET PERSIST binlog_row_value_options = ''");
  }
  if (type >= EventType::kWriteRowsV0 && type <= EventType::kDeleteRowsV0) {
    return Status::Aborted(EventName(type) + " is not supported");
  }
  BINSEEK_ASSIGN_OR_RETURN(RowsEvent rows, DecodeRows(event, format_));
  if (rows.compressed) {
    BINSEEK_RETURN_IF_ERROR(InflateMariadb(rows.rows, options_.max_transaction_bytes, &unpacked_));
    rows.rows = unpacked_;
  }
  return decoder->DecodeRows(rows, options_.max_transaction_bytes, &open.rows, &open.row_bytes);
}

Status TransactionAssembler::HandleXaPrepare(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const XaPrepareEvent prepare, DecodeXaPrepare(event.body));
  if (!prepare.one_phase && open_ && !open_->rows.empty()) {
    return Status::Aborted("table " + open_->rows[0].table->QualifiedName() +
                           ": rows in a prepared XA transaction are not supported");
  }
  End(event.header);
  return Status::Ok();
}

void TransactionAssembler::End(const EventHeader& header) {
  Open& open = EnsureOpen();
  if (open.commit_time_us == 0) {
    open.commit_time_us = header.timestamp * kMicros;
  }
  ended_ = true;
}

Result<change::Transaction> TransactionAssembler::Finish() {
  change::Transaction transaction;
  transaction.source = options_.source;
  transaction.ordinal = next_ordinal_;
  next_ordinal_ += change::OrdinalsTaken(open_->rows.size());
  if (options_.use_gtids) {
    transaction.position.gtid = std::move(open_->gtid);
  }
  transaction.position.end = stream_.position();
  transaction.commit_time_us = open_->commit_time_us;
  transaction.fingerprint = {open_->commit_time_us, open_->length, open_->crc32c};
  transaction.rows = std::make_shared<change::RowVector>(std::move(open_->rows));
  transaction.table_events = std::move(open_->table_events);
  DropOpen();
  BINSEEK_RETURN_IF_ERROR(position_.Advance(transaction.position));
  return transaction;
}

}  // namespace binseek::binlog
