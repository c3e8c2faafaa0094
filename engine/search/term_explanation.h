// How the score of one term in one document came about, as Lucene tells it. Internal to engine/search.
//
// Thread-safe free functions. kCorruption where the term's postings cannot be read.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_EXPLANATION_H_
#define BINSEEK_ENGINE_SEARCH_TERM_EXPLANATION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/doc_id.h"
#include "engine/index/segment_view.h"
#include "engine/search/explanation.h"
#include "engine/search/field_ref.h"
#include "engine/search/similarity.h"

namespace binseek::search {

// What a term's weight was made of.
struct TermFacts {
  FieldStatistics statistics;
  uint64_t doc_freq = 0;
  float boost = 1;
  ScoreForm form = ScoreForm::kElasticsearch;
  float k1 = 1.2F;  // of BM25
  float b = 0.75F;
  bool other_similarity = false;  // than BM25
};

// Notes down whose formula it is.
void TellSimilarity(const TermScore& score, TermFacts* facts);

// "name:shoe"; of a flattened field "attrs.color:red".
std::string TermText(const FieldRef& ref, std::string_view term);

// How often the document has the term; 0: it has not.
Result<uint32_t> FrequencyIn(const index::SegmentView& segment, mapping::FieldId field,
                             std::string_view term, codec::DocId doc);

// The idf of a term, or the sum of several terms' as a phrase has it.
Explanation ExplainIdfs(const std::vector<uint64_t>& doc_freqs, uint64_t docs);

// What gives `score` to a document in which `text` ("name:shoe", "name:\"red shoe\"") comes `freq` times.
Explanation ExplainFrequency(const FieldRef& ref, const std::string& text, const TermFacts& facts,
                             Explanation idf, float freq, const index::SegmentView& segment,
                             codec::DocId doc, float score);

// REQUIRES: the document has the term, and `score` for it.
Result<Explanation> ExplainTerm(const FieldRef& ref, std::string_view term, const TermFacts& facts,
                                const index::SegmentView& segment, codec::DocId doc, float score);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_EXPLANATION_H_
