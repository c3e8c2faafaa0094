// Scores by a number of the document alone: rank features, and nearness to a moment or a place. Thread-safe.
// Errors, at Bind: kInvalidArgument in Elasticsearch's words where the field is of another kind or the function does not fit it.
#ifndef BINSEEK_ENGINE_SEARCH_FEATURE_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_FEATURE_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "engine/search/query.h"

namespace binseek::search {

// Of the feature's value S: saturation S / (S + pivot), log(scaling_factor + S), sigmoid S^exponent / (S^exponent + pivot^exponent), or S itself.
struct RankFeatureOptions {
  enum class Function : uint8_t { kSaturation, kLog, kSigmoid, kLinear };
  std::string field{};  // a rank_feature, or "features.name" of a rank_features
  Function function = Function::kSaturation;
  std::optional<float> pivot{};  // of kSaturation: none, about the mean of the index
  float scaling_factor = 0;
  float exponent = 0;
  float boost = 1;
};
QueryPtr MakeRankFeature(RankFeatureOptions options);

// pivot / (pivot + distance): half the boost at the pivot's distance.
struct DistanceFeatureOptions {
  std::string field{};   // date, date_nanos, geo_point
  std::string origin{};  // "now-1h", or a point as text or JSON
  std::string pivot{};   // "7d", "1km"
  float boost = 1;
};
QueryPtr MakeDistanceFeature(DistanceFeatureOptions options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FEATURE_QUERY_H_
