// composite: a bucket per combination of values, in order of the combinations, so that all of them can be paged through. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_COMPOSITE_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_COMPOSITE_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/date_rounding.h"

namespace binseek::search {

struct CompositeSource {
  enum class Kind : uint8_t { kTerms, kHistogram, kDateHistogram };
  enum class MissingOrder : uint8_t { kDefault, kFirst, kLast };

  std::string name{};
  Kind kind = Kind::kTerms;
  ValuesSource source{};
  bool descending = false;
  bool missing_bucket =
      false;  // documents without a value have the value null; else they are left out
  MissingOrder missing_order = MissingOrder::kDefault;  // where null stands; default: least
  double interval = 1;                                  // kHistogram
  std::optional<CalendarUnit> calendar{};               // kDateHistogram: this or fixed_ms
  int64_t fixed_ms = 0;
  int64_t offset_ms = 0;
};

struct CompositeAggregation final : Aggregation {
  // A value of the `after` key: null, or a scalar's text.
  using AfterKey = std::vector<std::optional<std::string>>;

  std::string_view type() const override { return "composite"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::vector<CompositeSource> sources{};
  uint32_t size = 10;
  std::optional<AfterKey> after{};  // in the order of the sources: only buckets behind it
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_COMPOSITE_AGGREGATION_H_
