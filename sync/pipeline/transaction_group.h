// TransactionGroup: transactions of the stream that are written in one step, because they had all arrived when the first one's turn came.
//
// A batch costs something however small it is: a publish, a checkpoint, a lock. A stream that is behind therefore takes several whole
// transactions at once; one that is not finds nothing waiting, and so no transaction is held up for another.
//
// Plain values and free functions. Thread: that of the stream.
#ifndef BINSEEK_SYNC_PIPELINE_TRANSACTION_GROUP_H_
#define BINSEEK_SYNC_PIPELINE_TRANSACTION_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/change/transaction.h"

namespace binseek::pipeline {

struct GroupLimits {
  size_t transactions = 1000;
  uint64_t bytes = uint64_t{2} << 20;  // of decoded rows: of all of a group, but for the last one
};

using TransactionGroup = std::vector<change::Transaction>;

// Whether it can be written together with others: what it is made of lies in memory, and it changes no table.
bool MayJoin(const change::Transaction& transaction, const GroupLimits& limits);

// `first`, and what the source has ready behind it. One with table events ends the group: rows behind it are decoded by what it makes of
// the tables. Errors are the source's next call's.
TransactionGroup Gather(change::Transaction first, binlog::BinlogSource* source,
                        const GroupLimits& limits);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TRANSACTION_GROUP_H_
