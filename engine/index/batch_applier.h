// BatchApplier: works a batch into copies of the indices that it touches, for the engine to publish in one step.
//
// Nothing that a reader can see changes before Finish; a batch that fails leaves no trace. Single-threaded: the engine's writer.
#ifndef BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_
#define BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/segment_builder.h"
#include "engine/index/batch.h"
#include "engine/index/engine_view.h"
#include "engine/index/tombstones.h"

namespace binseek::index {

class BatchApplier {
 public:
  // All are borrowed and must outlive this. `next_segment_id` gives ids to the segments that the batch makes; segments in
  // `frozen` are being committed and are left out of merges in memory.
  BatchApplier(const EngineView& base, const Tombstones& tombstones, EditId edit,
               const std::set<uint64_t>& frozen, uint64_t* next_segment_id)
      : base_(base),
        tombstones_(tombstones),
        edit_(edit),
        frozen_(frozen),
        next_segment_id_(next_segment_id) {}

  OpResult Apply(const Operation& operation);

  struct Changes {
    std::vector<std::shared_ptr<const IndexView>> changed;
    // nullopt: the key's tombstone goes. Without keys too where the index has external versions, see Tombstones.
    std::map<IndexId, std::unordered_map<std::string, std::optional<int64_t>>> tombstones;
  };
  [[nodiscard]] Result<Changes> Finish();

 private:
  // An index under work.
  struct Work {
    std::shared_ptr<IndexView> index;
    // Segments copied for writing, by ordinal.
    std::map<size_t, std::shared_ptr<SegmentView>> owned;
    std::unique_ptr<codec::SegmentBuilder> builder;  // documents of this batch
    std::unordered_map<std::string, DocId> pending;  // live keys in the builder
    std::vector<DocId> pending_dead;
    std::unordered_map<std::string, std::optional<int64_t>> tombstones;
    bool external_versions =
        false;  // some operation, of this batch or an earlier one, gave its version
  };
  // Where a key's document is now.
  struct Stored {
    std::optional<DocId> pending;
    std::optional<DocAddress> address;
    int64_t version = 0;
    int64_t seq_no = 0;
    bool exists() const { return pending || address; }
  };

  Work* WorkOn(IndexId index);
  Stored Lookup(const Work& work, const std::string& key) const;
  std::optional<int64_t> TombstoneOf(const Work& work, const std::string& key) const;
  SegmentView* OwnSegment(Work* work, size_t ordinal);
  // Sets result->outcome and returns false where the operation must not be applied; else sets result->version.
  bool Admit(const Work& work, const Operation& operation, const Stored& stored,
             OpResult* result) const;
  void Upsert(Work* work, const Operation& operation, const mapping::Document& document,
              const Stored& stored, OpResult* result);
  void Delete(Work* work, const Operation& operation, const Stored& stored, OpResult* result);
  void UpdateColumns(Work* work, const Operation& operation, const Stored& stored,
                     OpResult* result);
  Status CheckColumns(const Work& work, const Operation& operation, const Stored& stored) const;
  void Kill(Work* work, const std::string& key, const Stored& stored);
  Status Seal(Work* work);
  Status MergeInMemory(IndexView* index) const;

  const EngineView& base_;
  const Tombstones& tombstones_;
  const EditId edit_;
  const std::set<uint64_t>& frozen_;
  uint64_t* const next_segment_id_;
  std::map<IndexId, Work> works_;
};

// A segment in memory from the bytes that an encoder made.
Result<std::shared_ptr<SegmentView>> OpenInMemory(uint64_t id, std::string payload);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_
