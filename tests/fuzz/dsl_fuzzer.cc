// Any bytes as the body of a search: JSON, then the DSL, then the limits of a query tree; and as the pattern of a regular expression, a wildcard, a fuzzy
// text, a place, an address, a distance. Nothing may crash, hang or recurse without bound, and what is refused must come with a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/dsl/search_request_parser.h"
#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/ip.h"
#include "engine/search/automaton.h"
#include "engine/search/levenshtein.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/query.h"
#include "engine/search/regexp.h"

namespace {

void TryPatterns(std::string_view text) {
  // Small enough that the limit is met, and that many are tried in a second.
  constexpr uint32_t kMaxStates = 200;
  using binseek::search::CodePointDfa;
  const std::string_view few = text.substr(0, 1000);
  const auto check = [&](const binseek::Result<CodePointDfa>& dfa) {
    if (dfa.ok()) {
      dfa->Accepts(text);
    } else {
      BINSEEK_CHECK(!dfa.status().message().empty());
    }
  };
  check(binseek::search::CompileRegexp(few, {.max_states = kMaxStates}));
  check(binseek::search::CompileRegexp(few, {.flags = binseek::search::RegexpFlagsOfValue(0),
                                             .ignore_case = true,
                                             .max_states = kMaxStates}));
  check(binseek::search::CompileWildcard(few, false, "x", kMaxStates));
  check(binseek::search::CompileLevenshtein(few.substr(0, 60), few.size() % 3, 1, true, ""));
  binseek::search::EditsFor(few, few).ok();
  binseek::search::ParseRewrite(few, {}).ok();
  const auto point = binseek::mapping::ParseGeoText(few);
  if (point.ok() && binseek::mapping::CheckGeo(*point, "x").ok()) {
    binseek::mapping::DecodeGeo(binseek::mapping::EncodeGeo(*point));
  }
  binseek::mapping::ParseDistance(few).ok();
  binseek::mapping::ParseCidr(few).ok();
  const auto ip = binseek::mapping::ParseIp(few);
  if (ip.ok()) {
    BINSEEK_CHECK(*binseek::mapping::ParseIp(binseek::mapping::FormatIp(*ip)) == *ip,
                  "an address that is not written as it is read");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TryPatterns(text);
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
