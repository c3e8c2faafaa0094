// function_score and its functions.
#include <optional>
#include <string>
#include <utility>

#include "api/dsl/compound_queries.h"
#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "engine/search/function_score.h"

namespace binseek::api::dsl {
namespace {

using search::FunctionScoreOptions;
using search::MultiValue;
using search::ScoreFunction;

constexpr size_t kMaxFunctions = 256;

template <class T>
struct Word {
  std::string_view name;
  T value;
};

// nullopt: none of them.
template <class T, size_t N>
std::optional<T> FindWord(const Word<T> (&words)[N], std::string_view text) {
  const std::string lower = LowerAscii(text);
  for (const Word<T>& word : words) {
    if (word.name == lower) {
      return word.value;
    }
  }
  return std::nullopt;
}

constexpr Word<ScoreFunction::Modifier> kModifiers[] = {
    {"none", ScoreFunction::Modifier::kNone},
    {"log", ScoreFunction::Modifier::kLog},
    {"log1p", ScoreFunction::Modifier::kLog1p},
    {"log2p", ScoreFunction::Modifier::kLog2p},
    {"ln", ScoreFunction::Modifier::kLn},
    {"ln1p", ScoreFunction::Modifier::kLn1p},
    {"ln2p", ScoreFunction::Modifier::kLn2p},
    {"square", ScoreFunction::Modifier::kSquare},
    {"sqrt", ScoreFunction::Modifier::kSqrt},
    {"reciprocal", ScoreFunction::Modifier::kReciprocal}};
constexpr Word<MultiValue> kMultiValues[] = {{"min", MultiValue::kMin},
                                             {"max", MultiValue::kMax},
                                             {"avg", MultiValue::kAvg},
                                             {"sum", MultiValue::kSum},
                                             {"median", MultiValue::kMedian}};
constexpr Word<FunctionScoreOptions::ScoreMode> kScoreModes[] = {
    {"first", FunctionScoreOptions::ScoreMode::kFirst},
    {"avg", FunctionScoreOptions::ScoreMode::kAvg},
    {"max", FunctionScoreOptions::ScoreMode::kMax},
    {"sum", FunctionScoreOptions::ScoreMode::kSum},
    {"min", FunctionScoreOptions::ScoreMode::kMin},
    {"multiply", FunctionScoreOptions::ScoreMode::kMultiply}};
constexpr Word<FunctionScoreOptions::BoostMode> kBoostModes[] = {
    {"multiply", FunctionScoreOptions::BoostMode::kMultiply},
    {"replace", FunctionScoreOptions::BoostMode::kReplace},
    {"sum", FunctionScoreOptions::BoostMode::kSum},
    {"avg", FunctionScoreOptions::BoostMode::kAvg},
    {"max", FunctionScoreOptions::BoostMode::kMax},
    {"min", FunctionScoreOptions::BoostMode::kMin}};
constexpr Word<ScoreFunction::Kind> kFunctions[] = {
    {"field_value_factor", ScoreFunction::Kind::kFieldValue},
    {"random_score", ScoreFunction::Kind::kRandom},
    {"gauss", ScoreFunction::Kind::kGauss},
    {"exp", ScoreFunction::Kind::kExp},
    {"linear", ScoreFunction::Kind::kLinear}};

DslStatus ReadFieldValueFactor(const JsonValue& body, ScoreFunction* function) {
  for (const auto& [key, value] : body.members()) {
    const Place place{"field_value_factor", key};
    if (!IsScalar(value)) {
      return ParsingError("[field_value_factor] field '" + key +
                          "' does not support lists or objects");
    }
    if (key == "field") {
      function->field = ScalarText(value);
    } else if (key == "factor") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function->factor, ReadFloat(value, place));
    } else if (key == "modifier") {
      const auto modifier = FindWord(kModifiers, ScalarText(value));
      if (!modifier) {
        return IllegalArgument("No enum constant field_value_factor modifier [" +
                               ScalarText(value) + "]");
      }
      function->modifier = *modifier;
    } else if (key == "missing") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function->missing, ReadDouble(value, place));
    } else {
      return ParsingError("field_value_factor query does not support [" + key + "]");
    }
  }
  if (function->field.empty()) {
    return ParsingError("[field_value_factor] required field 'field' missing");
  }
  return std::nullopt;
}

// A text seeds by its bytes, as long as it is the same.
int64_t SeedOf(const std::string& text) {
  uint64_t hash = 0;
  for (const char c : text) {
    hash = hash * 31 + static_cast<unsigned char>(c);
  }
  return static_cast<int64_t>(hash);
}

DslStatus ReadRandomScore(const JsonValue& body, ScoreFunction* function) {
  for (const auto& [key, value] : body.members()) {
    if (key == "seed") {
      if (value.is_number() && value.AsInt64()) {
        function->seed = *value.AsInt64();
      } else if (value.is_string()) {
        function->seed = SeedOf(value.AsString());
      } else {
        return ParsingError("random_score seed must be int, long or string, not '" +
                            (IsScalar(value) ? ScalarText(value) : std::string(TokenName(value))) +
                            "'");
      }
    } else if (key == "field") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function->field, ReadText(value, {"random_score", key}));
    } else {
      return ParsingError("random_score query does not support [" + key + "]");
    }
  }
  return std::nullopt;
}

DslStatus ReadDecayField(const std::string& field, const JsonValue& body, ScoreFunction* function) {
  function->field = field;
  for (const auto& [key, value] : body.members()) {
    if (key == "decay") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function->decay, ReadDouble(value, {"decay", key}));
      continue;
    }
    std::string* const text = key == "origin"   ? &function->origin
                              : key == "scale"  ? &function->scale
                              : key == "offset" ? &function->offset
                                                : nullptr;
    if (text == nullptr) {
      return DslError{.type = "parse_exception",
                      .reason = "malformed score function score parameters."};
    }
    if (key == "origin" && (value.is_object() || value.is_array())) {
      JsonWriter(text).Value(value);
    } else {
      BINSEEK_DSL_ASSIGN_OR_RETURN(*text, ReadText(value, {"decay", key}));
    }
  }
  if (function->scale.empty()) {
    return DslError{.type = "parse_exception",
                    .reason = "both [scale] and [origin] must be set for numeric fields."};
  }
  if (function->decay <= 0 || function->decay >= 1) {
    return IllegalArgument("function_score : decay must be in the range [0..1].");
  }
  return std::nullopt;
}

DslStatus ReadDecay(const JsonValue& body, ScoreFunction* function) {
  for (const auto& [key, value] : body.members()) {
    if (value.is_object()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadDecayField(key, value, function));
    } else if (key == "multi_value_mode") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"decay", key}));
      const auto mode = FindWord(kMultiValues, text);
      if (!mode) {
        return IllegalArgument("Illegal sort mode: " + text);
      }
      function->mode = *mode;
    } else {
      return ParsingError("malformed score function score parameters.");
    }
  }
  if (function->field.empty()) {
    return ParsingError("malformed score function score parameters.");
  }
  return std::nullopt;
}

// False: no function's name.
DslResult<bool> ReadFunction(const std::string& key, const JsonValue& value,
                             ScoreFunction* function) {
  if (key == "script_score") {
    return Unsupported("[script_score] function of a [function_score] query");
  }
  const auto kind = FindWord(kFunctions, key);
  if (!kind) {
    return false;
  }
  if (!value.is_object()) {
    return ParsingError("[" + key + "] malformed, an object was expected");
  }
  function->kind = *kind;
  switch (*kind) {
    case ScoreFunction::Kind::kFieldValue:
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFieldValueFactor(value, function));
      break;
    case ScoreFunction::Kind::kRandom:
      BINSEEK_DSL_RETURN_IF_ERROR(ReadRandomScore(value, function));
      break;
    default:
      BINSEEK_DSL_RETURN_IF_ERROR(ReadDecay(value, function));
      break;
  }
  return true;
}

// A key that is no function: refused as what it is in `functions` or outside.
DslError NoFunction(const std::string& key, const JsonValue& value) {
  return value.is_object() ? ParsingError("unknown function [" + key + "]")
                           : ParsingError("failed to parse [function_score] query. field [" + key +
                                          "] is not supported");
}

DslResult<ScoreFunction> ReadFunctionEntry(const JsonValue& json, uint32_t depth) {
  if (!json.is_object()) {
    return ParsingError(
        "failed to parse [function_score]. malformed query, expected a [START_OBJECT] while "
        "parsing functions but got a [" +
        std::string(TokenName(json)) + "] instead");
  }
  ScoreFunction function;
  size_t functions = 0;
  for (const auto& [key, value] : json.members()) {
    if (key == "filter") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function.filter, ParseInnerQuery(value, depth));
    } else if (key == "weight") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(function.weight, ReadFloat(value, {"function_score", key}));
    } else if (key == "_name") {
      continue;
    } else {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const bool known, ReadFunction(key, value, &function));
      if (!known) {
        return NoFunction(key, value);
      }
      ++functions;
    }
  }
  if (functions > 1) {
    return ParsingError(
        "failed to parse function_score functions. already found a function, now "
        "encountering another one.");
  }
  if (functions == 0 && !function.weight) {
    return ParsingError("an entry in functions list is missing a function.");
  }
  return function;
}

DslStatus ReadModes(std::string_view key, const JsonValue& value, FunctionScoreOptions* options) {
  const Place place{"function_score", key};
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, place));
  if (key == "score_mode") {
    const auto mode = FindWord(kScoreModes, text);
    if (!mode) {
      return IllegalArgument("illegal score_mode [" + text + "]");
    }
    options->score_mode = *mode;
    return std::nullopt;
  }
  const auto mode = FindWord(kBoostModes, text);
  if (!mode) {
    return IllegalArgument("illegal boost_mode [" + text + "]");
  }
  options->boost_mode = *mode;
  return std::nullopt;
}

DslStatus ReadFunctions(const JsonValue& value, uint32_t depth, FunctionScoreOptions* options) {
  if (!value.is_array()) {
    return ParsingError("failed to parse [function_score] query. [functions] must be an array");
  }
  if (value.array().size() > kMaxFunctions) {
    return IllegalArgument("a [function_score] query takes at most [" +
                           std::to_string(kMaxFunctions) + "] functions");
  }
  for (const JsonValue& entry : value.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(ScoreFunction function, ReadFunctionEntry(entry, depth));
    options->functions.push_back(std::move(function));
  }
  return std::nullopt;
}

}  // namespace

DslResult<search::QueryPtr> ParseFunctionScore(const JsonValue& body, uint32_t depth) {
  FunctionScoreOptions options;
  ScoreFunction single;
  std::string single_name;
  bool has_list = false;
  for (const auto& [key, value] : body.members()) {
    const Place place{"function_score", key};
    if (key == "query") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.query, ParseInnerQuery(value, depth));
    } else if (key == "functions") {
      has_list = true;
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFunctions(value, depth, &options));
    } else if (key == "score_mode" || key == "boost_mode") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadModes(key, value, &options));
    } else if (key == "max_boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.max_boost, ReadFloat(value, place));
    } else if (key == "min_score") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.min_score, ReadFloat(value, place));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "function_score"));
    } else {
      if (key == "weight") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(single.weight, ReadFloat(value, place));
      } else {
        BINSEEK_DSL_ASSIGN_OR_RETURN(const bool known, ReadFunction(key, value, &single));
        if (!known) {
          return NoFunction(key, value);
        }
      }
      if (!single_name.empty()) {
        std::string reason = "failed to parse [function_score] query. already found function [";
        reason.append(single_name).append("], now encountering [").append(key);
        reason.append("]. use [functions] array if you want to define several functions.");
        return ParsingError(std::move(reason));
      }
      single_name = key;
    }
  }
  if (!single_name.empty() && has_list) {
    return ParsingError(
        "failed to parse [function_score] query. you can either define [functions] array or a "
        "single function, not both. already found [functions] array, now encountering [" +
        single_name + "].");
  }
  if (!single_name.empty()) {
    options.functions.push_back(std::move(single));
  }
  return search::MakeFunctionScore(std::move(options));
}

}  // namespace binseek::api::dsl
