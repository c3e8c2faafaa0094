// State files: what happened to a segment between two commits: deletions, values of columns, versions.
//
// Pages are written whole, so a file laid over the ones before it gives the state of its commit. Format: engine/codec/FORMATS.md.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/index/page_edit.h"
#include "engine/index/segment_view.h"

namespace binseek::index {

// Payload of the pages born after `epoch`; empty: there are none. 0: all pages.
std::string EncodeSegmentState(const SegmentView& segment, Epoch epoch);
// kCorruption, naming the offset.
[[nodiscard]] Status ApplySegmentState(std::string_view payload, PageEdit* edit,
                                       SegmentView* segment);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_
