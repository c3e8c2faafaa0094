// RestError: an error as Elasticsearch answers it. RestResult<T>: a T, or that.
//
// Made from a DslError or a Status as they are, so that handlers hand errors on with the macros of api/dsl/error.h
// (BINSEEK_DSL_ASSIGN_OR_RETURN). Plain value types.
#ifndef BINSEEK_API_REST_ERROR_H_
#define BINSEEK_API_REST_ERROR_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/error.h"
#include "api/http_message.h"
#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace binseek::api {

struct RestError {
  int status = 400;
  std::string type;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> details;  // further members, such as "index"
  bool from_shard = false;

  RestError() = default;
  RestError(int http_status, std::string error_type, std::string why)
      : status(http_status), type(std::move(error_type)), reason(std::move(why)) {}
  RestError(dsl::DslError error)  // NOLINT(google-explicit-constructor)
      : status(error.status),
        type(std::move(error.type)),
        reason(std::move(error.reason)),
        from_shard(error.from_shard) {}
};

RestError IllegalArgument(std::string reason);
// 413: the answer would be larger than search.max_response_bytes.
RestError ResponseTooLarge(size_t max_bytes);
RestError IndexNotFound(std::string_view index);
RestError InvalidIndexName(const std::string& index, std::string reason);
// What the engine, the search or the source reports. Nothing of a disk's paths goes to clients beyond the message.
RestError ErrorOf(const Status& status);

// Appends {"root_cause":[{...}],"type":...,"reason":...}: the value of "error".
void WriteErrorObject(const RestError& error, JsonWriter* writer);
// The whole answer.
Response ErrorResponse(const RestError& error);

template <class T>
class [[nodiscard]] RestResult {
 public:
  // Implicit on purpose, all three: `return response;`, `return error;`.
  RestResult(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  RestResult(RestError error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  // NOLINTNEXTLINE(google-explicit-constructor)
  RestResult(dsl::DslError error) : error_(RestError(std::move(error))) {}

  bool ok() const { return value_.has_value(); }
  const RestError& error() const { return error_; }  // REQUIRES: !ok()
  T& operator*() & { return Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }

 private:
  T& Checked() {
    BINSEEK_CHECK(value_.has_value(), "a RestResult without a value");
    return *value_;
  }

  std::optional<T> value_;
  RestError error_;
};

using HandlerResult = RestResult<Response>;

}  // namespace binseek::api

// Gives the value of a Result to `target`, or returns its Status as a RestError.
#define BINSEEK_REST_ASSIGN_OR_RETURN(target, ...) \
  BINSEEK_REST_ASSIGN_OR_RETURN_2_(BINSEEK_DSL_CONCAT_(rest_result_, __LINE__), target, __VA_ARGS__)
#define BINSEEK_REST_ASSIGN_OR_RETURN_2_(result, target, ...) \
  auto result = (__VA_ARGS__);                                \
  if (!result.ok()) {                                         \
    return ::binseek::api::ErrorOf(result.status());          \
  }                                                           \
  target = *std::move(result)

// Returns the error of a Status as a RestError, if it is one.
#define BINSEEK_REST_RETURN_IF_ERROR(...)                \
  do {                                                   \
    const ::binseek::Status rest_status = (__VA_ARGS__); \
    if (!rest_status.ok()) {                             \
      return ::binseek::api::ErrorOf(rest_status);       \
    }                                                    \
  } while (false)

#endif  // BINSEEK_API_REST_ERROR_H_
