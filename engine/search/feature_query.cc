#include "engine/search/feature_query.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "engine/mapping/number.h"
#include "engine/mapping/range_value.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/field_values.h"
#include "engine/search/value_score.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

using mapping::FieldKind;
using Function = RankFeatureOptions::Function;

// Lucene's functions, each step of its type.
class FeatureFunction {
 public:
  FeatureFunction(const RankFeatureOptions& options, float weight, float pivot)
      : function_(options.function),
        weight_(weight),
        pivot_(pivot),
        scaling_factor_(options.scaling_factor),
        exponent_(static_cast<double>(options.exponent)),
        pivot_power_(std::pow(static_cast<double>(pivot), exponent_)) {}

  float Score(float value) const {
    switch (function_) {
      case Function::kSaturation:
        return weight_ * (1 - pivot_ / (value + pivot_));
      case Function::kLog:
        return weight_ * static_cast<float>(std::log(static_cast<double>(scaling_factor_ + value)));
      case Function::kSigmoid: {
        const double power = std::pow(static_cast<double>(value), exponent_);
        return static_cast<float>(static_cast<double>(weight_) *
                                  (1 - pivot_power_ / (power + pivot_power_)));
      }
      case Function::kLinear:
        return weight_ * value;
    }
    return 0;
  }

  // As Lucene words it. `name`: "the pagerank field".
  Explanation Explain(float value, const std::string& name) const {
    constexpr std::string_view kPivot =
        "k, pivot feature value that would give a score contribution equal to w/2";
    std::vector<Explanation> details = {Matched(weight_, "w, weight of this function")};
    std::string how;
    switch (function_) {
      case Function::kSaturation:
        how = "Saturation function on " + name + ", computed as w * S / (S + k) from:";
        details.push_back(Matched(pivot_, std::string(kPivot)));
        break;
      case Function::kLog:
        how = "Log function on " + name + ", computed as w * log(a + S) from:";
        details.push_back(Matched(scaling_factor_, "a, scaling factor"));
        break;
      case Function::kSigmoid:
        how = "Sigmoid function on " + name + ", computed as w * S^a / (S^a + k^a) from:";
        details.push_back(Matched(pivot_, std::string(kPivot)));
        details.push_back(Matched(static_cast<float>(exponent_),
                                  "a, exponent, higher values make the function grow slower "
                                  "before k and faster after k"));
        break;
      case Function::kLinear:
        how = "Linear function on " + name + ", computed as w * S from:";
        break;
    }
    details.push_back(Matched(value, "S, feature value"));
    return Matched(Score(value), std::move(how), std::move(details));
  }

 private:
  const Function function_;
  const float weight_;
  const float pivot_;
  const float scaling_factor_;
  const double exponent_;
  const double pivot_power_;
};

class FeatureScore final : public ValueScore {
 public:
  FeatureScore(const FeatureFunction& function, std::string name)
      : function_(function), name_(std::move(name)) {}
  float Score(int64_t column_value) const override {
    return function_.Score(static_cast<float>(mapping::DoubleFromSortable(column_value)));
  }
  Explanation Explain(int64_t column_value) const override {
    return function_.Explain(static_cast<float>(mapping::DoubleFromSortable(column_value)), name_);
  }

 private:
  const FeatureFunction function_;
  const std::string name_;
};

// One of a rank_features field: its terms are few where weights are coarse, and each is a score.
class FeatureTermsScorer final : public Scorer {
 public:
  FeatureTermsScorer(SegmentBits bits, std::vector<float> scores, uint64_t cost)
      : bits_(std::move(bits)), scores_(std::move(scores)), cost_(cost) {}
  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    if (first / 64 >= bits_.size()) {
      return false;
    }
    std::memcpy(window->match, bits_.Words(first), sizeof(window->match));
    if (!scores_.empty()) {
      ForEachBit(window->match,
                 [&](uint32_t offset) { window->score[offset] = scores_[first + offset]; });
    }
    return window->AnyMatch();
  }
  uint64_t cost() const override { return cost_; }

 private:
  const SegmentBits bits_;
  const std::vector<float> scores_;  // of all documents; empty where none are wanted
  const uint64_t cost_;
};

// Calls visit(terms, info, value) for each weight that the feature has in the segment.
template <class Visit>
Status ForEachFeatureTerm(const index::SegmentView& segment, mapping::FieldId field,
                          const std::string& prefix, Visit visit) {
  const codec::FieldTerms* const terms = segment.segment().Terms(field);
  if (terms == nullptr) {
    return Status::Ok();
  }
  codec::BlockTermDictionary::Cursor cursor(terms->dictionary());
  for (bool ok = cursor.SeekCeil(prefix); ok && cursor.term().starts_with(prefix);
       ok = cursor.Next()) {
    const std::optional<float> value = mapping::FeatureOfTerm(cursor.term().substr(prefix.size()));
    if (value) {
      visit(*terms, cursor.info(), *value);
    }
  }
  return CheckDictionary(terms->dictionary());
}

class FeatureTermsWeight final : public Weight {
 public:
  FeatureTermsWeight(mapping::FieldId field, std::string prefix, const FeatureFunction& function,
                     std::string name, bool scores)
      : field_(field),
        prefix_(std::move(prefix)),
        function_(function),
        name_(std::move(name)),
        scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    SegmentBits bits(segment.max_doc());
    std::vector<float> scores(scores_ ? segment.max_doc() : 0);
    uint64_t found = 0;
    Status status;
    BINSEEK_RETURN_IF_ERROR(ForEachFeatureTerm(
        segment, field_, prefix_,
        [&](const codec::FieldTerms& terms, const codec::TermInfo& info, float value) {
          const float score = function_.Score(value);
          codec::BlockPostings postings = terms.Postings(info);
          for (DocId doc = postings.Next(); doc < segment.max_doc(); doc = postings.Next()) {
            bits.Set(doc);
            found += 1;
            if (scores_) {
              scores[doc] = std::max(scores[doc], score);
            }
          }
          if (postings.corrupt()) {
            status = postings.status();
          }
        }));
    BINSEEK_RETURN_IF_ERROR(status);
    if (found == 0) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<FeatureTermsScorer>(std::move(bits), std::move(scores), found));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    Explanation best = NotMatched("no matching term");
    Status status;
    BINSEEK_RETURN_IF_ERROR(ForEachFeatureTerm(
        segment, field_, prefix_,
        [&](const codec::FieldTerms& terms, const codec::TermInfo& info, float value) {
          codec::BlockPostings postings = terms.Postings(info);
          if (postings.Advance(doc) == doc) {
            Explanation one = function_.Explain(value, name_);
            if (!best.matches || one.value > best.value) {
              best = std::move(one);
            }
          }
          if (postings.corrupt()) {
            status = postings.status();
          }
        }));
    BINSEEK_RETURN_IF_ERROR(std::move(status));
    return best.matches && !scores_ ? Weight::Explain(segment, doc) : std::move(best);
  }

 private:
  const mapping::FieldId field_;
  const std::string prefix_;
  const FeatureFunction function_;
  const std::string name_;
  const bool scores_;
};

// Lucene's mean: that of the kept bits, which is between the arithmetic and the geometric one.
class PivotFinder {
 public:
  void Add(float value, uint64_t times) {
    sum_ += times * (std::bit_cast<uint32_t>(value) >> 15);
    count_ += times;
  }
  float pivot() const {
    return count_ == 0
               ? 1
               : std::bit_cast<float>(static_cast<uint32_t>(static_cast<float>(
                                          static_cast<double>(sum_) / static_cast<double>(count_)))
                                      << 15);
  }

 private:
  uint64_t sum_ = 0;
  uint64_t count_ = 0;
};

class RankFeatureQuery final : public Query {
 public:
  explicit RankFeatureQuery(RankFeatureOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    std::string feature;
    const mapping::Field* const field = FindFeature(*context.index->mapping, &feature);
    if (field == nullptr) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    const bool one = field->kind == FieldKind::kRankFeature;
    if (!one && (field->kind != FieldKind::kRankFeatures || feature.empty())) {
      return Status::InvalidArgument(
          "failed to create query: [rank_feature] query only works on [rank_feature] fields and "
          "features of [rank_features] fields, not [" +
          std::string(mapping::TypeName(*field)) + "]");
    }
    const bool grows =
        options_.function == Function::kLog || options_.function == Function::kLinear;
    if (grows && !field->parameters().positive_score_impact) {
      return Status::InvalidArgument(
          "failed to create query: Cannot use the [" +
          std::string(options_.function == Function::kLog ? "log" : "linear") +
          "] function with a field that has a negative score impact as it would trigger negative "
          "scores");
    }
    const std::string prefix = mapping::FeaturePrefix(feature);
    float pivot = options_.pivot.value_or(1);
    if (options_.function == Function::kSaturation && !options_.pivot) {
      BINSEEK_ASSIGN_OR_RETURN(pivot, FindPivot(*context.index, *field, prefix));
    }
    const FeatureFunction function(options_, options_.boost * boost, pivot);
    if (one) {
      return MakeValueScore(
          field->id, std::make_unique<FeatureScore>(function, "the " + field->name + " field"),
          context.scores);
    }
    return std::unique_ptr<Weight>(std::make_unique<FeatureTermsWeight>(
        field->id, prefix, function,
        "the " + field->name + " field for the " + feature + " feature", context.scores));
  }
  bool constant_score() const override { return false; }

 private:
  const mapping::Field* FindFeature(const mapping::Mapping& mapping, std::string* feature) const {
    if (const std::optional<FieldRef> ref = FindField(mapping, options_.field)) {
      return ref->field;
    }
    const size_t dot = options_.field.rfind('.');
    if (dot == std::string::npos) {
      return nullptr;
    }
    const std::optional<FieldRef> ref = FindField(mapping, options_.field.substr(0, dot));
    if (!ref || ref->field->kind != FieldKind::kRankFeatures) {
      return nullptr;
    }
    *feature = options_.field.substr(dot + 1);
    return ref->field;
  }

  static Result<float> FindPivot(const index::IndexView& index, const mapping::Field& field,
                                 const std::string& prefix) {
    PivotFinder finder;
    for (const auto& segment : index.segments) {
      if (field.kind == FieldKind::kRankFeatures) {
        BINSEEK_RETURN_IF_ERROR(
            ForEachFeatureTerm(*segment, field.id, prefix,
                               [&](const codec::FieldTerms&, const codec::TermInfo& info,
                                   float value) { finder.Add(value, info.doc_freq); }));
        continue;
      }
      const auto reader = std::make_unique<NumberReader>(*segment, field.id);
      for (DocId first = 0; first < segment->max_doc(); first += Window::kDocs) {
        const uint32_t docs = std::min(segment->max_doc() - first, Window::kDocs);
        reader->Open(first, docs);
        for (uint32_t offset = 0; offset < docs; ++offset) {
          reader->ForEach(offset, [&](int64_t value) {
            finder.Add(static_cast<float>(mapping::DoubleFromSortable(value)), 1);
          });
        }
      }
    }
    return finder.pivot();
  }

  const RankFeatureOptions options_;
};

}  // namespace

QueryPtr MakeRankFeature(RankFeatureOptions options) {
  return std::make_shared<RankFeatureQuery>(std::move(options));
}
}  // namespace binseek::search
