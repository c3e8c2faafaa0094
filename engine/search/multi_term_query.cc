#include "engine/search/multi_term_query.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/codec/term_intersection.h"
#include "engine/mapping/mapping.h"
#include "engine/search/constant_query.h"
#include "engine/search/levenshtein.h"

namespace binseek::search {
namespace {

constexpr uint32_t kMaxWildcardStates = 10'000;
constexpr size_t kMaxRegexpLength = 1000;

class DfaPattern final : public TermPattern {
 public:
  explicit DfaPattern(CodePointDfa dfa) : dfa_(std::move(dfa)) {}
  void VisitTerms(const codec::BlockTermDictionary& terms, const Visit& visit) const override {
    codec::Intersect(terms, dfa_, [&](std::string_view term, uint32_t ord) {
      return visit(term, terms.Info(ord), 1.0F);
    });
  }
  bool Accepts(std::string_view term) const override { return dfa_.Accepts(term); }

 private:
  const CodePointDfa dfa_;
};

// Boosts by distance, as Lucene's: 1 - edits / length of the shorter text.
class FuzzyPattern final : public TermPattern {
 public:
  FuzzyPattern(CodePointDfa dfa, size_t length, size_t path_bytes)
      : dfa_(std::move(dfa)), length_(length), path_bytes_(path_bytes) {}
  void VisitTerms(const codec::BlockTermDictionary& terms, const Visit& visit) const override {
    codec::Intersect(terms, dfa_, [&](std::string_view term, uint32_t ord) {
      return visit(term, terms.Info(ord), BoostOf(term));
    });
  }
  bool Accepts(std::string_view term) const override { return dfa_.Accepts(term); }

 private:
  float BoostOf(std::string_view term) const {
    const auto edits = static_cast<float>(dfa_.LabelOf(term) - 1);
    const size_t length = CodePointsOf(term.substr(path_bytes_)).size();
    return edits == 0 ? 1.0F : 1.0F - edits / static_cast<float>(std::min(length, length_));
  }

  const CodePointDfa dfa_;
  const size_t length_;
  const size_t path_bytes_;
};

bool IsLowercased(const FieldRef& ref) {
  return ref.field->is_keyword() && ref.field->normalizer == "lowercase";
}

// Lower case as the field's normalizer makes it, but of what stands behind a backslash in an expression.
std::string Normalized(const FieldRef& ref, const std::string& value) {
  return IsLowercased(ref) ? analysis::Lowercase(value) : value;
}

Status QueryError(const Status& status) {
  return status.message().starts_with("failed to create query: ")
             ? status
             : Status::InvalidArgument("failed to create query: " + status.message());
}

// Named where all of its terms score alike; else each of them is told.
std::unique_ptr<Weight> Constant(const Rewrite& rewrite, std::unique_ptr<Weight> weight,
                                 std::string name) {
  return rewrite.kind == Rewrite::Kind::kConstant ? Describe(std::move(weight), std::move(name))
                                                  : std::move(weight);
}

class WildcardQuery final : public Query {
 public:
  explicit WildcardQuery(WildcardOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const Rewrite rewrite, ParseRewrite(options_.rewrite, Rewrite()));
    BINSEEK_ASSIGN_OR_RETURN(
        const std::optional<FieldRef> ref,
        FindPatternField(context, options_.field, "wildcard", "keyword, text and wildcard"));
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    Result<CodePointDfa> dfa = CompileWildcard(
        Normalized(*ref, options_.value), options_.case_insensitive, ref->path, kMaxWildcardStates);
    if (!dfa.ok()) {
      return QueryError(dfa.status());
    }
    BINSEEK_ASSIGN_OR_RETURN(auto weight, BindPattern(context, *ref, MakePattern(*std::move(dfa)),
                                                      rewrite, options_.boost * boost));
    return Constant(rewrite, std::move(weight), options_.field + ":" + options_.value);
  }
  bool constant_score() const override { return options_.rewrite.empty(); }

 private:
  const WildcardOptions options_;
};

class RegexpQuery final : public Query {
 public:
  explicit RegexpQuery(RegexpQueryOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const Rewrite rewrite, ParseRewrite(options_.rewrite, Rewrite()));
    if (options_.value.size() > kMaxRegexpLength) {
      return Status::InvalidArgument(
          "failed to create query: The length of regex [" + std::to_string(options_.value.size()) +
          "] used in the Regexp Query request has exceeded the allowed maximum of [" +
          std::to_string(kMaxRegexpLength) +
          "]. This maximum can be set by changing the [index.max_regex_length] index level "
          "setting.");
    }
    BINSEEK_ASSIGN_OR_RETURN(
        const std::optional<FieldRef> ref,
        FindPatternField(context, options_.field, "regexp", "keyword and text"));
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    Result<CodePointDfa> dfa = CompileRegexp(Normalized(*ref, options_.value),
                                             {.flags = options_.flags,
                                              .ignore_case = options_.case_insensitive,
                                              .max_states = options_.max_determinized_states,
                                              .literal_before = ref->path});
    if (!dfa.ok()) {
      return QueryError(dfa.status());
    }
    BINSEEK_ASSIGN_OR_RETURN(auto weight, BindPattern(context, *ref, MakePattern(*std::move(dfa)),
                                                      rewrite, options_.boost * boost));
    return Constant(rewrite, std::move(weight), options_.field + ":/" + options_.value + "/");
  }
  bool constant_score() const override { return options_.rewrite.empty(); }

 private:
  const RegexpQueryOptions options_;
};

class TermIgnoringCaseQuery final : public Query {
 public:
  TermIgnoringCaseQuery(std::string field, std::string value, float boost)
      : field_(std::move(field)), value_(std::move(value)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (!ref || !ref->has_terms() || ref->field->kind == mapping::FieldKind::kIp) {
      if (ref) {
        return Status::InvalidArgument("failed to create query: [" + field_ +
                                       "] field which is of type [" +
                                       std::string(mapping::TypeName(*ref->field)) +
                                       "], does not support case insensitive term queries");
      }
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    AutomatonBuilder builder(kMaxWildcardStates);
    const auto path = builder.Literal(ref->path);
    const auto value = builder.Literal(value_, true);
    Result<CodePointDfa> dfa = builder.Build(builder.Concat(path, value));
    if (!dfa.ok()) {
      return QueryError(dfa.status());
    }
    return BindPattern(context, *ref, MakePattern(*std::move(dfa)), Rewrite(), boost_ * boost);
  }
  bool constant_score() const override { return true; }

 private:
  const std::string field_;
  const std::string value_;
  const float boost_;
};

class FuzzyQuery final : public Query {
 public:
  explicit FuzzyQuery(FuzzyOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(
        Rewrite rewrite, ParseRewrite(options_.rewrite, {.kind = Rewrite::Kind::kTopTermsBlended,
                                                         .terms = options_.max_expansions}));
    BINSEEK_ASSIGN_OR_RETURN(
        const std::optional<FieldRef> ref,
        FindPatternField(context, options_.field, "fuzzy", "keyword and text"));
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    const std::string value = Normalized(*ref, options_.value);
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t edits, EditsFor(options_.fuzziness, value));
    if (edits == 0 && rewrite.kind == Rewrite::Kind::kTopTermsBlended) {
      return MakeTerm(options_.field, value)->Bind(context, options_.boost * boost);
    }
    BINSEEK_ASSIGN_OR_RETURN(CodePointDfa dfa,
                             CompileLevenshtein(value, edits, options_.prefix_length,
                                                options_.transpositions, ref->path));
    auto pattern = std::make_shared<FuzzyPattern>(std::move(dfa), CodePointsOf(value).size(),
                                                  ref->path.size());
    rewrite.terms = std::min(rewrite.terms, kMaxClauses);
    return BindPattern(context, *ref, std::move(pattern), rewrite, options_.boost * boost);
  }

 private:
  const FuzzyOptions options_;
};

}  // namespace

TermPatternPtr MakePattern(CodePointDfa dfa) {
  return std::make_shared<DfaPattern>(std::move(dfa));
}

Result<std::optional<FieldRef>> FindPatternField(const BindContext& context,
                                                 const std::string& field, std::string_view query,
                                                 std::string_view kinds) {
  std::optional<FieldRef> ref = FindField(*context.index->mapping, field);
  if (ref && (!ref->has_terms() || ref->field->kind == mapping::FieldKind::kIp)) {
    return Status::InvalidArgument("failed to create query: Can only use " + std::string(query) +
                                   " queries on " + std::string(kinds) + " fields - not on [" +
                                   field + "] which is of type [" +
                                   std::string(mapping::TypeName(*ref->field)) + "]");
  }
  return ref;
}

Result<uint32_t> EditsFor(std::string_view fuzziness, std::string_view text) {
  const auto number = [](std::string_view digits, uint32_t* out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *out);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  std::string upper(fuzziness);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper.starts_with("AUTO")) {
    uint32_t low = 3;
    uint32_t high = 6;
    if (upper.size() > 4) {
      const size_t comma = upper.find(',');
      if (upper[4] != ':' || comma == std::string::npos) {
        return Status::InvalidArgument("failed to find low and high distance values");
      }
      const std::string_view whole(upper);
      if (!number(whole.substr(5, comma - 5), &low) || !number(whole.substr(comma + 1), &high) ||
          low > high) {
        return Status::InvalidArgument(
            "fuzziness wrongly configured, must be: lowDistance > 0, highDistance > 0 and "
            "lowDistance <= highDistance ");
      }
    }
    const size_t length = CodePointsOf(text).size();
    return length < low ? 0U : length < high ? 1U : 2U;
  }
  std::string_view plain = upper;
  if (plain.ends_with(".0")) {
    plain.remove_suffix(2);
  }
  uint32_t edits = 0;
  if (!number(plain, &edits) || edits > kMaxEdits) {
    return Status::InvalidArgument("Valid edit distances are [0, 1, 2] but was [" +
                                   std::string(fuzziness.substr(0, 100)) + "]");
  }
  return edits;
}

Result<Rewrite> ParseRewrite(std::string_view text, Rewrite by_default) {
  using Kind = Rewrite::Kind;
  if (text.empty()) {
    return by_default;
  }
  if (text == "constant_score" || text == "constant_score_blended" ||
      text == "constant_score_boolean" || text == "constant_score_auto" ||
      text == "constant_score_filter") {
    return Rewrite();
  }
  if (text == "scoring_boolean") {
    return Rewrite{.kind = Kind::kScoringBoolean};
  }
  constexpr struct {
    std::string_view name;
    Kind kind;
  } kTop[] = {{"top_terms_blended_freqs_", Kind::kTopTermsBlended},
              {"top_terms_boost_", Kind::kTopTermsBoost},
              {"top_terms_", Kind::kTopTerms}};
  for (const auto& top : kTop) {
    uint32_t terms = 0;
    const std::string_view digits =
        text.starts_with(top.name) ? text.substr(top.name.size()) : std::string_view();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), terms);
    if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
      return Rewrite{.kind = top.kind, .terms = std::min(terms, kMaxClauses)};
    }
  }
  return Status::InvalidArgument("failed to create query: Failed to parse rewrite_method [" +
                                 std::string(text.substr(0, 100)) + "]");
}

QueryPtr MakeWildcard(WildcardOptions options) {
  return std::make_shared<WildcardQuery>(std::move(options));
}
QueryPtr MakeTermIgnoringCase(std::string field, std::string value, float boost) {
  return std::make_shared<TermIgnoringCaseQuery>(std::move(field), std::move(value), boost);
}
QueryPtr MakeRegexpQuery(RegexpQueryOptions options) {
  return std::make_shared<RegexpQuery>(std::move(options));
}
QueryPtr MakeFuzzy(FuzzyOptions options) {
  return std::make_shared<FuzzyQuery>(std::move(options));
}

}  // namespace binseek::search
