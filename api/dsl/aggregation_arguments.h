// Reading the body of an aggregation by a table of its arguments. Internal to api/dsl.
//
//   constexpr Argument<search::GlobalAggregation> kArguments[] = {{"field", ReadField}, {"script", nullptr}};
//   BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<search::GlobalAggregation>(body, kArguments, &options));
//
// An argument without a function is one of Elasticsearch's that binseek does not have: it is refused by name. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_AGGREGATION_ARGUMENTS_H_
#define BINSEEK_API_DSL_AGGREGATION_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/aggregation.h"

namespace binseek::api::dsl {

// {"a": {"terms": JSON}}: type "terms", name "a".
struct AggregationBody {
  std::string_view type;
  const std::string& name;
  const JsonValue& json;
};

// One argument's value, and what it is called.
struct ArgumentValue {
  const AggregationBody& body;
  std::string_view key;
  const JsonValue& json;
  Place place() const { return {body.type, key}; }
};

template <class T>
struct Argument {
  std::string_view key;
  DslStatus (*read)(const ArgumentValue& value, T* out);
};

DslError UnsupportedArgument(std::string_view type, std::string_view key);
// For arguments that change nothing here.
DslStatus CheckNothing(const ArgumentValue& value);

// "[terms] failed to parse field [size]", where what was read is no number.
DslStatus WithPlace(DslStatus status, std::string_view type, std::string_view key);

template <class T>
DslStatus ReadArguments(const AggregationBody& body, std::span<const Argument<T>> arguments,
                        T* out) {
  for (const auto& [key, value] : body.json.members()) {
    const Argument<T>* found = nullptr;
    std::vector<std::string_view> keys;
    for (const Argument<T>& argument : arguments) {
      keys.push_back(argument.key);
      found = argument.key == key ? &argument : found;
    }
    if (found == nullptr) {
      return UnknownField(body.type, key, keys);
    }
    if (found->read == nullptr) {
      return UnsupportedArgument(body.type, key);
    }
    BINSEEK_DSL_RETURN_IF_ERROR(WithPlace(found->read({body, key, value}, out), body.type, key));
  }
  return std::nullopt;
}

template <class T>
DslStatus ReadNothing(const ArgumentValue& value, T* /*out*/) {
  return CheckNothing(value);
}

// keyed: buckets as members of an object.
template <class T>
DslStatus ReadKeyed(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->keyed, ReadBool(value.json, value.place()));
  return std::nullopt;
}

// field, missing, format, time_zone. REQUIRES: the key is one of these.
DslStatus ReadSource(const ArgumentValue& value, search::ValuesSource* source);
template <class T>
DslStatus ReadSourceOf(const ArgumentValue& value, T* out) {
  return ReadSource(value, &out->source);
}
DslStatus CheckField(const search::ValuesSource& source);

// An integer that is at least `least`: "[size] must be greater than or equal to 0. Found [-1] in [name]".
DslResult<int32_t> ReadAtLeast(const ArgumentValue& value, int32_t least,
                               std::string_view shown_key = {});
DslResult<std::vector<double>> ReadDoubles(const ArgumentValue& value);
// {"_count": "asc"}, or an array of such.
DslStatus ReadOrders(const ArgumentValue& value, std::vector<search::BucketOrder>* orders);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_ARGUMENTS_H_
