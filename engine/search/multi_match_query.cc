// MakeMultiMatch: one match query per field; the best one's score, or the sum.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/mapping/mapping.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

// '*' stands for any characters. Backtracks to the last star only, so the cost is at most the product of the lengths.
bool MatchesPattern(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

bool IsSearchable(const mapping::Field& field) {
  return field.indexed && (field.is_numeric() || field.kind == mapping::FieldKind::kText ||
                           field.kind == mapping::FieldKind::kKeyword ||
                           field.kind == mapping::FieldKind::kFlattened);
}

class MultiMatchQuery final : public Query {
 public:
  explicit MultiMatchQuery(MultiMatchOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    std::vector<QueryPtr> queries;
    for (const MatchOptions& match : Expand(*context.index->mapping)) {
      queries.push_back(MakeMatch(match));
    }
    const float tie_breaker = options_.most_fields ? 1.0f : options_.tie_breaker;
    return MakeDisMax(std::move(queries), tie_breaker)->Bind(context, options_.match.boost * boost);
  }

 private:
  // One match per field; boosts of a field that several patterns name are multiplied.
  std::vector<MatchOptions> Expand(const mapping::Mapping& mapping) const {
    std::vector<MatchOptions> out;
    const auto add = [&](const std::string& name, float boost, bool lenient) {
      for (MatchOptions& match : out) {
        if (match.field == name) {
          match.boost *= boost;
          return;
        }
      }
      MatchOptions match = options_.match;
      match.field = name;
      match.boost = boost;
      match.lenient = match.lenient || lenient;
      out.push_back(std::move(match));
    };
    for (const auto& [name, boost] : options_.fields) {
      if (name.find('*') == std::string::npos) {
        add(name, boost, false);
        continue;
      }
      for (const mapping::Field& field : mapping.fields()) {
        if (IsSearchable(field) && MatchesPattern(name, field.name)) {
          add(field.name, boost,
              true);  // a pattern takes numbers with it, which the text may not be
        }
      }
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
