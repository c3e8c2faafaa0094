// Any bytes as the body of a search: JSON, then the DSL, then the limits of a query tree. Nothing may crash, hang or recurse without
// bound, and what is refused must come with a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/dsl/search_request_parser.h"
#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/search/query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = binseek::ParseJson(text);
  if (!json.ok()) {
    BINSEEK_CHECK(!json.status().message().empty());
    return 0;
  }
  auto body = binseek::api::dsl::ParseSearchBody(*json);
  if (!body.ok()) {
    BINSEEK_CHECK(body.error().status >= 400 && !body.error().reason.empty());
    std::string response;
    binseek::api::dsl::AppendErrorResponse(body.error(), &response);
    BINSEEK_CHECK(binseek::ParseJson(response).ok(), "an error that is no JSON");
  } else if (body->request.query != nullptr) {
    binseek::search::CheckLimits(*body->request.query).IgnoreError();
  }
  binseek::api::dsl::ParseCountBody(*json).ok();
  return 0;
}
