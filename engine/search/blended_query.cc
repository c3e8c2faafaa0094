#include "engine/search/blended_query.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/query_tokens.h"
#include "engine/search/scored_terms.h"

namespace binseek::search {
namespace {

struct FieldOfGroup {
  FieldRef ref;
  std::string name;
  float boost = 1;
};

struct Group {
  std::string analyzer;
  std::vector<FieldOfGroup> fields;
};

// A term of a field, scored as if it were so frequent.
class BlendedTermQuery final : public Query {
 public:
  BlendedTermQuery(FieldRef ref, std::string term, float boost, uint64_t doc_freq)
      : ref_(std::move(ref)), term_(std::move(term)), boost_(boost), doc_freq_(doc_freq) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return MakeScoredTerms(context, ref_, {{.term = term_, .boost = boost_, .doc_freq = doc_freq_}},
                           boost);
  }

 private:
  const FieldRef ref_;
  const std::string term_;
  const float boost_;
  const uint64_t doc_freq_;
};

// Frequencies of the term in each field of a group, blended: the most frequent one everywhere, one more for each step down, so that fields that are rarer
// still weigh a little less; never more than any field has documents or occurrences.
std::vector<uint64_t> BlendedFrequencies(const BindContext& context, const Group& group,
                                         const std::string& token) {
  const size_t fields = group.fields.size();
  std::vector<uint64_t> freqs(fields);
  uint64_t documents = 0;
  uint64_t occurrences = std::numeric_limits<uint64_t>::max();
  uint64_t with_values = std::numeric_limits<uint64_t>::max();
  for (const auto& segment : context.index->segments) {
    documents += segment->max_doc();
  }
  for (size_t i = 0; i < fields; ++i) {
    const FieldRef& ref = group.fields[i].ref;
    freqs[i] = CollectDocFreq(*context.index, ref.field->id, TermFor(ref, token));
    const FieldStatistics statistics = CollectFieldStatistics(*context.index, ref);
    if (statistics.doc_count > 0) {
      occurrences = std::min(occurrences, statistics.sum_total_term_freq);
      with_values = std::min(with_values, statistics.doc_count);
    }
  }
  if (fields < 2) {
    return freqs;
  }
  documents = std::min({documents, occurrences, with_values});
  std::vector<size_t> order(fields);
  for (size_t i = 0; i < fields; ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return freqs[a] > freqs[b]; });
  uint64_t before = freqs[order[0]];
  uint64_t blended = std::min(documents, before);
  for (const size_t i : order) {
    const uint64_t own = freqs[i];
    if (own == 0) {
      break;
    }
    blended += before > own ? 1 : 0;
    before = own;
    freqs[i] = std::min(documents, blended);
  }
  return freqs;
}

Result<QueryPtr> QueryOf(const BindContext& context, const Group& group, const MatchOptions& match,
                         float tie_breaker) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> tokens,
                           TokensOf(group.analyzer, match.text, kMaxClauses + 1));
  if (tokens.size() > kMaxClauses) {
    return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                   std::to_string(kMaxClauses));
  }
  BoolOptions combined;
  std::vector<QueryPtr>& clauses = match.operator_and ? combined.must : combined.should;
  for (const std::string& token : tokens) {
    const std::vector<uint64_t> freqs = BlendedFrequencies(context, group, token);
    std::vector<QueryPtr> any;
    for (size_t i = 0; i < group.fields.size(); ++i) {
      const FieldOfGroup& field = group.fields[i];
      any.push_back(std::make_shared<BlendedTermQuery>(field.ref, TermFor(field.ref, token),
                                                       field.boost, freqs[i]));
    }
    clauses.push_back(MakeDisMax(std::move(any), tie_breaker));
  }
  if (clauses.empty()) {
    return match.zero_terms_all ? MakeMatchAll() : MakeMatchNone();
  }
  if (tokens.size() > 1) {
    combined.minimum_should_match = match.minimum_should_match;
  }
  return MakeBool(std::move(combined));
}

}  // namespace

Result<std::unique_ptr<Weight>> BindCrossFields(const BindContext& context,
                                                const std::vector<MatchOptions>& matches,
                                                float tie_breaker, float boost) {
  std::vector<Group> groups;
  std::vector<QueryPtr> queries;
  for (const MatchOptions& match : matches) {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, match.field);
    if (!ref) {
      continue;
    }
    if (!ref->has_terms() || ref->field->kind == mapping::FieldKind::kIp) {
      queries.push_back(MakeMatch(match));
      continue;
    }
    const std::string analyzer =
        ref->is_text() ? SearchAnalyzerOf(*ref->field, match.analyzer) : "keyword";
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& candidate) {
      return candidate.analyzer == analyzer;
    });
    if (group == groups.end()) {
      groups.push_back({analyzer, {}});
      group = std::prev(groups.end());
    }
    group->fields.push_back({*ref, match.field, match.boost});
  }
  for (const Group& group : groups) {
    BINSEEK_ASSIGN_OR_RETURN(QueryPtr query, QueryOf(context, group, matches.front(), tie_breaker));
    queries.push_back(std::move(query));
  }
  if (queries.empty()) {
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  return MakeDisMax(std::move(queries), tie_breaker)->Bind(context, boost);
}

}  // namespace binseek::search
