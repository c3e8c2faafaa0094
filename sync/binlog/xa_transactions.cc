// The part of TransactionAssembler that keeps XA transactions from their XA PREPARE to their end.
#include <utility>

#include "engine/base/log.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/transaction_assembler.h"

namespace binseek::binlog {

void TransactionAssembler::BeginXa() {
  open_->xa.emplace([this](std::string_view database, std::string_view table) {
    return IsCaptured(database, table);
  });
}

Status TransactionAssembler::HandleXaPrepare(const Event& event) {
  BINSEEK_ASSIGN_OR_RETURN(const XaPrepareEvent prepare, DecodeXaPrepare(event.body));
  Open& open = EnsureOpen();
  const std::string events = open.xa ? open.xa->bytes() : std::string();
  open.xa.reset();
  if (open.again) {
    // What it prepared is in the set.
  } else if (prepare.one_phase) {
    BINSEEK_RETURN_IF_ERROR(ReplayXa(events));
  } else {
    Prepare(prepare.name, events);
  }
  End(event.header);
  return Status::Ok();
}

// Also one without captured rows: at its commit it has to be known that there were none. What cannot be kept is forgotten, and so is
// unknown at its commit.
void TransactionAssembler::Prepare(const std::string& name, std::string events) {
  const size_t as_text =
      std::erase_if(open_->table_events, [](const change::TableEvent& table_event) {
        return table_event.kind == change::TableEvent::Kind::kUnseenRows;
      });
  if (as_text != 0) {
    return ForgetPrepared(name);
  }
  auto prepared = std::make_shared<change::PreparedSet>(*prepared_);
  (*prepared)[name] = std::make_shared<const std::string>(std::move(events));
  uint64_t bytes = 0;
  for (const auto& [other, kept] : *prepared) {
    bytes += other.size() + kept->size();
  }
  if (bytes > options_.max_prepared_bytes) {
    Log(LogLevel::kError,
        "prepared XA transactions are above the limit: all tables will be read again when this one "
        "is committed; commit them in one phase, or smaller",
        {{"gtid", open_->gtid}, {"bytes", bytes}, {"limit", options_.max_prepared_bytes}});
    return ForgetPrepared(name);
  }
  prepared_ = std::move(prepared);
}

Status TransactionAssembler::ReplayXa(std::string_view events) {
  RowEventReader reader(options_.schema_provider, mariadb_, options_.max_transaction_bytes);
  return ReplayXaEvents(events, &reader, &open_->buffer);
}

Status TransactionAssembler::CommitXa(const std::string& name) {
  const auto found = prepared_->find(name);
  if (found == prepared_->end()) {
    Log(LogLevel::kWarn, "XA COMMIT of a transaction prepared before this stream began",
        {{"gtid", open_->gtid}, {"position", stream_.position().ToString()}});
    AddUnseenRows("", "", "an XA transaction was committed that was not seen when it was prepared",
                  &open_->table_events);
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(ReplayXa(*found->second).WithContext("XA COMMIT " + name));
  ForgetPrepared(name);
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
