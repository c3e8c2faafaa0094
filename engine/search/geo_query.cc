#include "engine/search/geo_query.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "engine/search/column_filter.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

using mapping::DecodeGeo;
using mapping::GeoBox;
using mapping::GeoPoint;
using Zone = ColumnTest::Zone;

constexpr double kRadians = std::numbers::pi / 180;
constexpr double kEarthRadiusMeters = 6'371'008.7714;

bool Holds(const GeoBox& box, const GeoPoint& point) {
  const bool in_lon = box.west <= box.east ? point.lon >= box.west && point.lon <= box.east
                                           : point.lon >= box.west || point.lon <= box.east;
  return in_lon && point.lat >= box.south && point.lat <= box.north;
}

// Of two boxes of which `other` does not cross the date line.
bool Overlaps(const GeoBox& box, const GeoBox& other) {
  const bool in_lon = box.west <= box.east ? other.west <= box.east && other.east >= box.west
                                           : other.east >= box.west || other.west <= box.east;
  return in_lon && other.south <= box.north && other.north >= box.south;
}

bool HoldsAll(const GeoBox& box, const GeoBox& other) {
  const bool in_lon = box.west <= box.east ? other.west >= box.west && other.east <= box.east
                                           : other.west >= box.west || other.east <= box.east;
  return in_lon && other.south >= box.south && other.north <= box.north;
}

// Bounds are brought to the grid that points are kept on, as Lucene does, so that a point on a bound is inside.
class BoxTest final : public ColumnTest {
 public:
  explicit BoxTest(const GeoBox& box) {
    const GeoPoint low = DecodeGeo(mapping::EncodeGeo({box.south, box.west}));
    const GeoPoint high = DecodeGeo(mapping::EncodeGeo({box.north, box.east}));
    box_ = {.south = low.lat, .west = low.lon, .north = high.lat, .east = high.lon};
  }
  bool Wants(int64_t value) const override { return Holds(box_, DecodeGeo(value)); }
  Zone Look(int64_t low, int64_t high) const override {
    const GeoBox zone = mapping::GeoBoundsOf(low, high);
    return HoldsAll(box_, zone) ? Zone::kAll : Overlaps(box_, zone) ? Zone::kSome : Zone::kNone;
  }

 private:
  GeoBox box_;
};

class DistanceTest final : public ColumnTest {
 public:
  DistanceTest(const GeoPoint& center, double meters, bool plane)
      : center_(center), meters_(meters), plane_(plane), around_(Around(center, meters)) {}
  bool Wants(int64_t value) const override {
    const GeoPoint point = DecodeGeo(value);
    return plane_ ? mapping::GeoPlaneMeters(center_, point) <= meters_
                  : Holds(around_, point) && mapping::GeoDistanceMeters(center_, point) <= meters_;
  }
  Zone Look(int64_t low, int64_t high) const override {
    return plane_ || Overlaps(around_, mapping::GeoBoundsOf(low, high)) ? Zone::kSome : Zone::kNone;
  }

 private:
  // All points within the distance, and some more.
  static GeoBox Around(const GeoPoint& center, double meters) {
    const double angle = meters / kEarthRadiusMeters * (1 + 1e-9) + 1e-9;
    const double south = center.lat - angle / kRadians;
    const double north = center.lat + angle / kRadians;
    if (south <= -90 || north >= 90) {
      return {.south = std::max(south, -90.0),
              .west = -180,
              .north = std::min(north, 90.0),
              .east = 180};
    }
    const double width =
        std::asin(std::min(1.0, std::sin(angle) / std::cos(center.lat * kRadians))) / kRadians;
    const auto wrapped = [](double lon) {
      return lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
    };
    if (width >= 180) {
      return {.south = south, .west = -180, .north = north, .east = 180};
    }
    return {.south = south,
            .west = wrapped(center.lon - width),
            .north = north,
            .east = wrapped(center.lon + width)};
  }

  const GeoPoint center_;
  const double meters_;
  const bool plane_;
  const GeoBox around_;
};

class PolygonTest final : public ColumnTest {
 public:
  explicit PolygonTest(std::vector<GeoPoint> points) : points_(std::move(points)) {
    bounds_ = {.south = 90, .west = 180, .north = -90, .east = -180};
    for (const GeoPoint& point : points_) {
      bounds_.south = std::min(bounds_.south, point.lat);
      bounds_.north = std::max(bounds_.north, point.lat);
      bounds_.west = std::min(bounds_.west, point.lon);
      bounds_.east = std::max(bounds_.east, point.lon);
    }
  }
  bool Wants(int64_t value) const override {
    const GeoPoint point = DecodeGeo(value);
    return Holds(bounds_, point) && Inside(point);
  }
  Zone Look(int64_t low, int64_t high) const override {
    return Overlaps(bounds_, mapping::GeoBoundsOf(low, high)) ? Zone::kSome : Zone::kNone;
  }

 private:
  // By how many edges lie east of it; on an edge is inside.
  bool Inside(const GeoPoint& point) const {
    bool inside = false;
    for (size_t i = 0; i < points_.size(); ++i) {
      const GeoPoint& a = points_[i];
      const GeoPoint& b = points_[(i + 1) % points_.size()];
      const double cross =
          (b.lon - a.lon) * (point.lat - a.lat) - (b.lat - a.lat) * (point.lon - a.lon);
      const bool between =
          point.lat >= std::min(a.lat, b.lat) && point.lat <= std::max(a.lat, b.lat) &&
          point.lon >= std::min(a.lon, b.lon) && point.lon <= std::max(a.lon, b.lon);
      if (cross == 0 && between) {
        return true;
      }
      if ((a.lat > point.lat) != (b.lat > point.lat) && (cross > 0) == (b.lat > a.lat)) {
        inside = !inside;
      }
    }
    return inside;
  }

  const std::vector<GeoPoint> points_;
  GeoBox bounds_;
};

class GeoQuery final : public Query {
 public:
  GeoQuery(std::string field, std::shared_ptr<const ColumnTest> test, bool ignore_unmapped,
           float boost)
      : field_(std::move(field)),
        test_(std::move(test)),
        ignore_unmapped_(ignore_unmapped),
        boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (!ref && ignore_unmapped_) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (!ref) {
      return Status::InvalidArgument("failed to create query: failed to find geo field [" + field_ +
                                     "]");
    }
    if (ref->field->kind != mapping::FieldKind::kGeoPoint) {
      return Status::InvalidArgument("failed to create query: field [" + field_ +
                                     "] is not a geo_point field");
    }
    return Describe(MakeColumnFilter(ref->field->id, test_, context.scores, boost_ * boost),
                    "GeoQuery [field=" + field_ + "]");
  }
  bool constant_score() const override { return true; }

 private:
  const std::string field_;
  const std::shared_ptr<const ColumnTest> test_;
  const bool ignore_unmapped_;
  const float boost_;
};

}  // namespace

QueryPtr MakeGeoDistance(GeoDistanceOptions options) {
  return std::make_shared<GeoQuery>(
      std::move(options.field),
      std::make_shared<DistanceTest>(options.center, options.meters, options.plane),
      options.ignore_unmapped, options.boost);
}
QueryPtr MakeGeoBoundingBox(GeoBoxOptions options) {
  return std::make_shared<GeoQuery>(std::move(options.field),
                                    std::make_shared<BoxTest>(options.box), options.ignore_unmapped,
                                    options.boost);
}
QueryPtr MakeGeoPolygon(GeoPolygonOptions options) {
  return std::make_shared<GeoQuery>(std::move(options.field),
                                    std::make_shared<PolygonTest>(std::move(options.points)),
                                    options.ignore_unmapped, options.boost);
}

}  // namespace binseek::search
