#include "engine/search/bool_rewrite.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace binseek::search {
namespace {

using Clauses = std::vector<QueryPtr>;

bool IsEmpty(const BoolOptions& options) {
  return options.must.empty() && options.should.empty() && options.filter.empty() &&
         options.must_not.empty();
}

// Lucene's number: 0 where nothing is said.
Result<int> MinimumOf(const BoolOptions& options) {
  if (options.minimum_should_match.empty()) {
    return 0;
  }
  return ParseMinimumShouldMatch(options.minimum_should_match,
                                 static_cast<int>(options.should.size()));
}

Result<QueryPtr> RewriteClause(QueryPtr query, const BindContext& context) {
  while (true) {
    BINSEEK_ASSIGN_OR_RETURN(QueryPtr resolved, query->Resolve(context));
    if (resolved == nullptr) {
      break;
    }
    query = std::move(resolved);
  }
  const BoolOptions* const inner = query->AsBool();
  if (inner == nullptr) {
    return query;
  }
  if (IsEmpty(*inner)) {
    return MakeMatchAll(inner->boost);
  }
  BINSEEK_ASSIGN_OR_RETURN(BoolOptions rewritten, RewriteBool(*inner, context));
  BINSEEK_ASSIGN_OR_RETURN(const int minimum, MinimumOf(rewritten));
  if (static_cast<size_t>(minimum) > rewritten.should.size()) {
    return MakeMatchNone();  // else who takes in its other clauses would lose sight of that
  }
  const QueryPtr only = OnlyClause(rewritten);
  if (only == nullptr) {
    return MakeBool(std::move(rewritten));
  }
  if (rewritten.boost == 1) {
    return only;
  }
  QueryPtr boosted = only->WithBoost(only->boost() * rewritten.boost);
  return boosted != nullptr ? boosted : MakeBool(std::move(rewritten));
}

Status RewriteClauses(Clauses* clauses, const BindContext& context) {
  for (QueryPtr& query : *clauses) {
    BINSEEK_ASSIGN_OR_RETURN(query, RewriteClause(query, context));
  }
  return Status::Ok();
}

// A nested boolean query without a boost; null: it is something else.
const BoolOptions* PlainBool(const QueryPtr& query) {
  const BoolOptions* const options = query->AsBool();
  return options != nullptr && options->boost == 1 && !IsEmpty(*options) ? options : nullptr;
}

bool IsPureDisjunction(const BoolOptions& options) {
  const Result<int> minimum = MinimumOf(options);
  return options.must.empty() && options.filter.empty() && options.must_not.empty() &&
         minimum.ok() && *minimum <= 1;
}

void Append(const Clauses& from, Clauses* to) { to->insert(to->end(), from.begin(), from.end()); }

// A filter's score is nobody's business.
std::string KeyOfFilter(const QueryPtr& filter) {
  constexpr std::string_view kConstant = "const ";
  std::string key = filter->Key();
  while (key.starts_with(kConstant)) {
    key.erase(0, kConstant.size());
  }
  return key;
}

// Filters that are optional clauses as well.
bool RequireFilteredClauses(BoolOptions* options, int* minimum) {
  bool changed = false;
  for (size_t i = 0; i < options->should.size();) {
    const QueryPtr should = options->should[i];
    const std::string key = should->boost() == 1 ? should->Key() : "";
    const auto same = [&](const QueryPtr& filter) { return KeyOfFilter(filter) == key; };
    const auto filter = std::find_if(options->filter.begin(), options->filter.end(), same);
    if (key.empty() || filter == options->filter.end()) {
      ++i;
      continue;
    }
    changed = true;
    options->should.erase(options->should.begin() + static_cast<std::ptrdiff_t>(i));
    options->must.push_back(should);
    *minimum = std::max(0, *minimum - 1);
    const bool again = std::any_of(
        options->should.begin(), options->should.end(),
        [&](const QueryPtr& other) { return other->boost() == 1 && other->Key() == key; });
    if (!again) {
      options->filter.erase(std::remove_if(options->filter.begin(), options->filter.end(), same),
                            options->filter.end());
    }
  }
  return changed;
}

// Equal ones become one; the sum of boosts is taken in double.
bool MergeEqual(Clauses* clauses) {
  Clauses out;
  std::unordered_map<std::string, size_t> places;  // in out, of the first with the key
  std::vector<double> boosts;
  std::vector<bool> several;
  for (const QueryPtr& query : *clauses) {
    std::string key = query->Key();
    if (!key.empty()) {
      const auto [it, added] = places.emplace(std::move(key), out.size());
      if (!added && query->WithBoost(1) != nullptr) {
        boosts[it->second] += static_cast<double>(query->boost());
        several[it->second] = true;
        continue;
      }
    }
    out.push_back(query);
    boosts.push_back(static_cast<double>(query->boost()));
    several.push_back(false);
  }
  if (out.size() == clauses->size()) {
    return false;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (several[i]) {
      out[i] = out[i]->WithBoost(static_cast<float>(boosts[i]));
    }
  }
  *clauses = std::move(out);
  return true;
}

bool InlineDisjunctions(BoolOptions* options) {
  Clauses out;
  for (const QueryPtr& query : options->should) {
    const BoolOptions* const inner = PlainBool(query);
    if (inner != nullptr && IsPureDisjunction(*inner)) {
      Append(inner->should, &out);
    } else {
      out.push_back(query);
    }
  }
  const bool changed = out.size() != options->should.size();
  options->should = std::move(out);
  return changed;
}

// Conjunctions within a required clause. `to`: where its scored clauses go.
bool InlineConjunctions(const Clauses& from, Clauses BoolOptions::*to, BoolOptions* options,
                        Clauses* rest) {
  bool changed = false;
  for (const QueryPtr& query : from) {
    // In a filter boosts mean nothing, but where one stands is not looked into.
    const BoolOptions* const inner = PlainBool(query);
    if (inner == nullptr || !inner->should.empty()) {
      rest->push_back(query);
      continue;
    }
    changed = true;
    if (inner->must.empty() && inner->filter.empty()) {
      // All but some is a clause of its own: without it the optional ones might have to match.
      options->filter.push_back(MakeMatchAll());
    }
    Append(inner->must, to == &BoolOptions::must ? rest : &(options->*to));
    Append(inner->filter, to == &BoolOptions::must ? &options->filter : rest);
    Append(inner->must_not, &options->must_not);
  }
  return changed;
}

bool InlineRequired(BoolOptions* options) {
  Clauses musts;
  bool changed =
      InlineConjunctions(std::exchange(options->must, {}), &BoolOptions::must, options, &musts);
  options->must = std::move(musts);
  Clauses filters;
  Clauses from = std::exchange(options->filter, {});
  changed = InlineConjunctions(from, &BoolOptions::filter, options, &filters) || changed;
  Append(filters, &options->filter);
  return changed;
}

}  // namespace

QueryPtr OnlyClause(const BoolOptions& rewritten) {
  if (!rewritten.filter.empty() || !rewritten.must_not.empty() ||
      rewritten.must.size() + rewritten.should.size() != 1) {
    return nullptr;
  }
  const Result<int> minimum = MinimumOf(rewritten);
  if (!rewritten.must.empty()) {
    // Of no optional clauses none can be asked for, and then nothing matches.
    return minimum.ok() && *minimum <= 0 ? rewritten.must[0] : nullptr;
  }
  return minimum.ok() && *minimum <= 1 ? rewritten.should[0] : nullptr;
}

Result<BoolOptions> RewriteBool(const BoolOptions& options, const BindContext& context) {
  BoolOptions out = options;
  BINSEEK_ASSIGN_OR_RETURN(int minimum, MinimumOf(options));
  for (Clauses* const clauses : {&out.must, &out.should, &out.filter, &out.must_not}) {
    BINSEEK_RETURN_IF_ERROR(RewriteClauses(clauses, context));
  }
  for (bool changed = true; changed;) {
    changed = RequireFilteredClauses(&out, &minimum);
    if (minimum <= 1) {
      changed = MergeEqual(&out.should) || changed;
    }
    changed = MergeEqual(&out.must) || changed;
    if (minimum <= 1) {
      changed = InlineDisjunctions(&out) || changed;
    }
    changed = InlineRequired(&out) || changed;
    if (minimum > 0 && static_cast<size_t>(minimum) == out.should.size()) {
      Append(std::exchange(out.should, {}), &out.must);
      minimum = 0;
      changed = true;
    }
  }
  // As many as it was: clauses taken in from a disjunction do not count anew.
  out.minimum_should_match = minimum > 0 ? std::to_string(minimum) : "";
  return out;
}

}  // namespace binseek::search
