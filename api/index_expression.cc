#include "api/index_expression.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "api/dsl/source_filter.h"
#include "engine/base/json.h"
#include "engine/base/name_pattern.h"

namespace binseek::api {
namespace {

bool IsHidden(const index::IndexView& index) {
  constexpr std::string_view kSetting = "index.hidden";
  if (index.settings_json.find(kSetting) == std::string::npos) {
    return false;
  }
  const Result<JsonValue> settings = ParseJson(index.settings_json);
  const JsonValue* const hidden =
      settings.ok() && settings->is_object() ? settings->Find(kSetting) : nullptr;
  return hidden != nullptr && hidden->is_string() && hidden->AsString() == "true";
}

bool IsHidden(const AliasTable::Members& members) {
  return std::any_of(members.begin(), members.end(),
                     [](const auto& member) { return member.second.is_hidden; });
}

// Collects what the parts of an expression mean.
class Selector {
 public:
  Selector(const index::EngineView& view, const AliasTable& aliases,
           const IndexExpressionOptions& options)
      : view_(view), aliases_(aliases), options_(options) {}

  void Add(const index::IndexView* index) { EntryOf(index).whole = true; }
  // False: it has no index that is there.
  bool Add(const AliasTable::Members& members) {
    bool any = false;
    for (const auto& [name, entry] : members) {
      if (const index::IndexView* const index = view_.Find(name)) {
        Entry& known = EntryOf(index);
        known.whole = known.whole || entry.query == nullptr;
        known.filters.push_back(entry.query);
        any = true;
      }
    }
    return any;
  }
  bool AddName(std::string_view name) {
    if (const index::IndexView* const index = view_.Find(name)) {
      Add(index);
      return true;
    }
    const AliasTable::Members* const members =
        options_.refuse_aliases ? nullptr : aliases_.Find(name);
    return members != nullptr && Add(*members);
  }
  bool AddPattern(std::string_view pattern) {
    bool matched = false;
    for (const auto& index : view_.indices()) {
      if (!index->is_generation() && Matches(pattern, index->name, *index)) {
        Add(index.get());
        matched = true;
      }
    }
    for (const auto& [alias, members] : aliases_.aliases()) {
      if (!options_.refuse_aliases && Matches(pattern, alias, members)) {
        matched = Add(members) || matched;
      }
    }
    return matched;
  }
  void Exclude(std::string_view pattern) {
    std::erase_if(entries_,
                  [&](const Entry& entry) { return MatchesPattern(pattern, entry.index->name); });
  }
  bool empty() const { return entries_.empty(); }

  IndexSelection Finish() && {
    IndexSelection selection;
    std::vector<std::pair<index::IndexId, search::QueryPtr>> filters;
    for (Entry& entry : entries_) {
      selection.indices.push_back(entry.index);
      if (!entry.whole) {
        search::QueryPtr filter = entry.filters.size() == 1
                                      ? entry.filters[0]
                                      : search::MakeBool({.should = std::move(entry.filters)});
        filters.emplace_back(entry.index->id, std::move(filter));
      }
    }
    if (!filters.empty()) {
      selection.restriction = search::MakeByIndex(std::move(filters));
    }
    return selection;
  }

 private:
  struct Entry {
    const index::IndexView* index = nullptr;
    bool whole = false;                     // some name for it has no filter
    std::vector<search::QueryPtr> filters;  // of all others
  };
  template <class Named>
  bool Matches(std::string_view pattern, std::string_view name, const Named& named) const {
    return options_.expand_open && MatchesPattern(pattern, name) &&
           (options_.expand_hidden || (pattern.starts_with('.') && name.starts_with('.')) ||
            !IsHidden(named));
  }
  Entry& EntryOf(const index::IndexView* index) {
    for (Entry& entry : entries_) {
      if (entry.index == index) {
        return entry;
      }
    }
    return entries_.emplace_back(Entry{index, false, {}});
  }

  const index::EngineView& view_;
  const AliasTable& aliases_;
  const IndexExpressionOptions& options_;
  std::vector<Entry> entries_;
};

RestError AliasRefused(std::string_view alias) {
  return IllegalArgument("The provided expression [" + std::string(alias) +
                         "] matches an alias, specify the corresponding concrete indices instead.");
}

}  // namespace

RestResult<IndexSelection> SelectIndices(const index::EngineView& view, const AliasTable& aliases,
                                         std::string_view expression,
                                         const IndexExpressionOptions& options) {
  Selector selector(view, aliases, options);
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
      selector.Exclude(pattern);
      continue;
    }
    const bool found = wildcard ? selector.AddPattern(pattern) : selector.AddName(part);
    if (!found && !wildcard && options.refuse_aliases && aliases.Find(part) != nullptr) {
      return AliasRefused(part);
    }
    if (!found && !(wildcard ? options.allow_no_indices : options.ignore_unavailable)) {
      return IndexNotFound(part);
    }
  }
  if (selector.empty() && !options.allow_no_indices) {
    return IndexNotFound(expression);
  }
  return std::move(selector).Finish();
}

search::QueryPtr Restricted(search::QueryPtr query, const IndexSelection& selection) {
  if (selection.restriction == nullptr) {
    return query;
  }
  search::BoolOptions options;
  options.must = {query != nullptr ? std::move(query) : search::MakeMatchAll()};
  options.filter = {selection.restriction};
  return search::MakeBool(std::move(options));
}

RestResult<const index::IndexView*> SelectIndex(const index::EngineView& view,
                                                const AliasTable& aliases, std::string_view name) {
  if (const index::IndexView* const index = view.Find(name)) {
    return index;
  }
  const AliasTable::Members* const members = aliases.Find(name);
  if (members == nullptr) {
    return IndexNotFound(name);
  }
  if (members->size() > 1) {
    std::string names;
    for (const auto& [index, entry] : *members) {
      names += (names.empty() ? "" : ", ") + index;
    }
    return IllegalArgument("alias [" + std::string(name) +
                           "] has more than one index associated with it [" + names +
                           "], can't execute a single index op");
  }
  const index::IndexView* const index = view.Find(members->begin()->first);
  return index == nullptr ? RestResult<const index::IndexView*>(IndexNotFound(name)) : index;
}

}  // namespace binseek::api
