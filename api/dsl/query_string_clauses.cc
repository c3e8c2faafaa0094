#include "api/dsl/query_string_clauses.h"

#include <memory>
#include <utility>

#include "engine/search/weight.h"

namespace binseek::api::dsl {
namespace {

using search::BindContext;
using search::BoolOptions;
using search::QueryPtr;
using Clause = QueryStringClauses::Clause;

void AddTo(const Clause& clause, const QueryPtr& query, BoolOptions* options) {
  (clause.prohibited ? options->must_not
   : clause.required ? options->must
                     : options->should)
      .push_back(query);
}

Result<QueryPtr> Resolved(QueryPtr query, const BindContext& context) {
  BINSEEK_ASSIGN_OR_RETURN(QueryPtr next, query->Resolve(context));
  while (next != nullptr) {
    query = std::move(next);
    BINSEEK_ASSIGN_OR_RETURN(next, query->Resolve(context));
  }
  return query;
}

// Parentheses with a boost behind them.
bool IsBoosted(const BoolOptions* options) {
  return options != nullptr && options->boost != 1 && options->must.size() == 1 &&
         options->should.empty() && options->must_not.empty() && options->filter.empty();
}

// How many clauses its words are shows where the text is analysed, as each index's field asks.
class WordsQuery final : public search::Query {
 public:
  WordsQuery(std::vector<Clause> clauses, std::string minimum_should_match)
      : clauses_(std::move(clauses)), minimum_should_match_(std::move(minimum_should_match)) {}

  Result<std::unique_ptr<search::Weight>> Bind(const BindContext& context,
                                               float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const QueryPtr query, Resolve(context));
    return query->Bind(context, boost);
  }
  Result<QueryPtr> Resolve(const BindContext& context) const override {
    BoolOptions options;
    for (const Clause& clause : clauses_) {
      if (!clause.list || (!clause.words && clauses_.size() > 1)) {
        AddTo(clause, clause.query, &options);
        continue;
      }
      BINSEEK_ASSIGN_OR_RETURN(QueryPtr words, Resolved(clause.query, context));
      const BoolOptions* each = words->AsBool();
      if (clauses_.size() == 1 && IsBoosted(each)) {
        options.boost = each->boost;
        BINSEEK_ASSIGN_OR_RETURN(words, Resolved(each->must[0], context));
        each = words->AsBool();
      }
      if (each != nullptr && each->boost == 1 && clauses_.size() == 1) {
        const float boost = options.boost;
        options = *each;
        options.boost = boost;
      } else if (each != nullptr && each->boost == 1) {
        for (const std::vector<QueryPtr>* const list : {&each->must, &each->should}) {
          for (const QueryPtr& word : *list) {
            AddTo(clause, word, &options);
          }
        }
      } else if (clauses_.size() == 1) {
        return clause.query;
      } else {
        AddTo(clause, words, &options);
      }
    }
    options.minimum_should_match = minimum_should_match_;
    return search::MakeBool(std::move(options));
  }
  std::vector<const search::Query*> children() const override {
    std::vector<const search::Query*> out;
    for (const Clause& clause : clauses_) {
      out.push_back(clause.query.get());
    }
    return out;
  }

 private:
  const std::vector<Clause> clauses_;
  const std::string minimum_should_match_;
};

}  // namespace

void QueryStringClauses::Add(Kind conjunction, Kind modifier, QueryPtr query, bool list) {
  const bool prohibited = modifier == Kind::kMinus || modifier == Kind::kNot;
  if (!clauses_.empty() && !clauses_.back().prohibited && conjunction == Kind::kAnd) {
    clauses_.back().required = true;
  }
  if (!clauses_.empty() && !clauses_.back().prohibited && operator_and_ &&
      conjunction == Kind::kOr) {
    clauses_.back().required = false;
  }
  const bool required =
      !prohibited && (operator_and_ ? conjunction != Kind::kOr
                                    : modifier == Kind::kPlus || conjunction == Kind::kAnd);
  bare_ = bare_ && modifier == Kind::kEnd;
  clauses_.push_back({std::move(query), required, prohibited, false, list});
}

void QueryStringClauses::AddWords(QueryPtr query, bool list) {
  clauses_.push_back(
      {.query = std::move(query), .required = operator_and_, .words = true, .list = list});
}

QueryPtr QueryStringClauses::Finish(const std::string& minimum_should_match) && {
  bool lists = false;
  for (const Clause& clause : clauses_) {
    lists = lists || (clause.words && clause.list);
  }
  // How words, or what is in parentheses, are counted matters to a minimum alone.
  if (clauses_.size() == 1 && bare_) {
    if (minimum_should_match.empty() || !clauses_[0].list) {
      return std::move(clauses_[0].query);
    }
    lists = true;
  }
  if (lists && !minimum_should_match.empty()) {
    return std::make_shared<WordsQuery>(std::move(clauses_), minimum_should_match);
  }
  BoolOptions options;
  for (const Clause& clause : clauses_) {
    AddTo(clause, clause.query, &options);
  }
  options.minimum_should_match = minimum_should_match;
  return search::MakeBool(std::move(options));
}

}  // namespace binseek::api::dsl
