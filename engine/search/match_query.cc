// MakeMatch: analysed text as a boolean query of its tokens; on other fields the exact value.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/query.h"
#include "engine/search/query_tokens.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

// The tokens in order; one more than may be used, so that too many are seen.
class TokenCollector final : public analysis::TokenSink {
 public:
  void Add(const analysis::Token& token) override {
    if (tokens_.size() <= kMaxClauses) {
      tokens_.emplace_back(token.term);
    }
    end_ = token.end_offset;
  }
  const std::vector<std::string>& tokens() const { return tokens_; }
  uint32_t end() const { return end_; }  // of the last one in the text

 private:
  std::vector<std::string> tokens_;
  uint32_t end_ = 0;
};

class MatchQuery final : public Query {
 public:
  explicit MatchQuery(MatchOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, options_.field);
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (ref->is_text()) {
      BINSEEK_ASSIGN_OR_RETURN(const QueryPtr terms, ResolveText(*ref->field));
      return terms->Bind(context, boost);
    }
    Result<std::unique_ptr<Weight>> exact = Exact(*ref)->Bind(context, boost);
    if (options_.lenient && exact.status().code() == StatusCode::kInvalidArgument) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return exact;
  }
  Result<QueryPtr> Resolve(const BindContext& context) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, options_.field);
    if (!ref) {
      return MakeMatchNone();
    }
    if (ref->is_text()) {
      return ResolveText(*ref->field);
    }
    return options_.lenient ? QueryPtr() : Exact(*ref);
  }
  float boost() const override { return options_.boost; }

 private:
  Result<QueryPtr> ResolveText(const mapping::Field& field) const {
    const std::string& name = SearchAnalyzerOf(field, options_.analyzer);
    const analysis::Analyzer* analyzer = analysis::AnalysisRegistry::Find(name);
    if (analyzer == nullptr) {
      return Status::InvalidArgument("failed to create query: [match] analyzer [" + name +
                                     "] not found");
    }
    TokenCollector collector;
    analyzer->Analyze(options_.text, &collector);
    if (collector.tokens().empty()) {
      return options_.zero_terms_all ? MakeMatchAll(options_.boost) : MakeMatchNone();
    }
    if (collector.tokens().size() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    // A blank or a comma behind it ends the last word: it is no beginning of one any more.
    return options_.last_is_prefix && collector.end() == options_.text.size()
               ? CombineWithPrefix(collector.tokens())
               : Combine(collector.tokens());
  }

  // The text as it is, where the field is none of texts.
  QueryPtr Exact(const FieldRef& ref) const {
    return options_.last_is_prefix && ref.field->kind == mapping::FieldKind::kKeyword
               ? MakePrefix(options_.field, options_.text, false, options_.boost)
               : TermOf(options_.text, options_.boost);
  }

  // All but the last are counted as what they are; it stands at the end.
  QueryPtr CombineWithPrefix(const std::vector<std::string>& tokens) const {
    if (tokens.size() == 1) {
      return MakePrefix(options_.field, tokens.back(), false, options_.boost);
    }
    QueryPtr prefix = MakePrefix(options_.field, tokens.back());
    BoolOptions combined;
    combined.boost = options_.boost;
    std::vector<QueryPtr>& clauses = options_.operator_and ? combined.must : combined.should;
    combined.minimum_should_match = options_.minimum_should_match;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      clauses.push_back(TermOf(tokens[i], 1));
    }
    clauses.push_back(std::move(prefix));
    return MakeBool(std::move(combined));
  }

  QueryPtr TermOf(const std::string& token, float boost) const {
    if (options_.fuzziness.empty()) {
      return MakeTerm(options_.field, token, boost);
    }
    return MakeFuzzy({.field = options_.field,
                      .value = token,
                      .fuzziness = options_.fuzziness,
                      .prefix_length = options_.prefix_length,
                      .max_expansions = options_.max_expansions,
                      .transpositions = options_.fuzzy_transpositions,
                      .rewrite = options_.fuzzy_rewrite,
                      .boost = boost});
  }

  QueryPtr Combine(const std::vector<std::string>& tokens) const {
    if (tokens.size() == 1) {
      // One term has nothing optional, whatever minimum_should_match says.
      return TermOf(tokens[0], options_.boost);
    }
    BoolOptions combined;
    combined.boost = options_.boost;
    std::vector<QueryPtr>& clauses = options_.operator_and ? combined.must : combined.should;
    // Where all are required none is optional: a number of optional ones is then more than there are, and nothing matches.
    combined.minimum_should_match = options_.minimum_should_match;
    if (!options_.operator_and && !options_.minimum_should_match.empty()) {
      for (const std::string& token : tokens) {  // a token counts as often as it occurs
        clauses.push_back(TermOf(token, 1));
      }
      return MakeBool(std::move(combined));
    }
    std::vector<std::pair<std::string, float>> counted;
    for (const std::string& token : tokens) {
      const auto it = std::find_if(counted.begin(), counted.end(),
                                   [&](const auto& entry) { return entry.first == token; });
      if (it == counted.end()) {
        counted.emplace_back(token, 1.0f);
      } else {
        it->second += 1;
      }
    }
    for (const auto& [token, times] : counted) {
      clauses.push_back(TermOf(token, times));
    }
    return MakeBool(std::move(combined));
  }

  const MatchOptions options_;
};

}  // namespace

QueryPtr MakeMatch(MatchOptions options) {
  return std::make_shared<MatchQuery>(std::move(options));
}

}  // namespace binseek::search
