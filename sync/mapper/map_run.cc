#include "sync/mapper/map_run.h"

#include <algorithm>
#include <utility>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapping.h"

namespace binseek::mapper {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using index::Operation;
using index::OpKind;

constexpr uint64_t kMaxReserved = 65'536;
constexpr uint64_t kPendingBytes = 256;  // about

Status CheckShape(const TablePlan& plan, const RowChange& row) {
  const size_t columns = plan.table->columns.size();
  const bool needs_before =
      row.kind == RowChangeKind::kUpdate || row.kind == RowChangeKind::kDelete;
  const bool needs_after = row.kind != RowChangeKind::kDelete;
  if ((needs_before && row.before.size() != columns) ||
      (needs_after && row.after.size() != columns)) {
    return Status::Aborted("a row of table " + plan.table->QualifiedName() +
                           " has not the table's " + std::to_string(columns) + " columns");
  }
  return Status::Ok();
}

}  // namespace

MapRun::MapRun(const TablePlans& tables, const change::Transaction& transaction,
               const StoredRows& stored, uint64_t piece_bytes, bool whole_documents)
    : tables_(tables),
      transaction_(transaction),
      whole_documents_(whole_documents),
      piece_bytes_(std::max<uint64_t>(piece_bytes, 1)),
      rows_stay_(dynamic_cast<const change::RowVector*>(transaction.rows.get()) != nullptr),
      cursor_(transaction.rows->Open()),
      partial_(&out_.batch.operations, &stored) {}

Result<std::optional<MappedTransaction>> MapRun::Next() {
  if (ended_) {
    return std::optional<MappedTransaction>();
  }
  out_ = MappedTransaction();
  partial_.NewPiece();
  own_ids_.clear();
  out_.batch.operations.reserve(std::min(
      {transaction_.rows->size() - number_, piece_bytes_ / sizeof(Operation), kMaxReserved}));
  counted_ = 0;
  bytes_ = 0;
  BINSEEK_RETURN_IF_ERROR(MapPiece());
  return std::optional<MappedTransaction>(std::move(out_));
}

Status MapRun::MapPiece() {
  for (; !IsFull(); ++number_) {
    BINSEEK_ASSIGN_OR_RETURN(const RowChange* row, cursor_->Next());
    if (row == nullptr) {
      ended_ = true;
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const auto* plan, PlanOf(*row));
    if (plan == nullptr) {
      continue;
    }
    BINSEEK_RETURN_IF_ERROR(CheckShape(**plan, *row));
    version_ = transaction_.is_chunk() ? change::ChunkVersionOf(transaction_.ordinal)
                                       : change::VersionOf(transaction_.ordinal, number_);
    BINSEEK_RETURN_IF_ERROR(MapRow(*plan, *row));
  }
  ended_ = number_ == transaction_.rows->size();
  return Status::Ok();
}

// Rejected rows take memory too, and so do rows that are kept for if_missing.
bool MapRun::IsFull() {
  for (; counted_ < out_.batch.operations.size(); ++counted_) {
    bytes_ += MemoryOf(out_.batch.operations[counted_]);
  }
  return bytes_ >= piece_bytes_;
}

// Null: the table is not bound. Rows of a table come in runs, so it is rarely looked up.
Result<const MapRun::PlanPointer*> MapRun::PlanOf(const RowChange& row) {
  if (row.table.get() == last_table_ && last_table_ != nullptr) {
    return last_plan_;
  }
  if (row.table == nullptr) {
    return Status::Aborted("a row without a table");
  }
  const auto it = tables_.find(row.table->QualifiedName());
  const PlanPointer* plan = it == tables_.end() ? nullptr : &it->second;
  if (plan != nullptr && transaction_.ordinal < (*plan)->since_ordinal) {
    plan = nullptr;
  }
  if (plan != nullptr && (*plan)->table != row.table &&
      !change::SameShape(*(*plan)->table, *row.table)) {
    return Status::Aborted("a row of table " + row.table->QualifiedName() +
                           " was decoded by another shape of it than its index is mapped by");
  }
  last_table_ = row.table.get();
  last_plan_ = plan;
  last_source_table_ = change::SourceTable(transaction_.source, row.table->QualifiedName());
  return plan;
}

Status MapRun::MapRow(const PlanPointer& plan, const RowChange& row) {
  switch (row.kind) {
    case RowChangeKind::kInsert:
    case RowChangeKind::kRead:
      return MapNew(*plan, row);
    case RowChangeKind::kDelete:
      return MapDelete(*plan, row.before);
    case RowChangeKind::kUpdate:
      break;
  }
  return Update(plan, row);
}

Status MapRun::MapNew(const TablePlan& plan, const RowChange& row) {
  if (plan.layout->has_filter()) {
    const Result<Belongs> belongs = BelongsToIndex(*plan.layout, row.after, {});
    if (!belongs.ok()) {
      Reject(*plan.table, LetterKey(*plan.layout, row.after), belongs.status());
      return Status::Ok();
    }
    if (*belongs == Belongs::kNo) {
      if (row.kind == RowChangeKind::kRead && transaction_.is_chunk() &&
          transaction_.chunk->of_keys) {
        LeaveOut(plan, row.after);
      }
      ++out_.unchanged_rows;
      return Status::Ok();
    }
  }
  if (LacksAny(row.after, plan.reads)) {
    return AddPending(plan, row.after);
  }
  if (auto id = IdOf(plan, row.after)) {
    NoteMended(plan, row.after);
    Upsert(plan, row.after, {}, std::move(*id));
  }
  return Status::Ok();
}

// A row that was read by its key, and does not belong into the index: a stream without all columns may have left its document there. Those of a
// snapshot have none, or one that is swept.
void MapRun::LeaveOut(const TablePlan& plan, const RowImage& row) {
  Result<std::string> id = DocumentId(*plan.layout, row);
  if (id.ok()) {
    Delete(plan, *std::move(id));
  }
  NoteMended(plan, row);
}

Status MapRun::MapDelete(const TablePlan& plan, const RowImage& row) {
  if (plan.layout->has_filter()) {
    const Result<Belongs> belongs = BelongsToIndex(*plan.layout, row, {});
    if (belongs.ok() && *belongs == Belongs::kNo) {
      ++out_.unchanged_rows;
      return Status::Ok();
    }
  }
  if (plan.layout->id_is_key) {
    DeleteByKey(plan, row);
    return Status::Ok();
  }
  if (LacksAny(row, plan.id_columns)) {
    if (auto own = TakeOwnId(plan, row)) {
      Delete(plan, *std::move(own));
    } else {
      AddWholeTable(plan);
    }
    return Status::Ok();
  }
  // A row without an id had no document.
  if (Result<std::string> id = DocumentId(*plan.layout, row); id.ok()) {
    Delete(plan, *std::move(id));
  }
  NoteMended(plan, row);
  return Status::Ok();
}

// Rejects the row where no statement finds it.
Status MapRun::AddPending(const TablePlan& plan, const RowImage& key) {
  bytes_ += kPendingBytes;
  if (const Status status = partial_.AddPending(plan, key, &out_.pending); !status.ok()) {
    Reject(*plan.table, LetterKey(*plan.layout, key), status);
  }
  return Status::Ok();
}

void MapRun::AddWholeTable(const TablePlan& plan) {
  bytes_ += kPendingBytes;
  partial_.AddWholeTable(plan, &out_.pending);
}

void MapRun::SetIfMissing(const PlanPointer& plan, const RowChange& row, Operation* operation) {
  if (rows_stay_) {
    operation->if_missing = [plan, borrowed = &row] {
      return BuildDocument(*plan, borrowed->after, borrowed->before);
    };
  } else {
    bytes_ += MemoryOf(row);
    operation->if_missing = [plan, copy = std::make_shared<const RowChange>(row)] {
      return BuildDocument(*plan, copy->after, copy->before);
    };
  }
}

// nullopt: the row was rejected.
std::optional<std::string> MapRun::IdOf(const TablePlan& plan, const RowImage& row) {
  Result<std::string> id = DocumentId(*plan.layout, row);
  if (!id.ok()) {
    Reject(*plan.table, LetterKey(*plan.layout, row), id.status());
    return std::nullopt;
  }
  return std::move(id).value();
}

void MapRun::Upsert(const TablePlan& plan, const RowImage& after, const RowImage& before,
                    std::string id) {
  Result<mapping::Document> document = BuildDocument(plan, after, before);
  if (!document.ok()) {
    return Reject(*plan.table, std::move(id), document.status());
  }
  if (!plan.layout->id_is_key) {
    NoteOwnId(plan, FilledWith(before.empty() ? after : before, after, plan.table->key), id);
  }
  Operation& operation = Add(plan, OpKind::kUpsert, std::move(id));
  operation.document = std::move(document).value();
  operation.row_hash = plan.row_hasher.Hash(after, before, &hash_scratch_);
}

void MapRun::Delete(const TablePlan& plan, std::string id) {
  Add(plan, OpKind::kDelete, std::move(id));
}

void MapRun::DeleteByKey(const TablePlan& plan, const RowImage& row) {
  Result<std::string> id = DocumentId(*plan.layout, row);
  if (id.ok()) {
    Delete(plan, *std::move(id));
  } else if (LacksAny(row, plan.id_columns)) {
    Reject(*plan.table, LetterKey(*plan.layout, row), id.status());
  } else {
    // Of before this row: where it moves on to another such key, which may look the same, that one is rejected by this version.
    out_.mended.push_back(
        {plan.table->QualifiedName(), LetterKey(*plan.layout, row), version_ - 1});
    bytes_ += sizeof(MendedRow) + out_.mended.back().key.size();
  }
}

Operation& MapRun::Add(const TablePlan& plan, OpKind kind, std::string id) {
  Operation& operation = out_.batch.operations.emplace_back();
  operation.kind = kind;
  operation.index = plan.index;
  operation.key = std::move(id);
  operation.version_type = index::VersionType::kExternal;
  operation.version = version_;
  operation.source_table = last_source_table_;
  return operation;
}

void MapRun::Reject(const change::TableSchema& table, std::string key, const Status& why) {
  RejectedRow& rejected = out_.rejected.emplace_back();
  rejected.table = table.QualifiedName();
  partial_.NoteRejected(rejected.table, key);
  rejected.key = std::move(key);
  rejected.reason = why.message();
  rejected.position = transaction_.position;
  rejected.version = version_;
  bytes_ += sizeof(rejected) + rejected.table.size() + rejected.key.size() +
            rejected.reason.size() + rejected.position.gtid.size();
}

void MapRun::NoteOwnId(const TablePlan& plan, const RowImage& row, const std::string& id) {
  std::string key = ExactKey(*plan.table, row);
  bytes_ += key.size() + id.size();
  own_ids_[{&plan, std::move(key)}] = id;
}

std::optional<std::string> MapRun::TakeOwnId(const TablePlan& plan, const RowImage& row) {
  const auto own = own_ids_.find({&plan, ExactKey(*plan.table, row)});
  if (own == own_ids_.end()) {
    return std::nullopt;
  }
  std::optional<std::string> id = std::move(own->second);
  own_ids_.erase(own);
  return id;
}

void MapRun::NoteMended(const TablePlan& plan, const RowImage& row) {
  if (plan.layout->id_is_key || !partial_.AnyRejected()) {
    return;
  }
  std::string key = LetterKey(*plan.layout, row);
  if (partial_.WasRejected(plan, key)) {
    out_.mended.push_back({plan.table->QualifiedName(), std::move(key), version_});
  }
}

}  // namespace binseek::mapper
