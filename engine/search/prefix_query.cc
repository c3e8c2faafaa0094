// MakePrefix: documents with a term that begins so.
#include <memory>
#include <string>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/search/constant_query.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/query.h"

namespace binseek::search {
namespace {

class PrefixPattern final : public TermPattern {
 public:
  PrefixPattern(const FieldRef& ref, const std::string& prefix, bool case_insensitive)
      : path_(ref.path),
        prefix_(case_insensitive ? analysis::Lowercase(prefix) : TermFor(ref, prefix)),
        case_insensitive_(case_insensitive) {}

  void VisitTerms(const codec::BlockTermDictionary& terms, const Visit& visit) const override {
    const std::string& shared = case_insensitive_ ? path_ : prefix_;
    codec::BlockTermDictionary::Cursor cursor(terms);
    for (bool ok = cursor.SeekCeil(shared); ok && cursor.term().starts_with(shared);
         ok = cursor.Next()) {
      if ((!case_insensitive_ || MatchesCase(cursor.term())) &&
          !visit(cursor.term(), cursor.info(), 1.0F)) {
        return;
      }
    }
  }
  bool Accepts(std::string_view term) const override {
    return case_insensitive_ ? term.starts_with(path_) && MatchesCase(term)
                             : term.starts_with(prefix_);
  }

 private:
  bool MatchesCase(std::string_view term) const {
    return analysis::Lowercase(term.substr(path_.size())).starts_with(prefix_);
  }

  const std::string path_;
  const std::string prefix_;  // with the path, unless case is ignored
  const bool case_insensitive_;
};

class PrefixQuery final : public Query {
 public:
  PrefixQuery(std::string field, std::string prefix, bool case_insensitive, float boost,
              std::string rewrite)
      : field_(std::move(field)),
        prefix_(std::move(prefix)),
        case_insensitive_(case_insensitive),
        boost_(boost),
        rewrite_(std::move(rewrite)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const Rewrite rewrite, ParseRewrite(rewrite_, Rewrite()));
    BINSEEK_ASSIGN_OR_RETURN(
        const std::optional<FieldRef> ref,
        FindPatternField(context, field_, "prefix", "keyword, text and wildcard"));
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    BINSEEK_ASSIGN_OR_RETURN(
        std::unique_ptr<Weight> weight,
        BindPattern(context, *ref,
                    std::make_shared<PrefixPattern>(*ref, prefix_, case_insensitive_), rewrite,
                    boost_ * boost));
    return Describe(std::move(weight), field_ + ":" + prefix_ + "*");
  }
  bool constant_score() const override { return rewrite_.empty(); }
  std::string Key() const override {
    return (case_insensitive_ ? "prefixes " : "prefix ") + rewrite_ + ' ' + field_ + '\0' + prefix_;
  }
  float boost() const override { return boost_; }
  QueryPtr WithBoost(float boost) const override {
    return MakePrefix(field_, prefix_, case_insensitive_, boost, rewrite_);
  }

 private:
  const std::string field_;
  const std::string prefix_;
  const bool case_insensitive_;
  const float boost_;
  const std::string rewrite_;
};

}  // namespace

QueryPtr MakePrefix(std::string field, std::string prefix, bool case_insensitive, float boost,
                    std::string rewrite) {
  return std::make_shared<PrefixQuery>(std::move(field), std::move(prefix), case_insensitive, boost,
                                       std::move(rewrite));
}

}  // namespace binseek::search
