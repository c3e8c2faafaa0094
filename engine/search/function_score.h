// MakeFunctionScore: a query's scores changed by functions of other values of the documents.
//
//   FunctionScoreOptions options{.query = MakeMatch({.field = "name", .text = "shoe"})};
//   options.functions.push_back({.kind = ScoreFunction::Kind::kFieldValue, .field = "likes", .modifier = ScoreFunction::Modifier::kLog1p});
//   QueryPtr query = MakeFunctionScore(std::move(options));
//
// Computed as Elasticsearch computes: functions and their combination in double, cut to float with the query's score at the end.
// Thread-safe. Errors: kInvalidArgument at Bind (a field that is none, an origin that is no value); from Scorer::status where a document has no value
// and there is no `missing`, or a score would be negative or no number.
#ifndef BINSEEK_ENGINE_SEARCH_FUNCTION_SCORE_H_
#define BINSEEK_ENGINE_SEARCH_FUNCTION_SCORE_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/query.h"

namespace binseek::search {

// Of a field's several values, or their distances.
enum class MultiValue : uint8_t { kMin, kMax, kAvg, kSum, kMedian };

struct ScoreFunction {
  enum class Kind : uint8_t { kWeight, kFieldValue, kRandom, kGauss, kExp, kLinear };
  enum class Modifier : uint8_t {
    kNone,
    kLog,
    kLog1p,
    kLog2p,
    kLn,
    kLn1p,
    kLn2p,
    kSquare,
    kSqrt,
    kReciprocal
  };

  QueryPtr filter{};  // null: applies to all
  Kind kind = Kind::kWeight;
  std::optional<float> weight{};  // multiplied in
  std::string field{};            // all but kWeight; of kRandom: what seeds, empty: _seq_no

  // kFieldValue
  float factor = 1;
  Modifier modifier = Modifier::kNone;
  std::optional<double> missing{};

  // kRandom; no seed: another one every time.
  std::optional<int64_t> seed{};

  // kGauss, kExp, kLinear: by numbers, date texts ("now-1d", and of scale and offset "10d") or points and distances ("2km"). At `scale` beyond `offset` from
  // `origin` the value is `decay`. No origin: now.
  std::string origin{};
  std::string scale{};
  std::string offset{};
  double decay = 0.5;
  MultiValue mode = MultiValue::kMin;
};

struct FunctionScoreOptions {
  enum class ScoreMode : uint8_t { kFirst, kAvg, kMax, kSum, kMin, kMultiply };
  enum class BoostMode : uint8_t { kMultiply, kReplace, kSum, kAvg, kMax, kMin };

  QueryPtr query{};  // null: all documents
  std::vector<ScoreFunction> functions{};
  ScoreMode score_mode = ScoreMode::kMultiply;
  BoostMode boost_mode = BoostMode::kMultiply;
  float max_boost = std::numeric_limits<float>::max();
  std::optional<float> min_score{};  // what scores less does not match
  float boost = 1;
};
QueryPtr MakeFunctionScore(FunctionScoreOptions options);

// "10d", "2h", "500ms" as milliseconds. kInvalidArgument in Elasticsearch's words.
Result<double> ParseTimeValue(std::string_view text, std::string_view setting);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FUNCTION_SCORE_H_
