#include "engine/search/request_limits.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/search/index_setting.h"
#include "engine/search/query.h"
#include "engine/search/rescore.h"

namespace binseek::search {
namespace {

constexpr size_t kMaxIndices =
    size_t{1} << 16;  // of one search, and segments of one index: what Cursor::position holds

Status CheckAggregations(const std::vector<AggregationSpec>& specs, uint32_t depth, size_t* count) {
  *count += specs.size();
  if (*count > kMaxAggregations) {
    return Status::InvalidArgument("The number of aggregations exceeds the maximum of [" +
                                   std::to_string(kMaxAggregations) + "]");
  }
  if (!specs.empty() && depth > kMaxAggregationDepth) {
    return Status::InvalidArgument("The nested depth of the aggregations exceeds the maximum of [" +
                                   std::to_string(kMaxAggregationDepth) + "]");
  }
  for (const AggregationSpec& spec : specs) {
    BINSEEK_RETURN_IF_ERROR(CheckAggregations(spec.children, depth + 1, count));
  }
  return Status::Ok();
}

}  // namespace

Status CheckIndices(std::span<const index::IndexView* const> indices) {
  bool fits = indices.size() < kMaxIndices;
  for (const index::IndexView* index : indices) {
    fits = fits && index->segments.size() < kMaxIndices;
  }
  return fits ? Status::Ok()
              : Status::ResourceExhausted("too many indices or segments for one search");
}

uint64_t ResultWindow(std::span<const index::IndexView* const> indices,
                      const SearchOptions& options) {
  return LeastSetting(indices, "index.max_result_window", options.max_result_window,
                      std::max(kMostResultWindow, options.max_result_window));
}

Status CheckRequest(const SearchRequest& request, std::span<const index::IndexView* const> indices,
                    const SearchOptions& options) {
  const uint64_t window = ResultWindow(indices, options);
  if (request.from > window || request.size > window - request.from) {
    return Status::InvalidArgument(
        "Result window is too large, from + size must be less than or equal to: [" +
        std::to_string(window) + "] but was [" + std::to_string(request.from + request.size) +
        "]. See the scroll api for a more efficient way to request large data sets. This limit can "
        "be set by changing the "
        "[index.max_result_window] index level setting.");
  }
  if (request.search_after && request.from > 0) {
    return Status::InvalidArgument("`from` parameter must be set to 0 when `search_after` is used");
  }
  if (request.query != nullptr) {
    BINSEEK_RETURN_IF_ERROR(CheckLimits(*request.query));
  }
  if (request.post_filter != nullptr) {
    BINSEEK_RETURN_IF_ERROR(CheckLimits(*request.post_filter));
  }
  for (const Rescorer& rescorer : request.rescorers) {
    BINSEEK_RETURN_IF_ERROR(CheckLimits(*rescorer.query));
    if (rescorer.window_size > window) {
      return Status::InvalidArgument(
          "Rescore window [" + std::to_string(rescorer.window_size) +
          "] is too large. It must be less than [" + std::to_string(window) +
          "]. This prevents allocating massive heaps for storing the results to be rescored. This "
          "limit can be set by changing the [index.max_rescore_window] index level setting.");
    }
  }
  size_t aggregations = 0;
  return CheckAggregations(request.aggregations, 1, &aggregations);
}

}  // namespace binseek::search
