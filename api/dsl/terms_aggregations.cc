#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/query_parser.h"
#include "engine/search/include_exclude.h"
#include "engine/search/significant_terms_aggregation.h"
#include "engine/search/terms_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::IncludeExclude;
using search::RareTermsAggregation;
using search::SignificanceMeasure;
using search::SignificantTermsAggregation;
using search::TermsAggregation;

template <class T>
DslStatus ReadSize(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadAtLeast(value, 1));
  out->size = static_cast<uint32_t>(size);
  return std::nullopt;
}

template <class T>
DslStatus ReadMinDocCount(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t count, ReadAtLeast(value, 0));
  out->min_doc_count = static_cast<uint64_t>(count);
  return std::nullopt;
}

// All counts are exact, so that a shard's own minimum would only take away what is right.
template <class T>
DslStatus ReadShardMinDocCount(const ArgumentValue& value, T* /*out*/) {
  const DslResult<int32_t> count = ReadAtLeast(value, 0);
  return count.ok() ? std::nullopt : DslStatus(count.error());
}

DslStatus ReadPartition(const ArgumentValue& value, IncludeExclude* out) {
  constexpr std::string_view kKeys[] = {"partition", "num_partitions"};
  int32_t partition = -1;
  int32_t partitions = -1;
  for (const auto& [key, number] : value.json.members()) {
    if (!Contains(kKeys, key)) {
      return ParsingError("Unknown parameter in Include/Exclude clause: " + key);
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN((key == "partition" ? partition : partitions),
                                 ReadInt(number, value.place()));
  }
  if (partition < 0 || partitions < 0) {
    return IllegalArgument(partition < 0
                               ? "Missing [partition] parameter for partition-based include"
                               : "Missing [num_partitions] parameter for partition-based include");
  }
  if (partition >= partitions) {
    return IllegalArgument("[num_partitions] must be greater than [partition]");
  }
  out->partition = static_cast<uint32_t>(partition);
  out->partitions = static_cast<uint32_t>(partitions);
  return std::nullopt;
}

DslStatus ReadFilterSide(const ArgumentValue& value, IncludeExclude* out) {
  const bool include = value.key == "include";
  if (include && value.json.is_object()) {
    return ReadPartition(value, out);
  }
  if (value.json.is_array()) {
    std::vector<std::string> values;
    for (const JsonValue& element : value.json.array()) {
      if (!IsScalar(element)) {
        return ParsingError("Array elements in include/exclude clauses should be string values");
      }
      values.push_back(ScalarText(element));
    }
    (include ? out->include_values : out->exclude_values) = std::move(values);
    return std::nullopt;
  }
  if (!value.json.is_string()) {
    return ParsingError("Unrecognized token for an " + std::string(value.key) + " [" +
                        std::string(TokenName(value.json)) + "]");
  }
  (include ? out->include_regexp : out->exclude_regexp) = value.json.AsString();
  return std::nullopt;
}
template <class T>
DslStatus ReadFilter(const ArgumentValue& value, T* out) {
  return ReadFilterSide(value, &out->filter);
}

DslStatus ReadTermsOrder(const ArgumentValue& value, TermsAggregation* out) {
  return ReadOrders(value, &out->order);
}
DslStatus ReadShowsErrors(const ArgumentValue& value, TermsAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->shows_errors, ReadBool(value.json, value.place()));
  return std::nullopt;
}
DslStatus ReadCollectMode(const ArgumentValue& value, TermsAggregation* /*out*/) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string mode, ReadText(value.json, value.place()));
  if (mode != "depth_first" && mode != "breadth_first") {
    return ParsingError("[terms] failed to parse field [collect_mode]");
  }
  return std::nullopt;
}

constexpr Argument<TermsAggregation> kTermsArguments[] = {
    {"field", ReadSourceOf},
    {"missing", ReadSourceOf},
    {"format", ReadSourceOf},
    {"size", ReadSize},
    {"min_doc_count", ReadMinDocCount},
    {"shard_min_doc_count", ReadShardMinDocCount},
    {"order", ReadTermsOrder},
    {"include", ReadFilter},
    {"exclude", ReadFilter},
    {"show_term_doc_count_error", ReadShowsErrors},
    {"collect_mode", ReadCollectMode},
    {"shard_size", ReadNothing},  // of Elasticsearch's: how to count, where all counts are exact
    {"execution_hint", ReadNothing},
    {"value_type", ReadSourceOf},
    {"script", nullptr}};

DslStatus ReadMaxDocCount(const ArgumentValue& value, RareTermsAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t count, ReadInt(value.json, value.place()));
  if (count <= 0 || count > 100) {
    return IllegalArgument(count <= 0 ? "[max_doc_count] must be greater than 0. Found [" +
                                            std::to_string(count) + "] in [" + value.body.name + "]"
                                      : "[max_doc_count] must be smaller than [100]");
  }
  out->max_doc_count = static_cast<uint64_t>(count);
  return std::nullopt;
}

constexpr Argument<RareTermsAggregation> kRareTermsArguments[] = {
    {"field", ReadSourceOf},    {"missing", ReadSourceOf},
    {"format", ReadSourceOf},   {"max_doc_count", ReadMaxDocCount},
    {"include", ReadFilter},    {"exclude", ReadFilter},
    {"precision", ReadNothing}, {"value_type", ReadNothing},
    {"script", nullptr}};

DslStatus ReadBackground(const ArgumentValue& value, SignificantTermsAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->background, ParseQuery(value.json));
  return std::nullopt;
}

DslStatus ReadNegatives(const ArgumentValue& value, SignificantTermsAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->heuristic.include_negatives,
                               ReadBool(value.json, value.place()));
  return std::nullopt;
}
DslStatus ReadSuperset(const ArgumentValue& value, SignificantTermsAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->heuristic.background_is_superset,
                               ReadBool(value.json, value.place()));
  return std::nullopt;
}

DslStatus ReadHeuristic(const ArgumentValue& value, SignificantTermsAggregation* out) {
  constexpr std::pair<std::string_view, SignificanceMeasure> kMeasures[] = {
      {"jlh", SignificanceMeasure::kJlh},
      {"percentage", SignificanceMeasure::kPercentage},
      {"chi_square", SignificanceMeasure::kChiSquare},
      {"gnd", SignificanceMeasure::kGnd},
      {"mutual_information", SignificanceMeasure::kMutualInformation}};
  constexpr Argument<SignificantTermsAggregation> kOwnArguments[] = {
      {"include_negatives", ReadNegatives}, {"background_is_superset", ReadSuperset}};
  for (const auto& [name, measure] : kMeasures) {
    out->heuristic.measure = name == value.key ? measure : out->heuristic.measure;
  }
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  const bool plain = value.key == "jlh" || value.key == "percentage";
  if (plain && !value.json.members().empty()) {
    return ParsingError("expected an empty object, but got [" + value.json.members()[0].first +
                        "] instead");
  }
  return ReadArguments<SignificantTermsAggregation>({value.key, value.body.name, value.json},
                                                    kOwnArguments, out);
}

constexpr Argument<SignificantTermsAggregation> kSignificantTermsArguments[] = {
    {"field", ReadSourceOf},
    {"missing", ReadSourceOf},
    {"format", ReadSourceOf},
    {"size", ReadSize},
    {"min_doc_count", ReadMinDocCount},
    {"shard_min_doc_count", ReadShardMinDocCount},
    {"include", ReadFilter},
    {"exclude", ReadFilter},
    {"background_filter", ReadBackground},
    {"jlh", ReadHeuristic},
    {"percentage", ReadHeuristic},
    {"chi_square", ReadHeuristic},
    {"gnd", ReadHeuristic},
    {"mutual_information", ReadHeuristic},
    {"script_heuristic", nullptr},
    {"shard_size", ReadNothing},
    {"execution_hint", ReadNothing},
    {"value_type", ReadNothing}};

template <class Terms>
AggregationResultOr ParseTermsOf(const AggregationBody& body,
                                 std::span<const Argument<Terms>> arguments) {
  auto terms = std::make_shared<Terms>();
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<Terms>(body, arguments, terms.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(terms->source));
  return search::AggregationPtr(std::move(terms));
}

}  // namespace

AggregationResultOr ParseTermsAggregation(const AggregationBody& body) {
  return ParseTermsOf<TermsAggregation>(body, kTermsArguments);
}

AggregationResultOr ParseRareTermsAggregation(const AggregationBody& body) {
  return ParseTermsOf<RareTermsAggregation>(body, kRareTermsArguments);
}

AggregationResultOr ParseSignificantTermsAggregation(const AggregationBody& body) {
  return ParseTermsOf<SignificantTermsAggregation>(body, kSignificantTermsArguments);
}

}  // namespace binseek::api::dsl
