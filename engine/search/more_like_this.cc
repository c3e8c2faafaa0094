#include "engine/search/more_like_this.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/query_tokens.h"
#include "engine/search/source_values.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

constexpr size_t kMaxTokens = 100'000;  // of one text

using Counts = std::map<std::string, uint32_t>;

// The name of the member that holds a field's values: of a multi-field its parent's.
std::string SourceName(const mapping::Mapping& mapping, const mapping::Field& field) {
  const mapping::Field* const parent =
      field.is_multi_field() ? mapping.Find(field.parent) : nullptr;
  return parent != nullptr ? parent->name : field.name;
}

struct Candidate {
  std::string field;
  std::string term;
  float score = 0;
};

class MoreLikeThisQuery final : public Query {
 public:
  explicit MoreLikeThisQuery(MoreLikeThisOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const std::vector<FieldRef> fields, Fields(context));
    std::vector<Candidate> candidates;
    for (const FieldRef& field : fields) {
      BINSEEK_ASSIGN_OR_RETURN(Counts liked, CountTerms(context, field, options_.like));
      BINSEEK_ASSIGN_OR_RETURN(const Counts unliked, CountTerms(context, field, options_.unlike));
      for (const auto& [term, count] : unliked) {
        liked.erase(term);
      }
      AddCandidates(context, field, liked, &candidates);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    candidates.resize(
        std::min<size_t>(candidates.size(), std::min(options_.max_query_terms, kMaxClauses - 8)));
    if (candidates.empty()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return Combine(candidates)->Bind(context, options_.boost * boost);
  }

 private:
  Result<std::vector<FieldRef>> Fields(const BindContext& context) const {
    std::vector<FieldRef> fields;
    const auto is_text = [](const FieldRef& ref) {
      return ref.is_text() || ref.field->kind == mapping::FieldKind::kKeyword;
    };
    for (const std::string& name : options_.fields) {
      const std::optional<FieldRef> ref = FindField(*context.index->mapping, name);
      if (ref && is_text(*ref)) {
        fields.push_back(*ref);
      } else if (ref && options_.fail_on_unsupported_field) {
        return Status::InvalidArgument(
            "failed to create query: more_like_this only supports text/keyword fields: [" + name +
            "]");
      }
    }
    if (options_.fields.empty()) {
      for (const mapping::Field& field : context.index->mapping->fields()) {
        if (const FieldRef ref{.field = &field}; is_text(ref)) {
          fields.push_back(ref);
        }
      }
    }
    return fields;
  }

  Result<Counts> CountTerms(const BindContext& context, const FieldRef& field,
                            const std::vector<LikeItem>& items) const {
    Counts counts;
    for (const LikeItem& item : items) {
      std::vector<std::string> texts;
      if (item.kind == LikeItem::Kind::kText) {
        texts.push_back(item.value);
      } else {
        BINSEEK_ASSIGN_OR_RETURN(const std::string source, SourceOf(context, item));
        if (!source.empty()) {
          BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(source));
          CollectSourceValues(json, SourceName(*context.index->mapping, *field.field), &texts);
        }
      }
      for (const std::string& text : texts) {
        BINSEEK_RETURN_IF_ERROR(CountText(field, text, &counts));
      }
    }
    return counts;
  }

  // Empty: there is no such document here.
  static Result<std::string> SourceOf(const BindContext& context, const LikeItem& item) {
    if (item.kind == LikeItem::Kind::kJson) {
      return item.value;
    }
    std::string source;
    if (!item.index.empty() && item.index != context.index->name) {
      return source;
    }
    const auto address = context.index->FindKey(item.value);
    if (address) {
      BINSEEK_RETURN_IF_ERROR(index::AppendSource(*context.index, *address, &source));
    }
    return source;
  }

  Status CountText(const FieldRef& field, const std::string& text, Counts* counts) const {
    if (!field.is_text()) {
      ++(*counts)[TermFor(field, text)];
      return Status::Ok();
    }
    const std::string& analyzer =
        options_.analyzer.empty() ? field.field->analyzer : options_.analyzer;
    BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> tokens,
                             TokensOf(analyzer, text, kMaxTokens));
    for (const std::string& token : tokens) {
      ++(*counts)[token];
    }
    return Status::Ok();
  }

  bool IsNoise(const std::string& term) const {
    const size_t length = CountUtf16Units(term);
    return length < options_.min_word_length ||
           (options_.max_word_length > 0 && length > options_.max_word_length) ||
           std::find(options_.stop_words.begin(), options_.stop_words.end(), term) !=
               options_.stop_words.end();
  }

  void AddCandidates(const BindContext& context, const FieldRef& field, const Counts& liked,
                     std::vector<Candidate>* out) const {
    const uint64_t documents = CollectFieldStatistics(*context.index, field).doc_count;
    for (const auto& [term, count] : liked) {
      if (count < options_.min_term_freq || IsNoise(term)) {
        continue;
      }
      const uint64_t doc_freq = CollectDocFreq(*context.index, field.field->id, term);
      if (doc_freq == 0 || doc_freq < options_.min_doc_freq || doc_freq > options_.max_doc_freq) {
        continue;
      }
      const double idf =
          std::log(static_cast<double>(documents + 1) / static_cast<double>(doc_freq + 1)) + 1;
      out->push_back({.field = field.field->name,
                      .term = term,
                      .score = static_cast<float>(count) * static_cast<float>(idf)});
    }
  }

  QueryPtr Combine(const std::vector<Candidate>& candidates) const {
    BoolOptions terms;
    const float best = candidates.front().score;
    for (const Candidate& candidate : candidates) {
      const float boost =
          options_.boost_terms > 0 ? options_.boost_terms * candidate.score / best : 1;
      terms.should.push_back(MakeTerm(candidate.field, candidate.term, boost));
    }
    terms.minimum_should_match = options_.minimum_should_match;
    // A share that comes to nothing still wants one.
    const Result<int> needed =
        ParseMinimumShouldMatch(options_.minimum_should_match, static_cast<int>(candidates.size()));
    if (needed.ok() && *needed < 1) {
      terms.minimum_should_match = "1";
    }
    std::vector<std::string> liked;
    for (const LikeItem& item : options_.like) {
      if (item.kind == LikeItem::Kind::kId && !options_.include) {
        liked.push_back(item.value);
      }
    }
    QueryPtr query = MakeBool(std::move(terms));
    if (liked.empty()) {
      return query;
    }
    return MakeBool({.must = {std::move(query)}, .must_not = {MakeIds(std::move(liked))}});
  }

  const MoreLikeThisOptions options_;
};

}  // namespace

QueryPtr MakeMoreLikeThis(MoreLikeThisOptions options) {
  return std::make_shared<MoreLikeThisQuery>(std::move(options));
}

}  // namespace binseek::search
