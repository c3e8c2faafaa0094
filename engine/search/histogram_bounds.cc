#include "engine/search/histogram_bounds.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "engine/base/json.h"
#include "engine/search/date_text.h"

namespace binseek::search {
namespace {

using Limits = HistogramLimits;

class BoundsReader {
 public:
  // `date_format`: of bounds that are texts.
  BoundsReader(const HistogramOptions& options, const AggregationContext& context,
               const std::string& aggregation, std::string date_format)
      : options_(options),
        context_(context),
        aggregation_(aggregation),
        date_format_(std::move(date_format)) {}

  Result<Limits> Read(const HistogramBounds& bounds, const std::string& name) const {
    Limits limits;
    BINSEEK_ASSIGN_OR_RETURN(limits.min, End(bounds.min, bounds.min_text));
    BINSEEK_ASSIGN_OR_RETURN(limits.max, End(bounds.max, bounds.max_text));
    if (limits.min && limits.max && *limits.min > *limits.max) {
      return Status::InvalidArgument(
          "[" + name + ".min][" + Text(*limits.min) + "] cannot be greater than [" + name +
          ".max][" + Text(*limits.max) + "] for histogram aggregation [" + aggregation_ + "]");
    }
    return limits;
  }

 private:
  Result<std::optional<double>> End(const std::optional<double>& number,
                                    const std::optional<std::string>& text) const {
    if (!text) {
      return number;
    }
    BINSEEK_ASSIGN_OR_RETURN(
        const int64_t millis,
        ParseDateText(*text, date_format_, options_.source.time_zone, context_.bind.now_micros));
    return std::optional<double>(static_cast<double>(millis));
  }
  static std::string Text(double value) {
    if (value == std::floor(value) && std::abs(value) < 1e15) {
      return std::to_string(static_cast<int64_t>(value));
    }
    std::string out;
    JsonWriter(&out).Double(value);
    return out;
  }

  const HistogramOptions& options_;
  const AggregationContext& context_;
  const std::string& aggregation_;
  const std::string date_format_;
};

}  // namespace

Result<HistogramEnds> ReadHistogramEnds(const HistogramOptions& options,
                                        const std::string& date_format, const AggregationSpec& spec,
                                        const AggregationContext& context) {
  const BoundsReader reader(options, context, spec.name,
                            options.source.format.empty() ? date_format : options.source.format);
  HistogramEnds bounds;
  BINSEEK_ASSIGN_OR_RETURN(bounds.extended,
                           reader.Read(options.extended_bounds, "extended_bounds"));
  BINSEEK_ASSIGN_OR_RETURN(bounds.hard, reader.Read(options.hard_bounds, "hard_bounds"));
  const auto& [extended, hard] = bounds;
  if ((hard.min && extended.min && *hard.min > *extended.min) ||
      (hard.max && extended.max && *hard.max < *extended.max)) {
    return Status::InvalidArgument("Extended bounds have to be inside hard bounds, hard bounds: [" +
                                   options.source.field + "], extended bounds: [" +
                                   options.source.field + "]");
  }
  return bounds;
}

}  // namespace binseek::search
