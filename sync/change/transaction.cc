#include "sync/change/transaction.h"

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

}  // namespace

std::unique_ptr<RowCursor> RowVector::Open() const {
  return std::make_unique<RowVectorCursor>(&rows_);
}

}  // namespace binseek::change
