// What single terms of Lucene's query language look for in their fields. Internal to api/dsl. Thread-safe: const after construction.
#ifndef BINSEEK_API_DSL_QUERY_STRING_TERMS_H_
#define BINSEEK_API_DSL_QUERY_STRING_TERMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/query_string.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

class QueryStringTerms {
 public:
  using Fields = std::vector<std::pair<std::string, float>>;

  // Borrows the options, which must outlive it, not the queries.
  explicit QueryStringTerms(const QueryStringOptions* options) : options_(*options) {}

  search::QueryPtr Words(const Fields& fields, std::string text) const;
  search::QueryPtr Phrase(const Fields& fields, std::string text, uint32_t slop) const;
  search::QueryPtr Prefix(const Fields& fields, std::string prefix) const;
  search::QueryPtr Wildcard(const Fields& fields, std::string pattern) const;
  search::QueryPtr Regexp(const Fields& fields, std::string pattern) const;
  // `fuzziness` empty: the options'.
  search::QueryPtr Fuzzy(const Fields& fields, std::string word,
                         const std::string& fuzziness) const;
  search::QueryPtr Range(const Fields& fields, std::optional<search::Bound> lower,
                         std::optional<search::Bound> upper) const;
  search::QueryPtr Exists(const Fields& fields) const;

 private:
  search::MultiMatchOptions Match(const Fields& fields, std::string text) const;
  // Patterns are looked for in terms alone; `make` gets the text as the field's analyzer would have it.
  template <class Make>
  search::QueryPtr InTerms(const Fields& fields, std::string text, Make make) const;

  const QueryStringOptions& options_;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_STRING_TERMS_H_
