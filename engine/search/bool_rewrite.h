// RewriteBool: a boolean query as Lucene runs it, which decides where sums of scores are cut to float, and lets clauses of nested queries be executed together.
//
// By the rules of Lucene's BooleanQuery: clauses are what they come down to in the index; an optional clause that is a filter too becomes a required one; equal
// clauses become one with the sum of their boosts; nested pure disjunctions are taken into a disjunction, nested conjunctions into a conjunction; optional clauses that
// must all match are required. A nested query with a boost of its own stays apart, and so does one with a name, which is a query around it.
// Pure functions; thread-safe. Errors: as of Bind.
#ifndef BINSEEK_ENGINE_SEARCH_BOOL_REWRITE_H_
#define BINSEEK_ENGINE_SEARCH_BOOL_REWRITE_H_

#include "engine/base/result.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Matches the same documents with the same scores, but for rounding. Rewriting the result changes nothing.
Result<BoolOptions> RewriteBool(const BoolOptions& options, const BindContext& context);

// The only clause of a rewritten query where that is all that there is to its score (apart from the query's boost); null: there are more.
QueryPtr OnlyClause(const BoolOptions& rewritten);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BOOL_REWRITE_H_
