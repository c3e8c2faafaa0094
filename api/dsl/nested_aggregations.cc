// nested and reverse_nested.
#include <memory>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "engine/search/nested_aggregation.h"

namespace binseek::api::dsl {
namespace {

template <class T>
DslStatus ReadPath(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->path, ReadText(value.json, value.place()));
  return std::nullopt;
}

constexpr Argument<search::NestedAggregation> kNestedArguments[] = {
    {"path", ReadPath<search::NestedAggregation>}};
constexpr Argument<search::ReverseNestedAggregation> kReverseNestedArguments[] = {
    {"path", ReadPath<search::ReverseNestedAggregation>}};

}  // namespace

AggregationResultOr ParseNestedAggregation(const AggregationBody& body) {
  auto nested = std::make_shared<search::NestedAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<search::NestedAggregation>(body, kNestedArguments, nested.get()));
  if (nested->path.empty()) {
    return ParsingError("Missing [path] field for nested aggregation [" + body.name + "]");
  }
  return search::AggregationPtr(std::move(nested));
}

AggregationResultOr ParseReverseNestedAggregation(const AggregationBody& body) {
  auto reverse = std::make_shared<search::ReverseNestedAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<search::ReverseNestedAggregation>(
      body, kReverseNestedArguments, reverse.get()));
  return search::AggregationPtr(std::move(reverse));
}

}  // namespace binseek::api::dsl
