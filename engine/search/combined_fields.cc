#include "engine/search/combined_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/codec/norms.h"
#include "engine/search/bool_scorer.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/query_tokens.h"
#include "engine/search/similarity.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

constexpr float kK1 = 1.2F;
constexpr float kB = 0.75F;

struct WeightedField {
  mapping::Field field;
  float weight = 1;
};

// What all terms of the query share.
struct Combined {
  std::vector<WeightedField> fields;
  std::array<float, 256> norm_inverse{};  // by the byte of the summed length
};

// One term in all fields.
class CombinedTermScorer final : public Scorer {
 public:
  struct Part {
    codec::BlockPostings postings;
    float weight = 1;
  };
  // Lengths are those of all fields, whether they have the term or not.
  struct Lengths {
    const uint8_t* norms = nullptr;
    float weight = 1;
  };
  CombinedTermScorer(std::vector<Part> parts, std::vector<Lengths> lengths,
                     const Combined* combined, bool scores, float weight)
      : parts_(std::move(parts)),
        lengths_(std::move(lengths)),
        combined_(combined),
        scores_(scores),
        weight_(weight) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    const DocId end = first + Window::kDocs;
    freqs_.fill(0);
    for (Part& part : parts_) {
      DocId doc = started_ && part.postings.doc() >= first ? part.postings.doc()
                                                           : part.postings.Advance(first);
      for (; doc < end; doc = part.postings.Next()) {
        window->Set(doc - first);
        freqs_[doc - first] += part.weight * static_cast<float>(part.postings.freq());
      }
    }
    started_ = true;
    if (scores_) {
      ForEachBit(window->match, [&](uint32_t offset) {
        window->score[offset] = ScoreOf(freqs_[offset], LengthOf(first + offset));
      });
    }
    return window->AnyMatch();
  }
  Status status() const override {
    for (const Part& part : parts_) {
      BINSEEK_RETURN_IF_ERROR(part.postings.status());
    }
    return Status::Ok();
  }
  uint64_t cost() const override {
    uint64_t sum = 0;
    for (const Part& part : parts_) {
      sum += part.postings.cost();
    }
    return sum;
  }

 private:
  // The byte of the summed length.
  uint8_t LengthOf(DocId doc) const {
    float sum = 0;
    for (const Lengths& lengths : lengths_) {
      if (lengths.norms != nullptr && lengths.norms[doc] != 0) {
        sum += lengths.weight * static_cast<float>(codec::DecodeNorm(lengths.norms[doc]));
      }
    }
    return codec::EncodeNorm(static_cast<uint32_t>(std::floor(sum + 0.5F)));
  }
  float ScoreOf(float freq, uint8_t norm) const {
    return weight_ - weight_ / (1.0F + freq * combined_->norm_inverse[norm]);
  }

  std::vector<Part> parts_;
  const std::vector<Lengths> lengths_;
  const Combined* const combined_;
  const bool scores_;
  const float weight_;
  bool started_ = false;
  std::array<float, Window::kDocs> freqs_{};
};

// The score that it gives the document; absent: it does not match.
Result<std::optional<float>> ScoreIn(std::unique_ptr<Scorer> scorer, DocId doc) {
  const auto window = std::make_unique<Window>();
  const DocId first = doc / Window::kDocs * Window::kDocs;
  const uint32_t offset = doc - first;
  const bool matches = scorer != nullptr && scorer->FillWindow(first, window.get()) &&
                       (window->match[offset / 64] >> (offset % 64) & 1) != 0;
  if (scorer != nullptr) {
    BINSEEK_RETURN_IF_ERROR(scorer->status());
  }
  return matches ? std::optional<float>(window->score[offset]) : std::nullopt;
}

struct CombinedTerm {
  std::string term;
  float weight = 0;
};

class CombinedFieldsWeight final : public Weight {
 public:
  CombinedFieldsWeight(std::unique_ptr<Combined> combined, std::vector<CombinedTerm> terms,
                       uint32_t minimum, bool all, bool scores)
      : combined_(std::move(combined)),
        terms_(std::move(terms)),
        minimum_(minimum),
        all_(all),
        scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BoolClauses clauses;
    clauses.minimum_should_match = all_ ? 0 : minimum_;
    auto* const scorers = all_ ? &clauses.musts : &clauses.shoulds;
    for (const CombinedTerm& term : terms_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, TermScorerOf(term, segment));
      if (scorer != nullptr) {
        scorers->push_back(std::move(scorer));
      } else if (all_) {
        return std::unique_ptr<Scorer>();
      }
    }
    if (scorers->size() < std::max(minimum_, 1U)) {
      return std::unique_ptr<Scorer>();
    }
    if (scorers->size() == 1) {
      return std::move((*scorers)[0]);
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<BoolScorer>(std::move(clauses), &segment, scores_));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    if (!match.matches || !scores_) {
      return match.matches ? Weight::Explain(segment, doc) : NotMatched("no matching term");
    }
    std::vector<Explanation> details;
    for (const CombinedTerm& term : terms_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, TermScorerOf(term, segment));
      BINSEEK_ASSIGN_OR_RETURN(const std::optional<float> score, ScoreIn(std::move(scorer), doc));
      if (score) {
        details.push_back(Matched(*score, "weight(" + NameOf(term) + " in " + std::to_string(doc) +
                                              "), computed as boost * idf * tf over all fields"));
        details.back().plain = "\"" + term.term + "\" in " + FieldNames(", ");
      }
    }
    return details.size() == 1 ? std::move(details[0])
                               : Matched(match.score, "sum of:", std::move(details));
  }
  void VisitTerms(TermVisitor* visitor) const override {
    for (const CombinedTerm& term : terms_) {
      for (const WeightedField& field : combined_->fields) {
        visitor->Term(field.field, term.term);
      }
    }
  }

 private:
  std::string FieldNames(std::string_view between) const {
    std::string names;
    for (const WeightedField& field : combined_->fields) {
      names += names.empty() ? "" : between;
      names += field.field.name;
      if (field.weight != 1) {
        names += "^" + FloatText(field.weight);
      }
    }
    return names;
  }
  std::string NameOf(const CombinedTerm& term) const {
    return "CombinedFieldQuery((" + FieldNames(" ") + ")(" + term.term + "))";
  }

  Result<std::unique_ptr<Scorer>> TermScorerOf(const CombinedTerm& term,
                                               const index::SegmentView& segment) const {
    std::vector<CombinedTermScorer::Part> parts;
    std::vector<CombinedTermScorer::Lengths> lengths;
    for (const WeightedField& field : combined_->fields) {
      lengths.push_back({segment.segment().Norms(field.field.id), field.weight});
      const codec::FieldTerms* const terms = segment.segment().Terms(field.field.id);
      codec::TermInfo info;
      if (terms == nullptr || !terms->dictionary().Find(term.term, &info, nullptr)) {
        continue;
      }
      BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
      parts.push_back({terms->Postings(info), field.weight});
    }
    if (parts.empty()) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(std::make_unique<CombinedTermScorer>(
        std::move(parts), std::move(lengths), combined_.get(), scores_, term.weight));
  }

  const std::unique_ptr<const Combined> combined_;
  const std::vector<CombinedTerm> terms_;
  const uint32_t minimum_;
  const bool all_;
  const bool scores_;
};

class CombinedFieldsQuery final : public Query {
 public:
  explicit CombinedFieldsQuery(CombinedFieldsOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    auto combined = std::make_unique<Combined>();
    BINSEEK_ASSIGN_OR_RETURN(const std::string analyzer, FindFields(context, combined.get()));
    if (combined->fields.empty()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> tokens,
                             TokensOf(analyzer, options_.text, kMaxClauses + 1));
    if (tokens.empty()) {
      return (options_.zero_terms_all ? MakeMatchAll() : MakeMatchNone())
          ->Bind(context, options_.boost * boost);
    }
    if (tokens.size() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    uint32_t minimum = 1;
    if (!options_.operator_and && !options_.minimum_should_match.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(
          const int needed,
          ParseMinimumShouldMatch(options_.minimum_should_match, static_cast<int>(tokens.size())));
      minimum = static_cast<uint32_t>(std::max(needed, 1));
    }
    if (minimum > tokens.size()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return BindTerms(context, std::move(combined), tokens, minimum, options_.boost * boost);
  }

 private:
  // Their analyzer.
  Result<std::string> FindFields(const BindContext& context, Combined* combined) const {
    std::string analyzer;
    for (const auto& [name, weight] : options_.fields) {
      const std::optional<FieldRef> ref = FindField(*context.index->mapping, name);
      if (!ref) {
        continue;
      }
      if (!ref->is_text()) {
        return Status::InvalidArgument("failed to create query: Field [" + name + "] of type [" +
                                       std::string(mapping::TypeName(*ref->field)) +
                                       "] does not support [combined_fields] queries");
      }
      const std::string& own = SearchAnalyzerOf(*ref->field, "");
      if (!combined->fields.empty() && own != analyzer) {
        return Status::InvalidArgument(
            "failed to create query: All fields in [combined_fields] query must have the same "
            "search analyzer");
      }
      analyzer = own;
      combined->fields.push_back({*ref->field, weight});
    }
    return analyzer;
  }

  Result<std::unique_ptr<Weight>> BindTerms(const BindContext& context,
                                            std::unique_ptr<Combined> combined,
                                            const std::vector<std::string>& tokens,
                                            uint32_t minimum, float boost) const {
    uint64_t docs = 0;
    double occurrences = 0;
    for (const WeightedField& field : combined->fields) {
      const FieldStatistics statistics =
          CollectFieldStatistics(*context.index, FieldRef{.field = &field.field});
      docs = std::max(docs, statistics.doc_count);
      occurrences +=
          static_cast<double>(field.weight) * static_cast<double>(statistics.sum_total_term_freq);
    }
    const float average =
        docs == 0 ? 1.0F : static_cast<float>(std::floor(occurrences) / static_cast<double>(docs));
    for (uint32_t norm = 0; norm < combined->norm_inverse.size(); ++norm) {
      const auto length = static_cast<float>(codec::DecodeNorm(static_cast<uint8_t>(norm)));
      combined->norm_inverse[norm] = 1.0F / (kK1 * ((1 - kB) + kB * length / average));
    }
    std::vector<CombinedTerm> terms;
    for (const std::string& token : tokens) {
      uint64_t doc_freq = 0;
      for (const WeightedField& field : combined->fields) {
        doc_freq = std::max(doc_freq, CollectDocFreq(*context.index, field.field.id, token));
      }
      const float factor = context.form == ScoreForm::kElasticsearch ? boost * (1 + kK1) : boost;
      terms.push_back({token, factor * Bm25Idf(doc_freq, std::max(docs, doc_freq))});
    }
    return std::unique_ptr<Weight>(std::make_unique<CombinedFieldsWeight>(
        std::move(combined), std::move(terms), minimum, options_.operator_and, context.scores));
  }

  const CombinedFieldsOptions options_;
};

}  // namespace

QueryPtr MakeCombinedFields(CombinedFieldsOptions options) {
  return std::make_shared<CombinedFieldsQuery>(std::move(options));
}

}  // namespace binseek::search
