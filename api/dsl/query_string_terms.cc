#include "api/dsl/query_string_terms.h"

#include "engine/analysis/analyzer.h"
#include "engine/mapping/mapping.h"
#include "engine/search/each_field_query.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/query_tokens.h"

namespace binseek::api::dsl {
namespace {

using search::MeantField;
using search::QueryPtr;

bool HasTerms(const MeantField& field) {
  return field.field != nullptr &&
         (field.field->kind == mapping::FieldKind::kText || field.field->is_keyword() ||
          field.field->kind == mapping::FieldKind::kFlattened);
}

// A part of a word as terms of the field have it.
std::string Normalized(const MeantField& field, const std::string& analyzer,
                       const std::string& text) {
  if (field.field == nullptr || field.field->kind != mapping::FieldKind::kText) {
    return text;
  }
  const analysis::Analyzer* const found =
      analysis::AnalysisRegistry::Find(search::SearchAnalyzerOf(*field.field, analyzer));
  return found == nullptr ? text : found->Normalize(text);
}

}  // namespace

template <class Make>
QueryPtr QueryStringTerms::InTerms(const Fields& fields, std::string text, Make make) const {
  search::EachFieldOptions each{fields, options_.TieBreaker(), options_.lenient};
  return search::MakeEachField(std::move(each),
                               [text = std::move(text), analyzer = options_.analyzer,
                                make = std::move(make)](const MeantField& field) -> QueryPtr {
                                 if (field.by_pattern && !HasTerms(field)) {
                                   return nullptr;
                                 }
                                 return make(field, Normalized(field, analyzer, text));
                               });
}

search::MultiMatchOptions QueryStringTerms::Match(const Fields& fields, std::string text) const {
  search::MultiMatchOptions match;
  match.fields = fields;
  match.match.text = std::move(text);
  match.match.operator_and = options_.operator_and;
  match.match.analyzer = options_.analyzer;
  match.match.lenient = options_.lenient;
  match.tie_breaker = options_.TieBreaker();
  match.most_fields = match.tie_breaker == 1;  // where all fields count in full, it is the sum
  return match;
}

QueryPtr QueryStringTerms::Words(const Fields& fields, std::string text) const {
  search::MultiMatchOptions match = Match(fields, std::move(text));
  match.kind = options_.kind;
  match.cross_fields = options_.cross_fields;
  match.slop = options_.phrase_slop;
  return search::MakeMultiMatch(std::move(match));
}

QueryPtr QueryStringTerms::Phrase(const Fields& fields, std::string text, uint32_t slop) const {
  search::MultiMatchOptions match = Match(fields, std::move(text));
  match.kind = search::MultiMatchOptions::Kind::kPhrase;
  match.slop = slop;
  if (!options_.quote_analyzer.empty()) {
    match.match.analyzer = options_.quote_analyzer;
  }
  return search::MakeMultiMatch(std::move(match));
}

QueryPtr QueryStringTerms::Prefix(const Fields& fields, std::string prefix) const {
  return InTerms(fields, std::move(prefix),
                 [rewrite = options_.rewrite](const MeantField& field, std::string text) {
                   return search::MakePrefix(field.name, std::move(text), false, field.boost,
                                             rewrite);
                 });
}

QueryPtr QueryStringTerms::Wildcard(const Fields& fields, std::string pattern) const {
  return InTerms(fields, std::move(pattern),
                 [rewrite = options_.rewrite](const MeantField& field, std::string text) {
                   search::WildcardOptions wildcard;
                   wildcard.field = field.name;
                   wildcard.value = std::move(text);
                   wildcard.rewrite = rewrite;
                   wildcard.boost = field.boost;
                   return search::MakeWildcard(std::move(wildcard));
                 });
}

QueryPtr QueryStringTerms::Regexp(const Fields& fields, std::string pattern) const {
  return InTerms(fields, std::move(pattern),
                 [states = options_.max_determinized_states, rewrite = options_.rewrite](
                     const MeantField& field, std::string text) {
                   search::RegexpQueryOptions regexp;
                   regexp.field = field.name;
                   regexp.value = std::move(text);
                   regexp.max_determinized_states = states;
                   regexp.rewrite = rewrite;
                   regexp.boost = field.boost;
                   return search::MakeRegexpQuery(std::move(regexp));
                 });
}

QueryPtr QueryStringTerms::Fuzzy(const Fields& fields, std::string word,
                                 const std::string& fuzziness) const {
  search::FuzzyOptions like;
  like.fuzziness = fuzziness.empty() ? options_.fuzziness : fuzziness;
  like.prefix_length = options_.fuzzy_prefix_length;
  like.max_expansions = options_.fuzzy_max_expansions;
  like.transpositions = options_.fuzzy_transpositions;
  like.rewrite = options_.rewrite;
  return InTerms(fields, std::move(word),
                 [like = std::move(like)](const MeantField& field, std::string text) {
                   search::FuzzyOptions fuzzy = like;
                   fuzzy.field = field.name;
                   fuzzy.value = std::move(text);
                   fuzzy.boost = field.boost;
                   return search::MakeFuzzy(std::move(fuzzy));
                 });
}

QueryPtr QueryStringTerms::Range(const Fields& fields, std::optional<search::Bound> lower,
                                 std::optional<search::Bound> upper) const {
  search::EachFieldOptions each{fields, options_.TieBreaker(), options_.lenient};
  return search::MakeEachField(
      std::move(each),
      [lower = std::move(lower), upper = std::move(upper), zone = options_.time_zone,
       analyzer = options_.analyzer](const MeantField& field) {
        const auto bound_of = [&](const std::optional<search::Bound>& bound) {
          return bound ? std::optional(search::Bound{Normalized(field, analyzer, bound->value),
                                                     bound->inclusive})
                       : std::nullopt;
        };
        search::RangeOptions range;
        range.boost = field.boost;
        range.time_zone = zone;
        return search::MakeRange(field.name, bound_of(lower), bound_of(upper), std::move(range));
      });
}

QueryPtr QueryStringTerms::Exists(const Fields& fields) const {
  search::BoolOptions any;
  for (const auto& [name, boost] : fields) {
    any.should.push_back(name == "*" ? search::MakeMatchAll(boost)
                                     : search::MakeExists(name, boost));
  }
  return any.should.size() == 1 ? any.should[0] : search::MakeBool(std::move(any));
}

}  // namespace binseek::api::dsl
