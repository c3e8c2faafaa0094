// MakeExists: documents with a value in a field, or in any field below an object. Constant score.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

// Leaves at the path or below it: "color\0..." and "color.x\0...".
class FlattenedExistsWeight final : public TermUnionWeight {
 public:
  FlattenedExistsWeight(const FieldRef& field, bool scores, float score)
      : TermUnionWeight(field, scores, score) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    codec::BlockTermDictionary::Cursor cursor(terms);
    std::string below = ref().path;
    below.back() = '.';
    for (const std::string& prefix : {ref().path, below}) {
      for (bool ok = cursor.SeekCeil(prefix); ok && cursor.term().starts_with(prefix);
           ok = cursor.Next()) {
        if (cursor.term().find('\0') != std::string_view::npos) {
          out->Add(cursor.info());
        }
      }
    }
  }
};

// Text fields have a norm in every document with a value, the others an ordinal.
class TermsExistScorer final : public Scorer {
 public:
  // One of both is null.
  TermsExistScorer(const uint8_t* norms, const codec::OrdColumn* keywords, uint32_t max_doc,
                   bool scores, float score)
      : norms_(norms), keywords_(keywords), max_doc_(max_doc), scores_(scores), score_(score) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    if (first >= max_doc_) {
      return false;
    }
    const uint32_t docs = std::min(max_doc_ - first, Window::kDocs);
    if (norms_ != nullptr) {
      for (uint32_t offset = 0; offset < docs; offset += 64) {
        window->match[offset / 64] = WordByNorms(first + offset, std::min(docs - offset, 64u));
      }
    } else {
      FillByOrds(first, docs, window);
    }
    if (scores_) {
      FillScores(score_, window);
    }
    return window->AnyMatch();
  }
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }

 private:
  uint64_t WordByNorms(DocId first, uint32_t docs) const {
    uint64_t word = 0;
    for (uint32_t i = 0; i < docs; ++i) {
      word |= static_cast<uint64_t>(norms_[first + i] != 0) << i;
    }
    return word;
  }

  void FillByOrds(DocId first, uint32_t docs, Window* window) const {
    codec::BlockBits present;
    for (uint32_t offset = 0; offset < docs; offset += codec::kBlock256) {
      keywords_->numbers().ReadPresent((first + offset) / codec::kBlock256, &present);
      std::copy(present.begin(), present.end(), window->match + offset / 64);
    }
  }

  const uint8_t* const norms_;
  const codec::OrdColumn* const keywords_;
  const uint32_t max_doc_;
  const bool scores_;
  const float score_;
};

class TermsExistWeight final : public Weight {
 public:
  TermsExistWeight(mapping::FieldId field, bool scores, float score)
      : field_(field), scores_(scores), score_(score) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const uint8_t* const norms = segment.segment().Norms(field_);
    const codec::OrdColumn* const keywords = segment.segment().AnyKeywords(field_);
    if (norms == nullptr && keywords == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<TermsExistScorer>(norms, keywords, segment.max_doc(), scores_, score_));
  }

 private:
  const mapping::FieldId field_;
  const bool scores_;
  const float score_;
};

class ExistsQuery final : public Query {
 public:
  ExistsQuery(std::string field, float boost) : field_(std::move(field)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    constexpr std::string_view kOfAll[] = {"_id", "_index", "_version", "_seq_no", "_primary_term"};
    for (const std::string_view name : kOfAll) {
      if (field_ == name) {
        return MakeMatchAll()->Bind(context, boost_ * boost);
      }
    }
    const mapping::Mapping& mapping = *context.index->mapping;
    if (const std::optional<FieldRef> ref = FindField(mapping, field_);
        ref && !ref->field->is_object()) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight,
                               BindField(context, *ref, boost_ * boost));
      return Describe(std::move(weight), "FieldExistsQuery [field=" + field_ + "]");
    }
    // An object has a value where a field below it has one.
    std::vector<QueryPtr> below;
    for (const mapping::Field& field : mapping.fields()) {
      if (field.name.starts_with(field_ + ".") && !field.is_object()) {
        below.push_back(MakeExists(field.name));
      }
    }
    if (below.empty()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return MakeConstantScore(MakeBool({.should = std::move(below)}))->Bind(context, boost_ * boost);
  }
  bool constant_score() const override { return true; }
  std::string Key() const override { return "exists " + field_; }
  float boost() const override { return boost_; }
  QueryPtr WithBoost(float boost) const override { return MakeExists(field_, boost); }

 private:
  static Result<std::unique_ptr<Weight>> BindField(const BindContext& context, const FieldRef& ref,
                                                   float score) {
    if (ref.field->has_column()) {
      return MakeIntervalsWeight(context, ref.field->id, {Interval{INT64_MIN, INT64_MAX}}, score);
    }
    if (!ref.path.empty()) {
      return std::unique_ptr<Weight>(
          std::make_unique<FlattenedExistsWeight>(ref, context.scores, score));
    }
    return std::unique_ptr<Weight>(
        std::make_unique<TermsExistWeight>(ref.field->id, context.scores, score));
  }

  const std::string field_;
  const float boost_;
};

}  // namespace

QueryPtr MakeExists(std::string field, float boost) {
  return std::make_shared<ExistsQuery>(std::move(field), boost);
}

}  // namespace binseek::search
