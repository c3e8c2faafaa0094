// MapRun: TableMapper's way through one transaction.
//
// Single-threaded; borrows what it is given.
#ifndef BINSEEK_SYNC_MAPPER_MAP_RUN_H_
#define BINSEEK_SYNC_MAPPER_MAP_RUN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/transaction.h"
#include "sync/mapper/partial_row.h"
#include "sync/mapper/row_difference.h"
#include "sync/mapper/row_filter.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

using TablePlans = std::map<std::string, std::shared_ptr<const TablePlan>>;  // by qualified name

class MapRun final : public MapperRun {
 public:
  MapRun(const TablePlans& tables, const change::Transaction& transaction, const StoredRows& stored,
         uint64_t piece_bytes, bool whole_documents);

  Result<std::optional<MappedTransaction>> Next() override;

 private:
  using PlanPointer = std::shared_ptr<const TablePlan>;

  Status MapPiece();
  bool IsFull();
  Result<const PlanPointer*> PlanOf(const change::RowChange& row);
  Status MapRow(const PlanPointer& plan, const change::RowChange& row);
  Status MapNew(const TablePlan& plan, const change::RowChange& row);
  void LeaveOut(const TablePlan& plan, const change::RowImage& row);
  Status MapDelete(const TablePlan& plan, const change::RowImage& row);

  // map_update.cc
  Status Update(const PlanPointer& plan, const change::RowChange& row);
  // Whether the update is done with: the row is out, comes in, or cannot be told to be in.
  Result<bool> UpdateMembership(const TablePlan& plan, const change::RowChange& row,
                                const change::RowImage& after_key);
  Result<bool> UpdateUnknownMembership(const TablePlan& plan, const change::RowChange& row,
                                       const change::RowImage& after_key, Belongs belongs);
  Status Leave(const TablePlan& plan, const change::RowChange& row,
               const change::RowImage& after_key);
  Status LeaveOldId(const TablePlan& plan, const change::RowChange& row,
                    const change::RowImage& after_key, const Result<std::string>& id);
  void DeleteOld(const TablePlan& plan, const change::RowImage& before, Result<std::string> old_id,
                 const std::string* id);
  Status LoseId(const TablePlan& plan, const change::RowImage& before,
                const change::RowImage& after_key);
  Status UpdateInPlace(const PlanPointer& plan, const change::RowChange& row,
                       const change::RowImage& after_key);
  Status UpdatePartly(const TablePlan& plan, const change::RowChange& row,
                      const change::RowImage& key, std::string id, RowDifference difference);
  Status Move(const TablePlan& plan, const change::RowChange& row,
              const change::RowImage& after_key);
  Status Replace(const TablePlan& plan, const change::RowChange& row,
                 const change::RowImage& after_key);

  Status AddPending(const TablePlan& plan, const change::RowImage& key);
  void AddWholeTable(const TablePlan& plan);
  void SetIfMissing(const PlanPointer& plan, const change::RowChange& row,
                    index::Operation* operation);
  std::optional<std::string> IdOf(const TablePlan& plan, const change::RowImage& row);
  void Upsert(const TablePlan& plan, const change::RowImage& after, const change::RowImage& before,
              std::string id);
  void Delete(const TablePlan& plan, std::string id);
  // The row's document goes, where its key is its id; where that makes none there is none, and no letter of it matters any more.
  void DeleteByKey(const TablePlan& plan, const change::RowImage& row);
  index::Operation& Add(const TablePlan& plan, index::OpKind kind, std::string id);
  void Reject(const change::TableSchema& table, std::string key, const Status& why);
  // The id of the document that this piece made of the row with this key, where ids are not the key's: what an image without them needs.
  void NoteOwnId(const TablePlan& plan, const change::RowImage& row, const std::string& id);
  std::optional<std::string> TakeOwnId(const TablePlan& plan, const change::RowImage& row);
  // The row could make no id, as far as its dead letters tell, and can now or is gone.
  void NoteMended(const TablePlan& plan, const change::RowImage& row);

  const TablePlans& tables_;
  const change::Transaction& transaction_;
  const bool whole_documents_;
  const uint64_t piece_bytes_;
  const bool rows_stay_;  // rows lie in memory for as long as the transaction does
  const std::unique_ptr<change::RowCursor> cursor_;
  uint64_t number_ = 0;    // of the next row
  bool ended_ = false;     // there is none
  MappedTransaction out_;  // the piece in the making
  size_t counted_ = 0;     // operations of it, in bytes_
  uint64_t bytes_ = 0;     // of memory
  PartialRows partial_;
  std::map<std::pair<const TablePlan*, std::string>, std::string> own_ids_;  // by the exact key
  int64_t version_ = 0;
  const change::TableSchema* last_table_ = nullptr;
  const PlanPointer* last_plan_ = nullptr;
  std::string last_source_table_;
  std::string hash_scratch_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_MAP_RUN_H_
