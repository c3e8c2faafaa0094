// FieldChangeRun: one change of a field, from the reservation of its id to the commit behind the switch. See field_change.h.
//
// Single-threaded: the caller of Engine::ChangeField. Between its steps, which hold the index's claim for a few hundred documents at a time, writers and
// merges go on.
#ifndef BINSEEK_ENGINE_INDEX_FIELD_CHANGE_RUN_H_
#define BINSEEK_ENGINE_INDEX_FIELD_CHANGE_RUN_H_

#include <functional>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_state.h"
#include "engine/index/engine_view.h"
#include "engine/index/field_change.h"
#include "engine/index/field_rebuild.h"

namespace binseek::index {

class FieldChangeRun {
 public:
  // `commit` makes everything applied durable.
  FieldChangeRun(EngineState* state, IndexId index, const FieldChange& change,
                 std::function<Status()> commit)
      : state_(state), index_(index), change_(change), commit_(std::move(commit)) {}

  [[nodiscard]] Status Run(FieldChangeReport* report);

 private:
  struct Converted {
    DocId doc = 0;
    int64_t seq_no =
        0;  // as of the conversion: where it has moved on the document is converted again
    bool overridden = false;
    FieldConversion::Converted result;
  };

  Status Begin();
  Status Build(FieldChangeReport* report);
  // Takes the rebuild away from the writer, whose numbers are given in `report`, where the change has come to nothing.
  void End(bool keep, FieldChangeReport* report);
  // What segments hold of the new field goes with their next merge. Under the claim.
  void Abandon();
  // Segments that may lack values, as of a view. kAborted where the index is gone.
  Status FindUncovered(std::shared_ptr<const EngineView>* view, std::vector<uint64_t>* segments);
  Status BuildSegment(const EngineView& view, uint64_t segment);
  Result<std::vector<Converted>> Convert(const SegmentView& segment, DocId first, DocId end,
                                         codec::StoredFieldsReader* stored) const;
  // Sets what was converted from documents of the segment, as far as they still are as they were. Under the claim.
  Status Set(const EngineView& view, uint64_t segment, std::vector<Converted>* converted);
  // True: done. False: too much has come meanwhile.
  Result<bool> TrySwitch();
  // kAborted where the field that is being changed is none any more that can be.
  Status CheckStillThere(const IndexView& index) const;
  Status CheckFailures(const IndexView& index, FieldRebuild* rebuild) const;
  Status Publish(std::shared_ptr<IndexView> index, bool moves_only, PageEdit* edit);
  // Under the claim; null: the index was dropped, or its rebuild is not this one.
  FieldRebuild* Mine() const;
  bool Cancelled(uint64_t of) const;

  EngineState* const state_;
  const IndexId index_;
  const FieldChange& change_;
  const std::function<Status()> commit_;
  std::shared_ptr<const FieldConversion> conversion_;
  uint64_t documents_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_FIELD_CHANGE_RUN_H_
