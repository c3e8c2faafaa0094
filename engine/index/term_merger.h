// MergeTerms: the terms of one field of several segments as those of one: dictionary, postings, positions, norms, ids or ordinals.
//
// Ids of keyword values are copied where all segments have them. Where some have ordinals, or the field is closed, all get ordinals.
//
// Single-threaded. Memory: a norm per document of the result or an ordinal per term of the sources; a block per source and stream.
#ifndef BINSEEK_ENGINE_INDEX_TERM_MERGER_H_
#define BINSEEK_ENGINE_INDEX_TERM_MERGER_H_

#include "engine/base/status.h"
#include "engine/codec/segment_writer.h"
#include "engine/index/keyword_table.h"
#include "engine/index/merge_input.h"
#include "engine/mapping/field.h"

namespace binseek::index {

// Terms whose documents are all dead are left out. Errors: as MergeSegments.
// `keywords`: the field's ids, null where there are none.
[[nodiscard]] Status MergeTerms(mapping::FieldId field, const KeywordView* keywords,
                                MergeInput* input, codec::SegmentWriter* writer);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TERM_MERGER_H_
