// Short forms for tests of api/dsl: JSON from a literal, and what an error says in one line.
#ifndef BINSEEK_TESTS_API_DSL_DSL_MATCHERS_H_
#define BINSEEK_TESTS_API_DSL_DSL_MATCHERS_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "api/dsl/error.h"
#include "engine/base/json.h"

namespace binseek::api::dsl {

inline JsonValue Json(std::string_view text) {
  Result<JsonValue> json = ParseJson(text);
  EXPECT_TRUE(json.ok()) << json.status().ToString() << " in " << text;
  return json.ok() ? *std::move(json) : JsonValue();
}

// "400 parsing_exception: unknown query [foo]", or "" where there is none.
inline std::string Describe(const DslStatus& error) {
  return error ? std::to_string(error->status) + " " + error->type + ": " + error->reason : "";
}
template <class T>
std::string ErrorOf(const DslResult<T>& result) {
  return result.ok() ? "" : Describe(result.error());
}

}  // namespace binseek::api::dsl

#endif  // BINSEEK_TESTS_API_DSL_DSL_MATCHERS_H_
