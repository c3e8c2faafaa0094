// OwnOperations: what a transaction's earlier operations make of a document, for a later row that is completed from it.
//
// Nothing is looked at before the first question: where all images are whole, there is none. Single-threaded; borrows the batch and what
// is stored, and may be asked while the batch grows.
#ifndef BINSEEK_SYNC_MAPPER_OWN_OPERATIONS_H_
#define BINSEEK_SYNC_MAPPER_OWN_OPERATIONS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/stored_fields.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

class OwnOperations {
 public:
  OwnOperations(const std::vector<index::Operation>* operations, const StoredRows* stored)
      : operations_(operations), stored_(stored) {}

  // The operations begin anew.
  void Forget() {
    looked_at_ = 0;
    by_key_.clear();
  }
  // Whether there is a document of that key behind the operations so far. Cost: of many updates of one key no more than of few.
  bool Contains(const TablePlan& plan, std::string_view key);
  // Its fields. nullopt: there is none, or none that a row of the table makes. Errors: those of the stored rows.
  Result<std::optional<StoredFields>> Document(const TablePlan& plan, std::string_view key);

 private:
  using Ordinals = std::vector<size_t>;

  // Those of the key from the last one on that says whether there is a document; `known`: one does. Until the next question.
  const Ordinals& Last(const TablePlan& plan, std::string_view key, bool* known);

  const std::vector<index::Operation>* const operations_;
  const StoredRows* const stored_;
  size_t looked_at_ = 0;
  std::map<std::pair<index::IndexId, std::string>, Ordinals, std::less<>> by_key_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_OWN_OPERATIONS_H_
