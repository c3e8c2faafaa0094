// Rows whose images lack columns (binlog_row_image MINIMAL and NOBLOB): what can be made of them, within one Map call.
//
// What an image lacks is as it was, so that the document is completed from the one that is there, where that is exact. It is not where
//  - nothing is there, or it may be old (StoredRows::IsOutdated), or it is not the row as it was (StoredRows::MayComplete);
//  - MariaDB leaves a virtual column out, which may have changed with the columns that it is made of;
//  - a JSON column comes as a difference to a document that the image before lacks;
//  - an inserted row lacks columns: what their defaults came to is known to the server alone.
// Then the row is pending. And MariaDB logs a REPLACE that meets a row as an update that lacks the columns which the statement did not name,
// though they have their defaults now. It does name a part of the key: so a partial image of MariaDB's that has one (all of NOBLOB's do) is
// completed, and read too.
//
// Single-threaded; borrows what it is given.
#ifndef BINSEEK_SYNC_MAPPER_PARTIAL_ROW_H_
#define BINSEEK_SYNC_MAPPER_PARTIAL_ROW_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/change/row_change.h"
#include "sync/mapper/document_builder.h"
#include "sync/mapper/own_operations.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

// Of an update's images.
enum class Lack : uint8_t {
  kNothing,  // every column is in one of them
  kStored,   // some are in neither, and as they were
  kUnknown,  // some are in neither, and may have changed
};

inline Lack LackOf(const change::Column& column, const change::Value& before,
                   const change::Value& after, change::Flavor flavor) {
  if (after.is_unknown()) {
    return Lack::kUnknown;
  }
  if (!after.is_absent()) {
    return Lack::kNothing;
  }
  if (column.generated && flavor == change::Flavor::kMariadb) {
    return Lack::kUnknown;
  }
  return before.is_absent() ? Lack::kStored : Lack::kNothing;
}

// Of all columns that the plan reads. REQUIRES: an update.
Lack LackOf(const TablePlan& plan, const change::RowChange& row, change::Flavor flavor);

// Whether a partial update may be a REPLACE, so that the columns which it lacks may have their defaults.
bool MayBeReplace(const change::RowChange& row, change::Flavor flavor);

class PartialRows {
 public:
  PartialRows(const std::vector<index::Operation>* operations, const StoredRows* stored)
      : stored_(stored), own_(operations, stored) {}

  // The operations of before are not to be seen any more: StoredRows::MayComplete tells what may be completed from now on.
  void NewPiece() {
    own_.Forget();
    any_rejected_ = stored_->AnyRejected();
  }
  // Whether the document is another row's than the one before this, which could not become a document.
  bool WasRejected(const TablePlan& plan, const std::string& id) const {
    if (!any_rejected_ && rejected_.empty()) {
      return false;
    }
    const std::string table = plan.table->QualifiedName();
    return rejected_.contains({table, id}) || stored_->WasRejected(table, id);
  }
  // Whether the row's document may be old, by what is stored or by a row of this call.
  bool IsOutdated(const TablePlan& plan, const change::RowImage& key);
  // Whether what is there under this key is the row as it was.
  bool CanComplete(const TablePlan& plan, const change::RowImage& key, std::string_view id);
  bool Contains(const TablePlan& plan, std::string_view id) { return own_.Contains(plan, id); }
  // The document of an update whose row was `id`. nullopt: it cannot be completed. kInvalidArgument as BuildDocument; errors of the stored rows.
  Result<std::optional<mapping::Document>> Complete(const TablePlan& plan,
                                                    const change::RowChange& row,
                                                    std::string_view id);
  // The row is to be read: it is added to `pending`, unless it was before. kInvalidArgument where no statement finds it.
  Status AddPending(const TablePlan& plan, const change::RowImage& key,
                    std::vector<PendingRow>* pending);
  // All of the table is to be read: which document was the row's cannot be told.
  void AddWholeTable(const TablePlan& plan, std::vector<PendingRow>* pending);
  // Whether any row of any table was, as far as WasRejected looks.
  bool AnyRejected() const { return any_rejected_ || !rejected_.empty(); }
  // A row of this key was rejected by this call: StoredRows::MayComplete does not know yet.
  void NoteRejected(const std::string& table, const std::string& id) {
    rejected_.emplace(table, id);
  }

 private:
  const StoredRows* const stored_;
  OwnOperations own_;
  std::map<std::string, std::set<snapshot::KeyCells>> pending_;  // by table
  const TablePlan* last_plan_ = nullptr;
  bool any_outdated_ = false;                               // of last_plan_
  bool any_rejected_ = false;                               // before this run
  std::set<std::pair<std::string, std::string>> rejected_;  // table, id
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_PARTIAL_ROW_H_
