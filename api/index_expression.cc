#include "api/index_expression.h"

#include <algorithm>
#include <cstddef>

#include "api/dsl/source_filter.h"

namespace binseek::api {
namespace {

using Indices = std::vector<const index::IndexView*>;

void AddOnce(const index::IndexView* index, Indices* out) {
  if (std::find(out->begin(), out->end(), index) == out->end()) {
    out->push_back(index);
  }
}

}  // namespace

RestResult<Indices> ResolveIndices(const index::EngineView& view, std::string_view expression,
                                   const IndexExpressionOptions& options) {
  Indices out;
  if (expression.empty()) {
    expression = "*";
  }
  bool after_wildcard = false;
  for (std::string_view rest = expression; !rest.empty();) {
    std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const bool exclude = after_wildcard && part.size() > 1 && part.front() == '-';
    part.remove_prefix(exclude ? 1 : 0);
    const bool wildcard = part == "_all" || part.find('*') != std::string_view::npos;
    after_wildcard = after_wildcard || wildcard;
    const std::string_view pattern = part == "_all" ? "*" : part;
    if (exclude) {
      std::erase_if(out, [&](const index::IndexView* index) {
        return dsl::WildcardMatch(pattern, index->name);
      });
      continue;
    }
    if (!wildcard) {
      const index::IndexView* index = view.Find(part);
      if (index != nullptr) {
        AddOnce(index, &out);
      } else if (!options.ignore_unavailable) {
        return IndexNotFound(part);
      }
      continue;
    }
    bool matched = false;
    for (const auto& index : view.indices()) {
      if (dsl::WildcardMatch(pattern, index->name)) {
        AddOnce(index.get(), &out);
        matched = true;
      }
    }
    if (!matched && !options.allow_no_indices) {
      return IndexNotFound(part);
    }
  }
  if (out.empty() && !options.allow_no_indices) {
    return IndexNotFound(expression);
  }
  return out;
}

}  // namespace binseek::api
