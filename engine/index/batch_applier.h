// BatchApplier: works a batch into copies of the indices that it touches, for the engine to publish in one step.
//
// Nothing that a reader can see changes before the engine publishes, and no writer's state before Published; a batch that fails leaves no trace once its edit is aborted.
// Single-threaded; the caller holds the claims of all indices that the batch names.
//
//   BatchApplier applier(*view, writers, &edit, next_segment_id);
//   applier.Apply(operation) ...                       // results, one by one
//   BINSEEK_ASSIGN_OR_RETURN(changes, applier.Finish());
//   publish(changes);
//   applier.Published(now);
#ifndef BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_
#define BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/segment_builder.h"
#include "engine/index/batch.h"
#include "engine/index/batch_analysis.h"
#include "engine/index/engine_view.h"
#include "engine/index/index_writer.h"
#include "engine/index/page_edit.h"
#include "engine/index/tombstones.h"
#include "engine/index/translog_record.h"

namespace binseek::index {

class BatchApplier {
 public:
  using WriterOf = std::function<IndexWriter*(IndexId)>;  // null: there is no such index

  // All are borrowed and must outlive this. `next_segment_id` gives ids to the segments that the batch makes.
  BatchApplier(const EngineView& base, WriterOf writer_of, PageEdit* edit,
               std::shared_ptr<PagePool> pool, std::function<uint64_t()> next_segment_id)
      : base_(base),
        writer_of_(std::move(writer_of)),
        edit_(edit),
        pool_(std::move(pool)),
        next_segment_id_(std::move(next_segment_id)) {}

  // Documents beyond `bytes` of texts and sources are given to `write`, which makes a segment of them outside memory. For batches that no memory holds.
  using SpillTo = std::function<Result<std::shared_ptr<SegmentView>>(std::string payload)>;
  void SpillAbove(size_t bytes, SpillTo write) {
    spill_bytes_ = bytes;
    spill_to_ = std::move(write);
  }
  // To be called between operations: writes what is above the limit.
  [[nodiscard]] Status SpillIfLarge();
  // What changes something from here on is also written to `log`, which is borrowed; null: it is not.
  void LogTo(TranslogBatchEncoder* log) { log_ = log; }
  // Large batches are analysed with the help of these threads; borrowed, null: of none.
  void AnalyzeOn(AnalysisPool* pool) { analysis_pool_ = pool; }
  // `operations` are the next ones for Apply, in this order: their documents may be analysed from now on, until the next call or EndAhead.
  void BeginAhead(std::span<const Operation> operations);
  void EndAhead() { ahead_.reset(); }
  // Operations that come next, in this order: starts to load what they will look at, all at once instead of one after the other. Changes nothing.
  static constexpr size_t kForeseen = 32;  // at most
  void Foresee(std::span<const Operation> next);
  OpResult Apply(const Operation& operation);
  // One after the other, with a look ahead (Foresee).
  std::vector<OpResult> ApplyAll(std::span<const Operation> operations);
  // Applies what the translog has, as it was: with its versions and sequence numbers, whatever is stored. `applied`: how many succeeded.
  [[nodiscard]] Status ReplayAll(std::vector<ReplayedOp> logged, size_t* applied);

  struct Changes {
    std::vector<std::shared_ptr<IndexView>> changed;
    std::vector<TombstoneEdit> tombstones;
  };
  // kResourceExhausted where an index has more segments than it can know.
  [[nodiscard]] Result<Changes> Finish();
  // Brings the writers up to what has been published; or, where that failed or Finish did, takes everything back, the edit too.
  // Returns how many tombstones there are more (modulo 2^64: less). `now_micros`: monotonic, for their age.
  size_t Published(int64_t now_micros);
  void Abandon();

 private:
  // An index under work.
  struct Work {
    IndexWriter* writer = nullptr;
    std::shared_ptr<IndexView> index;
    std::vector<uint64_t> segment_ids;  // by ordinal
    size_t base_segments = 0;           // those before the batch; spilled ones come behind them
    std::map<size_t, std::shared_ptr<SegmentView>> owned;  // copied for writing, by ordinal
    std::unique_ptr<codec::SegmentBuilder> builder;        // documents of this batch
    size_t builder_bytes = 0;                              // about
    std::unordered_map<std::string, DocId> pending;        // keys that live in the builder
    std::vector<DocId> pending_dead;
    // Of roots in the builder that have children: their keys. The children are the documents before the root, as many as its block has.
    struct Block {
      DocId first = 0;
      std::vector<std::string> child_keys;
    };
    std::map<DocId, Block> pending_blocks;
    std::set<DocId> pending_children;  // those with a key
    std::unique_ptr<PrimaryKeyMap>
        spilled_keys;                // that live in spilled segments; null: there are none
    std::vector<DocAddress> killed;  // documents from before the batch
    std::unordered_map<std::string, std::optional<int64_t>> tombstones;  // nullopt: goes
    std::shared_ptr<SegmentView> made;  // of the builder's documents
    std::vector<uint64_t> known;        // segments of the batch that the key map knows
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
  // For an operation that changes something, which is one that is logged: so this alone may change what the index knows of its versions.
  Status Replay(const Operation& operation, const ReplayedOp& logged);
  int64_t TakeSeqNo(Work* work, const Operation& operation) const;
  SegmentView* OwnSegment(Work* work, size_t ordinal);
  // Sets result->outcome and returns false where the operation must not be applied; else sets result->version.
  bool Admit(const Work& work, const Operation& operation, const Stored& stored,
             OpResult* result) const;
  // These take result->version, and give result->seq_no.
  void Upsert(Work* work, const Operation& operation, const mapping::Document& given,
              const Stored& stored, OpResult* result);
  void Delete(Work* work, const Operation& operation, const Stored& stored, OpResult* result);
  void UpdateColumns(Work* work, const Operation& operation, const Stored& stored,
                     OpResult* result);
  // Of the mapping, or one that is being made.
  static const mapping::Field* FieldOf(const Work& work, mapping::FieldId id);
  static Status CheckColumns(const Work& work, std::span<const ColumnUpdate> columns);
  void UpdatePending(Work* work, std::span<const ColumnUpdate> columns, uint64_t row_hash,
                     DocId doc, const OpResult& result);
  void UpdateStored(Work* work, std::span<const ColumnUpdate> columns, uint64_t row_hash,
                    const Stored& stored, const OpResult& result);
  // With the block that it is the root of; a child alone.
  void Kill(Work* work, const std::string& key, const Stored& stored);
  void KillAt(Work* work, DocAddress address);
  bool IsChild(const Work& work, const Stored& stored) const;
  // May the document's children have the keys that they have? None may be another's in the block: `keys` are those met so far, at first the root's.
  Status CheckChildKeys(const Work& work, const mapping::Document& document,
                        std::unordered_set<std::string_view>* keys) const;
  void AddChildKeys(Work* work, const mapping::Document& document, DocId first, DocId root,
                    const OpResult& result);
  LoggedOp Logged(const Operation& operation, const OpResult& result) const;
  // The builder's documents as a segment's bytes, their keyword values with ids from the writer, and `work` brought up to where they are there.
  static Result<std::string> Build(Work* work);
  Status Seal(Work* work);
  Status Spill(Work* work);
  // Tells the key map of a segment of the batch.
  Status MakeKnown(Work* work, const SegmentView& segment);

  const EngineView& base_;
  const WriterOf writer_of_;
  PageEdit* const edit_;
  const std::shared_ptr<PagePool> pool_;
  const std::function<uint64_t()> next_segment_id_;
  size_t spill_bytes_ = 0;
  SpillTo spill_to_;  // empty: never
  TranslogBatchEncoder* log_ = nullptr;
  AnalysisPool* analysis_pool_ = nullptr;
  std::unique_ptr<BatchAnalysis> ahead_;  // null: nothing is analysed ahead
  const ReplayedOp* replayed_ = nullptr;  // the operation that is being replayed
  std::map<IndexId, Work> works_;
};

// A segment in memory from the bytes that an encoder made.
Result<std::shared_ptr<SegmentView>> OpenInMemory(uint64_t id, std::string payload,
                                                  std::shared_ptr<PagePool> pool);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_BATCH_APPLIER_H_
