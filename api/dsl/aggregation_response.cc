#include "api/dsl/aggregation_response.h"

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "engine/mapping/date.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationBucket;
using search::AggregationKind;
using search::AggregationResult;

// Years 0 to 9999: what a date's text has room for.
constexpr double kMinDateMs = -62'167'219'200'000.0;
constexpr double kMaxDateMs = 253'402'300'799'999.0;

// A date's value as text beside its number, as "value_as_string"; nothing where it is no date.
void WriteDate(const std::string& key, double epoch_ms, JsonWriter* writer) {
  if (!(epoch_ms >= kMinDateMs && epoch_ms <= kMaxDateMs)) {
    return;
  }
  std::string text;
  mapping::AppendIsoDate(static_cast<int64_t>(std::floor(epoch_ms)) * 1000,
                         mapping::DateStyle::kInstant, 3, &text);
  writer->Key(key).String(text);
}

class AggregationWriter {
 public:
  AggregationWriter(bool typed_keys, JsonWriter* writer)
      : typed_keys_(typed_keys), writer_(*writer) {}

  void WriteAll(const std::vector<AggregationResult>& results) {
    for (const AggregationResult& result : results) {
      writer_.Key(typed_keys_ ? result.type_name + "#" + result.name : result.name).BeginObject();
      WriteBody(result);
      writer_.EndObject();
    }
  }

 private:
  void WriteBody(const AggregationResult& result) {
    switch (result.kind) {
      case AggregationKind::kTerms:
        writer_.Key("doc_count_error_upper_bound").Int(0);
        writer_.Key("sum_other_doc_count").Uint(result.sum_other_doc_count);
        WriteBuckets(result);
        return;
      case AggregationKind::kRange:
      case AggregationKind::kFilters:
        WriteBuckets(result);
        return;
      case AggregationKind::kFilter:
        if (!result.buckets.empty()) {
          writer_.Key("doc_count").Uint(result.buckets[0].doc_count);
          WriteAll(result.buckets[0].children);
        }
        return;
      case AggregationKind::kMin:
        WriteNumber(result, "value", result.count == 0 ? std::nullopt : std::optional(result.min));
        return;
      case AggregationKind::kMax:
        WriteNumber(result, "value", result.count == 0 ? std::nullopt : std::optional(result.max));
        return;
      case AggregationKind::kAvg:
        WriteNumber(result, "value", Average(result));
        return;
      case AggregationKind::kSum:
        WriteNumber(result, "value", result.sum);
        return;
      case AggregationKind::kStats:
        WriteStats(result);
        return;
      case AggregationKind::kValueCount:
        writer_.Key("value").Uint(result.count);
        return;
    }
  }

  void WriteBuckets(const AggregationResult& result) {
    writer_.Key("buckets");
    result.keyed ? writer_.BeginObject() : writer_.BeginArray();
    for (const AggregationBucket& bucket : result.buckets) {
      if (result.keyed) {
        writer_.Key(bucket.key_text);
      }
      writer_.BeginObject();
      // A filter without a name has no key.
      const bool named = result.kind != AggregationKind::kFilters || !bucket.key_text.empty();
      if (!result.keyed && named) {
        writer_.Key("key").Raw(bucket.key_json);
        if (bucket.key_as_string) {
          writer_.Key("key_as_string").String(*bucket.key_as_string);
        }
      }
      WriteBound(result, "from", bucket.from);
      WriteBound(result, "to", bucket.to);
      writer_.Key("doc_count").Uint(bucket.doc_count);
      WriteAll(bucket.children);
      writer_.EndObject();
    }
    result.keyed ? writer_.EndObject() : writer_.EndArray();
  }

  void WriteBound(const AggregationResult& result, const std::string& key,
                  const std::optional<double>& bound) {
    if (bound && std::isfinite(*bound)) {
      WriteNumber(result, key, bound);
    }
  }

  void WriteStats(const AggregationResult& result) {
    const bool any = result.count > 0;
    const std::optional<double> average = Average(result);
    writer_.Key("count").Uint(result.count);
    WriteNullable("min", any ? std::optional(result.min) : std::nullopt);
    WriteNullable("max", any ? std::optional(result.max) : std::nullopt);
    WriteNullable("avg", average);
    writer_.Key("sum").Double(result.sum);
    if (result.date && any) {
      WriteDate("min_as_string", result.min, &writer_);
      WriteDate("max_as_string", result.max, &writer_);
      WriteDate("avg_as_string", *average, &writer_);
      WriteDate("sum_as_string", result.sum, &writer_);
    }
  }

  // A number, and for a date its text: "value": 1.7672256E12, "value_as_string": "2026-01-01T00:00:00.000Z".
  void WriteNumber(const AggregationResult& result, const std::string& key,
                   const std::optional<double>& value) {
    WriteNullable(key, value);
    if (result.date && value) {
      WriteDate(key + "_as_string", *value, &writer_);
    }
  }

  void WriteNullable(std::string_view key, const std::optional<double>& value) {
    writer_.Key(key);
    value ? writer_.Double(*value) : writer_.Null();
  }

  static std::optional<double> Average(const AggregationResult& result) {
    return result.count == 0 ? std::nullopt
                             : std::optional(result.sum / static_cast<double>(result.count));
  }

  const bool typed_keys_;
  JsonWriter& writer_;
};

}  // namespace

void WriteAggregations(const std::vector<AggregationResult>& aggregations, bool typed_keys,
                       JsonWriter* writer) {
  AggregationWriter(typed_keys, writer).WriteAll(aggregations);
}

}  // namespace binseek::api::dsl
