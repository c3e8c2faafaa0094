// SourceFilter: which members of _source a client wants to see.
//
// Patterns are paths with '*' for anything, "price", "shop.*", "*.id"; a pattern also takes what lies below it. Thread-safe: const
// after construction. Cost: Append parses the source once unless everything is wanted.
#ifndef BINSEEK_API_DSL_SOURCE_FILTER_H_
#define BINSEEK_API_DSL_SOURCE_FILTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"

namespace binseek::api::dsl {

class SourceFilter {
 public:
  SourceFilter() = default;  // everything
  static SourceFilter None();
  SourceFilter(std::vector<std::string> includes, std::vector<std::string> excludes);

  // False: _source is left out of the response.
  bool enabled() const { return enabled_; }
  bool everything() const { return enabled_ && includes_.empty() && excludes_.empty(); }

  // Appends the wanted part of the JSON object `source`. Members in their order; objects emptied by an include are left out, arrays
  // keep what is left of their objects.
  Status Append(std::string_view source, std::string* out) const;

 private:
  bool enabled_ = true;
  std::vector<std::string> includes_;
  std::vector<std::string> excludes_;
};

// The `_source` of a request body: true, false, "a*", ["a", "b"], {"includes": [...], "excludes": [...]}.
DslResult<SourceFilter> ParseSourceFilter(const JsonValue& json);
// The parameters _source, _source_includes and _source_excludes of a URL; empty = not given.
SourceFilter SourceFilterFromParameters(std::string_view source, std::string_view includes,
                                        std::string_view excludes);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_SOURCE_FILTER_H_
