// MakeMatchPhrase: analysed text as a phrase, its last token perhaps as a prefix.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/analysis/analyzer.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/interrupt.h"
#include "engine/search/phrase_scorer.h"
#include "engine/search/query.h"
#include "engine/search/query_tokens.h"
#include "engine/search/term_explanation.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

// The terms that may stand at one place of a phrase.
struct Place {
  uint32_t offset = 0;
  std::vector<std::string> terms;
};

class PlaceCollector final : public analysis::TokenSink {
 public:
  void Add(const analysis::Token& token) override {
    position_ += token.position_increment;
    if (++count_ > kMaxClauses) {
      return;
    }
    if (places_.empty() || token.position_increment > 0) {
      places_.push_back({position_, {}});
    }
    places_.back().terms.emplace_back(token.term);
  }
  size_t count() const { return count_; }
  std::vector<Place> Take() { return std::move(places_); }

 private:
  std::vector<Place> places_;
  uint32_t position_ = 0;
  size_t count_ = 0;
};

class PhraseWeight final : public Weight {
 public:
  static Result<std::unique_ptr<Weight>> Make(const BindContext& context, const FieldRef& ref,
                                              std::vector<Place> places, uint32_t slop,
                                              float boost) {
    TermScore score;
    if (context.scores) {
      std::vector<std::string> terms;
      for (const Place& place : places) {
        terms.insert(terms.end(), place.terms.begin(), place.terms.end());
      }
      BINSEEK_ASSIGN_OR_RETURN(score, MakeTermScore(context, ref, terms, boost));
    }
    return std::unique_ptr<Weight>(
        new PhraseWeight(context, ref, std::move(places), slop, boost, std::move(score)));
  }

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<PhraseScorer> scorer, ScorerOf(segment));
    return std::unique_ptr<Scorer>(std::move(scorer));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    if (!match.matches) {
      return NotMatched("no matching term");
    }
    if (!scores_) {
      return Weight::Explain(segment, doc);
    }
    BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<PhraseScorer> scorer, ScorerOf(segment));
    const float freq = scorer->FrequencyOf(doc);
    BINSEEK_RETURN_IF_ERROR(scorer->status());
    TermFacts facts{
        .statistics = CollectFieldStatistics(index_, ref_), .boost = boost_, .form = form_};
    TellSimilarity(score_, &facts);
    std::vector<uint64_t> doc_freqs;
    for (const Place& place : places_) {
      for (const std::string& term : place.terms) {
        if (const uint64_t docs = CollectDocFreq(index_, field_.id, term); docs > 0) {
          doc_freqs.push_back(docs);
        }
      }
    }
    Explanation explanation = ExplainFrequency(ref_, description(), facts,
                                               ExplainIdfs(doc_freqs, facts.statistics.doc_count),
                                               freq, segment, doc, match.score);
    explanation.plain = Words() + " in " + field_.name;
    return explanation;
  }
  std::string description() const override {
    return field_.name + ":" + Words() + (slop_ == 0 ? "" : "~" + std::to_string(slop_));
  }

  void VisitTerms(TermVisitor* visitor) const override {
    std::vector<std::vector<std::string>> positions;
    for (const Place& place : places_) {
      positions.resize(place.offset - places_[0].offset);
      positions.push_back(place.terms);
    }
    visitor->Phrase(field_, positions, slop_);
  }

 private:
  Result<std::unique_ptr<PhraseScorer>> ScorerOf(const index::SegmentView& segment) const {
    const codec::FieldTerms* const terms = segment.segment().Terms(field_.id);
    if (terms == nullptr || !terms->shape().positions) {
      return std::unique_ptr<PhraseScorer>();
    }
    std::map<std::string_view, uint32_t> numbers;
    std::vector<PhrasePlace> places;
    for (const Place& place : places_) {
      PhrasePlace& found = places.emplace_back();
      found.offset = place.offset;
      for (const std::string& term : place.terms) {
        codec::TermInfo info;
        if (terms->dictionary().Find(term, &info, nullptr)) {
          found.terms.push_back(
              numbers.emplace(term, static_cast<uint32_t>(numbers.size())).first->second);
          found.infos.push_back(info);
        }
      }
      BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
      if (found.infos.empty()) {
        return std::unique_ptr<PhraseScorer>();
      }
    }
    return std::make_unique<PhraseScorer>(*terms, places, slop_, segment.segment().Norms(field_.id),
                                          scores_ ? &score_ : nullptr);
  }

  // "red shoe" in quotes; several terms of a place in parentheses, a gap as ?.
  std::string Words() const {
    std::string text = "\"";
    uint32_t at = places_[0].offset;
    for (const Place& place : places_) {
      for (; at < place.offset; ++at) {
        text += "? ";
      }
      ++at;
      const std::string end = &place == &places_.back() ? "" : " ";
      text += place.terms.size() == 1 ? place.terms[0] + end : "(";
      for (size_t i = 0; place.terms.size() > 1 && i < place.terms.size(); ++i) {
        text += place.terms[i] + (i + 1 < place.terms.size() ? " " : ")" + end);
      }
    }
    return text + "\"";
  }

  PhraseWeight(const BindContext& context, const FieldRef& ref, std::vector<Place> places,
               uint32_t slop, float boost, TermScore score)
      : index_(*context.index),
        form_(context.form),
        boost_(boost),
        ref_(ref),
        field_(*ref.field),
        places_(std::move(places)),
        slop_(slop),
        scores_(context.scores),
        score_(std::move(score)) {}

  const index::IndexView& index_;
  const ScoreForm form_;
  const float boost_;
  const FieldRef ref_;
  const mapping::Field field_;
  const std::vector<Place> places_;
  const uint32_t slop_;
  const bool scores_;
  const TermScore score_;
};

class MatchPhraseQuery final : public Query {
 public:
  explicit MatchPhraseQuery(MatchPhraseOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, options_.field);
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (ref->is_text()) {
      return BindText(context, *ref, options_.boost * boost);
    }
    if (options_.last_is_prefix && !options_.lenient) {
      return Status::InvalidArgument(
          "failed to create query: Can only use phrase prefix queries on text fields - not on [" +
          options_.field + "] which is of type [" + std::string(mapping::TypeName(*ref->field)) +
          "]");
    }
    Result<std::unique_ptr<Weight>> exact =
        MakeTerm(options_.field, options_.text, options_.boost)->Bind(context, boost);
    if (options_.lenient && exact.status().code() == StatusCode::kInvalidArgument) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return exact;
  }

  std::string Key() const override {
    return "phrase " + options_.field + '\0' + options_.text + '\0' + options_.analyzer + '\0' +
           std::to_string(options_.slop) + (options_.last_is_prefix ? "*" : "") +
           std::to_string(options_.max_expansions) + (options_.zero_terms_all ? "0" : "") +
           (options_.lenient ? "l" : "");
  }
  float boost() const override { return options_.boost; }
  QueryPtr WithBoost(float boost) const override {
    MatchPhraseOptions options = options_;
    options.boost = boost;
    return MakeMatchPhrase(std::move(options));
  }

 private:
  Result<std::unique_ptr<Weight>> BindText(const BindContext& context, const FieldRef& ref,
                                           float boost) const {
    const std::string& name = QuoteAnalyzerOf(*ref.field, options_.analyzer);
    const analysis::Analyzer* analyzer = analysis::AnalysisRegistry::Find(name);
    if (analyzer == nullptr) {
      return Status::InvalidArgument("failed to create query: [match_phrase] analyzer [" + name +
                                     "] not found");
    }
    PlaceCollector collector;
    analyzer->Analyze(options_.text, &collector);
    if (collector.count() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    std::vector<Place> places = collector.Take();
    if (places.empty()) {
      return (options_.zero_terms_all ? MakeMatchAll() : MakeMatchNone())->Bind(context, boost);
    }
    if (options_.last_is_prefix) {
      BINSEEK_ASSIGN_OR_RETURN(std::vector<std::string> terms,
                               Expand(context, ref, places.back().terms));
      if (terms.empty()) {
        return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
      }
      places.back().terms = std::move(terms);
    }
    if (places.size() > 1 && !KeepsPositions(*ref.field)) {
      return options_.lenient
                 ? MakeMatchNone()->Bind(context, boost)
                 : Status::InvalidArgument("failed to create query: field:[" + options_.field +
                                           "] was indexed without position data; cannot run "
                                           "PhraseQuery");
    }
    if (places.size() > 1) {
      return PhraseWeight::Make(context, ref, std::move(places), options_.slop, boost);
    }
    // Terms at a single place are alternatives, each with its own score.
    BoolOptions any;
    for (const std::string& term : places[0].terms) {
      any.should.push_back(MakeTerm(options_.field, term));
    }
    return (any.should.size() == 1 ? any.should[0] : MakeBool(any))->Bind(context, boost);
  }

  // Terms that begin with one of `prefixes`: segment by segment, in the dictionary's order, until there are enough.
  Result<std::vector<std::string>> Expand(const BindContext& context, const FieldRef& ref,
                                          const std::vector<std::string>& prefixes) const {
    std::vector<std::string> out;
    for (const auto& segment : context.index->segments) {
      const codec::FieldTerms* const terms = segment->segment().Terms(ref.field->id);
      if (terms == nullptr) {
        continue;
      }
      if (context.interrupt != nullptr) {
        BINSEEK_RETURN_IF_ERROR(context.interrupt->Check());
      }
      for (const std::string& prefix : prefixes) {
        codec::BlockTermDictionary::Cursor cursor(terms->dictionary());
        for (bool ok = cursor.SeekCeil(prefix);
             ok && cursor.term().starts_with(prefix) && out.size() < options_.max_expansions;
             ok = cursor.Next()) {
          if (std::find(out.begin(), out.end(), cursor.term()) == out.end()) {
            out.emplace_back(cursor.term());
          }
        }
      }
      BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
    }
    return out;
  }

  const MatchPhraseOptions options_;
};

}  // namespace

QueryPtr MakeMatchPhrase(MatchPhraseOptions options) {
  return std::make_shared<MatchPhraseQuery>(std::move(options));
}

}  // namespace binseek::search
