#include "sync/pipeline/rebuilds.h"

#include <algorithm>

#include "sync/pipeline/source_checks.h"

namespace binseek::pipeline {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Result<Resync> Rebuilds::Ask(const std::string& name, steady_clock::time_point deadline) {
  const auto request = std::make_shared<Request>();
  request->table = name;
  const MutexLock lock(&mutex_);
  if (!ended_.empty()) {
    return Status::Unavailable(ended_);
  }
  requests_.push_back(request);
  while (!request->outcome && steady_clock::now() < deadline) {
    changed_.WaitFor(&mutex_, std::chrono::ceil<milliseconds>(deadline - steady_clock::now()));
  }
  if (request->outcome) {
    return *request->outcome;
  }
  if (request->taken) {
    return Status::Unavailable("the server of table " + name +
                               " is away: the resync begins when it answers");
  }
  requests_.erase(std::find(requests_.begin(), requests_.end(), request));
  return Status::Unavailable("the stream does not get on, so that no resync of table " + name +
                             " has begun");
}

void Rebuilds::End(const std::string& why) {
  const MutexLock lock(&mutex_);
  ended_ = why;
  for (const auto& request : requests_) {
    request->outcome = Status::Unavailable(why);
  }
  requests_.clear();
  changed_.NotifyAll();
}

Status Rebuilds::Step(Applier* applier, binlog::BinlogSource* stream, const std::stop_token& stop) {
  BINSEEK_RETURN_IF_ERROR(retry_->Write(stop, [&] { return applier->Sweep(); }));
  BINSEEK_RETURN_IF_ERROR(retry_->Write(stop, [&] { return applier->Swap(); }));
  BINSEEK_RETURN_IF_ERROR(GiveUp(applier, stop));
  BINSEEK_RETURN_IF_ERROR(ReadPendingAgain(applier, stream, stop));
  return TakeRequest(applier, stream, stop);
}

Status Rebuilds::LetGoOfMissing(Applier* applier, binlog::BinlogSource* stream) {
  BINSEEK_ASSIGN_OR_RETURN(const auto connection, ConnectToServerOf(stream, connection_));
  BINSEEK_ASSIGN_OR_RETURN(const auto missing, catalog_->Missing(connection.get()));
  if (missing.empty()) {
    return Status::Ok();
  }
  applier->LeaveOrdinal(stream->LeaveOrdinal());
  for (const std::string& name : missing) {
    BINSEEK_RETURN_IF_ERROR(catalog_->LetGoOfMissing(name, applier->place().ordinal));
  }
  return applier->ApplyCheckpoint();
}

// Reads are begun anew one table at a time; the others' turn comes with the next round.
Status Rebuilds::ReadPendingAgain(Applier* applier, binlog::BinlogSource* stream,
                                  const std::stop_token& stop) {
  const std::string table = tables_->TableToReadAgain();
  if (table.empty()) {
    return Status::Ok();
  }
  applier->LeaveOrdinal(stream->LeaveOrdinal());
  BINSEEK_RETURN_IF_ERROR(retry_->Run(stop, [&]() -> Status {
    BINSEEK_ASSIGN_OR_RETURN(const auto connection, ConnectToServerOf(stream, connection_));
    return catalog_->ReadPendingAgain(table, applier->place().ordinal, connection.get());
  }));
  return retry_->Write(stop, [&] { return applier->ApplyCheckpoint(); });
}

// What was built goes behind the checkpoint that names it: a crash between the two leaves a generation that nobody names, which the next start drops.
Status Rebuilds::GiveUp(Applier* applier, const std::stop_token& stop) {
  std::string why;
  const std::string table = tables_->TableToGiveUp(&why);
  if (table.empty()) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(catalog_->GiveUpRebuild(table, why));
  BINSEEK_RETURN_IF_ERROR(retry_->Write(stop, [&] { return applier->ApplyCheckpoint(); }));
  return catalog_->DropLeftOver(table);
}

Status Rebuilds::TakeRequest(Applier* applier, binlog::BinlogSource* stream,
                             const std::stop_token& stop) {
  std::shared_ptr<Request> request;
  {
    const MutexLock lock(&mutex_);
    if (requests_.empty()) {
      return Status::Ok();
    }
    request = requests_.front();
    requests_.pop_front();
    request->taken = true;
  }
  applier->LeaveOrdinal(stream->LeaveOrdinal());
  Result<Resync> outcome = Status::Unavailable("binseek is stopping");
  Status status = retry_->Run(stop, [&]() -> Status {
    BINSEEK_ASSIGN_OR_RETURN(const auto connection, ConnectToServerOf(stream, connection_));
    outcome = catalog_->ResyncTable(request->table, applier->place().ordinal, connection.get());
    return outcome.status().retryable() ? outcome.status() : Status::Ok();
  });
  if (status.ok()) {
    status = retry_->Write(stop, [&] { return applier->ApplyCheckpoint(); });
  }
  const MutexLock lock(&mutex_);
  request->outcome = status.ok() ? std::move(outcome) : Result<Resync>(status);
  changed_.NotifyAll();
  return status;
}

}  // namespace binseek::pipeline
