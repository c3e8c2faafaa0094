// Aggregations: what to compute over the matches of a search. What came out is in aggregation_result.h.
//
// Every kind is a struct of its own that derives from Aggregation and holds its options (terms_aggregation.h, range_aggregation.h, ...); a spec gives it a name and
// sub-aggregations. A kind makes its own Aggregator, as a Query binds itself, so that no list of kinds is kept here.
//
//   auto colors = std::make_shared<TermsAggregation>();
//   colors->source.field = "color";
//   request.aggregations = {{.name = "colors", .what = colors}};
//
// Counts are exact: doc_count_error_upper_bound is always 0. Thread-safe: immutable once shared. Specs share their kinds.
#ifndef BINSEEK_ENGINE_SEARCH_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace binseek::search {

class Aggregator;
class PipelineAggregation;
struct AggregationContext;
struct AggregationSpec;

inline constexpr uint32_t kMaxAggregationDepth = 20;
inline constexpr uint32_t kMaxAggregations = 1000;  // of one request
inline constexpr uint32_t kDefaultMaxBuckets = 65536;
inline constexpr uint64_t kDefaultMaxAggregationBytes = uint64_t{256} << 20;

// One criterion of the order of buckets.
struct BucketOrder {
  enum class By : uint8_t { kCount, kKey, kMetric };
  By by = By::kCount;
  bool descending = true;
  // kMetric: "avg_price", "prices.max", "red>prices.max": through single buckets to a number.
  std::string metric{};
};

class Aggregation {
 public:
  virtual ~Aggregation() = default;

  // As a request calls it: "terms".
  virtual std::string_view type() const = 0;
  // Errors: kInvalidArgument (field, value, format), kResourceExhausted. REQUIRES: pipeline() is null.
  [[nodiscard]] virtual Result<std::unique_ptr<Aggregator>> Make(
      const AggregationSpec& spec, AggregationContext* context) const = 0;
  // Whether others may be below it.
  virtual bool has_buckets() const { return false; }
  // Exactly one bucket, so that a path may lead through it.
  virtual bool is_single_bucket() const { return false; }
  // Only at the top of a request.
  virtual bool is_top_level_only() const { return false; }
  virtual bool needs_scores() const { return false; }
  // Whether its result has a number of that name that buckets can be ordered by; "" is the only one that there is.
  virtual bool HasNumber(std::string_view /*name*/) const { return false; }
  // Of its buckets; null: it is not for the request to say.
  virtual const std::vector<BucketOrder>* bucket_order() const { return nullptr; }
  // Not null: computed from the results of others when all is built.
  virtual const PipelineAggregation* pipeline() const { return nullptr; }

 protected:
  Aggregation() = default;
};
using AggregationPtr = std::shared_ptr<const Aggregation>;

struct AggregationSpec {
  std::string name{};
  AggregationPtr what{};
  std::vector<AggregationSpec> children{};  // of bucket kinds only
  std::string meta{};  // JSON object that comes back with the result; empty: none
};

// Where values come from. Empty strings are "not given".
struct ValuesSource {
  std::string field{};
  std::optional<std::string> missing{};  // value of documents that have none, as text
  bool missing_is_number = false;  // so that of dates it is milliseconds, whatever their format
  std::string format{};            // of numbers and dates as text
  std::string time_zone{};
  // What values are where no index has the field, so that they can only be the missing one: "long", "double", "boolean", ...; empty: texts.
  std::string value_type{};
};

struct AggregationResult;

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_AGGREGATION_H_
