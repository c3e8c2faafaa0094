// MergeSegments: several segments, without their dead documents, as one, written as a stream.
//
// Reads views and writes to the output, nothing else; runs beside the writer. What the writer changes meanwhile is caught up afterwards by means of the maps.
// Memory: the maps, the ordinals of one field, and buffers; not the size of the result. Sources that are files are verified against their checksums first.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_

#include <functional>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/segment_writer.h"
#include "engine/codec/stored_fields.h"
#include "engine/index/keyword_table.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

struct MergedSegment {
  uint32_t docs = 0;  // 0: nothing was written
  // Per input segment: the new document of each old one, kNoMoreDocs for those that were dead.
  std::vector<std::vector<DocId>> doc_maps;
};

struct MergeOptions {
  codec::StoredForm stored = codec::StoredForm::kZstd;
  // Asked every some thousand documents or terms: it may wait, and what it returns ends the merge unless it is Ok. May be empty.
  std::function<Status()> check = {};
  // Has the index sort, without which documents keep their order, segment after segment; fields that it lacks are left out. Null: no sort, all fields. Borrowed.
  const mapping::Mapping* mapping = nullptr;
  // Of the index: what the ids mean that the segments have. Borrowed.
  const KeywordViews* keywords = nullptr;
  // Compressed blocks of sources whose documents all live are taken as they are, where documents keep their order.
  bool copy_stored_blocks = true;
  size_t buffer_bytes = codec::SegmentWriter::kBufferBytes;  // see SegmentWriter
};

// Errors: kResourceExhausted where the result would outgrow a segment, kCorruption of a source, those of output and check.
[[nodiscard]] Result<MergedSegment> MergeSegments(
    const std::vector<std::shared_ptr<const SegmentView>>& segments, const MergeOptions& options,
    codec::SegmentOutput* output);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_
