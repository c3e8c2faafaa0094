// CheckTerms: whether the postings of a segment agree with its ids or ordinals, norms, bounds and statistics. A part of `binseek check`.
//
// Pure function; reads all postings and positions. What sections say of themselves is Segment::Verify's.
#ifndef BINSEEK_ENGINE_INDEX_CHECK_TERMS_H_
#define BINSEEK_ENGINE_INDEX_CHECK_TERMS_H_

#include <string>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/index/keyword_writer.h"

namespace binseek::index {

// Appends what is wrong; `file` is for messages. `keywords` knows the ids of the index. A field whose postings cannot be read gives one problem, not one for each term.
void CheckTerms(const codec::Segment& segment, const std::string& file,
                const KeywordWriter& keywords, std::vector<std::string>* problems);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_CHECK_TERMS_H_
