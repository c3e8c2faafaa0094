// Paths to a number among aggregations: "prices.max", "red>prices.max", "colors['red']>prices.max", "colors._bucket_count".
//
// Steps are parted by '>'; a step leads through an aggregation with one bucket, or names the bucket by its key. What follows the last aggregation's name and
// a dot is one of its numbers; nothing means its only one, or the count of its documents. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_BUCKET_PATH_H_
#define BINSEEK_ENGINE_SEARCH_BUCKET_PATH_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"

namespace binseek::search {

// Whether buckets that have `specs` below them can be ordered by the path.
bool CanOrderBy(const std::vector<AggregationSpec>& specs, std::string_view path);

// nullopt: the path leads nowhere. NaN: the number has no value.
std::optional<double> NumberAt(const std::vector<AggregationResult>& results,
                               std::string_view path);
// Whether the path leads nowhere because an aggregation on it has no bucket of the key that it names.
bool StopsAtABucket(const std::vector<AggregationResult>& results, std::string_view path);
std::optional<double> NumberOf(const AggregationResult& result, std::string_view name);

// The first step, and what is behind its '>'.
struct PathStep {
  std::string_view name{};
  std::optional<std::string> key{};  // in brackets
  std::string_view rest{};           // empty: it was the last
};
PathStep FirstStep(std::string_view path);
// Whether a key in brackets means the bucket: a boolean's is "true", and "1" as well.
bool HasKey(const AggregationBucket& bucket, std::string_view key);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BUCKET_PATH_H_
