// Reading arguments out of a request's JSON, and Elasticsearch's words where they are wrong. Internal to api/dsl.
//
// Scalars are coerced as Elasticsearch's parser does: "10" is a number where one is wanted, "true" a boolean, 10 a text. `parser` and
// `field` name the place in errors: "[terms] size doesn't support values of type: START_OBJECT". Thread-safe free functions.
#ifndef BINSEEK_API_DSL_ARGUMENTS_H_
#define BINSEEK_API_DSL_ARGUMENTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/dsl/error.h"
#include "engine/base/json.h"

namespace binseek::api::dsl {

// Its first token, in the words of Elasticsearch's parser: START_OBJECT, VALUE_STRING, ...
std::string_view TokenName(const JsonValue& value);

// A string, a number or a boolean.
bool IsScalar(const JsonValue& value);
// REQUIRES: IsScalar(value). A number's text is kept as it was written.
std::string ScalarText(const JsonValue& value);

// What an argument is called in errors.
struct Place {
  std::string_view parser;
  std::string_view field;
};

DslResult<std::string> ReadText(const JsonValue& value, Place place);  // any scalar
DslResult<bool> ReadBool(const JsonValue& value, Place place);
DslResult<int32_t> ReadInt(const JsonValue& value, Place place);
DslResult<double> ReadDouble(const JsonValue& value, Place place);
DslResult<float> ReadFloat(const JsonValue& value, Place place);  // finite
// A finite boost that is not negative.
DslResult<float> ReadBoost(const JsonValue& value, std::string_view query);

// " did you mean [term]?" with the candidates nearest to `name`, "" where none is near.
std::string Suggestion(std::string_view name, std::span<const std::string_view> candidates);

// "[terms] unknown field [sise] did you mean [size]?"
DslError UnknownField(std::string_view parser, std::string_view name,
                      std::span<const std::string_view> candidates);
// "[size] doesn't support values of type: START_OBJECT"
DslError WrongToken(const JsonValue& value, Place place);
// What Elasticsearch knows and binseek does not: "<what> is not supported by binseek".
DslError Unsupported(std::string_view what);

bool Contains(std::span<const std::string_view> names, std::string_view name);
std::string LowerAscii(std::string_view text);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_ARGUMENTS_H_
