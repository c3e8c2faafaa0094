// MakeMultiMatch: one match query per field; the best one's score, or the sum.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/mapping/mapping.h"
#include "engine/search/blended_query.h"
#include "engine/search/each_field_query.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class MultiMatchQuery final : public Query {
 public:
  explicit MultiMatchQuery(MultiMatchOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    if (options_.cross_fields) {
      const std::vector<MatchOptions> matches = Expand(*context.index->mapping);
      return BindCrossFields(context, matches, options_.tie_breaker, options_.match.boost * boost);
    }
    return Expanded(context)->Bind(context, boost);
  }
  Result<QueryPtr> Resolve(const BindContext& context) const override {
    return options_.cross_fields ? QueryPtr() : Expanded(context);
  }
  float boost() const override { return options_.match.boost; }

 private:
  QueryPtr Expanded(const BindContext& context) const {
    std::vector<QueryPtr> queries;
    for (const MatchOptions& match : Expand(*context.index->mapping)) {
      queries.push_back(options_.kind == MultiMatchOptions::Kind::kWords ? MakeMatch(match)
                                                                         : MakePhrase(match));
    }
    const float tie_breaker = options_.most_fields ? 1.0f : options_.tie_breaker;
    return MakeDisMax(std::move(queries), tie_breaker, options_.match.boost);
  }
  QueryPtr MakePhrase(const MatchOptions& match) const {
    MatchPhraseOptions phrase;
    phrase.field = match.field;
    phrase.text = match.text;
    phrase.slop = options_.slop;
    phrase.analyzer = match.analyzer;
    phrase.zero_terms_all = match.zero_terms_all;
    phrase.lenient = match.lenient;
    phrase.boost = match.boost;
    phrase.last_is_prefix = options_.kind == MultiMatchOptions::Kind::kPhrasePrefix;
    phrase.max_expansions = options_.max_expansions;
    return MakeMatchPhrase(std::move(phrase));
  }

  // One match per field. A pattern takes numbers with it, which the text may not be.
  std::vector<MatchOptions> Expand(const mapping::Mapping& mapping) const {
    std::vector<MatchOptions> out;
    for (MeantField& field : ExpandFields(mapping, options_.fields)) {
      MatchOptions& match = out.emplace_back(options_.match);
      match.field = std::move(field.name);
      match.boost = field.boost;
      match.lenient = match.lenient || field.by_pattern;
    }
    return out;
  }

  const MultiMatchOptions options_;
};

}  // namespace

QueryPtr MakeMultiMatch(MultiMatchOptions options) {
  return std::make_shared<MultiMatchQuery>(std::move(options));
}

}  // namespace binseek::search
