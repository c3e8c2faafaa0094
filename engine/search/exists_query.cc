// MakeExists: documents with a value in a field, or in any field below an object. Constant score.
#include <algorithm>
#include <array>
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
  void CollectOrds(const codec::TermDictionary& terms, std::vector<uint32_t>* ords) const override {
    std::string below = ref().path;
    below.back() = '.';
    for (const std::string& prefix : {ref().path, below}) {
      for (uint32_t ord = terms.LowerBound(prefix);
           ord < terms.size() && terms.Term(ord).starts_with(prefix); ++ord) {
        if (terms.Term(ord).find('\0') != std::string_view::npos) {
          ords->push_back(ord);
        }
      }
    }
  }
};

// Fields with terms: text by its norms, the others by their ordinals.
class TermsExistWeight final : public Weight {
 public:
  TermsExistWeight(mapping::FieldId field, bool scores, float score)
      : field_(field), scores_(scores), score_(score) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const uint8_t* const norms = segment.segment().Norms(field_);
    const codec::KeywordColumn* const keywords = segment.segment().Keywords(field_);
    if (norms == nullptr && keywords == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    SegmentBits bits(segment.max_doc());
    for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
      if (norms != nullptr ? norms[doc] != 0 : !keywords->Ords(doc).empty()) {
        bits.Set(doc);
      }
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<SegmentBitsScorer>(std::move(bits), scores_, score_));
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
    const mapping::Mapping& mapping = *context.index->mapping;
    if (const std::optional<FieldRef> ref = FindField(mapping, field_);
        ref && ref->field->kind != mapping::FieldKind::kObject) {
      return BindField(context, *ref, boost_ * boost);
    }
    // An object has a value where a field below it has one.
    std::vector<QueryPtr> below;
    for (const mapping::Field& field : mapping.fields()) {
      if (field.name.starts_with(field_ + ".") && field.kind != mapping::FieldKind::kObject) {
        below.push_back(MakeExists(field.name));
      }
    }
    if (below.empty()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return MakeConstantScore(MakeBool({.should = std::move(below)}))->Bind(context, boost_ * boost);
  }
  bool constant_score() const override { return true; }

 private:
  static Result<std::unique_ptr<Weight>> BindField(const BindContext& context, const FieldRef& ref,
                                                   float score) {
    if (ref.is_numeric()) {
      BINSEEK_ASSIGN_OR_RETURN(const auto everything,
                               IntervalOfBounds(*ref.field, std::nullopt, std::nullopt, 0));
      return MakeIntervalsWeight(ref.field->id, {*everything}, context.scores, score);
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
