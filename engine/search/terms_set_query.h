// MakeTermsSet: any of the terms, at least as many as a number field of the document says, scored by their sum. Thread-safe.
// Errors, at Bind: kInvalidArgument where the number field is none.
#ifndef BINSEEK_ENGINE_SEARCH_TERMS_SET_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_TERMS_SET_QUERY_H_

#include <string>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search {

struct TermsSetOptions {
  std::string field{};
  std::vector<std::string> terms{};
  std::string minimum_field{};  // documents without a value do not match
  float boost = 1;
};
QueryPtr MakeTermsSet(TermsSetOptions options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERMS_SET_QUERY_H_
