// MakeMoreLikeThis: documents that share the telling terms of given texts or documents, as Lucene's MoreLikeThis chooses them.
//
// Of each field's terms in what is liked, the best by frequency there times inverse document frequency become optional terms.
// Thread-safe. Errors, at Bind: kInvalidArgument where a field has no text.
#ifndef BINSEEK_ENGINE_SEARCH_MORE_LIKE_THIS_H_
#define BINSEEK_ENGINE_SEARCH_MORE_LIKE_THIS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search {

// A text, or a document: by its id in the searched index, or as JSON.
struct LikeItem {
  enum class Kind : uint8_t { kText, kId, kJson };
  Kind kind = Kind::kText;
  std::string value{};
  std::string index{};  // of an id: other indices do not have it; empty: any
};

struct MoreLikeThisOptions {
  std::vector<std::string> fields{};  // empty: all text and keyword fields
  std::vector<LikeItem> like{};
  std::vector<LikeItem> unlike{};  // whose terms are left out
  uint32_t max_query_terms = 25;
  uint32_t min_term_freq = 2;
  uint32_t min_doc_freq = 5;
  uint32_t max_doc_freq = std::numeric_limits<int32_t>::max();
  uint32_t min_word_length = 0;
  uint32_t max_word_length = 0;  // 0: any
  std::vector<std::string> stop_words{};
  std::string analyzer{};
  std::string minimum_should_match = "30%";
  float boost_terms = 0;  // 0: all terms alike
  bool include = false;   // liked documents too
  bool fail_on_unsupported_field = true;
  float boost = 1;
};
QueryPtr MakeMoreLikeThis(MoreLikeThisOptions options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_MORE_LIKE_THIS_H_
