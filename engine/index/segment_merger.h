// MergeSegments: several segments, without their dead documents, to the bytes of one.
//
// Pure function over views; runs beside the writer. What the writer changes meanwhile is caught up afterwards by means of the maps.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"

namespace binseek::index {

struct MergedSegment {
  std::string payload;  // for codec::Segment::Open
  uint32_t docs = 0;
  // Per input segment: the new document of each old one, kNoMoreDocs for those that were dead.
  std::vector<std::vector<DocId>> doc_maps;
};

// Documents keep their order. Errors: kResourceExhausted where the result would outgrow a segment.
[[nodiscard]] Result<MergedSegment> MergeSegments(
    const std::vector<std::shared_ptr<const SegmentView>>& segments);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_MERGER_H_
