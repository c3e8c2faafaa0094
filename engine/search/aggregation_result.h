// What came out of an aggregation: a shape per sort of result, of which each kind uses one. Plain value types.
#ifndef BINSEEK_ENGINE_SEARCH_AGGREGATION_RESULT_H_
#define BINSEEK_ENGINE_SEARCH_AGGREGATION_RESULT_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/search/value_format.h"

namespace binseek::search {

struct AggregationResult;

struct AggregationBucket {
  // Defined where results are complete, which hold buckets themselves.
  AggregationBucket();
  ~AggregationBucket();
  AggregationBucket(const AggregationBucket& other);
  AggregationBucket(AggregationBucket&& other) noexcept;
  AggregationBucket& operator=(const AggregationBucket& other);
  AggregationBucket& operator=(AggregationBucket&& other) noexcept;

  std::string key_json{};  // a JSON token: "red" with its quotes, or 12; composite: an object
  std::string key_text{};  // the same as plain text, for keyed forms
  std::optional<std::string> key_as_string{};  // dates, booleans, formatted numbers
  std::optional<double> key_number{};          // histograms
  uint64_t doc_count = 0;
  std::optional<double> from{};
  std::optional<double> to{};
  std::string from_text{};  // of addresses; empty: none
  std::string to_text{};
  struct Significance {
    double score = 0;
    uint64_t bg_count = 0;
  };
  std::optional<Significance> significance{};
  std::vector<AggregationResult> children;
};

// min, max, avg, sum, value_count, cardinality, weighted_avg, and most pipelines.
struct NumberResult {
  std::optional<double> value{};
  bool integer = false;             // written without a point
  ValueFormatPtr format{};          // null: no text beside the number
  std::vector<std::string> keys{};  // max_bucket, min_bucket: of which buckets
  bool has_keys = false;
  std::optional<double> normalized{};  // derivative with a unit
};

// stats and extended_stats. With count 0 min and max are infinite and shown as null.
struct StatsResult {
  uint64_t count = 0;
  double sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  ValueFormatPtr format{};
  struct Extended {
    double sum_of_squares = 0;
    double sigma = 2;
  };
  std::optional<Extended> extended{};
};

// percentiles, percentile_ranks, percentiles_bucket.
struct PercentilesResult {
  std::vector<std::pair<double, double>>
      values{};  // percent (or value asked for), value (or rank); NaN: none
  bool keyed = true;
  ValueFormatPtr format{};
};

struct BucketsResult {
  std::vector<AggregationBucket> buckets{};
  bool keyed = false;
  bool shows_keys = true;                         // false: filters without names
  ValueFormatPtr format{};                        // of from and to
  std::optional<uint64_t> sum_other_doc_count{};  // terms
  bool shows_errors = false;  // terms: the error of each bucket's count, which is 0
  struct Background {
    uint64_t doc_count = 0;
    uint64_t bg_count = 0;
  };
  std::optional<Background> background{};  // significant terms
  std::string after_key_json{};            // composite
};

// filter, global, missing.
struct SingleBucketResult {
  uint64_t doc_count = 0;
  std::vector<AggregationResult> children;
};

struct TopHits;  // top_hits_aggregation.h
struct TopHitsResult {
  std::shared_ptr<const TopHits> hits{};
};

struct AggregationResult {
  using Body = std::variant<NumberResult, StatsResult, PercentilesResult, BucketsResult,
                            SingleBucketResult, TopHitsResult>;

  std::string name{};
  // Which Elasticsearch calls its typed result: "sterms", "lterms", "avg", "range", ...
  std::string type_name{};
  Body body{};
  std::string meta{};

  template <class T>
  T* As() {
    return std::get_if<T>(&body);
  }
  template <class T>
  const T* As() const {
    return std::get_if<T>(&body);
  }
  // Those of a BucketsResult; null where it is none.
  const std::vector<AggregationBucket>* buckets() const {
    const auto* const result = As<BucketsResult>();
    return result == nullptr ? nullptr : &result->buckets;
  }
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_AGGREGATION_RESULT_H_
