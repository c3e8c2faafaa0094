// MakeCombinedFields: several text fields as if they were one, scored by BM25F as Lucene's CombinedFieldQuery scores.
//
// A term's frequency and a document's length are the fields' sums, each times its boost. Fields need the same analyzer.
// Thread-safe. Errors, at Bind: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_SEARCH_COMBINED_FIELDS_H_
#define BINSEEK_ENGINE_SEARCH_COMBINED_FIELDS_H_

#include <string>
#include <utility>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search {

struct CombinedFieldsOptions {
  std::string text{};
  std::vector<std::pair<std::string, float>> fields{};  // boosts of at least 1
  bool operator_and = false;
  std::string minimum_should_match{};
  bool zero_terms_all = false;
  float boost = 1;
};
QueryPtr MakeCombinedFields(CombinedFieldsOptions options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_COMBINED_FIELDS_H_
