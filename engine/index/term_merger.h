// MergeTerms: the terms of one field of several segments as those of one: dictionary, postings, positions, norms, ids or ordinals.
//
// Ids of keyword values are copied where all segments have them. Where some have ordinals, or the field is closed, all get ordinals.
//
// Single-threaded. Memory: a norm per document of the result or an ordinal per term of the sources that have ordinals; a block per source and stream;
// and BytesForIds.
#ifndef BINSEEK_ENGINE_INDEX_TERM_MERGER_H_
#define BINSEEK_ENGINE_INDEX_TERM_MERGER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/segment_writer.h"
#include "engine/index/keyword_table.h"
#include "engine/index/merge_input.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/field.h"

namespace binseek::index {

// Terms whose documents are all dead are left out. Errors: as MergeSegments.
// `keywords`: the field's ids, null where there are none.
[[nodiscard]] Status MergeTerms(mapping::FieldId field, const KeywordView* keywords,
                                MergeInput* input, codec::SegmentWriter* writer);

// What a merge of the segments needs at most where it turns ids into ordinals: a number for each value of a field's table. One field is merged at a time.
uint64_t BytesForIds(const KeywordViews* keywords,
                     const std::vector<std::shared_ptr<const SegmentView>>& segments);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TERM_MERGER_H_
