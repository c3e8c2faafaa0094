// The state file of a committed segment: who was deleted and which column values were updated since it was written.
//
// Free functions over SegmentView. Decode: kCorruption, naming the offset.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"

namespace binseek::index {

// Live documents as a bitset, then the written pages of every column (version 0 of the format; without envelope).
std::string EncodeSegmentState(const SegmentView& segment);
// Lays the state over a freshly opened segment.
Status ApplySegmentState(std::string_view payload, EditId edit, SegmentView* segment);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_STATE_H_
