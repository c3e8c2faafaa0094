// A query's text as tokens, by the analyzer that a field has for searches. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_QUERY_TOKENS_H_
#define BINSEEK_ENGINE_SEARCH_QUERY_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::search {

// The analyzer's name: `asked`, or the field's for searches.
const std::string& SearchAnalyzerOf(const mapping::Field& field, const std::string& asked);
// The same of phrases, for which a field may have one of their own.
const std::string& QuoteAnalyzerOf(const mapping::Field& field, const std::string& asked);
// In order, at most `limit`. kInvalidArgument: there is no such analyzer.
Result<std::vector<std::string>> TokensOf(const std::string& analyzer, std::string_view text,
                                          size_t limit);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_QUERY_TOKENS_H_
