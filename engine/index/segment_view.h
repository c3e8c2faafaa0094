// SegmentView: one segment as a view sees it: its immutable bytes, who lives, and the values that have changed since it was written.
//
// Immutable once published, and then thread-safe. A writer copies the newest one (a few pointers per column: pages are shared), changes the copy under a
// PageEdit, and publishes it. SegmentCore is what all views of a segment share; it frees the newest published pages when the last view of the segment goes,
// older ones are the reclaimer's.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_VIEW_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_VIEW_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/index/live_pages.h"
#include "engine/index/number_pages.h"
#include "engine/index/page_pool.h"
#include "engine/index/system_pages.h"
#include "engine/mapping/field.h"

namespace binseek::index {

using codec::DocId;

using Columns = std::vector<std::pair<mapping::FieldId, NumberPages>>;  // sorted by field

class SegmentCore {
 public:
  SegmentCore(uint64_t id, bool on_disk, std::shared_ptr<const codec::Segment> segment,
              std::shared_ptr<PagePool> pool)
      : id_(id), on_disk_(on_disk), segment_(std::move(segment)), pool_(std::move(pool)) {}
  ~SegmentCore();
  SegmentCore(const SegmentCore&) = delete;
  SegmentCore& operator=(const SegmentCore&) = delete;

 private:
  friend class SegmentView;
  const uint64_t id_;
  const bool on_disk_;
  const std::shared_ptr<const codec::Segment> segment_;
  const std::shared_ptr<PagePool> pool_;
  // As last published. Touched under the index's claim, and when nothing else is left.
  std::optional<LivePages> newest_live_;
  std::optional<SystemPages> newest_system_;
  Columns newest_columns_;
};

class SegmentView {
 public:
  // `pool`: where this segment's pages come from.
  SegmentView(uint64_t id, bool on_disk, std::shared_ptr<const codec::Segment> segment,
              std::shared_ptr<PagePool> pool);

  uint64_t id() const { return core_->id_; }  // unique within the engine, never reused
  bool on_disk() const { return core_->on_disk_; }
  const codec::Segment& segment() const { return *core_->segment_; }
  const std::shared_ptr<const codec::Segment>& shared_segment() const { return core_->segment_; }
  uint32_t max_doc() const { return segment().max_doc(); }
  uint32_t live_count() const { return live_.count(); }
  bool has_deletions() const { return live_count() != max_doc(); }
  bool IsLive(DocId doc) const { return live_.Get(doc); }
  const LivePages& live() const { return live_; }
  // Current values of a numeric field, in-place updates included; null: no document of the segment has one.
  const NumberPages* Column(mapping::FieldId field) const;
  const Columns& columns() const { return columns_; }
  SystemRow System(DocId doc) const { return system_.Get(doc); }
  const SystemPages& system() const { return system_; }
  // About what its changed columns and versions take beside it.
  size_t page_bytes() const;

  // For the writer, on its own copy.
  LivePages* mutable_live() { return &live_; }
  SystemPages* mutable_system() { return &system_; }
  NumberPages* MutableColumn(mapping::FieldId field);  // creates an all-absent one
  // To be called when this has been published, under the index's claim.
  void KeepAsNewest() const;

 private:
  std::shared_ptr<SegmentCore> core_;
  LivePages live_;
  SystemPages system_;
  Columns columns_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_VIEW_H_
