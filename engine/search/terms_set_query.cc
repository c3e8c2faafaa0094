#include "engine/search/terms_set_query.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/mapping/number.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/field_values.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class TermsSetScorer final : public Scorer {
 public:
  TermsSetScorer(std::vector<std::unique_ptr<Scorer>> terms, const index::SegmentView& segment,
                 const mapping::Field& minimum, bool scores)
      : terms_(std::move(terms)), field_(minimum), minimum_(segment, minimum.id), scores_(scores) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    counts_.fill(0);
    sums_.fill(0);
    for (const auto& term : terms_) {
      if (!term->FillWindow(first, &child_)) {
        continue;
      }
      ForEachBit(child_.match, [&](uint32_t offset) {
        window->Set(offset);
        ++counts_[offset];
        sums_[offset] += scores_ ? static_cast<double>(child_.score[offset]) : 0.0;
      });
    }
    minimum_.Open(first, window->CountMatches());
    ForEachBit(window->match, [&](uint32_t offset) {
      int64_t value = 0;
      const bool has = minimum_.Get(offset, false, &value);
      const double needed = has ? std::max(1.0, mapping::ToDouble(field_, value)) : 0;
      if (!has || counts_[offset] < needed) {
        window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      } else if (scores_) {
        window->score[offset] = static_cast<float>(sums_[offset]);
      }
    });
    return window->AnyMatch();
  }
  Status status() const override {
    for (const auto& term : terms_) {
      BINSEEK_RETURN_IF_ERROR(term->status());
    }
    return Status::Ok();
  }
  uint64_t cost() const override {
    uint64_t sum = 0;
    for (const auto& term : terms_) {
      sum += std::min<uint64_t>(term->cost(), UINT32_MAX);
    }
    return sum;
  }

 private:
  const std::vector<std::unique_ptr<Scorer>> terms_;
  const mapping::Field field_;
  NumberReader minimum_;
  const bool scores_;
  Window child_{};
  std::array<uint32_t, Window::kDocs> counts_{};
  std::array<double, Window::kDocs> sums_{};
};

class TermsSetWeight final : public Weight {
 public:
  TermsSetWeight(std::vector<std::unique_ptr<Weight>> terms, mapping::Field minimum, bool scores)
      : terms_(std::move(terms)), minimum_(std::move(minimum)), scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    std::vector<std::unique_ptr<Scorer>> scorers;
    for (const auto& term : terms_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, term->MakeScorer(segment));
      if (scorer != nullptr) {
        scorers.push_back(std::move(scorer));
      }
    }
    if (scorers.empty()) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<TermsSetScorer>(std::move(scorers), segment, minimum_, scores_));
  }
  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    std::vector<Explanation> details;
    for (const auto& term : terms_) {
      BINSEEK_ASSIGN_OR_RETURN(Explanation one, term->Explain(segment, doc));
      if (one.matches) {
        details.push_back(std::move(one));
      }
    }
    return match.matches ? Matched(match.score, "sum of:", std::move(details))
                         : NotMatched("Failure to match minimum number of optional clauses, by " +
                                          minimum_.name,
                                      std::move(details));
  }
  void VisitTerms(TermVisitor* visitor) const override {
    for (const auto& term : terms_) {
      term->VisitTerms(visitor);
    }
  }

 private:
  const std::vector<std::unique_ptr<Weight>> terms_;
  const mapping::Field minimum_;
  const bool scores_;
};

class TermsSetQuery final : public Query {
 public:
  explicit TermsSetQuery(TermsSetOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    if (options_.terms.empty()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (options_.terms.size() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    const std::optional<FieldRef> minimum =
        FindField(*context.index->mapping, options_.minimum_field);
    if (!minimum) {
      return Status::InvalidArgument(
          "failed to create query: failed to find "
          "minimum_should_match field [" +
          options_.minimum_field + "]");
    }
    if (!minimum->is_numeric()) {
      return Status::InvalidArgument("failed to create query: minimum_should_match field [" +
                                     options_.minimum_field + "] is of type [" +
                                     std::string(mapping::TypeName(*minimum->field)) +
                                     "], which has no numbers");
    }
    std::vector<std::string> distinct;
    std::vector<std::unique_ptr<Weight>> terms;
    for (const std::string& term : options_.terms) {
      if (std::find(distinct.begin(), distinct.end(), term) != distinct.end()) {
        continue;
      }
      distinct.push_back(term);
      BINSEEK_ASSIGN_OR_RETURN(
          std::unique_ptr<Weight> weight,
          MakeTerm(options_.field, term)->Bind(context, options_.boost * boost));
      terms.push_back(std::move(weight));
    }
    return std::unique_ptr<Weight>(
        std::make_unique<TermsSetWeight>(std::move(terms), *minimum->field, context.scores));
  }

 private:
  const TermsSetOptions options_;
};

}  // namespace

QueryPtr MakeTermsSet(TermsSetOptions options) {
  return std::make_shared<TermsSetQuery>(std::move(options));
}

}  // namespace binseek::search
