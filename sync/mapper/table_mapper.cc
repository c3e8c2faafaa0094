#include "sync/mapper/table_mapper.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/partial_row.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mapper/table_plan.h"
#include "sync/mapper/value_number.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using index::Operation;
using index::OpKind;

using Tables = std::map<std::string, std::shared_ptr<const TablePlan>>;

constexpr uint64_t kMaxReserved = 65'536;
constexpr uint64_t kPendingBytes = 256;  // about

// What an update asks of the document of its row.
struct Difference {
  Lack lack = Lack::kNothing;
  bool document = false;                     // more than in-place fields changed
  std::vector<index::ColumnUpdate> columns;  // complete where !document
};

Result<Difference> Compare(const TablePlan& plan, const RowImage& before, const RowImage& after,
                           change::Flavor flavor) {
  Difference difference;
  for (const ColumnPlan& column : plan.columns) {
    const Value& old_value = before[column.ordinal];
    const Value& new_value = after[column.ordinal];
    if (new_value.is_absent() || new_value.is_unknown()) {
      difference.lack =
          std::max(difference.lack, LackOf(plan.column(column), old_value, new_value, flavor));
      continue;
    }
    if (old_value == new_value) {
      continue;
    }
    if (!column.field.in_place) {
      difference.document = true;
    } else if (!difference.document) {
      index::ColumnUpdate& update = difference.columns.emplace_back();
      update.field = column.field.id;
      if (const Status status = ColumnValueOf(column.field, new_value, &update.value);
          !status.ok()) {
        return ColumnError(plan.column(column), status);
      }
    }
  }
  return difference;
}

class MapRun final : public MapperRun {
 public:
  MapRun(const Tables& tables, const change::Transaction& transaction, const StoredRows& stored,
         uint64_t piece_bytes)
      : tables_(tables),
        transaction_(transaction),
        piece_bytes_(std::max<uint64_t>(piece_bytes, 1)),
        rows_stay_(dynamic_cast<const change::RowVector*>(transaction.rows.get()) != nullptr),
        cursor_(transaction.rows->Open()),
        partial_(&out_.batch.operations, &stored) {}

  Result<std::optional<MappedTransaction>> Next() override {
    if (ended_) {
      return std::optional<MappedTransaction>();
    }
    out_ = MappedTransaction();
    partial_.NewPiece();
    out_.batch.operations.reserve(std::min(
        {transaction_.rows->size() - number_, piece_bytes_ / sizeof(Operation), kMaxReserved}));
    counted_ = 0;
    bytes_ = 0;
    BINSEEK_RETURN_IF_ERROR(MapPiece());
    return std::optional<MappedTransaction>(std::move(out_));
  }

 private:
  using PlanPointer = std::shared_ptr<const TablePlan>;

  Status MapPiece() {
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
  bool IsFull() {
    for (; counted_ < out_.batch.operations.size(); ++counted_) {
      bytes_ += MemoryOf(out_.batch.operations[counted_]);
    }
    return bytes_ >= piece_bytes_;
  }

  // Null: the table is not bound. Rows of a table come in runs, so it is rarely looked up.
  Result<const PlanPointer*> PlanOf(const RowChange& row) {
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

  static Status CheckShape(const TablePlan& plan, const RowChange& row) {
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

  Status MapRow(const PlanPointer& plan, const RowChange& row) {
    switch (row.kind) {
      case RowChangeKind::kInsert:
      case RowChangeKind::kRead:
        if (std::any_of(row.after.begin(), row.after.end(),
                        [](const Value& value) { return value.is_absent(); })) {
          return AddPending(*plan, row.after);
        }
        if (auto id = IdOf(*plan, row.after)) {
          Upsert(*plan, row.after, {}, std::move(*id));
        }
        return Status::Ok();
      case RowChangeKind::kDelete:
        if (auto id = IdOf(*plan, row.before)) {
          Delete(*plan, std::move(*id));
        }
        return Status::Ok();
      case RowChangeKind::kUpdate:
        break;
    }
    return Update(plan, row);
  }

  Status Update(const PlanPointer& plan, const RowChange& row) {
    const change::TableSchema& table = *plan->table;
    // Partial images: the image before has the key, the one after has it only where it changed.
    const bool partial = LacksKey(table, row.after) || LacksKey(table, row.before);
    const RowImage filled = partial ? WithKeyOf(table, row.after, row.before) : RowImage();
    const RowImage& after_key = partial ? filled : row.after;
    const bool moved = !LacksKey(table, row.before) && !SameKey(table, row.before, after_key);
    if (moved) {
      return Move(*plan, row, after_key);
    }
    auto id = IdOf(*plan, after_key);
    if (!id) {
      return Status::Ok();
    }
    Result<Difference> difference = Compare(*plan, row.before, row.after, transaction_.flavor);
    if (!difference.ok()) {
      Reject(table, std::move(*id), difference.status());
      return Status::Ok();
    }
    if (difference->lack != Lack::kNothing) {
      return UpdatePartly(*plan, row, after_key, std::move(*id), std::move(*difference));
    }
    if (!difference->document && difference->columns.empty()) {
      ++out_.unchanged_rows;
    } else if (difference->document || partial_.IsOutdated(*plan, after_key) ||
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
  Status UpdatePartly(const TablePlan& plan, const RowChange& row, const RowImage& key,
                      std::string id, Difference difference) {
    if (difference.lack == Lack::kUnknown || !partial_.CanComplete(plan, key, id)) {
      return AddPending(plan, key);
    }
    if (difference.document) {
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
    } else if (difference.columns.empty()) {
      ++out_.unchanged_rows;
    } else if (partial_.Contains(plan, id)) {
      Add(plan, OpKind::kUpdateColumns, std::move(id)).columns = std::move(difference.columns);
    } else {
      return AddPending(plan, key);
    }
    return MayBeReplace(row, transaction_.flavor) ? AddPending(plan, key) : Status::Ok();
  }

  Status Move(const TablePlan& plan, const RowChange& row, const RowImage& after_key) {
    Result<std::string> old_id = DocumentId(*plan.table, row.before);
    auto id = IdOf(plan, after_key);
    const Lack lack = LackOf(row, transaction_.flavor);
    // Before the old document is deleted.
    Result<std::optional<mapping::Document>> document = std::optional<mapping::Document>();
    if (lack == Lack::kStored && id && old_id.ok() &&
        partial_.CanComplete(plan, row.before, *old_id)) {
      document = partial_.Complete(plan, row, *old_id);
    }
    // Keys that differ only in what the id leaves out are the same document. An old key that makes no id had none.
    if (old_id.ok() && (!id || *old_id != *id)) {
      Delete(plan, std::move(*old_id));
    }
    if (!id) {
      return document.status();
    }
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

  // Rejects the row where no statement finds it.
  Status AddPending(const TablePlan& plan, const RowImage& key) {
    bytes_ += kPendingBytes;
    if (const Status status = partial_.AddPending(plan, key, &out_.pending); !status.ok()) {
      Reject(*plan.table, ShownKey(*plan.table, key), status);
    }
    return Status::Ok();
  }

  void SetIfMissing(const PlanPointer& plan, const RowChange& row, Operation* operation) {
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
  std::optional<std::string> IdOf(const TablePlan& plan, const RowImage& row) {
    Result<std::string> id = DocumentId(*plan.table, row);
    if (!id.ok()) {
      Reject(*plan.table, ShownKey(*plan.table, row), id.status());
      return std::nullopt;
    }
    return std::move(id).value();
  }

  void Upsert(const TablePlan& plan, const RowImage& after, const RowImage& before,
              std::string id) {
    Result<mapping::Document> document = BuildDocument(plan, after, before);
    if (!document.ok()) {
      return Reject(*plan.table, std::move(id), document.status());
    }
    Operation& operation = Add(plan, OpKind::kUpsert, std::move(id));
    operation.document = std::move(document).value();
    operation.row_hash = plan.row_hasher.Hash(after, before, &hash_scratch_);
  }

  void Delete(const TablePlan& plan, std::string id) { Add(plan, OpKind::kDelete, std::move(id)); }

  Operation& Add(const TablePlan& plan, OpKind kind, std::string id) {
    Operation& operation = out_.batch.operations.emplace_back();
    operation.kind = kind;
    operation.index = plan.index;
    operation.key = std::move(id);
    operation.version_type = index::VersionType::kExternal;
    operation.version = version_;
    if (kind != OpKind::kDelete) {
      operation.source_table = last_source_table_;
    }
    return operation;
  }

  void Reject(const change::TableSchema& table, std::string key, const Status& why) {
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

  const Tables& tables_;
  const change::Transaction& transaction_;
  const uint64_t piece_bytes_;
  const bool rows_stay_;  // rows lie in memory for as long as the transaction does
  const std::unique_ptr<change::RowCursor> cursor_;
  uint64_t number_ = 0;    // of the next row
  bool ended_ = false;     // there is none
  MappedTransaction out_;  // the piece in the making
  size_t counted_ = 0;     // operations of it, in bytes_
  uint64_t bytes_ = 0;     // of memory
  PartialRows partial_;
  int64_t version_ = 0;
  const change::TableSchema* last_table_ = nullptr;
  const PlanPointer* last_plan_ = nullptr;
  std::string last_source_table_;
  std::string hash_scratch_;
};

}  // namespace

TableMapper::TableMapper() = default;
TableMapper::~TableMapper() = default;

Status TableMapper::Bind(std::shared_ptr<const change::TableSchema> table, index::IndexId index,
                         const std::shared_ptr<const mapping::Mapping>& mapping,
                         uint64_t since_ordinal) {
  std::string name = table->QualifiedName();
  BINSEEK_ASSIGN_OR_RETURN(auto plan,
                           MakeTablePlan(std::move(table), index, *mapping, since_ordinal));
  tables_.insert_or_assign(std::move(name), std::move(plan));
  return Status::Ok();
}

void TableMapper::Unbind(const std::string& qualified_name) { tables_.erase(qualified_name); }

std::unique_ptr<MapperRun> TableMapper::Begin(const change::Transaction& transaction,
                                              const StoredRows& stored, uint64_t piece_bytes) {
  return std::make_unique<MapRun>(tables_, transaction, stored, piece_bytes);
}

std::vector<index::IndexId> TableMapper::IndicesOf(const change::Transaction& transaction) const {
  std::vector<index::IndexId> indices;
  for (const auto& table : transaction.rows->tables()) {
    const auto bound = tables_.find(table->QualifiedName());
    if (bound != tables_.end()) {
      indices.push_back(bound->second->index);
    }
  }
  return indices;
}

}  // namespace binseek::mapper
