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
    BINSEEK_RETURN_IF_ERROR(Prepare(prepare.name, events));
  }
  End(event.header);
  return Status::Ok();
}

// Also one without captured rows: at its commit it has to be known that there were none.
Status TransactionAssembler::Prepare(const std::string& name, std::string events) {
  auto prepared = std::make_shared<change::PreparedSet>(*prepared_);
  (*prepared)[name] = std::make_shared<const std::string>(std::move(events));
  uint64_t bytes = 0;
  for (const auto& [other, kept] : *prepared) {
    bytes += other.size() + kept->size();
  }
  if (bytes > options_.max_prepared_bytes) {
    return Status::Aborted("prepared XA transactions with events of " + std::to_string(bytes) +
                           " bytes are above the limit of " +
                           std::to_string(options_.max_prepared_bytes) +
                           ": commit them in one phase, or smaller");
  }
  prepared_ = std::move(prepared);
  return Status::Ok();
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
    open_->table_events.emplace_back().kind = change::TableEvent::Kind::kUnseenRows;
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
