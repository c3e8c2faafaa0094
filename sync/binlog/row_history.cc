#include "sync/binlog/row_history.h"

#include <utility>

namespace binseek::binlog {
namespace {

using change::RowChangeKind;
using change::RowImage;
using change::ValueKind;
using change::Versioning;

// The end of rows that have none: the last moment of a TIMESTAMP, which has grown with MariaDB 11.5, or the last transaction.
constexpr int64_t kLastMoment = 2'147'483'647'999'999;
constexpr int64_t kLastMomentSince115 = 4'294'967'295'999'999;

enum class State : uint8_t { kCurrent, kHistory, kUnknown };

State StateOf(const RowImage& image, size_t row_end) {
  const change::Value& end = image[row_end];
  switch (end.kind) {
    case ValueKind::kAbsent:
      return State::kUnknown;
    case ValueKind::kTimestamp:
      return end.integer == kLastMoment || end.integer == kLastMomentSince115 ? State::kCurrent
                                                                              : State::kHistory;
    case ValueKind::kUint:
      return end.unsigned_integer() == UINT64_MAX ? State::kCurrent : State::kHistory;
    default:
      return State::kHistory;
  }
}

change::Column PeriodColumn(const char* name) {
  change::Column column;
  column.name = name;
  column.type = change::ColumnType::kTimestamp;
  column.nullable = false;
  column.invisible = true;
  column.scale = 6;
  return column;
}

void KeepColumns(size_t columns, RowImage* image) {
  if (image->size() > columns) {
    image->resize(columns);
  }
}

}  // namespace

std::shared_ptr<const change::TableSchema> WithHistory(
    const std::shared_ptr<const change::TableSchema>& table) {
  if (table->versioning != Versioning::kHidden) {
    return table;
  }
  auto whole = std::make_shared<change::TableSchema>(*table);
  whole->columns.push_back(PeriodColumn("row_start"));
  whole->columns.push_back(PeriodColumn("row_end"));
  return whole;
}

std::optional<change::RowChange> WithoutHistory(
    const std::shared_ptr<const change::TableSchema>& table, change::RowChange row) {
  const size_t row_end =
      table->versioning == Versioning::kHidden ? table->columns.size() + 1 : size_t{table->row_end};
  const State before = row.before.empty() ? State::kCurrent : StateOf(row.before, row_end);
  State after = row.after.empty() ? State::kCurrent : StateOf(row.after, row_end);
  KeepColumns(table->columns.size(), &row.before);
  KeepColumns(table->columns.size(), &row.after);
  row.table = table;
  switch (row.kind) {
    case RowChangeKind::kInsert:
    case RowChangeKind::kRead:
      break;
    case RowChangeKind::kUpdate:
      if (before == State::kHistory) {
        return std::nullopt;  // history is written once; what rewrites it concerns no current row
      }
      if (after == State::kHistory) {
        row.kind = RowChangeKind::kDelete;
        row.after.clear();
      }
      return row;  // an end that the image after leaves out is as it was
    case RowChangeKind::kDelete:
      after = before;
      if (before == State::kUnknown) {
        row.kind = RowChangeKind::kInsert;
        row.after = std::move(row.before);
        row.before.clear();
        return row;
      }
      break;
  }
  return after == State::kHistory ? std::nullopt : std::make_optional(std::move(row));
}

}  // namespace binseek::binlog
