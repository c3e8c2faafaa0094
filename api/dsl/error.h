// DslError: why a request body is refused, in the terms of Elasticsearch's error responses. DslResult<T>: a T, or that.
//
// Plain value types.
#ifndef BINSEEK_API_DSL_ERROR_H_
#define BINSEEK_API_DSL_ERROR_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace binseek::api::dsl {

struct DslError {
  int status = 400;  // HTTP
  // "parsing_exception", "x_content_parse_exception", "illegal_argument_exception", ...
  std::string type;
  std::string reason;
  // The error that a shard would have reported: root_cause has it, the outer error is a search_phase_execution_exception.
  bool from_shard = false;
};

DslError ParsingError(std::string reason);
DslError ContentParseError(std::string reason);  // x_content_parse_exception
DslError IllegalArgument(std::string reason);

// An error of engine/search or of the engine, as Elasticsearch would report it.
DslError ErrorFromStatus(const Status& status);

// Appends {"error":{"root_cause":[...],"type":...,"reason":...},"status":400}.
void AppendErrorResponse(const DslError& error, std::string* out);

template <class T>
class [[nodiscard]] DslResult {
 public:
  DslResult(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  DslResult(DslError error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const DslError& error() const { return error_; }  // REQUIRES: !ok()
  T& operator*() & { return Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }

 private:
  T& Checked() {
    BINSEEK_CHECK(value_.has_value(), "a DslResult without a value");
    return *value_;
  }

  std::optional<T> value_;
  DslError error_;
};

// A step that yields nothing but may fail.
using DslStatus = std::optional<DslError>;

}  // namespace binseek::api::dsl

// Evaluates a DslResult: returns its error from the enclosing function, or gives its value to `target`.
#define BINSEEK_DSL_ASSIGN_OR_RETURN(target, ...) \
  BINSEEK_DSL_ASSIGN_OR_RETURN_2_(BINSEEK_DSL_CONCAT_(dsl_result_, __LINE__), target, __VA_ARGS__)
#define BINSEEK_DSL_ASSIGN_OR_RETURN_2_(result, target, ...) \
  auto result = (__VA_ARGS__);                               \
  if (!result.ok()) {                                        \
    return result.error();                                   \
  }                                                          \
  target = *std::move(result)
#define BINSEEK_DSL_CONCAT_(a, b) BINSEEK_DSL_CONCAT_2_(a, b)
#define BINSEEK_DSL_CONCAT_2_(a, b) a##b

// Returns the error of a DslStatus, if it has one.
#define BINSEEK_DSL_RETURN_IF_ERROR(expression)       \
  do {                                                \
    if (auto dsl_status = (expression); dsl_status) { \
      return *std::move(dsl_status);                  \
    }                                                 \
  } while (false)

#endif  // BINSEEK_API_DSL_ERROR_H_
