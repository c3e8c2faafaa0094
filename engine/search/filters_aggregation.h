// filter, filters, adjacency_matrix and ip_range: buckets by queries. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_FILTERS_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_FILTERS_AGGREGATION_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/query.h"
#include "engine/search/single_bucket_aggregation.h"

namespace binseek::search {

struct NamedFilter {
  std::string name{};
  QueryPtr query{};
};

struct FilterAggregation final : SingleBucketAggregation {
  explicit FilterAggregation(QueryPtr filter) : query(std::move(filter)) {}
  std::string_view type() const override { return "filter"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  QueryPtr query;
};

struct FiltersAggregation final : Aggregation {
  std::string_view type() const override { return "filters"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::vector<NamedFilter> filters{};
  bool named = false;      // the filters have names; those without are shown as given
  bool keyed = true;       // where they have names: buckets as an object
  bool has_other = false;  // one bucket more, of what no filter matches
  std::string other_key = "_other_";
};

// A bucket per filter, and per two filters that match a document together; empty ones are not shown.
struct AdjacencyMatrixAggregation final : Aggregation {
  std::string_view type() const override { return "adjacency_matrix"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::vector<NamedFilter> filters{};
  std::string separator = "&";
};

// A bucket per range of addresses. The bounds are texts; `to` is outside, as everywhere.
struct IpRangeAggregation final : Aggregation {
  struct Range {
    std::string key{};
    std::string from{};  // empty: open
    std::string to{};
    std::string mask{};  // "10.0.0.0/8", in place of both
  };
  std::string_view type() const override { return "ip_range"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::string field{};
  std::vector<Range> ranges{};
  bool keyed = false;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FILTERS_AGGREGATION_H_
