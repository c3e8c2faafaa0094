#include "sync/change/transaction.h"

#include <algorithm>

namespace binseek::change {
namespace {

class RowVectorCursor final : public RowCursor {
 public:
  explicit RowVectorCursor(const std::vector<RowChange>* rows) : rows_(rows) {}

  Result<const RowChange*> Next() override {
    const RowChange* row = next_ < rows_->size() ? &(*rows_)[next_++] : nullptr;
    return row;
  }

 private:
  const std::vector<RowChange>* rows_;
  size_t next_ = 0;
};

// Rows of a table come in runs.
TableList TablesOf(const std::vector<RowChange>& rows) {
  TableList tables;
  const TableSchema* last = nullptr;
  for (const RowChange& row : rows) {
    if (row.table.get() == last || row.table == nullptr) {
      continue;
    }
    last = row.table.get();
    if (std::find(tables.begin(), tables.end(), row.table) == tables.end()) {
      tables.push_back(row.table);
    }
  }
  return tables;
}

}  // namespace

RowVector::RowVector(std::vector<RowChange> rows, std::shared_ptr<ImagePool> pool)
    : rows_(std::move(rows)), tables_(TablesOf(rows_)), pool_(std::move(pool)) {}

RowVector::~RowVector() {
  if (pool_ != nullptr) {
    pool_->Give(&rows_);
  }
}

std::unique_ptr<RowCursor> RowVector::Open() const {
  return std::make_unique<RowVectorCursor>(&rows_);
}

}  // namespace binseek::change
