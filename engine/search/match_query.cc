// MakeMatch: analysed text as a boolean query of its tokens; on other fields the exact value.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/query.h"
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
  }
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
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
      return BindText(context, *ref->field, boost);
    }
    Result<std::unique_ptr<Weight>> exact =
        MakeTerm(options_.field, options_.text, options_.boost)->Bind(context, boost);
    if (options_.lenient && exact.status().code() == StatusCode::kInvalidArgument) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return exact;
  }

 private:
  Result<std::unique_ptr<Weight>> BindText(const BindContext& context, const mapping::Field& field,
                                           float boost) const {
    const std::string& name = options_.analyzer.empty() ? field.analyzer : options_.analyzer;
    const analysis::Analyzer* analyzer = analysis::AnalysisRegistry::Find(name);
    if (analyzer == nullptr) {
      return Status::InvalidArgument("failed to create query: [match] analyzer [" + name +
                                     "] not found");
    }
    TokenCollector collector;
    analyzer->Analyze(options_.text, &collector);
    if (collector.tokens().empty()) {
      return (options_.zero_terms_all ? MakeMatchAll() : MakeMatchNone())
          ->Bind(context, options_.boost * boost);
    }
    if (collector.tokens().size() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    return Combine(collector.tokens())->Bind(context, options_.boost * boost);
  }

  QueryPtr Combine(const std::vector<std::string>& tokens) const {
    if (tokens.size() == 1) {
      return MakeTerm(
          options_.field,
          tokens[0]);  // one term has nothing optional, whatever minimum_should_match says
    }
    BoolOptions combined;
    std::vector<QueryPtr>& clauses = options_.operator_and ? combined.must : combined.should;
    if (!options_.operator_and) {
      combined.minimum_should_match = options_.minimum_should_match;
    }
    if (!options_.operator_and && !options_.minimum_should_match.empty()) {
      for (const std::string& token : tokens) {  // a token counts as often as it occurs
        clauses.push_back(MakeTerm(options_.field, token));
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
      clauses.push_back(MakeTerm(options_.field, token, times));
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
