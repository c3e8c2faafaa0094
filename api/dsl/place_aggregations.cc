// ip_range, geo_distance, sampler.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/query_arguments.h"
#include "engine/mapping/geo.h"
#include "engine/search/filters_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "engine/search/sampler_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::GeoDistanceAggregation;
using search::IpRangeAggregation;
using search::SamplerAggregation;

constexpr size_t kMaxRanges = 1024;

template <class T>
DslStatus ReadFieldName(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->field, ReadText(value.json, value.place()));
  return std::nullopt;
}

// Objects of a list, each read by `read(key, value, range)`, which says false of keys that it does not know.
template <class Range, class Read>
DslStatus ReadRangeList(const ArgumentValue& value, std::span<const std::string_view> keys,
                        std::vector<Range>* ranges, const Read& read) {
  if (!value.json.is_array()) {
    return WrongToken(value.json, value.place());
  }
  if (value.json.array().size() > kMaxRanges) {
    return IllegalArgument("[ranges] takes at most [" + std::to_string(kMaxRanges) + "] ranges");
  }
  for (const JsonValue& element : value.json.array()) {
    if (!element.is_object()) {
      return WrongToken(element, value.place());
    }
    Range range;
    for (const auto& [key, argument] : element.members()) {
      if (!Contains(keys, key)) {
        return UnknownField(value.body.type, key, keys);
      }
      if (!argument.is_null()) {
        BINSEEK_DSL_RETURN_IF_ERROR(read(key, argument, &range));
      }
    }
    ranges->push_back(std::move(range));
  }
  return std::nullopt;
}

DslStatus ReadIpRanges(const ArgumentValue& value, IpRangeAggregation* out) {
  constexpr std::string_view kKeys[] = {"key", "from", "to", "mask"};
  return ReadRangeList(
      value, kKeys, &out->ranges,
      [](const std::string& key, const JsonValue& argument,
         IpRangeAggregation::Range* range) -> DslStatus {
        BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(argument, {"ip_range", key}));
        (key == "key"    ? range->key
         : key == "from" ? range->from
         : key == "to"   ? range->to
                         : range->mask) = std::move(text);
        return std::nullopt;
      });
}

DslStatus ReadDistances(const ArgumentValue& value, GeoDistanceAggregation* out) {
  constexpr std::string_view kKeys[] = {"key", "from", "to"};
  return ReadRangeList(value, kKeys, &out->ranges,
                       [](const std::string& key, const JsonValue& argument,
                          search::AggregationRange* range) -> DslStatus {
                         const Place place{"geo_distance", key};
                         if (key == "key") {
                           BINSEEK_DSL_ASSIGN_OR_RETURN(range->key, ReadText(argument, place));
                           return std::nullopt;
                         }
                         BINSEEK_DSL_ASSIGN_OR_RETURN((key == "from" ? range->from : range->to),
                                                      ReadDouble(argument, place));
                         return std::nullopt;
                       });
}

DslStatus ReadOrigin(const ArgumentValue& value, GeoDistanceAggregation* out) {
  const Result<mapping::GeoPoint> origin = mapping::ParseGeo(value.json);
  if (!origin.ok()) {
    return ParsingError(origin.status().message());
  }
  const Status valid = mapping::CheckGeo(*origin, "origin");
  if (!valid.ok()) {
    return IllegalArgument(valid.message());
  }
  out->origin = *origin;
  return std::nullopt;
}

DslStatus ReadUnit(const ArgumentValue& value, GeoDistanceAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string unit, ReadText(value.json, value.place()));
  out->meters = mapping::MetersOfUnit(unit);
  return out->meters == 0 ? DslStatus(IllegalArgument("No distance unit match [" + unit + "]"))
                          : std::nullopt;
}

DslStatus ReadDistanceType(const ArgumentValue& value, GeoDistanceAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->plane, ReadIsPlane(value.json, "geo_distance"));
  return std::nullopt;
}

DslStatus ReadShardSize(const ArgumentValue& value, SamplerAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadAtLeast(value, 1));
  out->shard_size = static_cast<uint32_t>(size);
  return std::nullopt;
}

constexpr Argument<IpRangeAggregation> kIpRangeArguments[] = {{"field", ReadFieldName},
                                                              {"ranges", ReadIpRanges},
                                                              {"keyed", ReadKeyed},
                                                              {"missing", nullptr},
                                                              {"script", nullptr}};
constexpr Argument<GeoDistanceAggregation> kGeoDistanceArguments[] = {
    {"field", ReadFieldName},  {"origin", ReadOrigin},
    {"point", ReadOrigin},     {"center", ReadOrigin},
    {"ranges", ReadDistances}, {"unit", ReadUnit},
    {"keyed", ReadKeyed},      {"distance_type", ReadDistanceType},
    {"missing", nullptr},      {"script", nullptr}};
constexpr Argument<SamplerAggregation> kSamplerArguments[] = {{"shard_size", ReadShardSize}};

template <class T>
DslStatus CheckRanges(const AggregationBody& body, const T& ranges) {
  if (ranges.field.empty()) {
    return IllegalArgument("Required one of fields [field, script], but none were specified. ");
  }
  return ranges.ranges.empty() ? DslStatus(IllegalArgument("No [ranges] specified for the [" +
                                                           body.name + "] aggregation"))
                               : std::nullopt;
}

}  // namespace

AggregationResultOr ParseIpRangeAggregation(const AggregationBody& body) {
  auto range = std::make_shared<IpRangeAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<IpRangeAggregation>(body, kIpRangeArguments, range.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckRanges(body, *range));
  return search::AggregationPtr(std::move(range));
}

AggregationResultOr ParseGeoDistanceAggregation(const AggregationBody& body) {
  auto distance = std::make_shared<GeoDistanceAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<GeoDistanceAggregation>(body, kGeoDistanceArguments, distance.get()));
  if (body.json.Find("origin") == nullptr && body.json.Find("point") == nullptr &&
      body.json.Find("center") == nullptr) {
    return IllegalArgument("Aggregation [" + body.name + "] must define an [origin].");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckRanges(body, *distance));
  return search::AggregationPtr(std::move(distance));
}

AggregationResultOr ParseSamplerAggregation(const AggregationBody& body) {
  auto sampler = std::make_shared<SamplerAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<SamplerAggregation>(body, kSamplerArguments, sampler.get()));
  return search::AggregationPtr(std::move(sampler));
}

}  // namespace binseek::api::dsl
