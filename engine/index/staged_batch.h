// StagedBatch: a batch that is larger than memory, given bit by bit and shown in one step.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto staged, engine->Stage({products, prices}));
//   BINSEEK_ASSIGN_OR_RETURN(results, staged->Add(operations)) ...;      // as often as needed
//   BINSEEK_ASSIGN_OR_RETURN(epoch, staged->Finish(user_data, {}));          // visible, whole; durable with the next commit
//
// Documents go to segments on disk that no view and no commit knows; column updates and deletions to pages of their own. Until Finish nothing is to be seen, and a
// staged batch that is dropped, or whose process dies, leaves no trace. Its indices take no other writes meanwhile (they wait); all others go on, commits included.
//
// In memory: one segment's documents (a quarter of memory_limit), 12 bytes for each staged key, the pages of what is updated in place, and tombstones.
// Single-threaded. While it lives its thread must not write to its indices in another way, nor call ForgetTombstones, UpdateMapping or DropIndex for them.
// Errors: as Apply; after one the batch is lost.
#ifndef BINSEEK_ENGINE_INDEX_STAGED_BATCH_H_
#define BINSEEK_ENGINE_INDEX_STAGED_BATCH_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"

namespace binseek::index {

class StagedBatch {
 public:
  StagedBatch() = default;
  virtual ~StagedBatch() = default;
  StagedBatch(const StagedBatch&) = delete;
  StagedBatch& operator=(const StagedBatch&) = delete;

  // Results as of Apply; what is added later sees what was added before.
  [[nodiscard]] virtual Result<std::vector<OpResult>> Add(
      std::span<const Operation> operations) = 0;
  // Cost: grows with the staged documents, about a microsecond each; other indices go on. To be called once, and last.
  [[nodiscard]] virtual Result<Epoch> Finish(std::map<std::string, std::string> user_data,
                                             Attachments attached) = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_STAGED_BATCH_H_
