// MakeDistanceFeature: nearness to a moment or a place.
#include <memory>
#include <string>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/geo.h"
#include "engine/search/date_math.h"
#include "engine/search/feature_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/function_score.h"
#include "engine/search/value_score.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

using mapping::FieldKind;

class DateNearness final : public ValueScore {
 public:
  DateNearness(bool nanos, int64_t origin, int64_t pivot, float weight)
      : nanos_(nanos), origin_(origin), pivot_(pivot), weight_(weight) {}
  float Score(int64_t column_value) const override {
    const int64_t value = nanos_ ? column_value : mapping::MillisFromMicros(column_value);
    const uint64_t distance = value > origin_
                                  ? static_cast<uint64_t>(value) - static_cast<uint64_t>(origin_)
                                  : static_cast<uint64_t>(origin_) - static_cast<uint64_t>(value);
    const auto pivot = static_cast<double>(pivot_);
    return static_cast<float>(static_cast<double>(weight_) *
                              (pivot / (pivot + static_cast<double>(distance))));
  }
  Explanation Explain(int64_t column_value) const override {
    const int64_t value = nanos_ ? column_value : mapping::MillisFromMicros(column_value);
    return Matched(
        Score(column_value),
        "Distance score, computed as weight * pivotDistance / (pivotDistance + "
        "abs(value - origin)) from:",
        {Matched(weight_, "weight"), Matched(static_cast<float>(pivot_), "pivotDistance"),
         Matched(static_cast<float>(origin_), "origin"),
         Matched(static_cast<float>(value), "current value")});
  }

 private:
  const bool nanos_;
  const int64_t origin_;
  const int64_t pivot_;
  const float weight_;
};

class GeoNearness final : public ValueScore {
 public:
  GeoNearness(const mapping::GeoPoint& origin, double pivot, float weight)
      : origin_(origin), pivot_(pivot), weight_(weight) {}
  float Score(int64_t column_value) const override {
    const double distance = mapping::GeoDistanceMeters(origin_, mapping::DecodeGeo(column_value));
    return static_cast<float>(static_cast<double>(weight_) * (pivot_ / (pivot_ + distance)));
  }
  Explanation Explain(int64_t column_value) const override {
    const double distance = mapping::GeoDistanceMeters(origin_, mapping::DecodeGeo(column_value));
    return Matched(
        Score(column_value),
        "Distance score, computed as weight * pivotDistance / (pivotDistance + "
        "abs(distance)) from:",
        {Matched(weight_, "weight"), Matched(static_cast<float>(pivot_), "pivotDistance"),
         Matched(static_cast<float>(distance), "current distance")});
  }

 private:
  const mapping::GeoPoint origin_;
  const double pivot_;
  const float weight_;
};

class DistanceFeatureQuery final : public Query {
 public:
  explicit DistanceFeatureQuery(DistanceFeatureOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, options_.field);
    if (!ref) {
      return Status::InvalidArgument("failed to create query: Can't load fielddata on [" +
                                     options_.field +
                                     "] because fielddata is unsupported on "
                                     "fields of unmapped type");
    }
    const float weight = options_.boost * boost;
    std::unique_ptr<ValueScore> score;
    if (ref->field->is_date()) {
      BINSEEK_ASSIGN_OR_RETURN(score, ByDate(*ref->field, context.now_micros, weight));
    } else if (ref->field->kind == FieldKind::kGeoPoint) {
      BINSEEK_ASSIGN_OR_RETURN(score, ByPlace(weight));
    } else {
      return Status::InvalidArgument(
          "failed to create query: Illegal data type of [" +
          std::string(mapping::TypeName(*ref->field)) +
          "]! [distance_feature] query can only be run on a date, date_nanos or geo_point field "
          "type!");
    }
    return MakeValueScore(ref->field->id, std::move(score), context.scores);
  }

 private:
  Result<std::unique_ptr<ValueScore>> ByDate(const mapping::Field& field, int64_t now_micros,
                                             float weight) const {
    const bool nanos = field.kind == FieldKind::kDateNanos;
    const Result<int64_t> origin = ParseDateMath(options_.origin, {field.parameters().format, ""},
                                                 now_micros, /*round_up=*/true);
    const Status fits = !origin.ok() ? origin.status()
                        : nanos      ? mapping::CheckNanos(*origin, options_.origin)
                                     : Status::Ok();
    if (!fits.ok()) {
      return Status::InvalidArgument("failed to create query: " + fits.message());
    }
    BINSEEK_ASSIGN_OR_RETURN(const double millis,
                             ParseTimeValue(options_.pivot, "DistanceFeatureQueryBuilder.pivot"));
    const auto pivot = static_cast<int64_t>(nanos ? millis * 1e6 : millis);
    if (pivot <= 0) {
      return Status::InvalidArgument("failed to create query: pivotDistance must be > 0, got " +
                                     std::to_string(pivot));
    }
    return std::unique_ptr<ValueScore>(std::make_unique<DateNearness>(
        nanos, nanos ? *origin * 1000 : mapping::MillisFromMicros(*origin), pivot, weight));
  }

  Result<std::unique_ptr<ValueScore>> ByPlace(float weight) const {
    const Result<JsonValue> json = ParseJson(options_.origin);
    const Result<mapping::GeoPoint> origin = json.ok() && (json->is_object() || json->is_array())
                                                 ? mapping::ParseGeo(*json)
                                                 : mapping::ParseGeoText(options_.origin);
    if (!origin.ok()) {
      return Status::InvalidArgument("failed to create query: " + origin.status().message());
    }
    const Result<double> pivot = mapping::ParseDistance(options_.pivot);
    if (!pivot.ok() || *pivot <= 0) {
      return Status::InvalidArgument("failed to create query: " + (pivot.ok()
                                                                       ? "pivotDistance must be > 0"
                                                                       : pivot.status().message()));
    }
    return std::unique_ptr<ValueScore>(std::make_unique<GeoNearness>(*origin, *pivot, weight));
  }

  const DistanceFeatureOptions options_;
};

}  // namespace

QueryPtr MakeDistanceFeature(DistanceFeatureOptions options) {
  return std::make_shared<DistanceFeatureQuery>(std::move(options));
}

}  // namespace binseek::search
