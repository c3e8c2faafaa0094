// BatchApplier and the translog: what is written down of an operation, and how it is applied again.
#include <algorithm>
#include <string>

#include "engine/index/batch_applier.h"

namespace binseek::index {

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

Status BatchApplier::Replay(const ReplayedOp& logged) {
  Work* work = WorkOn(logged.index);
  if (work == nullptr) {
    return Status::Ok();  // the index was dropped, which a commit has made durable
  }
  Operation operation;
  operation.index = logged.index;
  operation.key = logged.key;
  operation.version_type =
      logged.external_version ? VersionType::kExternal : VersionType::kInternal;
  operation.row_hash = logged.row_hash;
  operation.columns = logged.columns;
  const Stored stored = Lookup(*work, operation.key);
  OpResult result;
  result.version = logged.version;
  replayed_ = &logged;
  switch (logged.kind) {
    case LoggedOpKind::kUpsert:
      Upsert(work, operation, logged.document, stored, &result);
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
    return Status::Corruption("translog: an update of document [" + logged.key +
                              "] that is not there");
  }
  return result.status;
}

}  // namespace binseek::index
