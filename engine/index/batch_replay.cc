// BatchApplier and the translog: what is written down of an operation, and how it is applied again.
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/batch_applier.h"

namespace binseek::index {
namespace {

// What was asked for, as far as applying it again needs to know; takes key, document and columns.
Operation AsOperation(ReplayedOp* logged) {
  Operation operation;
  switch (logged->kind) {
    case LoggedOpKind::kUpsert:
      operation.kind = OpKind::kUpsert;
      break;
    case LoggedOpKind::kDelete:
      operation.kind = OpKind::kDelete;
      break;
    case LoggedOpKind::kUpdateColumns:
      operation.kind = OpKind::kUpdateColumns;
      break;
  }
  operation.index = logged->index;
  operation.key = std::move(logged->key);
  operation.version_type =
      logged->external_version ? VersionType::kExternal : VersionType::kInternal;
  operation.row_hash = logged->row_hash;
  operation.document = std::move(logged->document);
  operation.columns = std::move(logged->columns);
  return operation;
}

}  // namespace

int64_t BatchApplier::TakeSeqNo(Work* work, const Operation& operation) const {
  const int64_t seq_no = replayed_ != nullptr ? replayed_->seq_no : work->index->next_seq_no;
  work->index->external_versions |= operation.version_type != VersionType::kInternal;
  work->index->next_seq_no = std::max(work->index->next_seq_no, seq_no + 1);
  return seq_no;
}

LoggedOp BatchApplier::Logged(const Operation& operation, const OpResult& result) const {
  return {.index = operation.index,
          .key = operation.key,
          .version = result.version,
          .seq_no = result.seq_no,
          .row_hash = operation.row_hash,
          .source_table = operation.source_table,
          .external_version = operation.version_type != VersionType::kInternal};
}

Status BatchApplier::Replay(const Operation& operation, const ReplayedOp& logged) {
  Work* work = WorkOn(operation.index);
  if (work == nullptr) {
    return Status::Ok();  // the index was dropped, which a commit has made durable
  }
  const Stored stored = Lookup(*work, operation.key);
  OpResult result;
  result.version = logged.version;
  replayed_ = &logged;
  switch (logged.kind) {
    case LoggedOpKind::kUpsert:
      Upsert(work, operation, operation.document, stored, &result);
      break;
    case LoggedOpKind::kDelete:
      Delete(work, operation, stored, &result);
      break;
    case LoggedOpKind::kUpdateColumns:
      UpdateColumns(work, operation, stored, &result);
      break;
  }
  replayed_ = nullptr;
  if (result.outcome == Outcome::kMissing && logged.kind == LoggedOpKind::kUpdateColumns) {
    return Status::Corruption("translog: an update of document [" + operation.key +
                              "] that is not there");
  }
  return result.status;
}

Status BatchApplier::ReplayAll(std::vector<ReplayedOp> logged, size_t* applied) {
  std::vector<Operation> operations;
  operations.reserve(logged.size());
  for (ReplayedOp& operation : logged) {
    operations.push_back(AsOperation(&operation));
  }
  BeginAhead(operations);
  Status status;
  for (*applied = 0; *applied < operations.size(); ++*applied) {
    const size_t at = *applied;
    if (at % kForeseen == 0) {
      Foresee(std::span(operations).subspan(at, std::min(operations.size() - at, kForeseen)));
    }
    status = Replay(operations[at], logged[at]);
    if (!status.ok()) {
      break;
    }
  }
  EndAhead();
  return status;
}

}  // namespace binseek::index
