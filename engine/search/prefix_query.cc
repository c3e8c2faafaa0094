// MakePrefix: documents with a term that begins so. Constant score.
#include <memory>
#include <string>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/mapping/mapping.h"
#include "engine/search/query.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

class PrefixWeight final : public TermUnionWeight {
 public:
  PrefixWeight(const FieldRef& field, const std::string& prefix, bool case_insensitive, bool scores,
               float score)
      : TermUnionWeight(field, scores, score),
        prefix_(case_insensitive ? analysis::Lowercase(prefix) : TermFor(field, prefix)),
        case_insensitive_(case_insensitive) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    const std::string& shared = case_insensitive_ ? ref().path : prefix_;
    codec::BlockTermDictionary::Cursor cursor(terms);
    for (bool ok = cursor.SeekCeil(shared); ok && cursor.term().starts_with(shared);
         ok = cursor.Next()) {
      if (IsValueTerm(ref(), cursor.term()) && (!case_insensitive_ || MatchesCase(cursor.term()))) {
        out->Add(cursor.info());
      }
    }
  }

  bool MatchesCase(std::string_view term) const {
    return analysis::Lowercase(term.substr(ref().path.size())).starts_with(prefix_);
  }

  const std::string prefix_;  // with the path, unless case is ignored
  const bool case_insensitive_;
};

class PrefixQuery final : public Query {
 public:
  PrefixQuery(std::string field, std::string prefix, bool case_insensitive, float boost)
      : field_(std::move(field)),
        prefix_(std::move(prefix)),
        case_insensitive_(case_insensitive),
        boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (!ref->has_terms()) {
      return Status::InvalidArgument(
          "failed to create query: Can only use prefix queries on keyword, text and wildcard "
          "fields - not on [" +
          field_ + "] which is of type [" + std::string(mapping::TypeName(*ref->field)) + "]");
    }
    return std::unique_ptr<Weight>(std::make_unique<PrefixWeight>(*ref, prefix_, case_insensitive_,
                                                                  context.scores, boost_ * boost));
  }
  bool constant_score() const override { return true; }

 private:
  const std::string field_;
  const std::string prefix_;
  const bool case_insensitive_;
  const float boost_;
};

}  // namespace

QueryPtr MakePrefix(std::string field, std::string prefix, bool case_insensitive, float boost) {
  return std::make_shared<PrefixQuery>(std::move(field), std::move(prefix), case_insensitive,
                                       boost);
}

}  // namespace binseek::search
