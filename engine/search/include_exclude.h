// IncludeExclude: which of a field's values become buckets of a terms aggregation: lists, regular expressions, or one of n partitions.
//
// Regular expressions are matched against the whole value (regexp.h). An exclude holds over an include.
// IncludeExclude is a plain value type; TermFilter is single-threaded, owner: an aggregator.
// Errors: kInvalidArgument for an expression or a value that is none, or an expression over numbers.
#ifndef BINSEEK_ENGINE_SEARCH_INCLUDE_EXCLUDE_H_
#define BINSEEK_ENGINE_SEARCH_INCLUDE_EXCLUDE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/automaton.h"
#include "engine/search/value_form.h"

namespace binseek::search {

struct IncludeExclude {
  std::optional<std::vector<std::string>> include_values{};
  std::optional<std::vector<std::string>> exclude_values{};
  std::optional<std::string> include_regexp{};
  std::optional<std::string> exclude_regexp{};
  uint32_t partition = 0;
  uint32_t partitions = 0;  // 0: none

  bool empty() const {
    return !include_values && !exclude_values && !include_regexp && !exclude_regexp &&
           partitions == 0;
  }
};

class TermFilter {
 public:
  TermFilter() = default;  // accepts all
  static Result<TermFilter> Make(const IncludeExclude& options, const ValueForm& form,
                                 const std::string& aggregation);

  bool accepts_all() const { return all_; }
  bool Accepts(std::string_view text) const;
  bool Accepts(int64_t common) const;

 private:
  bool all_ = true;
  std::optional<std::set<std::string, std::less<>>> include_texts_;
  std::set<std::string, std::less<>> exclude_texts_;
  std::optional<std::set<int64_t>> include_numbers_;
  std::set<int64_t> exclude_numbers_;
  std::optional<CodePointDfa> include_;
  std::optional<CodePointDfa> exclude_;
  uint32_t partition_ = 0;
  uint32_t partitions_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_INCLUDE_EXCLUDE_H_
