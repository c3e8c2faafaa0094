#include "sync/mapper/table_mapper.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sync/mapper/document_builder.h"
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

constexpr size_t kMaxReserved = 65'536;
constexpr size_t kMaxShownKeyBytes = 512;

// What an update asks of the document of its row.
struct Difference {
  bool document = false;                     // more than in-place fields changed
  std::vector<index::ColumnUpdate> columns;  // complete where !document
};

// The key for a message, where it makes no _id.
std::string ShownKey(const change::TableSchema& table, const RowImage& row) {
  std::string key;
  for (const uint32_t ordinal : table.key) {
    key += key.empty() ? "" : ":";
    if (!AppendValueText(table.columns[ordinal], row[ordinal], &key).ok()) {
      key += "?";
    }
  }
  if (key.size() > kMaxShownKeyBytes) {
    size_t end = kMaxShownKeyBytes;
    while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) {
      --end;  // never within a character
    }
    key.resize(end);
  }
  return key;
}

// `row` with the columns that it lacks taken from `fallback`, in those of the key only.
RowImage WithKeyOf(const change::TableSchema& table, const RowImage& row,
                   const RowImage& fallback) {
  RowImage filled(row.size());
  for (const uint32_t ordinal : table.key) {
    filled[ordinal] = row[ordinal].is_absent() ? fallback[ordinal] : row[ordinal];
  }
  return filled;
}

bool LacksKey(const change::TableSchema& table, const RowImage& row) {
  return std::any_of(table.key.begin(), table.key.end(),
                     [&](uint32_t ordinal) { return row[ordinal].is_absent(); });
}

bool SameKey(const change::TableSchema& table, const RowImage& a, const RowImage& b) {
  return std::all_of(table.key.begin(), table.key.end(),
                     [&](uint32_t ordinal) { return a[ordinal] == b[ordinal]; });
}

Result<Difference> Compare(const TablePlan& plan, const RowImage& before, const RowImage& after) {
  Difference difference;
  for (const ColumnPlan& column : plan.columns) {
    const Value& old_value = before[column.ordinal];
    const Value& new_value = after[column.ordinal];
    if (new_value.is_absent()) {
      if (old_value.is_absent()) {
        return ColumnError(plan.column(column),
                           Status::InvalidArgument("neither row image carries it"));
      }
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

// One call of Map.
class MapRun {
 public:
  MapRun(const Tables& tables, const change::Transaction& transaction)
      : tables_(tables),
        transaction_(transaction),
        rows_stay_(dynamic_cast<const change::RowVector*>(transaction.rows.get()) != nullptr) {
    out_.batch.operations.reserve(std::min<uint64_t>(transaction.rows->size(), kMaxReserved));
  }

  Result<MappedTransaction> Run() {
    const auto cursor = transaction_.rows->Open();
    for (uint64_t number = 0;; ++number) {
      BINSEEK_ASSIGN_OR_RETURN(const RowChange* row, cursor->Next());
      if (row == nullptr) {
        return std::move(out_);
      }
      BINSEEK_ASSIGN_OR_RETURN(const auto* plan, PlanOf(*row));
      if (plan == nullptr) {
        continue;
      }
      BINSEEK_RETURN_IF_ERROR(CheckShape(**plan, *row));
      version_ = transaction_.is_chunk() ? change::ChunkVersionOf(transaction_.ordinal)
                                         : change::VersionOf(transaction_.ordinal, number);
      MapRow(*plan, *row);
    }
  }

 private:
  using PlanPointer = std::shared_ptr<const TablePlan>;

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

  void MapRow(const PlanPointer& plan, const RowChange& row) {
    switch (row.kind) {
      case RowChangeKind::kInsert:
      case RowChangeKind::kRead:
        if (auto id = IdOf(*plan, row.after)) {
          Upsert(*plan, row.after, {}, std::move(*id));
        }
        return;
      case RowChangeKind::kDelete:
        if (auto id = IdOf(*plan, row.before)) {
          Delete(*plan, std::move(*id));
        }
        return;
      case RowChangeKind::kUpdate:
        Update(plan, row);
        return;
    }
  }

  void Update(const PlanPointer& plan, const RowChange& row) {
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
      return;
    }
    Result<Difference> difference = Compare(*plan, row.before, row.after);
    if (!difference.ok()) {
      return Reject(table, std::move(*id), difference.status());
    }
    if (difference->document) {
      return Upsert(*plan, row.after, row.before, std::move(*id));
    }
    if (difference->columns.empty()) {
      ++out_.unchanged_rows;
      return;
    }
    Operation& operation = Add(*plan, OpKind::kUpdateColumns, std::move(*id));
    operation.columns = std::move(difference->columns);
    SetIfMissing(plan, row, &operation);
  }

  // The row has another key: its old document goes, even where the new one is rejected, for no row has that key now.
  void Move(const TablePlan& plan, const RowChange& row, const RowImage& after_key) {
    Result<std::string> old_id = DocumentId(*plan.table, row.before);
    auto id = IdOf(plan, after_key);
    // Keys that differ only in what the id leaves out are the same document. An old key that makes no id had none.
    if (old_id.ok() && (!id || *old_id != *id)) {
      Delete(plan, std::move(*old_id));
    }
    if (id) {
      Upsert(plan, row.after, row.before, std::move(*id));
    }
  }

  void SetIfMissing(const PlanPointer& plan, const RowChange& row, Operation* operation) const {
    if (rows_stay_) {
      operation->if_missing = [plan, borrowed = &row] {
        return BuildDocument(*plan, borrowed->after, borrowed->before);
      };
    } else {
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
    Add(plan, OpKind::kUpsert, std::move(id)).document = std::move(document).value();
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
    rejected.key = std::move(key);
    rejected.reason = why.message();
    rejected.position = transaction_.position;
    rejected.version = version_;
  }

  const Tables& tables_;
  const change::Transaction& transaction_;
  const bool rows_stay_;  // rows lie in memory for as long as the transaction does
  MappedTransaction out_;
  int64_t version_ = 0;
  const change::TableSchema* last_table_ = nullptr;
  const PlanPointer* last_plan_ = nullptr;
  std::string last_source_table_;
};

}  // namespace

TableMapper::TableMapper() = default;
TableMapper::~TableMapper() = default;

Status TableMapper::Bind(std::shared_ptr<const change::TableSchema> table, index::IndexId index,
                         const std::shared_ptr<const mapping::Mapping>& mapping) {
  std::string name = table->QualifiedName();
  BINSEEK_ASSIGN_OR_RETURN(auto plan, MakeTablePlan(std::move(table), index, *mapping));
  tables_.insert_or_assign(std::move(name), std::move(plan));
  return Status::Ok();
}

void TableMapper::Unbind(const std::string& qualified_name) { tables_.erase(qualified_name); }

Result<MappedTransaction> TableMapper::Map(const change::Transaction& transaction,
                                           const StoredRows& /*stored*/) {
  return MapRun(tables_, transaction).Run();
}

}  // namespace binseek::mapper
