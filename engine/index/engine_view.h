// EngineView: all indices as of one epoch, whole transactions only. What every search runs on.
//
// Immutable and thread-safe; held by shared_ptr, it keeps segments and column pages alive for as long as it is held.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_VIEW_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_VIEW_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/segment.h"
#include "engine/index/batch.h"
#include "engine/index/column_pages.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

using codec::DocId;

// One segment as a view sees it: its immutable bytes, who lives, and the current values of its numeric columns.
class SegmentView {
 public:
  SegmentView(uint64_t id, bool on_disk, std::shared_ptr<const codec::Segment> segment);

  uint64_t id() const { return id_; }  // unique within the engine, never reused
  bool on_disk() const { return on_disk_; }
  const codec::Segment& segment() const { return *segment_; }
  const std::shared_ptr<const codec::Segment>& shared_segment() const { return segment_; }
  uint32_t max_doc() const { return segment_->max_doc(); }
  uint32_t live_count() const { return live_.count(); }
  bool has_deletions() const { return live_count() != max_doc(); }
  bool IsLive(DocId doc) const { return live_.Get(doc); }
  const LiveDocs& live() const { return live_; }
  // Current values of a numeric field, in-place updates included; null: no document of the segment has one.
  const ColumnPages* Column(mapping::FieldId field) const;
  const std::vector<std::pair<mapping::FieldId, ColumnPages>>& columns() const { return columns_; }

  // For the writer, on its own copy.
  LiveDocs* mutable_live() { return &live_; }
  ColumnPages* MutableColumn(mapping::FieldId field);  // creates an all-absent one

 private:
  uint64_t id_;
  bool on_disk_;
  std::shared_ptr<const codec::Segment> segment_;
  LiveDocs live_;
  std::vector<std::pair<mapping::FieldId, ColumnPages>> columns_;  // sorted by field
};

struct DocAddress {
  uint32_t segment = 0;  // ordinal within IndexView::segments
  DocId doc = 0;
};

struct IndexView {
  IndexId id{};
  std::string name;
  std::string uuid;
  int64_t created_ms = 0;
  std::string settings_json;  // as given at creation, Elasticsearch's form
  std::shared_ptr<const mapping::Mapping> mapping;
  std::vector<std::shared_ptr<const SegmentView>> segments;  // in the order of their making
  int64_t next_seq_no = 0;

  uint64_t live_docs() const;
  uint64_t deleted_docs() const;
  uint64_t size_bytes() const;
  std::optional<DocAddress> FindKey(std::string_view key) const;
  const SegmentView& at(DocAddress address) const { return *segments[address.segment]; }
};

class EngineView {
 public:
  // `indices` sorted by name.
  EngineView(Epoch epoch, std::vector<std::shared_ptr<const IndexView>> indices)
      : epoch_(epoch), indices_(std::move(indices)) {}
  Epoch epoch() const { return epoch_; }
  const IndexView* Find(std::string_view name) const;
  const IndexView* Find(IndexId id) const;
  const std::vector<std::shared_ptr<const IndexView>>& indices() const {
    return indices_;
  }  // sorted by name

 private:
  Epoch epoch_;
  std::vector<std::shared_ptr<const IndexView>> indices_;
};

// Appends the document's _source as JSON: verbatim, or rendered from fragments and columns (mapping::StoredSource).
Status AppendSource(const IndexView& index, DocAddress address, std::string* out);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_VIEW_H_
