#include "api/dsl/aggregation_response.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/dsl/response.h"
#include "api/dsl/search_request_parser.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/top_hits_aggregation.h"
#include "engine/search/value_format.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationBucket;
using search::AggregationResult;
using search::BucketsResult;
using search::NumberResult;
using search::PercentilesResult;
using search::SingleBucketResult;
using search::StatsResult;
using search::TopHitsResult;
using search::ValueFormatPtr;

class AggregationWriter {
 public:
  AggregationWriter(AggregationForm form, JsonWriter* writer) : form_(form), writer_(*writer) {}

  Status WriteAll(const std::vector<AggregationResult>& results) {
    for (const AggregationResult& result : results) {
      writer_.Key(form_.typed_keys ? result.type_name + "#" + result.name : result.name)
          .BeginObject();
      if (!result.meta.empty()) {
        writer_.Key("meta").Raw(result.meta);
      }
      BINSEEK_RETURN_IF_ERROR(
          std::visit([this](const auto& body) { return Write(body); }, result.body));
      writer_.EndObject();
    }
    return Status::Ok();
  }

 private:
  Status Write(const NumberResult& number) {
    writer_.Key("value");
    if (number.value && number.integer) {
      writer_.Int(static_cast<int64_t>(*number.value));
    } else {
      WriteNullable(number.value);
    }
    WriteText("value_as_string", number.value, number.format);
    if (number.normalized) {
      writer_.Key("normalized_value");
      WriteNullable(number.normalized);
    }
    if (number.has_keys) {
      writer_.Key("keys").BeginArray();
      for (const std::string& key : number.keys) {
        writer_.String(key);
      }
      writer_.EndArray();
    }
    return Status::Ok();
  }

  Status Write(const StatsResult& stats) {
    constexpr std::string_view kPlain[] = {"min", "max", "avg", "sum"};
    writer_.Key("count").Uint(stats.count);
    for (const std::string_view name : kPlain) {
      writer_.Key(name);
      WriteNullable(search::StatsNumber(stats, name));
    }
    if (stats.extended) {
      WriteExtended(stats);
    }
    if (stats.count > 0 && stats.format != nullptr) {
      for (const std::string_view name : kPlain) {
        WriteText(std::string(name) + "_as_string", search::StatsNumber(stats, name), stats.format);
      }
    }
    return Status::Ok();
  }

  void WriteExtended(const StatsResult& stats) {
    constexpr std::string_view kNames[] = {"sum_of_squares",        "variance",
                                           "variance_population",   "variance_sampling",
                                           "std_deviation",         "std_deviation_population",
                                           "std_deviation_sampling"};
    for (const std::string_view name : kNames) {
      writer_.Key(name);
      const bool squares = name == "sum_of_squares";
      WriteSampled(stats, stats.count == 0 && squares ? std::numeric_limits<double>::quiet_NaN()
                                                      : search::StatsNumber(stats, name));
    }
    const search::ExtendedStats extended = search::ExtendedStatsOf(stats);
    const std::pair<std::string_view, double> bounds[] = {
        {"upper", extended.upper_population},
        {"lower", extended.lower_population},
        {"upper_population", extended.upper_population},
        {"lower_population", extended.lower_population},
        {"upper_sampling", extended.upper_sampling},
        {"lower_sampling", extended.lower_sampling}};
    writer_.Key("std_deviation_bounds").BeginObject();
    for (const auto& [name, value] : bounds) {
      writer_.Key(name);
      WriteSampled(stats, value);
    }
    writer_.EndObject();
  }

  // What one value alone does not have is not null, but no number.
  void WriteSampled(const StatsResult& stats, double value) {
    stats.count > 0 && std::isnan(value) ? writer_.String("NaN") : writer_.Double(value);
  }

  Status Write(const PercentilesResult& percentiles) {
    writer_.Key("values");
    percentiles.keyed ? writer_.BeginObject() : writer_.BeginArray();
    for (const auto& [point, value] : percentiles.values) {
      std::string key;
      JsonWriter(&key).Double(point);
      if (percentiles.keyed) {
        writer_.Key(key);
        WriteNullable(value);
        if (std::isfinite(value)) {
          WriteText(key + "_as_string", value, percentiles.format);
        }
        continue;
      }
      writer_.BeginObject();
      writer_.Key("key").Double(point);
      writer_.Key("value");
      WriteNullable(value);
      if (std::isfinite(value)) {
        WriteText("value_as_string", value, percentiles.format);
      }
      writer_.EndObject();
    }
    percentiles.keyed ? writer_.EndObject() : writer_.EndArray();
    return Status::Ok();
  }

  Status Write(const SingleBucketResult& bucket) {
    writer_.Key("doc_count").Uint(bucket.doc_count);
    return WriteAll(bucket.children);
  }

  Status Write(const BucketsResult& result) {
    if (result.sum_other_doc_count) {
      writer_.Key("doc_count_error_upper_bound").Int(0);
      writer_.Key("sum_other_doc_count").Uint(*result.sum_other_doc_count);
    }
    if (result.background) {
      writer_.Key("doc_count").Uint(result.background->doc_count);
      writer_.Key("bg_count").Uint(result.background->bg_count);
    }
    if (!result.after_key_json.empty()) {
      writer_.Key("after_key").Raw(result.after_key_json);
    }
    writer_.Key("buckets");
    result.keyed ? writer_.BeginObject() : writer_.BeginArray();
    for (const AggregationBucket& bucket : result.buckets) {
      if (result.keyed) {
        writer_.Key(bucket.key_text);
      }
      BINSEEK_RETURN_IF_ERROR(WriteBucket(bucket, result));
    }
    result.keyed ? writer_.EndObject() : writer_.EndArray();
    return Status::Ok();
  }

  Status WriteBucket(const AggregationBucket& bucket, const BucketsResult& result) {
    writer_.BeginObject();
    // Buckets of ranges and filters have no other key than their name; those of histograms have one.
    const bool shows_key = result.shows_keys && (!result.keyed || bucket.key_number.has_value());
    if (shows_key) {
      writer_.Key("key").Raw(bucket.key_json);
      if (bucket.key_as_string) {
        writer_.Key("key_as_string").String(*bucket.key_as_string);
      }
    }
    WriteBound("from", bucket.from, result.format);
    WriteBound("to", bucket.to, result.format);
    if (!bucket.from_text.empty()) {
      writer_.Key("from").String(bucket.from_text);
    }
    if (!bucket.to_text.empty()) {
      writer_.Key("to").String(bucket.to_text);
    }
    writer_.Key("doc_count").Uint(bucket.doc_count);
    if (result.shows_errors) {
      writer_.Key("doc_count_error_upper_bound").Int(0);
    }
    if (bucket.significance) {
      writer_.Key("score").Double(bucket.significance->score);
      writer_.Key("bg_count").Uint(bucket.significance->bg_count);
    }
    BINSEEK_RETURN_IF_ERROR(WriteAll(bucket.children));
    writer_.EndObject();
    return Status::Ok();
  }

  void WriteBound(const std::string& key, const std::optional<double>& bound,
                  const ValueFormatPtr& format) {
    if (bound && std::isfinite(*bound)) {
      writer_.Key(key).Double(*bound);
      WriteText(key + "_as_string", bound, format);
    }
  }

  Status Write(const TopHitsResult& result) {
    const search::TopHits& top = *result.hits;
    const auto& body = *static_cast<const SearchBody*>(top.shown.get());
    writer_.Key("hits").BeginObject();
    writer_.Key("total");
    if (form_.total_hits_as_int) {
      writer_.Uint(top.total);
    } else {
      writer_.BeginObject();
      writer_.Key("value").Uint(top.total);
      writer_.Key("relation").String("eq");
      writer_.EndObject();
    }
    writer_.Key("max_score");
    top.max_score ? writer_.Float(*top.max_score) : writer_.Null();
    writer_.Key("hits").BeginArray();
    HitContext context = *form_.hits;
    context.level = top.level;
    BINSEEK_RETURN_IF_ERROR(HitWriter(&body, &context).WriteAll(top.hits, &writer_));
    writer_.EndArray();
    writer_.EndObject();
    return Status::Ok();
  }

  void WriteText(const std::string& key, const std::optional<double>& value,
                 const ValueFormatPtr& format) {
    if (!value || format == nullptr) {
      return;
    }
    if (const std::optional<std::string> text = format->Text(*value)) {
      writer_.Key(key).String(*text);
    }
  }

  // NaN is null, too.
  void WriteNullable(const std::optional<double>& value) {
    value ? writer_.Double(*value) : writer_.Null();
  }

  const AggregationForm form_;
  JsonWriter& writer_;
};

}  // namespace

Status WriteAggregations(const std::vector<AggregationResult>& aggregations, AggregationForm form,
                         JsonWriter* writer) {
  return AggregationWriter(form, writer).WriteAll(aggregations);
}

}  // namespace binseek::api::dsl
