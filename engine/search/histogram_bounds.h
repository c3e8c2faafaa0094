// The bounds of a histogram as numbers: of dates milliseconds. Internal to engine/search. Thread-safe free function.
//
// Errors: kInvalidArgument where they are no dates, contradict each other, or lie outside one another.
#ifndef BINSEEK_ENGINE_SEARCH_HISTOGRAM_BOUNDS_H_
#define BINSEEK_ENGINE_SEARCH_HISTOGRAM_BOUNDS_H_

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/search/aggregator.h"
#include "engine/search/histogram_aggregation.h"

namespace binseek::search {

struct HistogramLimits {
  std::optional<double> min;
  std::optional<double> max;
};
struct HistogramEnds {
  HistogramLimits extended;
  HistogramLimits hard;
};

// `date_format`: of bounds that are texts, where the options name none.
Result<HistogramEnds> ReadHistogramEnds(const HistogramOptions& options,
                                        const std::string& date_format, const AggregationSpec& spec,
                                        const AggregationContext& context);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HISTOGRAM_BOUNDS_H_
