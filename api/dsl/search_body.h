// SearchBody: what a request asks for of a search and of each of its hits.
//
// Plain value types; queries in them are shared and immutable.
#ifndef BINSEEK_API_DSL_SEARCH_BODY_H_
#define BINSEEK_API_DSL_SEARCH_BODY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/source_filter.h"
#include "engine/search/highlighter.h"
#include "engine/search/query.h"
#include "engine/search/searcher.h"

namespace binseek::api::dsl {

// A field's name, which may hold '*', and how its values are to be written; "" = as they are.
struct FieldPattern {
  std::string pattern;
  std::string format;
};

struct HighlightField {
  std::string pattern;
  search::HighlightOptions options;
  bool plain = false;                       // the text is analysed again, offsets or not
  bool require_field_match = true;          // else terms of any field count
  search::QueryPtr query;                   // null: the search's
  std::vector<std::string> matched_fields;  // whose terms count too; empty: the field's alone
};

enum class ExplainForm : uint8_t { kNone, kTree, kSentence };

struct Slice {
  uint32_t id = 0;
  uint32_t max = 0;
  std::string field = "_id";
};

struct PointInTimeUse {
  std::string id;
  int64_t keep_alive_ms = 0;  // 0: as it was
};

struct InnerHits;

struct SearchBody {
  search::SearchRequest request;
  SourceFilter source;
  bool source_given = false;
  bool version = false;              // show _version
  bool seq_no_primary_term = false;  // show _seq_no and _primary_term
  bool size_given = false;
  bool total_hits_given = false;
  ExplainForm explain = ExplainForm::kNone;
  bool named_query_scores = false;  // matched_queries with their scores
  bool shows_id = true;             // else neither _id nor _source
  std::vector<FieldPattern> fields;
  std::vector<FieldPattern> docvalue_fields;
  std::vector<HighlightField> highlight;
  std::vector<InnerHits> inner_hits;                         // of request.collapse_field
  std::vector<std::pair<std::string, float>> indices_boost;  // index, alias or pattern
  std::optional<Slice> slice;
  std::optional<PointInTimeUse> point_in_time;
};

// Further hits of each collapsed one's group.
struct InnerHits {
  std::string name;
  SearchBody body;
};

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_SEARCH_BODY_H_
