#include "engine/search/term_explanation.h"

#include <utility>
#include <vector>

#include "engine/codec/norms.h"
#include "engine/codec/postings_reader.h"
#include "engine/codec/segment.h"

namespace binseek::search {
namespace {

constexpr uint8_t kLastExactNorm = 39;  // greater ones stand for several lengths

Explanation ExplainIdf(uint64_t doc_freq, uint64_t docs) {
  return Matched(Bm25Idf(doc_freq, docs),
                 "idf, computed as log(1 + (N - n + 0.5) / (n + 0.5)) from:",
                 {Matched(static_cast<float>(doc_freq), "n, number of documents containing term"),
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
  const float inverse = 1.0f / (facts.k1 * ((1 - facts.b) + facts.b * length / average));
  return Matched(1.0f - 1.0f / (1.0f + freq * inverse),
                 "tf, computed as freq / (freq + k1 * (1 - b + b * dl / avgdl)) from:",
                 {Matched(freq, "freq, occurrences of term within document"),
                  Matched(facts.k1, "k1, term saturation parameter"),
                  Matched(facts.b, "b, length normalization parameter"),
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

void TellSimilarity(const TermScore& score, TermFacts* facts) {
  facts->other_similarity = score.bm25() == nullptr;
  if (const Bm25Scorer* const bm25 = score.bm25()) {
    facts->k1 = bm25->k1();
    facts->b = bm25->b();
  }
}

Explanation ExplainFrequency(const FieldRef& ref, const std::string& text, const TermFacts& facts,
                             Explanation idf, float freq, const index::SegmentView& segment,
                             codec::DocId doc, float score) {
  const uint8_t* const norms = segment.segment().Norms(ref.field->id);
  const uint8_t norm = norms == nullptr ? kNormOfOne : norms[doc];
  std::vector<Explanation> factors;
  const float boost =
      facts.form == ScoreForm::kElasticsearch ? facts.boost * (1 + facts.k1) : facts.boost;
  std::string how = "), computed as boost * idf * tf from:";
  if (facts.other_similarity) {
    how = "), computed by the similarity of the field from:";
    factors.push_back(Matched(freq, "freq, occurrences of term within document"));
    factors.push_back(Matched(
        static_cast<float>(codec::DecodeNorm(norm)),
        norm > kLastExactNorm ? "dl, length of field (approximate)" : "dl, length of field"));
  } else {
    if (boost != 1) {
      factors.push_back(Matched(boost, "boost"));
    }
    factors.push_back(std::move(idf));
    factors.push_back(ExplainTf(facts, freq, norm));
  }
  Explanation product = Matched(score, "score(freq=" + FloatText(freq) + how, std::move(factors));
  return Matched(
      score, "weight(" + text + " in " + std::to_string(doc) + ") [PerFieldSimilarity], result of:",
      {std::move(product)});
}

Explanation ExplainIdfs(const std::vector<uint64_t>& doc_freqs, uint64_t docs) {
  std::vector<Explanation> details;
  double sum = 0;
  for (const uint64_t doc_freq : doc_freqs) {
    details.push_back(ExplainIdf(doc_freq, docs));
    sum += static_cast<double>(details.back().value);
  }
  return details.size() == 1 ? std::move(details[0])
                             : Matched(static_cast<float>(sum), "idf, sum of:", std::move(details));
}

Result<Explanation> ExplainTerm(const FieldRef& ref, std::string_view term, const TermFacts& facts,
                                const index::SegmentView& segment, codec::DocId doc, float score) {
  BINSEEK_ASSIGN_OR_RETURN(const uint32_t freq, FrequencyIn(segment, ref.field->id, term, doc));
  Explanation explanation = ExplainFrequency(
      ref, TermText(ref, term), facts, ExplainIdfs({facts.doc_freq}, facts.statistics.doc_count),
      static_cast<float>(freq), segment, doc, score);
  explanation.plain = Plainly(ref, term, freq, facts);
  return explanation;
}

}  // namespace binseek::search
