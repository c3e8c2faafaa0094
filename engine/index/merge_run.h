// MergeRun: one merge, from the segments of a view to the index that has one segment in their place.
//
//   MergeRun run(&state, index, ids);          // the ids are marked busy by the caller
//   run.Read(*view);                           // merges what a view shows; writers go on
//   run.CatchUp();                             // lays over what has changed since, round after round
//   run.Install();                             // the last round, under the index's claim, and the switch; then the key map, in steps
//
// Between Read and Install readers and writers see the old segments, and the new one is nobody's. A run that is dropped before Install leaves nothing but,
// perhaps, a file that no manifest names (Discard).
// Single-threaded. Errors: kIoError, kCorruption and kResourceExhausted from reading and writing; kAborted where the index or a segment of it is gone; those of the check.
#ifndef BINSEEK_ENGINE_INDEX_MERGE_RUN_H_
#define BINSEEK_ENGINE_INDEX_MERGE_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_state.h"
#include "engine/index/engine_view.h"
#include "engine/index/page_edit.h"

namespace binseek::index {

// How the outside takes part in a merge; both may be empty.
struct MergeControl {
  std::function<Status()> check = {};  // see MergeOptions; asked of what is written, too
  std::function<void(uint64_t bytes)> wrote = {};  // so much more went to the file
};

class MergeRun {
 public:
  enum class Target : uint8_t { kMemory, kFile };

  MergeRun(EngineState* state, IndexId index, std::vector<uint64_t> sources, Target target,
           MergeControl control = {});

  // Merges the segments as `view` shows them. A file is durable, but not yet its name, when this returns. `view` need not be kept.
  [[nodiscard]] Status Read(const std::shared_ptr<const EngineView>& view);
  // Until little is left to catch up with, or for a few rounds.
  [[nodiscard]] Status CatchUp();
  [[nodiscard]] Status Install();
  // Deletes the file where there is one. REQUIRES: it was not installed, no manifest names it.
  void Discard();

  uint64_t docs() const { return docs_; }
  uint64_t segment_id() const { return id_; }
  // Null: nothing was left.
  const std::shared_ptr<SegmentView>& merged() const { return merged_; }

 private:
  Status Write(const std::vector<std::shared_ptr<const SegmentView>>& segments,
               const IndexView& index);
  Status Switch();
  // Who sorts by a keyword next need not wait for it.
  void RefreshRanks();
  // Returns how many documents it touched.
  Result<uint64_t> CatchUpWith(const EngineView& view);
  uint64_t CatchUpSegment(const SegmentView& now, const mapping::Mapping& mapping,
                          const std::vector<DocId>& doc_map);

  EngineState* const state_;
  const IndexId index_;
  const std::vector<uint64_t> sources_;
  const Target target_;
  const MergeControl control_;
  const uint64_t id_;
  PageEdit edit_;
  Epoch seen_ = 0;  // everything born up to here is in `merged_`
  uint64_t docs_ = 0;
  std::vector<std::shared_ptr<const std::vector<DocId>>> doc_maps_;  // by source
  std::shared_ptr<SegmentView> merged_;
};

// Marks the segments busy for its own life.
class BusyMark {
 public:
  // REQUIRES: marked by the caller
  BusyMark(BusySegments* busy, std::vector<uint64_t> ids) : busy_(busy), ids_(std::move(ids)) {}
  ~BusyMark() { busy_->Unmark(ids_); }
  BusyMark(const BusyMark&) = delete;
  BusyMark& operator=(const BusyMark&) = delete;

 private:
  BusySegments* const busy_;
  const std::vector<uint64_t> ids_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_RUN_H_
