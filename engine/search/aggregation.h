// Aggregations: what to compute over the matches (specification), and what came out (result). Plain value types.
//
// Counts are exact: doc_count_error_upper_bound is always 0.
#ifndef BINSEEK_ENGINE_SEARCH_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_AGGREGATION_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search {

inline constexpr uint32_t kMaxAggregationDepth = 20;
inline constexpr uint32_t kMaxAggregations = 1000;  // of one request
inline constexpr uint32_t kDefaultMaxBuckets = 65536;
inline constexpr uint64_t kDefaultMaxAggregationBytes = uint64_t{256} << 20;

enum class AggregationKind : uint8_t {
  // Buckets
  kTerms,
  kRange,
  kFilter,   // one bucket
  kFilters,  // one bucket per filter
  // Metrics over a numeric field
  kMin,
  kMax,
  kAvg,
  kSum,
  kStats,
  kValueCount,  // any field with values
};

struct TermsOrder {
  enum class By : uint8_t { kCount, kKey, kMetric };
  By by = By::kCount;
  bool descending = true;
  std::string metric;  // kMetric: "avg_price" or "stats_price.max", a direct sub-aggregation
};

struct AggregationRange {
  std::string key;             // empty: made of the bounds, "10.0-20.0"
  std::optional<double> from;  // inclusive
  std::optional<double> to;    // exclusive
};

struct NamedFilter {
  std::string name;
  QueryPtr query;
};

struct AggregationSpec {
  std::string name;
  AggregationKind kind = AggregationKind::kTerms;
  std::string field;                   // all but kFilter and kFilters
  std::optional<std::string> missing;  // value of documents that have none, as text
  // kTerms
  uint32_t size = 10;
  uint64_t min_doc_count = 1;
  std::vector<TermsOrder> order;  // empty: count descending; ties are broken by key ascending
  // kRange
  std::vector<AggregationRange> ranges;
  // kFilter (one, its name is not looked at), kFilters
  std::vector<NamedFilter> filters;
  bool keyed = false;  // kRange, kFilters: buckets as an object by key

  std::vector<AggregationSpec> children;  // of bucket kinds only
};

struct AggregationResult;

struct AggregationBucket {
  std::string key_json;                      // a JSON token: "red" with its quotes, or 12
  std::string key_text;                      // the same as plain text, for keyed forms
  std::optional<std::string> key_as_string;  // dates and booleans
  uint64_t doc_count = 0;
  std::optional<double> from;
  std::optional<double> to;
  std::vector<AggregationResult> children;
};

struct AggregationResult {
  std::string name;
  AggregationKind kind = AggregationKind::kTerms;
  // Which Elasticsearch calls its typed result: "sterms", "lterms", "ulterms", "dterms", "avg", "range", ...
  std::string type_name;
  // Buckets; kFilter has exactly one.
  std::vector<AggregationBucket> buckets;
  bool keyed = false;
  uint64_t sum_other_doc_count = 0;
  // Metrics. With count 0 min and max are infinite and shown as null.
  uint64_t count = 0;
  double sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  bool date = false;  // values are epoch milliseconds, and shown as a date too
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_AGGREGATION_H_
