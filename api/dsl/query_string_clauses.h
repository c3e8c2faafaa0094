// The clauses of a query string, by the rules of Lucene's classic parser: an operator between two of them changes what is asked of the one before, too.
//
// Single-threaded. Errors: none here; those of the clauses come when the query is bound.
#ifndef BINSEEK_API_DSL_QUERY_STRING_CLAUSES_H_
#define BINSEEK_API_DSL_QUERY_STRING_CLAUSES_H_

#include <string>
#include <vector>

#include "api/dsl/query_string_lexer.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

class QueryStringClauses {
 public:
  using Kind = QueryToken::Kind;

  explicit QueryStringClauses(bool operator_and) : operator_and_(operator_and) {}

  // `conjunction`: kAnd, kOr or kEnd; `modifier`: kPlus, kMinus, kNot or kEnd. `list`: where it is all there is, what it is made of is counted: what is in
  // parentheses, and the words of a text in one field.
  void Add(Kind conjunction, Kind modifier, search::QueryPtr query, bool list);
  // Words side by side, which are analysed together. `list`: one field is meant, so that each of them is a clause of its own.
  void AddWords(search::QueryPtr query, bool list);
  search::QueryPtr Finish(const std::string& minimum_should_match) &&;

  struct Clause {
    search::QueryPtr query;
    bool required = false;
    bool prohibited = false;
    bool words = false;  // side by side
    bool list = false;
  };

 private:
  const bool operator_and_;
  bool bare_ = true;  // without an operator
  std::vector<Clause> clauses_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_STRING_CLAUSES_H_
