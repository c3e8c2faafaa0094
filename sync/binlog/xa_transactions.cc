// The part of TransactionAssembler that keeps XA transactions from their XA PREPARE to their end.
#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/transaction_assembler.h"

namespace binseek::binlog {

// Rows of a table that is not followed count where foreign keys lead from it: that they came tells that others have changed.
void TransactionAssembler::BeginXa() {
  open_->xa.emplace([this](std::string_view database, std::string_view table) {
    return IsCaptured(database, table) ||
           (options_.cascades_from != nullptr && options_.cascades_from(database, table));
  });
}

std::unique_ptr<RowEventReader> TransactionAssembler::MakeXaReader() const {
  return std::make_unique<RowEventReader>(options_.schema_provider, mariadb_,
                                          options_.max_event_bytes, options_.cascades_from);
}

// While they are few they are kept as they came: whether they are only prepared is told at their end.
Status TransactionAssembler::TakeXa(const Event& event) {
  if (open_->xa_reader != nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(const bool wanted, open_->xa->Wants(event, format_));
    return wanted ? open_->xa_reader->Take(event, &open_->buffer) : Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(open_->xa->Take(event, format_));
  return open_->xa->bytes().size() > MostXaBytes() ? ReadXaAtOnce() : Status::Ok();
}

uint64_t TransactionAssembler::MostXaBytes() const {
  return options_.keep_prepared ? std::max(options_.max_prepared_bytes, options_.spill.memory_bytes)
                                : options_.max_prepared_bytes;
}

// They are too many to be kept where the transaction is prepared; where it is committed in one phase their rows are wanted.
Status TransactionAssembler::ReadXaAtOnce() {
  open_->xa_reader = MakeXaReader();
  const std::string events = open_->xa->bytes();
  open_->xa->CutTo(0);
  std::string_view rest(events);
  for (Savepoint& savepoint : open_->savepoints) {
    const size_t before = savepoint.xa_bytes - (events.size() - rest.size());
    BINSEEK_RETURN_IF_ERROR(
        ReplayXaEvents(rest.substr(0, before), open_->xa_reader.get(), &open_->buffer));
    rest.remove_prefix(before);
    savepoint = {savepoint.name, open_->buffer.mark(), 0};
  }
  return ReplayXaEvents(rest, open_->xa_reader.get(), &open_->buffer);
}

Status TransactionAssembler::HandleXaPrepare(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const XaPrepareEvent prepare, DecodeXaPrepare(event.body));
  Open& open = EnsureOpen();
  if (!open.xa) {
    BeginXa();
  }
  const XaEvents xa = *std::move(open.xa);
  const bool complete = open.xa_reader == nullptr;
  open.xa.reset();
  open.xa_reader.reset();
  if (open.again) {
    // What it prepared is in the set.
  } else if (prepare.one_phase) {
    BINSEEK_RETURN_IF_ERROR(ReplayXa(xa.bytes()));
  } else {
    open.buffer.Clear();
    BINSEEK_RETURN_IF_ERROR(Prepare(prepare.name, xa, complete));
  }
  End(event.header);
  return Status::Ok();
}

// Also one without captured rows: at its commit it has to be known that there were none. What cannot be kept is forgotten, and so is
// unknown at its commit.
Status TransactionAssembler::Prepare(const std::string& name, const XaEvents& xa, bool complete) {
  const size_t as_text =
      std::erase_if(open_->table_events, [](const change::TableEvent& table_event) {
        return table_event.kind == change::TableEvent::Kind::kUnseenRows;
      });
  if (as_text != 0) {
    ForgetPrepared(name);
    return Status::Ok();
  }
  auto prepared = std::make_shared<change::PreparedSet>(*prepared_);
  if (complete && options_.keep_prepared && xa.bytes().size() > options_.keep_above_bytes) {
    BINSEEK_ASSIGN_OR_RETURN((*prepared)[name], options_.keep_prepared(xa.bytes()));
    prepared_ = std::move(prepared);
    return Status::Ok();
  }
  uint64_t others = name.size();
  for (const auto& [other, kept] : *prepared_) {
    others += other.size() + kept->size_here();
  }
  std::string events = xa.bytes();
  if (!complete || (others + events.size() > options_.max_prepared_bytes && !events.empty())) {
    events = EncodeXaTables(xa.tables());
    Log(LogLevel::kWarn,
        "prepared XA transaction is too large to keep: once it is committed its "
        "tables are read again",
        {{"xid", name}, {"position", stream_.position().ToString()}});
  }
  if (others + events.size() > options_.max_prepared_bytes) {
    prepared->erase(name);  // its commit will be that of one that was never seen
  } else {
    (*prepared)[name] = std::make_shared<const change::PreparedEvents>(std::move(events));
  }
  prepared_ = std::move(prepared);
  return Status::Ok();
}

Status TransactionAssembler::ReplayXa(std::string_view events) {
  return ReplayXaEvents(events, MakeXaReader().get(), &open_->buffer);
}

Status TransactionAssembler::CommitXa(const std::string& name) {
  const auto found = prepared_->find(name);
  if (found == prepared_->end()) {
    Log(LogLevel::kWarn, "XA COMMIT of a transaction prepared before this stream began",
        {{"gtid", open_->gtid}, {"position", stream_.position().ToString()}});
    AddUnseenRows("", "", "an XA transaction was committed that was not seen when it was prepared",
                  &open_->table_events);
    open_->committed_xa = name;  // MariaDB may not show it yet, and what is read again has to
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto events, found->second->Read());
  auto tables = DecodeXaTables(events.bytes);
  if (!tables.ok()) {
    return tables.status().WithContext("XA COMMIT " + name);
  }
  if (!*tables) {
    BINSEEK_RETURN_IF_ERROR(ReplayXa(events.bytes).WithContext("XA COMMIT " + name));
  } else {
    if ((*tables)->empty()) {
      (*tables)->emplace_back();
    }
    for (const auto& [database, table] : **tables) {
      // Of one that is not followed, whose children may be anywhere.
      const bool captured = IsCaptured(database, table);
      AddUnseenRows(captured ? database : "", captured ? table : "",
                    "an XA transaction was committed that had been too large to keep",
                    &open_->table_events);
    }
  }
  open_->committed_xa = name;  // forgotten when its rows are safe
  return Status::Ok();
}

void TransactionAssembler::ForgetPrepared(const std::string& name) {
  if (prepared_->count(name) == 0) {
    return;
  }
  auto prepared = std::make_shared<change::PreparedSet>(*prepared_);
  prepared->erase(name);
  prepared_ = std::move(prepared);
}

}  // namespace binseek::binlog
