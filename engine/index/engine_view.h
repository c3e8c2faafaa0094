// EngineView: all indices as of one epoch, whole transactions only. What every search runs on.
//
// Immutable and thread-safe; held by shared_ptr, it keeps segments and pages alive for as long as it is held: it pins its epoch. Taking one is one pointer copy.
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
#include "engine/index/epoch_reclaimer.h"
#include "engine/index/keyword_table.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

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
  std::shared_ptr<const KeywordViews> keywords;  // whose ids the segments hold; null: none
  int64_t next_seq_no = 0;
  // Some write gave its version: from then on deletes that count versions themselves leave tombstones too.
  bool external_versions =
      false;  // some write gave its version: kept for the manifest, which has a flag for it
  bool manual_refresh = false;  // what is applied shows at a refresh only
  Epoch epoch = 0;              // the one that published it
  Epoch unlogged = 0;           // the newest one that has changed it by what the translog has not
  size_t memory_bytes = 0;      // of segments that are in memory, as of then

  uint64_t live_docs() const;
  uint64_t deleted_docs() const;
  uint64_t size_bytes() const;
  std::optional<DocAddress> FindKey(std::string_view key) const;
  // In which every segment keeps its blocks; empty: as they came.
  const mapping::IndexSort& index_sort() const { return mapping->index_sort(); }
  const KeywordView* Keywords(mapping::FieldId field) const {  // null: none of its values has an id
    return keywords == nullptr ? nullptr : keywords->Find(field);
  }
  const SegmentView& at(DocAddress address) const { return *segments[address.segment]; }
  // It is being built to take over the name of another index: nothing of it is to be shown to clients.
  bool is_generation() const { return name.find('#') != std::string::npos; }
};
// The name of a generation: that of the index that it is to replace comes before the '#', which no index has in its name.
std::string GenerationName(std::string_view of, IndexId id);
// Whether the generation is to replace the index of this name.
bool IsGenerationOf(const IndexView& index, std::string_view name);

class EngineView {
 public:
  // `indices` sorted by name. Pins `epoch` and `lagging`, epochs of indices that are shown as they were before; `reclaimer` may be null (a view that no engine changes).
  EngineView(Epoch epoch, std::vector<std::shared_ptr<const IndexView>> indices,
             std::vector<Epoch> lagging = {}, std::shared_ptr<EpochReclaimer> reclaimer = nullptr);
  ~EngineView();
  EngineView(const EngineView&) = delete;
  EngineView& operator=(const EngineView&) = delete;

  Epoch epoch() const { return epoch_; }
  const IndexView* Find(std::string_view name) const;  // no generation
  const IndexView* Find(IndexId id) const;
  const std::vector<std::shared_ptr<const IndexView>>& indices() const {
    return indices_;
  }  // sorted by name

 private:
  const Epoch epoch_;
  const std::vector<Epoch> lagging_;
  const std::shared_ptr<EpochReclaimer> reclaimer_;
  std::vector<std::shared_ptr<const IndexView>> indices_;
};

// Appends the document's _source as JSON: verbatim but for the values that column updates have replaced (mapping::PatchSource), or rendered from
// fragments and columns (mapping::StoredSource).
// Errors: kCorruption.
[[nodiscard]] Status AppendSource(const IndexView& index, DocAddress address, std::string* out);
// The same for who reads neighbours, of which `reader`, of the address's segment, keeps what it has decompressed.
[[nodiscard]] Status AppendSource(const IndexView& index, DocAddress address,
                                  codec::StoredFieldsReader* reader, std::string* out);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_VIEW_H_
