// The part of MapRun that takes updates.
#include <utility>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/map_run.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapping.h"

namespace binseek::mapper {

using change::RowChange;
using change::RowImage;
using index::Operation;
using index::OpKind;

Status MapRun::Update(const PlanPointer& plan, const RowChange& row) {
  // Partial images: the image before has the key, the one after has it only where it changed.
  const bool partial = LacksAny(row.after, plan->identity) || LacksAny(row.before, plan->identity);
  const RowImage filled = partial ? FilledWith(row.before, row.after, plan->identity) : RowImage();
  const RowImage& after_key = partial ? filled : row.after;
  if (plan->layout->has_filter()) {
    BINSEEK_ASSIGN_OR_RETURN(const bool done, UpdateMembership(*plan, row, after_key));
    if (done) {
      return Status::Ok();
    }
  }
  if (!plan->layout->id_is_key) {
    if (LacksAny(row.before, plan->id_columns)) {
      // Which document was the row's only the row as it was can tell, and as it is where the id has not changed.
      if (LacksAll(row.after, plan->id_columns)) {
        return AddPending(*plan, after_key);
      }
      return LoseId(*plan, row.before, after_key);
    }
    // What is pending goes by the key.
    if (!SameIn(row.before, after_key, plan->table->key) &&
        SameIn(row.before, after_key, plan->id_columns)) {
      return Replace(*plan, row, after_key);
    }
  }
  if (!LacksAny(row.before, plan->id_columns) && !SameIn(row.before, after_key, plan->id_columns)) {
    return Move(*plan, row, after_key);
  }
  return UpdateInPlace(plan, row, after_key);
}

Result<bool> MapRun::UpdateMembership(const TablePlan& plan, const RowChange& row,
                                      const RowImage& after_key) {
  const Result<Belongs> before = BelongsToIndex(*plan.layout, row.before, {});
  const Result<Belongs> after = BelongsToIndex(*plan.layout, row.after, row.before);
  const Belongs was = before.ok() ? *before : Belongs::kUnknown;
  if (!after.ok()) {
    const Result<std::string> id = DocumentId(*plan.layout, after_key);
    if (was != Belongs::kNo) {
      BINSEEK_RETURN_IF_ERROR(LeaveOldId(plan, row, after_key, id));
    }
    Reject(*plan.table, id.ok() ? *id : LetterKey(*plan.layout, after_key), after.status());
    return true;
  }
  if (*after == Belongs::kNo) {
    if (was == Belongs::kNo) {
      ++out_.unchanged_rows;
      return true;
    }
    BINSEEK_RETURN_IF_ERROR(Leave(plan, row, after_key));
    return true;
  }
  if (was == Belongs::kNo) {
    // It comes in; before there was no document.
    if (LackOf(plan, row, transaction_.flavor) != Lack::kNothing) {
      BINSEEK_RETURN_IF_ERROR(AddPending(plan, after_key));
    } else if (auto id = IdOf(plan, after_key)) {
      NoteMended(plan, row.before);
      Upsert(plan, row.after, row.before, *std::move(id));
    }
    return true;
  }
  return was == Belongs::kYes && *after == Belongs::kYes
             ? Result<bool>(false)
             : UpdateUnknownMembership(plan, row, after_key, *after);
}

// The row may have come in by this update, or be out before and behind it.
Result<bool> MapRun::UpdateUnknownMembership(const TablePlan& plan, const RowChange& row,
                                             const RowImage& after_key, Belongs belongs) {
  if (LacksAny(row.before, plan.id_columns)) {
    return false;  // Update sees to that
  }
  if (LackOf(plan, row, transaction_.flavor) == Lack::kNothing) {
    if (!SameIn(row.before, after_key, plan.id_columns)) {
      BINSEEK_RETURN_IF_ERROR(Move(plan, row, after_key));
    } else if (auto id = IdOf(plan, after_key)) {
      Upsert(plan, row.after, row.before, *std::move(id));
    }
    return true;
  }
  // Where the conditions' columns are as they were, so is what they say, and the documents that there are tell that.
  if (belongs == Belongs::kYes || !FilterMayHaveChanged(*plan.layout, row.before, row.after)) {
    const Result<std::string> id = DocumentId(*plan.layout, row.before);
    if (id.ok() && partial_.CanComplete(plan, row.before, *id) && partial_.Contains(plan, *id)) {
      return false;
    }
  }
  // Under another id the row may come back, or not at all; under the old one it does not.
  if (!SameIn(row.before, after_key, plan.id_columns)) {
    BINSEEK_RETURN_IF_ERROR(Leave(plan, row, after_key));
  }
  BINSEEK_RETURN_IF_ERROR(AddPending(plan, after_key));
  return true;
}

// The row is out now, and may have had a document.
Status MapRun::Leave(const TablePlan& plan, const RowChange& row, const RowImage& after_key) {
  if (LacksAny(row.before, plan.id_columns)) {
    // Where it has its id yet, it will be read, its id with it, and left out.
    return LacksAll(row.after, plan.id_columns) ? AddPending(plan, after_key)
                                                : LoseId(plan, row.before, after_key);
  }
  if (Result<std::string> id = DocumentId(*plan.layout, row.before); id.ok()) {
    Delete(plan, *std::move(id));
  }
  NoteMended(plan, row.before);
  return Status::Ok();
}

// The row is rejected, and may have had a document. Under the same id that stays as it was; under another one nothing would ever name it
// again.
Status MapRun::LeaveOldId(const TablePlan& plan, const RowChange& row, const RowImage& after_key,
                          const Result<std::string>& id) {
  if (LacksAny(row.before, plan.id_columns)) {
    return LacksAll(row.after, plan.id_columns) ? Status::Ok()
                                                : LoseId(plan, row.before, after_key);
  }
  if (!SameIn(row.before, after_key, plan.table->key)) {
    NoteMended(plan, row.before);
  }
  DeleteOld(plan, row.before, DocumentId(*plan.layout, row.before), id.ok() ? &*id : nullptr);
  return Status::Ok();
}

// The document of before, where the row has another id now, or (null) none. Ids that differ only in what an id leaves out are the same
// document. An old key that makes no id had none.
void MapRun::DeleteOld(const TablePlan& plan, const RowImage& before, Result<std::string> old_id,
                       const std::string* id) {
  if (plan.layout->id_is_key && !old_id.ok()) {
    DeleteByKey(plan, before);
  } else if (old_id.ok() && (id == nullptr || *old_id != *id)) {
    Delete(plan, *std::move(old_id));
  }
}

// The row has another id, and no image has the one of before.
Status MapRun::LoseId(const TablePlan& plan, const RowImage& before, const RowImage& after_key) {
  auto own = TakeOwnId(plan, before);
  if (!own) {
    AddWholeTable(plan);
    return Status::Ok();
  }
  Delete(plan, *std::move(own));
  return AddPending(plan, after_key);
}

Status MapRun::UpdateInPlace(const PlanPointer& plan, const RowChange& row,
                             const RowImage& after_key) {
  auto id = IdOf(*plan, after_key);
  if (!id) {
    return Status::Ok();
  }
  Result<RowDifference> difference =
      CompareImages(*plan, row.before, row.after, transaction_.flavor);
  if (!difference.ok()) {
    Reject(*plan->table, std::move(*id), difference.status());
    return Status::Ok();
  }
  if (difference->lack != Lack::kNothing) {
    return UpdatePartly(*plan, row, after_key, std::move(*id), *std::move(difference));
  }
  if (difference->nothing()) {
    ++out_.unchanged_rows;
  } else if (difference->document || whole_documents_ || partial_.IsOutdated(*plan, after_key) ||
             partial_.WasRejected(*plan, *id)) {
    Upsert(*plan, row.after, row.before, std::move(*id));
  } else {
    Operation& operation = Add(*plan, OpKind::kUpdateColumns, std::move(*id));
    operation.columns = std::move(difference->columns);
    operation.row_hash = plan->row_hasher.Hash(row.after, row.before, &hash_scratch_);
    SetIfMissing(plan, row, &operation);
  }
  return Status::Ok();
}

// Some columns are in neither image.
Status MapRun::UpdatePartly(const TablePlan& plan, const RowChange& row, const RowImage& key,
                            std::string id, RowDifference difference) {
  if (difference.lack == Lack::kUnknown || !partial_.CanComplete(plan, key, id)) {
    return AddPending(plan, key);
  }
  if (difference.document || (whole_documents_ && !difference.columns.empty())) {
    auto document = partial_.Complete(plan, row, id);
    if (!document.ok() && document.status().code() == StatusCode::kInvalidArgument) {
      Reject(*plan.table, std::move(id), document.status());
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(document.status());
    if (!*document) {
      return AddPending(plan, key);
    }
    Add(plan, OpKind::kUpsert, std::move(id)).document = **std::move(document);
  } else if (difference.nothing()) {
    ++out_.unchanged_rows;
  } else if (partial_.Contains(plan, id)) {
    Add(plan, OpKind::kUpdateColumns, std::move(id)).columns = std::move(difference.columns);
  } else {
    return AddPending(plan, key);
  }
  return MayBeReplace(row, transaction_.flavor) ? AddPending(plan, key) : Status::Ok();
}

Status MapRun::Move(const TablePlan& plan, const RowChange& row, const RowImage& after_key) {
  Result<std::string> old_id = DocumentId(*plan.layout, row.before);
  if (!SameIn(row.before, after_key, plan.table->key)) {
    NoteMended(plan, row.before);
  }
  auto id = IdOf(plan, after_key);
  const Lack lack = LackOf(plan, row, transaction_.flavor);
  // Before the old document is deleted.
  Result<std::optional<mapping::Document>> document = std::optional<mapping::Document>();
  if (lack == Lack::kStored && id && old_id.ok() &&
      partial_.CanComplete(plan, row.before, *old_id)) {
    document = partial_.Complete(plan, row, *old_id);
  }
  DeleteOld(plan, row.before, std::move(old_id), id ? &*id : nullptr);
  if (!id) {
    return document.status();
  }
  NoteMended(plan, after_key);
  if (lack == Lack::kNothing) {
    Upsert(plan, row.after, row.before, std::move(*id));
    return Status::Ok();
  }
  if (!document.ok() && document.status().code() == StatusCode::kInvalidArgument) {
    Reject(*plan.table, std::move(*id), document.status());
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(document.status());
  if (!*document) {
    return AddPending(plan, after_key);
  }
  Add(plan, OpKind::kUpsert, std::move(*id)).document = **std::move(document);
  return MayBeReplace(row, transaction_.flavor) ? AddPending(plan, after_key) : Status::Ok();
}

// The row has another key, and the same document.
Status MapRun::Replace(const TablePlan& plan, const RowChange& row, const RowImage& after_key) {
  NoteMended(plan, row.before);
  if (LackOf(plan, row, transaction_.flavor) != Lack::kNothing) {
    return AddPending(plan, after_key);
  }
  if (auto id = IdOf(plan, after_key)) {
    Upsert(plan, row.after, row.before, *std::move(id));
  }
  return Status::Ok();
}

}  // namespace binseek::mapper
