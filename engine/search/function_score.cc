#include "engine/search/function_score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/search/score_function.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

using ScoreMode = FunctionScoreOptions::ScoreMode;
using BoostMode = FunctionScoreOptions::BoostMode;

struct Modes {
  ScoreMode score_mode = ScoreMode::kMultiply;
  BoostMode boost_mode = BoostMode::kMultiply;
  float max_boost = std::numeric_limits<float>::max();
  std::optional<float> min_score;
};

// A bound function with the weight of its filter, null: it applies to all.
struct FilteredFunction {
  BoundFunction function;
  std::unique_ptr<Weight> filter;
};

// What the functions that apply to a document come to, one after the other.
class Combination {
 public:
  explicit Combination(ScoreMode mode) : mode_(mode) {}
  bool done() const { return any_ && mode_ == ScoreMode::kFirst; }
  void Add(double score, double weight) {
    switch (mode_) {
      case ScoreMode::kFirst:
        value_ = score;
        break;
      case ScoreMode::kMax:
        value_ = any_ ? std::max(value_, score) : score;
        break;
      case ScoreMode::kMin:
        value_ = any_ ? std::min(value_, score) : score;
        break;
      case ScoreMode::kMultiply:
        value_ *= score;
        break;
      case ScoreMode::kSum:
      case ScoreMode::kAvg:
        value_ = any_ ? value_ + score : score;
        weights_ += weight;
        break;
    }
    any_ = true;
  }
  // 1 where none applied, and where those that did weigh nothing together.
  double value() const {
    const bool weighs = mode_ == ScoreMode::kSum || mode_ == ScoreMode::kAvg;
    if (!any_ || !weighs) {
      return value_;
    }
    return weights_ == 0 ? 1 : mode_ == ScoreMode::kAvg ? value_ / weights_ : value_;
  }

 private:
  const ScoreMode mode_;
  bool any_ = false;
  double value_ = 1;
  double weights_ = 0;
};

float WithQueryScore(const Modes& modes, float query_score, double factor) {
  const double bounded = std::min(factor, static_cast<double>(modes.max_boost));
  const auto score = static_cast<double>(query_score);
  switch (modes.boost_mode) {
    case BoostMode::kMultiply:
      return static_cast<float>(score * bounded);
    case BoostMode::kReplace:
      return static_cast<float>(bounded);
    case BoostMode::kSum:
      return static_cast<float>(score + bounded);
    case BoostMode::kAvg:
      return static_cast<float>((bounded + score) / 2);
    case BoostMode::kMax:
      return static_cast<float>(std::max(score, bounded));
    case BoostMode::kMin:
      return static_cast<float>(std::min(score, bounded));
  }
  return query_score;
}

class FunctionScorer final : public Scorer {
 public:
  struct Part {
    std::unique_ptr<BoundFunction::Reader> reader;
    std::unique_ptr<Scorer> filter;  // with filtered: null matches nothing
    bool filtered = false;
    double weight = 1;
    uint64_t applies[Window::kWords] = {};
  };

  FunctionScorer(std::unique_ptr<Scorer> query, std::vector<Part> parts, const Modes& modes)
      : query_(std::move(query)), parts_(std::move(parts)), modes_(modes) {}

  bool FillWindow(DocId first, Window* window) override {
    const AllOfUse all(window);
    return query_->FillWindow(first, window) && Rescore(first, window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    const AllOfUse all(window);
    return query_->NarrowWindow(first, window) && Rescore(first, window);
  }
  DocId NextMatch(DocId target, float /*drop_below*/) override {
    return query_->NextMatch(target, std::numeric_limits<float>::lowest());
  }
  uint64_t cost() const override { return query_->cost(); }
  Status status() const override {
    BINSEEK_RETURN_IF_ERROR(query_->status());
    BINSEEK_RETURN_IF_ERROR(status_);
    for (const Part& part : parts_) {
      BINSEEK_RETURN_IF_ERROR(part.reader->status());
      if (part.filter != nullptr) {
        BINSEEK_RETURN_IF_ERROR(part.filter->status());
      }
    }
    return Status::Ok();
  }

 private:
  bool Rescore(DocId first, Window* window) {
    const size_t wanted = window->CountMatches();
    for (Part& part : parts_) {
      part.reader->Open(first, wanted);
      if (!part.filtered) {
        std::fill_n(part.applies, Window::kWords, ~uint64_t{0});
        continue;
      }
      std::memcpy(filter_.match, window->match, sizeof(filter_.match));
      if (part.filter == nullptr || !part.filter->NarrowWindow(first, &filter_)) {
        filter_.ClearMatches();
      }
      std::memcpy(part.applies, filter_.match, sizeof(part.applies));
    }
    ForEachBit(window->match, [&](uint32_t offset) {
      const float score = ScoreOf(offset, window->score[offset]);
      window->score[offset] = score;
      if (modes_.min_score && !(score >= *modes_.min_score)) {
        window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      }
    });
    return window->AnyMatch();
  }

  float ScoreOf(uint32_t offset, float query_score) {
    Combination combination(modes_.score_mode);
    for (Part& part : parts_) {
      if (((part.applies[offset / 64] >> (offset % 64)) & 1) != 0) {
        combination.Add(part.reader->Score(offset), part.weight);
        if (combination.done()) {
          break;
        }
      }
    }
    const float score =
        parts_.empty() ? query_score : WithQueryScore(modes_, query_score, combination.value());
    if (!(score >= 0) && status_.ok()) {
      std::string shown;
      JsonWriter(&shown).Double(static_cast<double>(score));
      status_ = Status::InvalidArgument("function score query returned an invalid score: " +
                                        (std::isnan(score) ? "NaN" : shown));
    }
    return score >= 0 ? score : 0;
  }

  const std::unique_ptr<Scorer> query_;
  std::vector<Part> parts_;
  const Modes modes_;
  Window filter_{};
  Status status_;
};

class FunctionScoreWeight final : public Weight {
 public:
  FunctionScoreWeight(std::unique_ptr<Weight> query, std::vector<FilteredFunction> functions,
                      const Modes& modes)
      : query_(std::move(query)), functions_(std::move(functions)), modes_(modes) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> query, query_->MakeScorer(segment));
    if (query == nullptr) {
      return query;
    }
    std::vector<FunctionScorer::Part> parts;
    for (const FilteredFunction& function : functions_) {
      FunctionScorer::Part part;
      part.reader = std::make_unique<BoundFunction::Reader>(&function.function, segment);
      part.filtered = function.filter != nullptr;
      part.weight = static_cast<double>(function.function.function().weight.value_or(1));
      if (part.filtered) {
        BINSEEK_ASSIGN_OR_RETURN(part.filter, function.filter->MakeScorer(segment));
      }
      parts.push_back(std::move(part));
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<FunctionScorer>(std::move(query), std::move(parts), modes_));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(Explanation out, Weight::Explain(segment, doc));
    BINSEEK_ASSIGN_OR_RETURN(Explanation query, query_->Explain(segment, doc));
    if (!out.matches) {
      out.description = query.matches ? "Score value is too low" : "no match";
      return out;
    }
    out.description = "function score, product of:";
    out.details.push_back(std::move(query));
    const DocId first = doc / Window::kDocs * Window::kDocs;
    for (const FilteredFunction& function : functions_) {
      if (function.filter != nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(const DocMatch applies, MatchDoc(*function.filter, segment, doc));
        if (!applies.matches) {
          continue;
        }
      }
      BoundFunction::Reader reader(&function.function, segment);
      reader.Open(first, 1);
      const auto value = static_cast<float>(reader.Score(doc - first));
      out.details.push_back({.matches = true,
                             .value = value,
                             .description = "function score, score mode and weight apply",
                             .details = {}});
    }
    return out;
  }

  void VisitTerms(TermVisitor* visitor) const override { query_->VisitTerms(visitor); }

 private:
  const std::unique_ptr<Weight> query_;
  const std::vector<FilteredFunction> functions_;
  const Modes modes_;
};

class FunctionScoreQuery final : public Query {
 public:
  explicit FunctionScoreQuery(FunctionScoreOptions options) : options_(std::move(options)) {
    if (options_.query == nullptr) {
      options_.query = MakeMatchAll();
    }
  }

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const bool scored = context.scores || options_.min_score.has_value();
    BindContext inner = context;
    inner.scores = scored;
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> query,
                             options_.query->Bind(inner, options_.boost * boost));
    if (!scored) {
      return query;
    }
    BindContext unscored = context;
    unscored.scores = false;
    std::vector<FilteredFunction> functions;
    for (const ScoreFunction& function : options_.functions) {
      BINSEEK_ASSIGN_OR_RETURN(BoundFunction bound, BoundFunction::Bind(function, context));
      FilteredFunction filtered{.function = std::move(bound), .filter = nullptr};
      if (function.filter != nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(filtered.filter, function.filter->Bind(unscored, 1));
      }
      functions.push_back(std::move(filtered));
    }
    // One that always applies is not averaged by its own weight.
    const bool alone = functions.size() == 1 && functions[0].filter == nullptr;
    return std::unique_ptr<Weight>(std::make_unique<FunctionScoreWeight>(
        std::move(query), std::move(functions),
        Modes{.score_mode = alone ? ScoreMode::kMultiply : options_.score_mode,
              .boost_mode = options_.boost_mode,
              .max_boost = options_.max_boost,
              .min_score = options_.min_score}));
  }
  std::vector<const Query*> children() const override {
    std::vector<const Query*> out = {options_.query.get()};
    for (const ScoreFunction& function : options_.functions) {
      if (function.filter != nullptr) {
        out.push_back(function.filter.get());
      }
    }
    return out;
  }

 private:
  FunctionScoreOptions options_;
};

}  // namespace

QueryPtr MakeFunctionScore(FunctionScoreOptions options) {
  return std::make_shared<FunctionScoreQuery>(std::move(options));
}

}  // namespace binseek::search
