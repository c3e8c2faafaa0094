#include "engine/search/nested_query.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/search/block_level.h"
#include "engine/search/constant_query.h"
#include "engine/search/join_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

std::string_view NameOf(NestedScoreMode mode) {
  constexpr std::string_view kNames[] = {"Avg", "Total", "Min", "Max", "None"};
  return kNames[static_cast<size_t>(mode)];
}

class NestedWeight final : public Weight {
 public:
  NestedWeight(std::unique_ptr<Weight> children, const mapping::Field* level, NestedScoreMode mode,
               bool scores)
      : children_(std::move(children)), level_(level), mode_(mode), scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    if (segment.segment().roots() == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> children, children_->MakeScorer(segment));
    if (children == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    BINSEEK_ASSIGN_OR_RETURN(Level parents, Level::Open(segment, level_));
    return std::unique_ptr<Scorer>(std::make_unique<JoinScorer>(
        std::move(children), std::move(parents), &segment, mode_, scores_));
  }
  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override;
  void VisitTerms(TermVisitor* visitor) const override { children_->VisitTerms(visitor); }
  std::string description() const override {
    return "ToParentBlockJoinQuery (" + children_->description() + ")";
  }

 private:
  const std::unique_ptr<Weight> children_;
  const mapping::Field* const level_;
  const NestedScoreMode mode_;
  const bool scores_;
};

// With the child that scores best, or worst where that one counts.
Result<Explanation> NestedWeight::Explain(const index::SegmentView& segment, DocId doc) const {
  BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
  if (!match.matches) {
    return NotMatched("Not a match");
  }
  BINSEEK_ASSIGN_OR_RETURN(const Level parents, Level::Open(segment, level_));
  const DocId first = parents.FirstChild(doc);
  size_t matches = 0;
  Explanation shown;
  for (DocId child = first; child < doc; ++child) {
    if (!segment.IsLive(child)) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(Explanation one, children_->Explain(segment, child));
    if (!one.matches) {
      continue;
    }
    const bool better =
        mode_ == NestedScoreMode::kMin ? one.value < shown.value : one.value > shown.value;
    if (++matches == 1 || better) {
      shown = std::move(one);
    }
  }
  std::vector<Explanation> details;
  details.push_back(std::move(shown));
  return Matched(match.score,
                 "Score based on " + std::to_string(matches) + " child docs in range from " +
                     std::to_string(first) + " to " + std::to_string(doc - 1) +
                     ", using score mode " + std::string(NameOf(mode_)),
                 std::move(details));
}

class NestedQuery final : public Query {
 public:
  explicit NestedQuery(NestedOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(
        const mapping::Field* const field,
        FindNested(*context.index->mapping, options_.path, options_.ignore_unmapped));
    if (field == nullptr || !IsBelow(*field, context.level)) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    BindContext around = context;
    around.scores = context.scores && options_.score_mode != NestedScoreMode::kNone;
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> children,
                             BindNested(*field, options_.query, around, options_.boost * boost));
    return std::unique_ptr<Weight>(std::make_unique<NestedWeight>(
        std::move(children), FieldOfLevel(*context.index->mapping, context.level),
        options_.score_mode, context.scores));
  }
  std::vector<const Query*> children() const override { return {options_.query.get()}; }
  bool constant_score() const override { return options_.score_mode == NestedScoreMode::kNone; }
  const NestedOptions* AsNested() const override { return &options_; }
  float boost() const override { return options_.boost; }
  QueryPtr WithBoost(float boost) const override {
    NestedOptions options = options_;
    options.boost = boost;
    return MakeNested(std::move(options));
  }

 private:
  const NestedOptions options_;
};

}  // namespace

QueryPtr MakeNested(NestedOptions options) {
  return std::make_shared<NestedQuery>(std::move(options));
}

Result<const mapping::Field*> FindNested(const mapping::Mapping& mapping, const std::string& path,
                                         bool ignore_unmapped) {
  const mapping::Field* const field = mapping.Find(path);
  if ((field == nullptr || !field->is_object()) && ignore_unmapped) {
    return static_cast<const mapping::Field*>(nullptr);
  }
  if (field == nullptr || !field->is_object()) {
    return Status::InvalidArgument(
        "failed to create query: [nested] failed to find nested object under path [" + path + "]");
  }
  if (field->kind != mapping::FieldKind::kNested) {
    return Status::InvalidArgument("failed to create query: [nested] nested object under path [" +
                                   path + "] is not of nested type");
  }
  return field;
}

bool IsBelow(const mapping::Field& field, std::string_view level) {
  return level.empty() || (field.name.size() > level.size() && field.name.starts_with(level) &&
                           field.name[level.size()] == '.');
}

const mapping::Field* FieldOfLevel(const mapping::Mapping& mapping, std::string_view level) {
  const mapping::Field* const field = level.empty() ? nullptr : mapping.Find(level);
  return field != nullptr && field->kind == mapping::FieldKind::kNested ? field : nullptr;
}

Result<std::unique_ptr<Weight>> BindNested(const mapping::Field& field, const QueryPtr& query,
                                           const BindContext& context, float boost) {
  BindContext within = context;
  within.level = field.name;
  BoolOptions options;
  options.filter = {MakeLevelFilter(field)};
  if (query != nullptr) {
    options.must = {query};
  }
  return MakeBool(std::move(options))->Bind(within, boost);
}

}  // namespace binseek::search
