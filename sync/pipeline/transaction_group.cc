#include "sync/pipeline/transaction_group.h"

#include <optional>
#include <utility>

namespace binseek::pipeline {

bool MayJoin(const change::Transaction& transaction, const GroupLimits& limits) {
  return transaction.table_events.empty() && transaction.cascades.empty() &&
         transaction.row_bytes <= limits.bytes &&
         dynamic_cast<const change::RowVector*>(transaction.rows.get()) != nullptr;
}

TransactionGroup Gather(change::Transaction first, binlog::BinlogSource* source,
                        const GroupLimits& limits) {
  TransactionGroup group;
  uint64_t bytes = first.row_bytes;
  bool goes_on = MayJoin(first, limits);
  group.push_back(std::move(first));
  while (goes_on && group.size() < limits.transactions && bytes < limits.bytes) {
    std::optional<change::Transaction> next = source->NextWaiting(limits.bytes);
    if (!next) {
      break;
    }
    bytes += next->row_bytes;
    goes_on = MayJoin(*next, limits);
    group.push_back(*std::move(next));
  }
  return group;
}

}  // namespace binseek::pipeline
