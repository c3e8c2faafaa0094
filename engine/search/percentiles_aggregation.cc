#include "engine/search/percentiles_aggregation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "engine/search/aggregator.h"
#include "engine/search/number_values.h"
#include "engine/search/t_digest.h"

namespace binseek::search {
namespace {

class PercentilesAggregator final : public Aggregator {
 public:
  PercentilesAggregator(const PercentilesAggregation* options, AggregationContext* context,
                        NumberValues values)
      : options_(*options), context_(context), values_(std::move(values)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      const size_t bucket = docs.buckets[i];
      BINSEEK_RETURN_IF_ERROR(context_->Reserve(bucket + 1, &digests_));
      while (digests_.size() <= bucket) {
        digests_.emplace_back(options_.compression);
      }
      TDigest& digest = digests_[bucket];
      const size_t before = digest.bytes();
      values_.ForEach(docs.offsets[i], [&digest](double value) { digest.Add(value); });
      if (digest.bytes() > before) {
        BINSEEK_RETURN_IF_ERROR(context_->AddBytes(digest.bytes() - before));
      }
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    TDigest none(options_.compression);
    TDigest& digest = bucket < digests_.size() ? digests_[bucket] : none;
    PercentilesResult out;
    out.keyed = options_.keyed;
    out.format = values_.format();
    for (const double point : options_.points) {
      out.values.emplace_back(
          point, options_.ranks ? digest.Rank(point) * 100 : digest.Quantile(point / 100));
    }
    AggregationResult result;
    result.type_name =
        std::string(options_.hdr ? "hdr_" : "tdigest_") + std::string(options_.type());
    result.body = std::move(out);
    return result;
  }

 private:
  const PercentilesAggregation& options_;
  AggregationContext* const context_;
  NumberValues values_;
  std::vector<TDigest> digests_;
};

}  // namespace

bool PercentilesAggregation::HasNumber(std::string_view name) const {
  double point = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), point);
  return error == std::errc() && end == name.data() + name.size() &&
         std::find(points.begin(), points.end(), point) != points.end();
}

Result<std::unique_ptr<Aggregator>> PercentilesAggregation::Make(
    const AggregationSpec& /*spec*/, AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values, NumberValues::Make(source, type(), context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<PercentilesAggregator>(this, context, std::move(values)));
}

}  // namespace binseek::search
