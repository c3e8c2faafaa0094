#include "engine/search/term_explanation.h"

#include <utility>
#include <vector>

#include "engine/codec/norms.h"
#include "engine/codec/postings_reader.h"
#include "engine/codec/segment.h"

namespace binseek::search {
namespace {

constexpr float kK1 = 1.2f;
constexpr float kB = 0.75f;
constexpr uint8_t kLastExactNorm = 39;  // greater ones stand for several lengths

Explanation ExplainIdf(const TermFacts& facts) {
  const uint64_t docs = facts.statistics.doc_count;
  return Matched(
      Bm25Idf(facts.doc_freq, docs), "idf, computed as log(1 + (N - n + 0.5) / (n + 0.5)) from:",
      {Matched(static_cast<float>(facts.doc_freq), "n, number of documents containing term"),
       Matched(static_cast<float>(docs), "N, total number of documents with field")});
}

Explanation ExplainTf(const TermFacts& facts, float freq, uint8_t norm) {
  const FieldStatistics& statistics = facts.statistics;
  const float average =
      statistics.doc_count == 0
          ? 1.0f
          : static_cast<float>(static_cast<double>(statistics.sum_total_term_freq) /
                               static_cast<double>(statistics.doc_count));
  const auto length = static_cast<float>(codec::DecodeNorm(norm));
  const float inverse = 1.0f / (kK1 * ((1 - kB) + kB * length / average));
  return Matched(1.0f - 1.0f / (1.0f + freq * inverse),
                 "tf, computed as freq / (freq + k1 * (1 - b + b * dl / avgdl)) from:",
                 {Matched(freq, "freq, occurrences of term within document"),
                  Matched(kK1, "k1, term saturation parameter"),
                  Matched(kB, "b, length normalization parameter"),
                  Matched(length, norm > kLastExactNorm ? "dl, length of field (approximate)"
                                                        : "dl, length of field"),
                  Matched(average, "avgdl, average length of field")});
}

std::string Plainly(const FieldRef& ref, std::string_view term, uint32_t freq,
                    const TermFacts& facts) {
  std::string text = "\"" + std::string(term.substr(ref.path.size())) + "\" in " + ref.field->name;
  text += freq == 1 ? " (once; " : " (" + std::to_string(freq) + " times; ";
  text += std::to_string(facts.doc_freq) + " of " + std::to_string(facts.statistics.doc_count) +
          " documents have it";
  if (facts.boost != 1) {
    text += "; boosted by " + FloatText(facts.boost);
  }
  return text + ")";
}

}  // namespace

std::string TermText(const FieldRef& ref, std::string_view term) {
  std::string field = ref.field->name;
  if (!ref.path.empty()) {
    field += "." + ref.path.substr(0, ref.path.size() - 1);
  }
  return field + ":" + std::string(term.substr(ref.path.size()));
}

Result<uint32_t> FrequencyIn(const index::SegmentView& segment, mapping::FieldId field,
                             std::string_view term, codec::DocId doc) {
  const codec::FieldTerms* const terms = segment.segment().Terms(field);
  codec::TermInfo info;
  if (terms == nullptr || !terms->dictionary().Find(term, &info, nullptr)) {
    return 0u;
  }
  codec::BlockPostings postings = terms->Postings(info);
  const uint32_t freq = postings.Advance(doc) == doc ? postings.freq() : 0;
  BINSEEK_RETURN_IF_ERROR(postings.status());
  return freq;
}

Result<Explanation> ExplainTerm(const FieldRef& ref, std::string_view term, const TermFacts& facts,
                                const index::SegmentView& segment, codec::DocId doc, float score) {
  BINSEEK_ASSIGN_OR_RETURN(const uint32_t freq, FrequencyIn(segment, ref.field->id, term, doc));
  const uint8_t* const norms = segment.segment().Norms(ref.field->id);
  const uint8_t norm = norms == nullptr ? kNormOfOne : norms[doc];
  std::vector<Explanation> factors;
  const float boost =
      facts.form == ScoreForm::kElasticsearch ? facts.boost * (1 + kK1) : facts.boost;
  if (boost != 1) {
    factors.push_back(Matched(boost, "boost"));
  }
  factors.push_back(ExplainIdf(facts));
  factors.push_back(ExplainTf(facts, static_cast<float>(freq), norm));
  Explanation product = Matched(
      score,
      "score(freq=" + FloatText(static_cast<float>(freq)) + "), computed as boost * idf * tf from:",
      std::move(factors));
  Explanation explanation = Matched(score,
                                    "weight(" + TermText(ref, term) + " in " + std::to_string(doc) +
                                        ") [PerFieldSimilarity], result of:",
                                    {std::move(product)});
  explanation.plain = Plainly(ref, term, freq, facts);
  return explanation;
}

}  // namespace binseek::search
